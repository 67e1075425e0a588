"""postscreen(8) before and after `postlint fix`. It makes each client wait, so there are few of these."""

import subprocess
from pathlib import Path

import pytest

from mail.dialogue import Client
from mail.host import MailHost
from mail.postfix import SERVICES
from mail.repair import fix
from postlint.diagnostics import Severity
from postlint.request import Request
from postlint.session import Session

pytestmark = [pytest.mark.postfix, pytest.mark.root]

MAIN = """\
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
postscreen_dnsbl_action = {}
postscreen_dnsbl_threshold = 3
postscreen_dnsbl_sites = {}
"""
MASTER = "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n" + SERVICES
INNOCENT = Client("203.0.113.50", "mail.innocent.example")


def configure(host: MailHost, directory: Path, sites: str, action: str = "enforce") -> Path:
    return host.write(directory, MAIN.format(action, sites), {"master.cf": MASTER})


def test_everybody_is_refused_until_the_site_is_removed(mail_host: MailHost, tmp_path: Path) -> None:
    directory = configure(mail_host, tmp_path / "conf", "zen.spamhaus.org*3")
    before = mail_host.instance_session(directory, INNOCENT, "refused")
    assert (before.code, "blocked using zen.spamhaus.org" in before.decision.text) == (550, True)
    fix(directory, "--platform", "aws")
    assert mail_host.instance_session(directory, INNOCENT, "refused").is_delivered


@pytest.mark.parametrize(
    ("sites", "action"), [("zen.spamhaus.org*2", "enforce"), ("zen.spamhaus.org*3", "ignore")], ids=["weight", "action"]
)
def test_site_that_refuses_nobody_is_no_error(mail_host: MailHost, tmp_path: Path, sites: str, action: str) -> None:
    """Below the threshold, or with an action that ignores the rank, the mail flows."""
    directory = configure(mail_host, tmp_path / "conf", sites, action)
    session = mail_host.instance_session(directory, INNOCENT, "refused")
    assert session.code == 250
    assert any("listed by domain zen.spamhaus.org as 127.255.255.254" in line for line in session.log)
    request = Request((str(directory),), select=("spamhaus-from-refused-network",), platform="aws")
    found = Session(request, note=print).check().diagnostics
    assert [item.severity for item in found] == [Severity.WARNING]


def test_retired_allowlist_goes_only_when_asked_for(mail_host: MailHost, tmp_path: Path) -> None:
    """Its negative weight outweighs a listing: without it the client is refused."""
    directory = configure(mail_host, tmp_path / "conf", "bl.spamcop.net=127.0.0.2*3, swl.spamhaus.org*-3")
    listings = {"bl.spamcop.net": "127.0.0.2", "swl.spamhaus.org": "127.0.2.2"}
    fix(directory)
    assert "swl.spamhaus.org*-3" in (directory / "main.cf").read_text()
    assert mail_host.instance_session(directory, INNOCENT, listings=listings).code == 250
    fix(directory, "--unsafe-fixes")
    assert mail_host.instance_session(directory, INNOCENT, listings=listings).code == 550


def test_key_in_capitals_is_in_no_reply_either(mail_host: MailHost, tmp_path: Path) -> None:
    """postscreen looks for the zone as it is spelt: a key in small letters, as postmap writes all, is another one."""
    zone = "Q7W3KFM2ZT9XB4NVHD6SJ8RCPY.zen.dq.spamhaus.net"
    directory = configure(mail_host, tmp_path / "conf", f"{zone}=127.0.0.[2..11]*3")
    listings = {zone.lower(): "127.0.0.2"}
    assert zone in mail_host.instance_session(directory, INNOCENT, listings=listings).decision.text
    main = (directory / "main.cf").read_text() + "postscreen_dnsbl_reply_map = hash:$config_directory/replies\n"
    hashed = mail_host.write(tmp_path / "hashed", main, {"master.cf": MASTER, "replies": f"{zone} zen.spamhaus.org\n"})
    subprocess.run(["/usr/sbin/postmap", f"hash:{hashed}/replies"], check=True)
    assert zone in mail_host.instance_session(hashed, INNOCENT, listings=listings).decision.text
    request = Request((str(hashed),), select=("dqs-key-exposed",))
    (found,) = Session(request, note=print).check().diagnostics
    assert (found.fix, "in small letters: write the zone so, too" in str(found.help)) == (None, True)
    fix(directory, "--unsafe-fixes", "--select", "dqs-key-exposed")
    after = mail_host.instance_session(directory, INNOCENT, listings=listings)
    assert (after.code, after.decision.text.endswith("blocked using zen.spamhaus.org")) == (550, True)
