"""The old switches for TLS and the level that postlint writes in their place: smtpd offers and demands the same."""

from pathlib import Path

import pytest

from mail.dialogue import Client
from mail.host import MailHost
from mail.repair import fix

pytestmark = [pytest.mark.postfix, pytest.mark.root]

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
CLIENT = Client("203.0.113.50", "mail.innocent.example")
SMTP = "smtp inet n - y - - smtpd\n"


@pytest.mark.parametrize(
    ("main", "option", "offered", "code", "fixed"),
    [
        ("smtpd_use_tls = yes\n", "", True, 250, ("smtpd_tls_security_level = may\n", "")),
        ("smtpd_enforce_tls=yes\n", "", True, 530, ("smtpd_tls_security_level=encrypt\n", "")),
        ("smtpd_use_tls = no\n", "", False, 250, ("", "")),
        ("", "  -o smtpd_use_tls=yes\n", True, 250, ("", "  -o smtpd_tls_security_level=may\n")),
        ("smtpd_enforce_tls = yes\nsmtpd_tls_security_level = may\n", "", True, 250, None),
        ("smtpd_use_tls = yes\nsmtpd_tls_security_level = none\n", "", False, 250, None),
        # No fix: the unit has two parts.
        ("smtpd_use_tls = yes\nsmtpd_enforce_tls = yes\n", "", True, 530, ("", "")),
        ("smtpd_enforce_tls = yes\n", "  -o smtpd_enforce_tls=no\n", False, 250, ("", "")),
        ("smtpd_enforce_tls = yes\n", "  -o smtpd_tls_security_level=\n", True, 530, ("", "")),
    ],
)
def test_smtpd_offers_and_demands_the_same(
    mail_host: MailHost,
    tmp_path: Path,
    main: str,
    option: str,
    offered: bool,
    code: int,
    fixed: tuple[str, str] | None,
) -> None:
    directory = mail_host.write(tmp_path / "conf", GUARD + main, {"master.cf": SMTP + option})
    for _ in range(2):
        session = mail_host.session(directory, CLIENT, service="smtp/inet")
        assert session.helo is not None
        assert ("STARTTLS" in session.helo.text.split("\n"), session.code) == (offered, code)
        fix(directory, "--select", "deprecated-parameter")
    expected = fixed or (main[main.index("\n") + 1 :], option)
    if fixed == ("", "") and main != "smtpd_use_tls = no\n":
        expected = main, option
    assert (directory / "main.cf").read_text().partition(GUARD)[2] == expected[0]
    assert (directory / "master.cf").read_text() == SMTP + expected[1]
