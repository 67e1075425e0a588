"""All of Postfix with a setting of master.cf that a blank cuts, and after the repair."""

from pathlib import Path

import pytest

from mail.dialogue import Client
from mail.host import MailHost
from mail.postfix import SERVICES
from mail.repair import fix

pytestmark = [pytest.mark.postfix, pytest.mark.root]

INNOCENT = Client("203.0.113.50", "mail.innocent.example")
MAIN = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
ENTRY = "smtp inet n - n - - smtpd\n  -o smtpd_client_restrictions=permit_mynetworks,\n     reject_unauth_pipelining\n"


def test_blank_behind_a_comma_closes_port_25_until_braces_hold_the_words(mail_host: MailHost, tmp_path: Path) -> None:
    directory = mail_host.write(tmp_path / "conf", MAIN, {"master.cf": ENTRY + SERVICES})
    before = mail_host.instance_session(directory, INNOCENT)
    assert before.banner is None
    assert any("fatal: unexpected command-line argument: reject_unauth_pipelining" in line for line in before.log)
    fix(directory, "--unsafe-fixes", "--select", "spaced-override")
    assert mail_host.instance_session(directory, INNOCENT).code == 250
