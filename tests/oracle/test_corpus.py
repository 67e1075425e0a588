"""Real configurations: read without loss, their known hazards found, and repaired once and for all."""

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import CORPUS
from corpus_directories import (
    AWS,
    RUNS,
    UNKNOWN,
    Run,
    corpus_directories,
    fixed_files,
    linted,
    read_directory,
    repaired,
    reread,
)

from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Applicability
from postlint.engine.fix import fix
from postlint.request import Request
from postlint.session import Session
from postlint.syntax.nodes import MainCf, MasterCf
from postlint.syntax.parse import parse_main_cf, parse_master_cf
from postlint.target import Target
from postlint.text import Location, encode

pytestmark = pytest.mark.corpus

in_each_directory = pytest.mark.parametrize("directory", corpus_directories(), ids=lambda path: path.name)

_HELO_RULES = {
    "reject_unknown_helo_hostname": "unknown-helo-rejected",
    "reject_unknown_hostname": "unknown-helo-rejected",
    "reject_unknown_client_hostname": "unconfirmed-client-name-rejected",
    "reject_unknown_client": "unconfirmed-client-name-rejected",
}


@dataclass(frozen=True, slots=True)
class Check:
    """A restriction or postscreen site that is known to stand in a line of a file.

    ``filter``: the text behind the zone's ``=``, empty without one. ``warn``: behind warn_if_reject.
    """

    directory: str
    file: str
    line: int
    verb: str
    zone: str
    filter: str
    warn: bool

    @property
    def is_public_spamhaus(self) -> bool:
        return self.zone.endswith(".spamhaus.org") or self.zone == "cbl.abuseat.org"

    @property
    def is_canary(self) -> bool:
        return self.warn and self.filter == "127.255.255.[1..255]"

    def is_covered_by(self, location: Location, text: str) -> bool:
        """Whether ``location`` is in this file, spans this line and holds ``text`` as a word of its own."""
        first, _ = location.source.position(location.span.start)
        last, _ = location.source.position(location.span.end - 1)
        word = rf"(?<![\w.=-]){re.escape(text)}(?![\w.=\[-])"
        return (
            Path(location.source.path).name == self.file
            and first <= self.line <= last
            and re.search(word, location.text, re.IGNORECASE | re.ASCII) is not None
        )


def known_checks(name: str) -> list[Check]:
    rows = (json.loads(line) for line in (CORPUS / name).read_text(encoding="utf-8").splitlines())
    return [
        Check(
            row["dir"],
            f"{row['kind']}.cf",
            row["line"],
            row["verb"],
            row.get("zone", ""),
            row.get("filter", ""),
            row.get("warn", False),
        )
        for row in rows
    ]


def findings(check: Check, target: Target, rule: str) -> list[Diagnostic]:
    result = linted(CORPUS / check.directory, target)
    return [diagnostic for diagnostic in result.diagnostics if diagnostic.rule == rule]


def zone_findings(check: Check, target: Target, rule: str) -> list[Diagnostic]:
    """The findings of ``rule`` about this lookup and no other, related places included."""
    text = f"{check.zone}={check.filter}" if check.filter else check.zone
    return [
        diagnostic
        for diagnostic in findings(check, target, rule)
        for location in (diagnostic.location, *(place.location for place in diagnostic.related))
        if check.is_covered_by(location, text)
    ]


def test_the_whole_corpus_is_there() -> None:
    folders = [path.parent.name for path in corpus_directories()]
    assert (folders.count("files"), folders.count("templated")) == (180, 23)


@in_each_directory
def test_file_is_the_concatenation_of_its_nodes(directory: Path) -> None:
    for read in read_directory(directory).read_files:
        parse = parse_main_cf if read.source.path.endswith("main.cf") else parse_master_cf
        tree: MainCf | MasterCf = parse(read.source)
        position = 0
        for item in tree.items:
            assert item.span.start == position < item.span.end
            position = item.span.end
        assert position == len(read.source.text)
        text = "".join(read.source.text[item.span.start : item.span.end] for item in tree.items)
        assert encode(text) == Path(read.real_path).read_bytes()


def test_unfiltered_spamhaus_lookups_are_found_on_an_unknown_platform() -> None:
    checks = unfiltered_spamhaus_lookups()
    missed = [check for check in checks if not zone_findings(check, UNKNOWN, "dnsbl-without-reply-filter")]
    assert len(checks) == 64
    assert missed == []


def test_unfiltered_spamhaus_lookups_refuse_mail_on_a_refused_network() -> None:
    checks = unfiltered_spamhaus_lookups()
    missed = [
        check
        for check in checks
        if not any(
            diagnostic.severity in (Severity.WARNING, Severity.ERROR)
            for diagnostic in zone_findings(check, AWS, "spamhaus-from-refused-network")
        )
    ]
    assert len(checks) == 64
    assert missed == []


def test_filtered_lookups_are_not_called_unfiltered() -> None:
    checks = [check for check in known_checks("dnsbl_truth.jsonl") if check.filter]
    blamed = [
        check
        for check in checks
        for target in (UNKNOWN, AWS)
        if zone_findings(check, target, "dnsbl-without-reply-filter")
    ]
    assert len(checks) == 84
    assert blamed == []


def test_filtered_spamhaus_lookups_refuse_no_mail_on_a_refused_network() -> None:
    checks = [check for check in known_checks("dnsbl_truth.jsonl") if check.filter and check.is_public_spamhaus]
    blamed = [
        (check, diagnostic.severity)
        for check in checks
        for diagnostic in zone_findings(check, AWS, "spamhaus-from-refused-network")
        if check.is_canary or diagnostic.severity is not Severity.INFO
    ]
    assert len(checks) == 15
    assert sum(check.is_canary for check in checks) == 1
    assert blamed == []


def unfiltered_spamhaus_lookups() -> list[Check]:
    checks = known_checks("dnsbl_truth.jsonl")
    return [check for check in checks if check.is_public_spamhaus and not check.filter and not check.warn]


def test_checks_of_unconfirmed_names_are_found() -> None:
    checks = [check for check in known_checks("hostname_truth.jsonl") if check.verb in _HELO_RULES]
    missed = [
        check
        for check in checks
        if not any(
            check.is_covered_by(diagnostic.location, check.verb)
            for diagnostic in findings(check, UNKNOWN, _HELO_RULES[check.verb])
        )
    ]
    assert len(checks) == 22
    assert {check.verb for check in checks} == set(_HELO_RULES)
    assert missed == []


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_fix_has_work_in_the_corpus(run: Run) -> None:
    assert sum(bool(repaired(directory, run).edits) for directory in corpus_directories()) >= 40


@in_each_directory
def test_fixing_twice_is_fixing_once(directory: Path) -> None:
    for run in RUNS:
        once = fixed_files(directory, run)
        remaining = repaired(directory, run).remaining.context.configuration.files
        files = reread(once)
        assert [source.text for source in remaining.sources] == [source.text for source in files.sources], run.name
        if not repaired(directory, run).edits:
            continue  # the second time would be the first time again
        again = fix(files, frozenset(once), run.target, run.options, unsafe=run.unsafe)
        assert again.edits == {}, run.name
        assert again.applied == (), run.name


@in_each_directory
def test_fix_leaves_no_safe_fix_and_drops_none(directory: Path) -> None:
    for run in RUNS:
        result = repaired(directory, run)
        assert result.dropped == (), run.name
        assert offered_fixes(result.remaining.diagnostics, run.unsafe) == [], run.name


def offered_fixes(diagnostics: Iterable[Diagnostic], unsafe: bool) -> list[Diagnostic]:
    return [
        diagnostic
        for diagnostic in diagnostics
        if diagnostic.fix and (unsafe or diagnostic.fix.applicability is Applicability.SAFE)
    ]


def test_stock_configurations_hold_no_error(tmp_path: Path) -> None:
    for name in ("main.cf", "master.cf"):
        shutil.copyfile(CORPUS / f"stock-{name}", tmp_path / name)
    packaged = [path for path in corpus_directories() if path.name.startswith(("debian__", "vdukhovni__postfix__"))]
    assert len(packaged) == 4
    for directory in (tmp_path, *packaged):
        found = Session(Request(paths=(str(directory),)), lambda note: None).check().diagnostics
        assert [diagnostic for diagnostic in found if diagnostic.severity is Severity.ERROR] == [], directory.name
