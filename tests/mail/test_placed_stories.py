"""Both stories in every place where a restriction can stand: refused before `postlint fix`, delivered after it.

`make mail` tries every place with each way to repair it, otherwise a few are tried.
"""

import os
from pathlib import Path

import pytest
from placements import PLACEMENTS, Placement

from mail.dialogue import Client
from mail.host import MailHost
from mail.placed import ADDRESS, outcome, place, replies

pytestmark = [pytest.mark.postfix, pytest.mark.root]

EVERY = "POSTLINT_POLICIES" in os.environ
KEY = "q7w3kfm2zt9xb4nvhd6sj8rcpy"
INNOCENT = Client(ADDRESS, "mail.example.net")
LISTED = {"zen.spamhaus.org": "127.0.0.2", f"{KEY}.zen.dq.spamhaus.net": "127.0.0.2"}
# It has a name that has no address, which is also what it says in HELO.
RELAY = Client(ADDRESS, "mail.example.net", records=())
NAMELESS = Client(ADDRESS, helo="mail.innocent.example")
# Where the restriction refuses nobody: what becomes of the mail there.
IDLE = {
    "smtpd_etrn_restrictions": "delivered",
    "warn_if_reject in front": "delivered",
    "warn_if_reject $x": "554",
    "${x?...}": "delivered",
    "behind reject": "554",
    "class under warn_if_reject": "delivered",
    "class that nothing names": "delivered",
    # Its other table answers for the client's name, which smtpd looks up first.
    "unionmap:": "554",
    # Debian's Postfix does not know the type.
    "dbm: row": "451",
    "postscreen, weight below the threshold": "delivered",
    "postscreen, not running": "delivered",
}
# What becomes of a client that passes the restriction, where that is not delivery.
BEHIND = {
    "$x that is tested": "554",
    "unread table before the guard": "451",
    "row inside if": "554",
    # Behind a restriction, OK is none.
    "row whose rest is an action": "451",
}
# Removing the lookup would leave a class empty, on which smtpd dies: it gets a filter.
FILTERED = ("class that ends empty", "class emptied by two repairs", "class through $name that ends empty")
# Where postlint only gives advice, for each way to repair it.
NEVER = ("${x?...}", "$x that is tested", "table used elsewhere, too", "inline: row", "static:", "unionmap:")
ADVICE = {
    "remove": ("warn_if_reject $x", "$rbl as argument", "row whose rest is an action", *NEVER),
    "filter": NEVER,
    "dqs": NEVER,
}
# A check under warn_if_reject is no finding.
WARNED = ("warn_if_reject in front", "warn_if_reject $x", "class under warn_if_reject", *NEVER)
FEW = ("smtpd_recipient_restrictions", "-o, short", "class that ends empty", "cidr: row", "table used elsewhere, too")


def chosen(ways: tuple[str, ...], lookup: bool) -> list[object]:
    """Every place with each way; or a few, with one way each."""
    found = [item for item in PLACEMENTS if (item.lookup if lookup else item.check)]
    pairs = [(item, way) for item in found for way in ways]
    if not EVERY:
        few = [item for item in found if item.title in FEW]
        pairs = [(item, ways[number % len(ways)]) for number, item in enumerate(few)]
    return [pytest.param(item, way, id=f"{item.title}-{way}") for item, way in pairs]


@pytest.mark.parametrize(("placement", "way"), chosen(("filter", "dqs", "remove"), lookup=True))
def test_lookup(mail_host: MailHost, tmp_path: Path, placement: Placement, way: str) -> None:
    word = f"{'reject_rbl' if placement.old else 'reject_rbl_client'} zen.spamhaus.org"
    placed = place(mail_host, tmp_path / "conf", placement, word)
    passed = IDLE.get(placement.title) or BEHIND.get(placement.title, "delivered")
    blocked = IDLE.get(placement.title, "blocked")
    before = {
        (resolver, listed): placed.treat(INNOCENT, resolver, LISTED if listed else None)
        for resolver, listed in (("refused", False), ("answered", False), ("answered", True))
    }
    assert {case: outcome(session) for case, session in before.items()} == {
        ("refused", False): blocked,
        ("answered", False): passed,
        ("answered", True): blocked,
    }
    (tmp_path / "key").write_text(KEY)
    key = ("--dqs-key-file", f"{tmp_path}/key") if way == "dqs" else ()
    options = ("--platform", "aws", "--select", "spamhaus-from-refused-network", "--dnsbl-fix", way, *key)
    changed = placed.fix("--unsafe-fixes", *options)
    assert changed == (placement.title not in ADVICE[way])
    after = {
        (resolver, listed): placed.treat(INNOCENT, resolver, LISTED if listed else None)
        for resolver in ("refused", "answered")
        for listed in (False, True)
    }
    refuses = {
        ("refused", False): not changed,
        ("refused", True): not changed or way == "dqs",
        ("answered", False): False,
        ("answered", True): not changed or way != "remove" or placement.title in FILTERED,
    }
    assert {case: outcome(session) for case, session in after.items()} == {
        case: blocked if refuses[case] else passed for case in after
    }
    assert not any(KEY in replies(session) for session in after.values())


@pytest.mark.parametrize(("placement", "way"), chosen(("weaken", "warn", "remove"), lookup=False))
def test_client_check(mail_host: MailHost, tmp_path: Path, placement: Placement, way: str) -> None:
    """A relay without an address; a client without a name is still refused where the check was only weakened."""
    word = "reject_unknown_client" if placement.old else "reject_unknown_client_hostname"
    placed = place(mail_host, tmp_path / "conf", placement, word)
    passed = IDLE.get(placement.title) or BEHIND.get(placement.title, "delivered")
    refused = IDLE.get(placement.title, "450")
    assert [outcome(placed.treat(client, "answered")) for client in (INNOCENT, RELAY, NAMELESS)] == [
        passed,
        refused,
        refused,
    ]
    changed = placed.fix("--unsafe-fixes", "--select", "unconfirmed-client-name-rejected", "--helo-fix", way)
    no_change = (*WARNED, "row whose rest is an action") if way == "remove" else WARNED
    assert changed == (placement.title not in no_change)
    assert [outcome(placed.treat(client, "answered")) for client in (INNOCENT, RELAY, NAMELESS)] == [
        passed,
        passed if changed else refused,
        refused if way == "weaken" or not changed else passed,
    ]


@pytest.mark.parametrize(("placement", "way"), chosen(("warn", "remove"), lookup=False))
def test_helo_check(mail_host: MailHost, tmp_path: Path, placement: Placement, way: str) -> None:
    word = "reject_unknown_hostname" if placement.old else "reject_unknown_helo_hostname"
    placed = place(mail_host, tmp_path / "conf", placement, word)
    passed = IDLE.get(placement.title) or BEHIND.get(placement.title, "delivered")
    refused = IDLE.get(placement.title, "450")
    assert [outcome(placed.treat(client, "answered")) for client in (INNOCENT, RELAY)] == [passed, refused]
    changed = placed.fix("--unsafe-fixes", "--select", "unknown-helo-rejected", "--helo-fix", way)
    no_change = (*WARNED, "row whose rest is an action") if way == "remove" else WARNED
    assert changed == (placement.title not in no_change)
    assert [outcome(placed.treat(client, "answered")) for client in (INNOCENT, RELAY)] == [
        passed,
        passed if changed else refused,
    ]
