"""Each repair that looks harmless and is not: smtpd shows it, and postlint offers something else."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import safe_fix_checks
import safe_fix_lists
import safe_fix_lookups
import safe_fix_names
from mail.host import MailHost
from safe_fix_rows import LEVEL, LISTED, ZEN, Files, Row, asking
from safe_fix_traps import TRAPS

from postlint.request import Request
from postlint.session import Session
from postlint.target import PostfixVersion

ROWS = (*safe_fix_lists.ROWS, *safe_fix_checks.ROWS, *safe_fix_lookups.ROWS, *safe_fix_names.ROWS)


def each(rows: Sequence[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=[re.sub(r"[^\w.$-]+", "-", row.shows) for row in rows])


def session(row: Row, directory: Path) -> Session:
    request = Request((str(directory),), select=(row.rule,), platform=row.platform, options=row.options)
    return Session(request, note=lambda text: None)


def write(directory: Path, files: Files) -> None:
    directory.mkdir()
    for name, text in files.items():
        (directory / name).write_text(text)


def read(directory: Path) -> Files:
    return {path.name: path.read_text() for path in directory.iterdir()}


def repair(row: Row, directory: Path, unsafe: bool = False) -> None:
    """What `fix` does, with the rule of the row alone."""
    running = session(row, directory)
    outcome = running.fix(unsafe)
    assert outcome.dropped == ()
    running.write(outcome)


@each(ROWS)
def test_postlint_offers(row: Row, tmp_path: Path) -> None:
    """The finding with its severity and its help, and the exact files after a repair; a safe one changes the same."""
    before = {**row.before, "main.cf": LEVEL + row.before["main.cf"]}
    after = {**before, **row.after}
    if "main.cf" in row.after:
        after["main.cf"] = LEVEL + row.after["main.cf"]
    directory = tmp_path / "conf"
    write(directory, before)
    found = session(row, directory).check().diagnostics
    assert {item.rule for item in found} == {row.rule}
    assert str(max(item.severity for item in found)) == row.severity
    assert {item.fix.applicability.value if item.fix else "advice" for item in found} == {row.offer}
    for item in found:
        assert row.says in (item.help or "")
    repair(row, directory)
    assert read(directory) == (after if row.offer == "safe" else before)
    repair(row, directory, unsafe=True)
    assert read(directory) == after


@pytest.mark.parametrize(
    "files", [files for _, files in TRAPS], ids=[re.sub(r"[^\w$-]+", "-", why) for why, _ in TRAPS]
)
@pytest.mark.parametrize("version", [None, "3.7", "3.11"])
def test_nothing_is_safe_to_do(files: Files, version: str | None, tmp_path: Path) -> None:
    """With every rule, on every platform."""
    write(tmp_path / "conf", files)
    for platform in ("none", "aws"):
        request = Request((str(tmp_path / "conf"),), platform=platform, version=version)
        running = Session(request, note=lambda text: None)
        running.write(running.fix(False))
        assert read(tmp_path / "conf") == files


@each([row for row in ROWS if row.replies])
@pytest.mark.postfix
@pytest.mark.root
def test_smtpd_answers(row: Row, tmp_path: Path, mail_host: MailHost) -> None:
    """Before, after the naive repair, after postlint's; then a listed client is refused, so DNS is alive to the end."""
    version = PostfixVersion.parse(mail_host.version)
    if row.until is not None and version >= row.until:
        pytest.skip(f"Postfix {version} answers otherwise")
    service = row.before["master.cf"].split()[0] + "/inet" if "master.cf" in row.before else None

    def reply(name: str, files: Files, repaired: bool = False) -> int:
        directory = mail_host.write(tmp_path / name, files["main.cf"], files)
        if repaired:
            repair(row, directory)
        return mail_host.session(directory, row.client, row.resolver, service, row.listings).code

    assert row.replies
    before, naive, fixed = row.replies
    assert reply("before", row.before) == before
    assert reply("naive", {**row.before, **row.naive}) == naive
    assert reply("fixed", row.before, repaired=True) == fixed
    control = mail_host.write(tmp_path / "control", asking(ZEN))
    assert mail_host.session(control, LISTED, row.resolver, listings={"zen.spamhaus.org": "127.0.0.2"}).code == 554
