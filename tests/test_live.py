"""The live directory: what the host itself tells about the mail server."""

from pathlib import Path

import pytest
from hosts import NOTHING, facts

import postlint.files
import postlint.host
from postlint.host import HostFacts, InstalledPostfix
from postlint.request import Request
from postlint.session import Session
from postlint.showing import Selection, show
from postlint.target import PostfixVersion

MAIN = "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n"
MASTER = "smtp inet n - y - - smtpd\n"
FIRMWARE = "/sys/class/dmi/id/sys_vendor says Amazon EC2"
AWS = facts("aws", FIRMWARE, "192.0.2.53")
QUAD9 = facts(None, None, "9.9.9.9")
GOOGLE = facts(None, None, "8.8.8.8", path="/run/systemd/resolve/resolv.conf")
AWS_GOOGLE = facts("aws", FIRMWARE, "8.8.8.8")
LATE = facts(None, None, "8.8.8.8", "1.1.1.1", "9.9.9.9")

REFUSED, UNFILTERED = ["spamhaus-from-refused-network"], ["dnsbl-without-reply-filter"]
SILENT = [*UNFILTERED, *REFUSED]
AWS_NOTE = f"platform AWS: {FIRMWARE}"
QUAD9_NOTE = "resolver Quad9: /etc/resolv.conf has nameserver 9.9.9.9"
GOOGLE_NOTE = "resolver Google: /run/systemd/resolve/resolv.conf has nameserver 8.8.8.8"


def rules_found(
    folder: Path, host: HostFacts, monkeypatch: pytest.MonkeyPatch, live: bool, request: Request
) -> tuple[list[str], list[str]]:
    (folder / "main.cf").write_text(MAIN, encoding="utf-8")
    (folder / "master.cf").write_text(MASTER, encoding="utf-8")
    monkeypatch.setattr(postlint.files, "LIVE_DIRECTORY", str(folder) if live else "/nowhere")
    monkeypatch.setattr(postlint.host, "detect", lambda jail: host)
    monkeypatch.setattr(postlint.host, "installed_postfix", lambda: None)
    notes: list[str] = []
    outcome = Session(request._replace(paths=(str(folder),)), notes.append).check()
    return [diagnostic.rule for diagnostic in outcome.diagnostics], notes


@pytest.mark.parametrize(
    ("host", "live", "request_", "rules", "notes"),
    [
        (NOTHING, True, Request(), UNFILTERED, []),
        (AWS, True, Request(), REFUSED, [AWS_NOTE]),
        (AWS, False, Request(), UNFILTERED, []),
        (AWS, True, Request(platform="none"), UNFILTERED, []),
        (AWS, True, Request(resolvers=("192.0.2.1",)), REFUSED, [AWS_NOTE]),
        (NOTHING, False, Request(platform="aws"), REFUSED, []),
        (QUAD9, True, Request(), REFUSED, [QUAD9_NOTE]),
        (QUAD9, False, Request(), UNFILTERED, []),
        (QUAD9, True, Request(platform="none"), REFUSED, [QUAD9_NOTE]),
        (QUAD9, True, Request(resolvers=("192.0.2.1",)), UNFILTERED, []),
        (QUAD9, True, Request(platform="aws", resolvers=("192.0.2.1",)), REFUSED, []),
        (GOOGLE, True, Request(), SILENT, [GOOGLE_NOTE]),
        (GOOGLE, True, Request(platform="aws"), SILENT, [GOOGLE_NOTE]),
        (AWS_GOOGLE, True, Request(), SILENT, [AWS_NOTE, "resolver Google: /etc/resolv.conf has nameserver 8.8.8.8"]),
        (LATE, True, Request(), REFUSED, ["resolver Cloudflare: /etc/resolv.conf has nameserver 1.1.1.1"]),
        (facts(None, None, "4.2.2.1"), True, Request(), UNFILTERED, []),
        (facts(None, None, "192.0.2.53", "8.8.8.8"), True, Request(), UNFILTERED, []),
    ],
)
def test_host_counts_for_the_live_directory_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    host: HostFacts,
    live: bool,
    request_: Request,
    rules: list[str],
    notes: list[str],
) -> None:
    assert rules_found(tmp_path, host, monkeypatch, live, request_) == (rules, notes)


@pytest.mark.parametrize(
    ("main", "master", "jail"),
    [
        ("", "smtp inet n - y - - smtpd\n", "/var/spool/postfix"),
        ("queue_directory = /srv/spool\n", "smtp inet n - y - - /usr/lib/postfix/sbin/smtpd\n", "/srv/spool"),
        ("", "smtp inet n - n - 1 postscreen\ndnsblog unix - - y - 0 dnsblog\n", "/var/spool/postfix"),
        ("", "smtp inet n - n - - smtpd\nsubmission inet n - y - - smtpd\n", "/var/spool/postfix"),
        ("", "smtp inet n - n - - smtpd\nlmtp unix - - y - - lmtp\n", None),
        ("", "smtp inet n - - - - smtpd\n", "/var/spool/postfix"),
        ("compatibility_level = 0\n", "smtp inet n - - - - smtpd\n", "/var/spool/postfix"),
        ("compatibility_level = 1\n", "smtp inet n - - - - smtpd\n", None),
        ("compatibility_level = 3.6\n", "smtp inet n - - - - smtpd\n", None),
        ("", None, None),
    ],
)
def test_chroot_of_the_programs_that_ask_decides_whose_resolv_conf_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, main: str, master: str | None, jail: str | None
) -> None:
    (tmp_path / "main.cf").write_text(main, encoding="utf-8")
    if master is not None:
        (tmp_path / "master.cf").write_text(master, encoding="utf-8")
    jails: list[str | None] = []

    def detect(jail: str | None) -> HostFacts:
        jails.append(jail)
        return NOTHING

    monkeypatch.setattr(postlint.files, "LIVE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(postlint.host, "detect", detect)
    monkeypatch.setattr(postlint.host, "installed_postfix", lambda: None)
    Session(Request((str(tmp_path),)), lambda note: None)
    assert jails == [jail]


OLD = InstalledPostfix(PostfixVersion(3, 5), "/lib/apk/db/installed has postfix 3.5.25-r0")
OLD_NOTE = f"Postfix 3.5: {OLD.evidence}"


@pytest.mark.parametrize(
    ("installed", "live", "request_", "version", "notes"),
    [
        (OLD, True, Request(), PostfixVersion(3, 5), [OLD_NOTE]),
        (OLD, True, Request(platform="aws", resolvers=("192.0.2.1",)), PostfixVersion(3, 5), [OLD_NOTE]),
        (OLD, True, Request(version="3.11"), PostfixVersion(3, 11), []),
        (OLD, False, Request(), None, []),
        (OLD, False, Request(version="3.11"), PostfixVersion(3, 11), []),
        (None, True, Request(), None, []),
    ],
)
def test_version_is_that_of_the_installed_package(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    installed: InstalledPostfix | None,
    live: bool,
    request_: Request,
    version: PostfixVersion | None,
    notes: list[str],
) -> None:
    (tmp_path / "main.cf").write_text("smtpd_tls_enable_rpk = yes\n", encoding="utf-8")
    (tmp_path / "master.cf").write_text(MASTER, encoding="utf-8")
    monkeypatch.setattr(postlint.files, "LIVE_DIRECTORY", str(tmp_path) if live else "/nowhere")
    monkeypatch.setattr(postlint.host, "detect", lambda jail: NOTHING)
    monkeypatch.setattr(postlint.host, "installed_postfix", lambda: installed)
    told: list[str] = []
    request = request_._replace(paths=(str(tmp_path),), select=("parameter-too-new",))
    outcome = Session(request, told.append).check()
    old = version is not None and version < PostfixVersion(3, 9)
    assert [item.location.text for item in outcome.diagnostics] == (["smtpd_tls_enable_rpk"] if old else [])
    assert told == notes
    told.clear()
    shown = show(request, Selection(defaults=True), told.append).shown
    assert told == notes
    release = next(value.text for value in shown.main if value.name == "mail_version")
    assert release is not None
    assert version is None or PostfixVersion.parse(release) == version
