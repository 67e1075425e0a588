"""The relay verdict through restriction classes, access maps and the early lists."""

from itertools import pairwise

import pytest

from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.configuration.restrictions import RestrictionLists
from postlint.policy.relay import RelayState, relay_verdict
from postlint.target import PostfixVersion
from postlint.text import Source

CLOSED, DEAD, OPEN, UNKNOWN = RelayState.CLOSED, RelayState.DEAD, RelayState.OPEN, RelayState.UNKNOWN
RELAY = "smtpd_relay_restrictions ="
CLASSES = "smtpd_restriction_classes = strict, deep, loop\nloop = loop, deep\n"
VERSION = PostfixVersion(3, 7)


def verdict(main: str, table: str | None = None) -> tuple[RelayState, str]:
    tables = {"/etc/postfix/map": Source("map", table)} if table is not None else {}
    lists = RestrictionLists(Configuration(ConfigurationFiles(Source("main.cf", main), None, tables)))
    found = relay_verdict(lists, lists.configuration.main_view, VERSION)
    return found.state, found.reason


@pytest.mark.parametrize(
    ("strict", "relay", "state"),
    [
        ("reject_unauth_destination", "strict", CLOSED),
        ("permit_mynetworks, reject_unauth_destination", "strict", CLOSED),
        ("reject_unauth_destination", "warn_if_reject strict", DEAD),
        # The start-up check passes over one word: behind two it meets the class, whose guard is softened all the same.
        ("reject_unauth_destination", "warn_if_reject warn_if_reject strict", OPEN),
        ("reject_unauth_destination, permit", "warn_if_reject strict, reject_unauth_destination", OPEN),
        ("permit_mynetworks", "strict, reject_unauth_destination", CLOSED),
        ("permit", "strict, reject_unauth_destination", OPEN),
        ("permit", "warn_if_reject strict, reject_unauth_destination", OPEN),
        ("permit, reject_unauth_destination", "strict", DEAD),
        ("deep\ndeep = permit_sasl_authenticated, defer_unauth_destination", "strict", CLOSED),
        ("deep\ndeep = permit", "strict, reject_unauth_destination", OPEN),
        ("check_policy_service unix:private/policy", "strict, reject_unauth_destination", UNKNOWN),
        ("check_policy_service unix:private/policy", "reject_unauth_destination, strict", CLOSED),
        ("$inner\ninner = permit", "strict, reject_unauth_destination", OPEN),
        ("reject_rbl_client zen.spamhaus.org", "strict, reject_unauth_destination", CLOSED),
        # A class of that name is never asked: smtpd knows the word.
        ("permit\npermit_mynetworks = permit", "permit_mynetworks, reject_unauth_destination", CLOSED),
        # smtpd follows a class that holds itself until it dies.
        ("permit\ndeep = reject_unauth_destination", "loop, reject_unauth_destination", DEAD),
    ],
)
def test_classes_are_read(strict: str, relay: str, state: RelayState) -> None:
    assert verdict(f"{CLASSES}strict = {strict}\n{RELAY} {relay}\n")[0] is state


def test_class_chain_has_an_end() -> None:
    names = [f"c{n}" for n in range(5000)]
    chain = "".join(f"{a} = {b}\n" for a, b in pairwise(names)) + f"{names[-1]} = permit\n"
    main = f"smtpd_restriction_classes = {' '.join(names)}\n{chain}{RELAY} c0, reject_unauth_destination\n"
    assert verdict(main) == (UNKNOWN, "classes hold one another more than 100 deep")


LDAP = (
    "check_sender_access ldap:/etc/postfix/map stands before the guard, "
    "and the table is of type ldap, which is not read"
)


def means(who: str, answer: str, line: int = 1) -> str:
    return f"map:{line} means {who}, before the guard, and answers {answer}"


@pytest.mark.parametrize(
    ("lookup", "table", "state", "reason"),
    [
        ("check_client_access hash:", "192.0.2.1 OK\n198.51.100 OK\n203.0.113.9 REJECT\n", CLOSED, ""),
        ("check_client_access hash:", "192.0.2.1 12345\n", CLOSED, ""),
        ("check_client_access hash:", "198 OK\n", OPEN, means("198", "OK")),
        ("check_client_access hash:", "example.net OK\n", UNKNOWN, means("the clients called example.net", "OK")),
        ("check_client_access cidr:", "192.0.2.0/24 OK\n2001:db8::/32 permit\n", CLOSED, ""),
        ("check_client_access cidr:", "# us\n0.0.0.0/0 OK\n", OPEN, means("0.0.0.0/0", "OK", line=2)),
        ("check_client_access cidr:", "!192.0.2.0/24 OK\n", OPEN, means("everybody outside 192.0.2.0/24", "OK")),
        ("check_client_access pcre:", "/^192/ OK\n", UNKNOWN, means("clients by a pattern", "OK")),
        ("check_client_access cidr:", "0.0.0.0/0 reject_unauth_destination, permit\n", CLOSED, ""),
        ("check_client_access cidr:", "0.0.0.0/0 permit_sasl_authenticated\n", CLOSED, ""),
        ("check_client_access cidr:", "0.0.0.0/0 sleep 1, permit\n", OPEN, means("0.0.0.0/0", "sleep 1, permit")),
        ("check_client_access cidr:", "0.0.0.0/0 strict\n", OPEN, means("0.0.0.0/0", "strict")),
        ("check_client_access cidr:", "192.0.2.0/24 strict\n", CLOSED, ""),
        ("check_sender_access hash:", "b@e.com OK\n", OPEN, means("whoever claims b@e.com", "OK")),
        ("check_sender_access hash:", "b@e.net DISCARD\n", OPEN, means("whoever claims b@e.net", "DISCARD")),
        ("check_sender_access hash:", "spam@example.com REJECT OK then\nother@example.com DUNNO\n", CLOSED, ""),
        ("check_helo_access regexp:", "/friend/ RELAY\n", UNKNOWN, means("whoever claims /friend/", "RELAY")),
        ("check_recipient_access hash:", "postmaster@example.com OK\nexample.com OK\n", CLOSED, ""),
        ("check_recipient_access hash:", "postmaster@ OK\n", UNKNOWN, means("the recipient postmaster@", "OK")),
        ("hash:", "friend@example.net OK\n", UNKNOWN, means("the recipient friend@example.net", "OK")),
        ("check_ccert_access hash:", "aa:bb OK\n", CLOSED, ""),
        ("check_sasl_access hash:", "joe OK\n", CLOSED, ""),
        ("check_sender_mx_access cidr:", "0.0.0.0/0 OK\n", CLOSED, ""),
        ("check_reverse_client_hostname_access hash:", "example.net OK\n", CLOSED, ""),
        # 451 for the key: a lookup table is not allowed there.
        ("check_sender_access hash:", "a@example.com check_client_access hash:/x, permit\n", CLOSED, ""),
        ("check_sender_access ldap:", "", UNKNOWN, LDAP),
        ("check_sender_access proxy:hash:", "a@example.com OK\n", OPEN, means("whoever claims a@example.com", "OK")),
    ],
)  # fmt: skip
def test_access_maps_are_read(lookup: str, table: str, state: RelayState, reason: str) -> None:
    main = "mydestination = example.com\nsmtpd_restriction_classes = strict\nstrict = permit\n"
    assert verdict(f"{main}{RELAY} {lookup}/etc/postfix/map, reject_unauth_destination\n", table) == (state, reason)


@pytest.mark.parametrize(
    ("lookup", "state"),
    [
        ("check_client_access static:DUNNO", CLOSED),
        ("check_sender_access static:OK", OPEN),
        ("check_client_access static:OK", OPEN),
        ("check_recipient_access static:OK", OPEN),
        ("check_sender_access inline:{ {a@example.com = reject}, b@e.com=DUNNO }", CLOSED),
        ("check_sender_access inline:{ {a@example.com = permit} }", OPEN),
        ("check_sender_access unionmap:{ inline:{a=OK}, inline:{b=OK} }", UNKNOWN),
        ("check_sender_access pipemap:{ inline:{a=b}, inline:{b=reject} }", CLOSED),
        ("check_sender_access pipemap:{ inline:{a=b}, inline:{b=OK} }", OPEN),
        ("check_sender_access randmap:{ inline:{a=OK}, inline:{b=reject} }", OPEN),
        ("check_sender_access hash:/etc/postfix/map", UNKNOWN),
    ],
)
def test_tables_inside_main_cf_are_read(lookup: str, state: RelayState) -> None:
    assert verdict(f"{RELAY} {lookup}, reject_unauth_destination\n")[0] is state


@pytest.mark.parametrize(
    ("networks", "table", "state"),
    [
        ("cidr:/etc/postfix/map", "192.0.2.0/24 any\n10.0.0.0/8 any\n", CLOSED),
        ("cidr:/etc/postfix/map", "0.0.0.0/1 any\n", OPEN),
        ("hash:/etc/postfix/map", "192.0.2.1 x\n", CLOSED),
        ("hash:/etc/postfix/map", None, UNKNOWN),
    ],
)
def test_mynetworks_in_a_table_is_read(networks: str, table: str | None, state: RelayState) -> None:
    assert (
        verdict(f"mynetworks = {networks}\n{RELAY} permit_mynetworks, reject_unauth_destination\n", table)[0] is state
    )


@pytest.mark.parametrize(
    ("main", "state"),
    [
        ("smtpd_client_restrictions = permit_mynetworks, reject\n", CLOSED),
        ("smtpd_sender_restrictions = reject_unauth_destination\n", CLOSED),
        ("smtpd_sender_restrictions = reject_unauth_destination\nsmtpd_delay_reject = no\n", OPEN),
        # A client that never greets meets no HELO restriction.
        ("smtpd_helo_restrictions = reject_unauth_destination\n", OPEN),
        ("smtpd_helo_restrictions = reject_unauth_destination\nsmtpd_helo_required = yes\n", CLOSED),
        ("smtpd_client_restrictions = permit, reject\n", OPEN),
        ("smtpd_data_restrictions = reject\n", OPEN),
    ],
)
def test_guard_in_an_early_list_counts_while_it_waits_for_the_recipient(main: str, state: RelayState) -> None:
    # defer_if_permit satisfies the start-up check and guards nothing.
    assert verdict(f"{main}{RELAY} defer_if_permit\n")[0] is state
