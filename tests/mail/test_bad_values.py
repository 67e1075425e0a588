"""What smtpd makes of values that it looks at only when a client comes, and what bad-value says of them."""

from pathlib import Path

import pytest

from mail.dialogue import Client
from mail.host import MailHost
from postlint.configuration.model import ConfigurationFiles
from postlint.engine.lint import lint
from postlint.rules.bad_value import bad_value
from postlint.target import PostfixVersion, Target
from postlint.text import Source

pytestmark = [pytest.mark.postfix, pytest.mark.root]

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
INNOCENT = Client("203.0.113.50", "mail.innocent.example")
SASL = "smtpd_sasl_auth_enable = yes\n"


def message(host: MailHost, main: str) -> str | None:
    files = ConfigurationFiles(Source("main.cf", main), Source("master.cf", "smtp inet n - n - - smtpd\n"))
    found = lint(files, Target(PostfixVersion.parse(host.version)), rules=[bad_value]).diagnostics
    return found[0].message if found else None


@pytest.mark.parametrize(
    "main",
    [
        f"{SASL}smtpd_sasl_security_options = noanonymous, noplain\n",
        "notify_classes = all\n",
        "smtpd_upstream_proxy_protocol = haproxi\n",
    ],
)
def test_smtpd_dies_when_a_client_connects(mail_host: MailHost, tmp_path: Path, main: str) -> None:
    session = mail_host.session(mail_host.write(tmp_path, GUARD + main), INNOCENT)
    assert session.banner is None
    assert ": smtpd dies when a client connects" in str(message(mail_host, main))


def test_options_of_sasl_do_not_matter_without_sasl(mail_host: MailHost, tmp_path: Path) -> None:
    main = "smtpd_sasl_security_options = noanonymous, noplain\n"
    assert mail_host.session(mail_host.write(tmp_path, GUARD + main), INNOCENT).code == 250
    assert message(mail_host, main) is None


@pytest.mark.parametrize(("code", "answer"), [("554", 554), ("250", 450), ("5500", 450), ("421", 421)])
def test_reply_code_that_refuses_nothing(mail_host: MailHost, tmp_path: Path, code: str, answer: int) -> None:
    main = f"{GUARD}smtpd_client_restrictions = reject\nreject_code = {code}\n"
    assert mail_host.session(mail_host.write(tmp_path, main), INNOCENT).code == answer
    assert (message(mail_host, main) is not None) == (answer == 450)


@pytest.mark.parametrize("protocols", ["!SSLv2, !TLSv1.0", ">=TLSv1.2", "!SSLv2:!sslv3", "TLSv1.2 !TLS1"])
def test_list_of_protocols_that_is_none(mail_host: MailHost, tmp_path: Path, protocols: str) -> None:
    main = f"smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /none\nsmtpd_tls_protocols = {protocols}\n"
    log = mail_host.session(mail_host.write(tmp_path, GUARD + main), INNOCENT).log
    assert any("Invalid TLS protocol list" in line for line in log) == (message(mail_host, main) is not None)
