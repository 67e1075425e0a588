"""The live directory: what the host itself tells about the mail server."""

from pathlib import Path

import pytest

import postlint.files
import postlint.host
from postlint.host import HostFacts
from postlint.session import Request, Session

MAIN = "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n"
AWS = HostFacts("aws", ("192.0.2.53",), "/sys/class/dmi/id/sys_vendor says Amazon EC2")
QUAD9 = HostFacts(None, ("9.9.9.9",), None)
NOTHING = HostFacts(None, (), None)


def rules_found(
    folder: Path, host: HostFacts, monkeypatch: pytest.MonkeyPatch, live: bool, platform: str = "auto"
) -> tuple[list[str], list[str]]:
    (folder / "main.cf").write_text(MAIN, encoding="utf-8")
    (folder / "master.cf").write_text("smtp inet n - y - - smtpd\n", encoding="utf-8")
    monkeypatch.setattr(postlint.files, "LIVE_DIRECTORY", str(folder) if live else "/nowhere")
    monkeypatch.setattr(postlint.host, "detect", lambda: host)
    notes: list[str] = []
    outcome = Session(Request((str(folder),), platform=platform), notes.append).check()
    return [diagnostic.rule for diagnostic in outcome.diagnostics], notes


REFUSED, UNFILTERED = ["spamhaus-from-refused-network"], ["dnsbl-without-reply-filter"]
AWS_NOTE = ["platform AWS: /sys/class/dmi/id/sys_vendor says Amazon EC2"]


@pytest.mark.parametrize(
    ("host", "live", "platform", "rules", "notes"),
    [
        (AWS, True, "auto", REFUSED, AWS_NOTE),
        (QUAD9, True, "auto", REFUSED, []),
        (NOTHING, True, "auto", UNFILTERED, []),
        (AWS, True, "none", UNFILTERED, []),
        (AWS, False, "auto", UNFILTERED, []),
        (NOTHING, False, "aws", REFUSED, []),
    ],
)
def test_host_counts_for_the_live_directory_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    host: HostFacts,
    live: bool,
    platform: str,
    rules: list[str],
    notes: list[str],
) -> None:
    assert rules_found(tmp_path, host, monkeypatch, live, platform) == (rules, notes)
