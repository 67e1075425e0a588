"""Of two entries for one service master(8) runs the last one, before and after `postlint fix`."""

from pathlib import Path

import pytest

from mail.dialogue import Client
from mail.host import MailHost
from mail.postfix import SERVICES
from mail.repair import fix

pytestmark = [pytest.mark.postfix, pytest.mark.root]

MAIN = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
OPEN = "smtp inet n - n - 1 smtpd\n"
STRICT = "25 inet n - n - - smtpd\n# nobody\n  -o smtpd_client_restrictions=reject\n"
CLIENT = Client("203.0.113.50", "mail.innocent.example")


@pytest.mark.parametrize(
    ("entries", "code", "fixed"),
    [(OPEN + STRICT, 554, STRICT), (STRICT + OPEN, 250, "# nobody\n" + OPEN)],
    ids=["strict-last", "open-last"],
)
def test_last_entry_runs(mail_host: MailHost, tmp_path: Path, entries: str, code: int, fixed: str) -> None:
    directory = mail_host.write(tmp_path / "conf", MAIN, {"master.cf": entries + SERVICES})
    assert mail_host.instance_session(directory, CLIENT).code == code
    fix(directory)
    assert (directory / "master.cf").read_text() == fixed + SERVICES
    assert mail_host.instance_session(directory, CLIENT).code == code
