"""Refused before, in the queue after `postlint fix`."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT

from mail.dialogue import Client
from mail.host import MailHost

pytestmark = [pytest.mark.postfix, pytest.mark.root]

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
INNOCENT = Client("203.0.113.50", "mail.innocent.example")


def fix(directory: Path, *options: str) -> None:
    """Repair the directory with the command."""
    command = [sys.executable, "-m", "postlint", "fix", "--quiet", *options, str(directory)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr


def test_everybody_is_refused_until_the_lookup_is_removed(mail_host: MailHost, tmp_path: Path) -> None:
    directory = mail_host.write(
        tmp_path / "conf", GUARD + "smtpd_client_restrictions = permit_mynetworks, reject_rbl_client zen.spamhaus.org\n"
    )
    before = mail_host.session(directory, INNOCENT, "refused")
    assert before.code == 554
    assert "blocked using zen.spamhaus.org; Error: open resolver" in before.decision.text
    assert any(line.startswith("NOQUEUE: reject: RCPT from mail.innocent.example") for line in before.log)
    assert mail_host.session(directory, INNOCENT).code == 250
    fix(directory, "--platform", "aws")
    assert mail_host.session(directory, INNOCENT, "refused").code == 250
