"""What clients say behind HELO, and which repair of reject_unknown_helo_hostname refuses what it accepted."""

from pathlib import Path
from typing import NamedTuple

import pytest

from mail.dialogue import Client
from mail.host import MailHost
from mail.repair import fix

pytestmark = [pytest.mark.postfix, pytest.mark.root]

LIST = (
    "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
    "smtpd_helo_restrictions = permit_mynetworks, {}\n"
)
UNKNOWN = "reject_unknown_helo_hostname"
CONFIRMED = ("mail.innocent.example", "A 203.0.113.50")


class Form(NamedTuple):
    """``records``: what DNS knows of it. The replies when the list holds reject_unknown_helo_hostname, and in its place
    reject_invalid_helo_hostname and reject_non_fqdn_helo_hostname.
    """

    helo: str
    unknown: int
    invalid: int
    non_fqdn: int
    records: tuple[str, ...] = ()


# No replacement is weaker for every form. Refused before and for good afterwards: 450 has become 501 or 504.
FORMS = (
    Form("mail.innocent.example", 250, 250, 250),
    Form("MAIL.Innocent.EXAMPLE", 250, 250, 250),
    Form("mail.innocent.example.", 450, 250, 250),
    Form("relay14.provider.example", 450, 250, 250),
    Form("mx-only.example", 250, 250, 250, ("MX 10 mail.innocent.example.",)),
    Form("null-mx.example", 250, 250, 250, ("MX 0 .",)),
    Form("v6-only.example", 250, 250, 250, ("AAAA 2001:db8::1",)),
    Form("mail.failing.example", 450, 250, 250),
    Form("localhost.localdomain", 450, 250, 250),
    Form("a." * 120 + "example", 450, 250, 250),
    # A DNS wildcard resolves these.
    Form("x.wild.example", 250, 250, 250),
    Form("*.wild.example", 250, 501, 504),
    Form("mail..wild.example", 450, 501, 504),
    Form("-.wild.example", 450, 501, 504),
    # Single labels, in DNS and not.
    Form("intranet", 250, 250, 504, ("A 203.0.113.9",)),
    Form("localhost", 250, 250, 504, ("A 127.0.0.1",)),
    Form("WIN-5J2K", 450, 250, 504),
    Form("mail", 450, 250, 504),
    # Address literals, and addresses without brackets.
    Form("[203.0.113.50]", 250, 250, 250),
    Form("[203.0.113.99]", 250, 250, 250),
    Form("[IPv6:2001:db8::1]", 250, 250, 250),
    Form("[2001:db8::1]", 501, 501, 501),
    Form("[none]", 501, 501, 501),
    Form("[]", 501, 501, 501),
    Form("203.0.113.50", 450, 250, 504),
    Form("2001:db8::1", 450, 250, 504),
    Form("IPv6:2001:db8::1", 450, 501, 504),
    Form("1.2.3", 450, 501, 504),
    Form("1", 450, 501, 504),
    # Malformed names.
    Form("a..b", 450, 501, 504),
    Form(".a.example", 450, 501, 504),
    Form("a.example..", 450, 501, 504),
    Form("-a.example", 450, 501, 504),
    Form("a-.example", 450, 501, 504),
    Form("a/b", 450, 501, 504),
    Form("a b", 450, 501, 504),
    Form("a@b.example", 450, 501, 504),
    Form("user:x", 450, 501, 504),
    Form("host!x", 450, 501, 504),
    Form("*", 450, 501, 504),
    Form("#", 450, 501, 504),
    Form("%", 450, 501, 504),
    Form("(x)", 450, 501, 504),
    Form('"quoted"', 450, 501, 504),
    Form("<mail.innocent.example>", 450, 501, 504),
    Form("a" * 64 + ".example", 450, 501, 504),
    # Underscores and names in other alphabets.
    Form("_mail.innocent.example", 250, 250, 250, ("A 203.0.113.9",)),
    Form("under_score.example", 250, 250, 250, ("A 203.0.113.9",)),
    Form("xn--mller-kva.example", 250, 250, 250, ("A 203.0.113.9",)),
    Form("müller.example", 450, 501, 504),
    Form("é", 450, 501, 504),
)


@pytest.fixture(scope="module")
def configurations(mail_host: MailHost, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The list as it was, after each repair by the command, and with the replacement that is never offered."""
    folder = tmp_path_factory.mktemp("helo")
    found = {
        name: mail_host.write(folder / name, LIST.format(UNKNOWN)) for name in ("before", "warn", "remove", "weaken")
    }
    for name in ("warn", "remove"):
        fix(found[name], "--helo-fix", name)
    fix(found["weaken"], "--helo-fix", "weaken")
    assert UNKNOWN in (found["weaken"] / "main.cf").read_text()
    fix(found["weaken"], "--helo-fix", "weaken", "--unsafe-fixes")
    assert "reject_invalid_helo_hostname" in (found["weaken"] / "main.cf").read_text()
    return {**found, "non_fqdn": mail_host.write(folder / "other", LIST.format("reject_non_fqdn_helo_hostname"))}


@pytest.mark.parametrize("form", FORMS, ids=[ascii(form.helo)[1:-1][:30] for form in FORMS])
def test_safe_repairs_accept_every_form(form: Form, mail_host: MailHost, configurations: dict[str, Path]) -> None:
    records = (CONFIRMED, *((form.helo, record) for record in form.records))
    client = Client("203.0.113.50", "mail.innocent.example", records, form.helo)
    replies = {name: mail_host.session(directory, client).code for name, directory in configurations.items()}
    assert replies == {
        "before": form.unknown,
        "warn": 250,
        "remove": 250,
        "weaken": form.invalid,
        "non_fqdn": form.non_fqdn,
    }
