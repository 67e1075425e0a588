"""Real configurations: checks of names in front of the permits for own machines and users, and at submission services.

What is expected is written from the lists of checks and from real postconf's answers, without postlint.
"""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import CORPUS
from corpus_directories import RUNS, UNKNOWN, corpus_directories, fixed_files, linted, read_directory
from preparation import with_stock_files
from real_postconf import ask, write_configuration

from postlint.diagnostics import Diagnostic, Severity
from postlint.text import Location

pytestmark = pytest.mark.corpus

ORDER, SUBMISSION = "check-before-local-permit", "helo-check-on-submission"
STRICT = {
    "reject_unknown_client": "unconfirmed-client-name-rejected",
    "reject_unknown_client_hostname": "unconfirmed-client-name-rejected",
    "reject_unknown_helo_hostname": "unknown-helo-rejected",
    "reject_unknown_hostname": "unknown-helo-rejected",
}
HELO_CHECKS = {
    *("reject_invalid_helo_hostname", "reject_invalid_hostname", "reject_non_fqdn_helo_hostname"),
    *("reject_non_fqdn_hostname", "reject_unknown_helo_hostname", "reject_unknown_hostname"),
}
CHECKS = HELO_CHECKS | {*STRICT, "reject_unknown_reverse_client_hostname"}
LIST = re.compile(r"smtpd_(client|helo|sender|relay|recipient)_restrictions")
PERMITS = ("permit_mynetworks", "permit_sasl_authenticated")


class Row(NamedTuple):
    """A check that is known to stand in a line of main.cf, and the permits and checks before it in its list."""

    directory: str
    where: str
    verb: str
    before: tuple[str, ...]
    line: int

    @property
    def path(self) -> Path:
        return CORPUS / self.directory


@cache
def rows() -> tuple[Row, ...]:
    text = (CORPUS / "hostname_truth.jsonl").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = [json.loads(line) for line in text.split("\n")[:-1]]
    return tuple(
        Row(row["dir"], row["where"], row["verb"], tuple(row["before"]), row["line"])
        for row in found
        if row["verb"] in CHECKS and LIST.fullmatch(row["where"])
    )


@cache
def settings(directory: Path, name: str) -> dict[str, str]:
    """What real postconf says: ``nx`` for main.cf with its names replaced, ``P`` for the overrides."""
    lines = (directory / f"oracle.{name}").read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    return {key: value for key, equals, value in (line.partition(" =") for line in lines) if equals}


@cache
def submission_services(directory: Path) -> tuple[str, ...]:
    lines = (directory / "oracle.M").read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    services = (line.split() for line in lines if line.strip())
    return tuple(
        f"{name}/inet"
        for name, kind, *_, command in (fields[:8] for fields in services)
        if kind == "inet" and name in ("submission", "587", "submissions", "smtps", "465") and command == "smtpd"
    )


def setting(directory: Path, service: str, name: str) -> str:
    """The value that holds for a service of master.cf; "" for main.cf alone."""
    overrides = settings(directory, "P")
    return overrides.get(f"{service}/{name}", settings(directory, "nx").get(name, "")).strip()


def services_of(row: Row) -> tuple[str, ...]:
    """The submission services that take the list from main.cf."""
    overrides = settings(row.path, "P")
    return tuple(item for item in submission_services(row.path) if f"{item}/{row.where}" not in overrides)


def value_of(row: Row) -> str:
    """The list; as it is written where real postconf dies on another line of the file."""
    if settings(row.path, "nx"):
        return settings(row.path, "nx")[row.where]
    text = (row.path / "main.cf").read_text(encoding="utf-8", errors="surrogateescape")
    *_, last = re.finditer(rf"(?m)^{row.where}\s*=(.*(?:\n[ \t#].*)*)", text)
    return re.sub(r"\n[ \t]*#.*", "", last[1])


def permits_behind(row: Row) -> set[str]:
    words = re.split(r"[,\s]+", value_of(row))
    behind = words[words.index(row.verb) + 1 :] if row.verb in words else []
    return {name for name in PERMITS if name in behind and name not in row.before}


def expected(row: Row) -> set[str]:
    """The rules of the two that have to speak of the check."""
    found: set[str] = set()
    spared = any(name.startswith(("check_", "permit_sasl", "permit_tls")) for name in row.before)
    logins = any(setting(row.path, item, "smtpd_sasl_auth_enable") == "yes" for item in services_of(row))
    if row.verb in HELO_CHECKS and logins and not spared and not is_softened(row):
        found.add(SUBMISSION)
    permits = permits_behind(row)
    told = row.verb in STRICT and not set(PERMITS) & set(row.before)
    if permits and not told and SUBMISSION not in found:
        found.add(ORDER)
    return found


def is_softened(row: Row) -> bool:
    return re.search(rf"warn_if_reject[,\s]+{row.verb}\b", value_of(row)) is not None


def covers(location: Location, row: Row) -> bool:
    first, _ = location.source.position(location.span.start)
    last, _ = location.source.position(location.span.end - 1)
    return (
        Path(location.source.path).name == "main.cf"
        and first <= row.line <= last
        and re.match(rf"{row.verb}\b", location.text, re.IGNORECASE) is not None
    )


def speaking(row: Row) -> set[str]:
    """The rules of the two with a finding about the check, related places included."""
    return {
        diagnostic.rule
        for diagnostic in linted(row.path, UNKNOWN).diagnostics
        if diagnostic.rule in (ORDER, SUBMISSION)
        for location in (diagnostic.location, *(place.location for place in diagnostic.related))
        if covers(location, row)
    }


def test_each_check_is_reported_by_the_rule_for_it() -> None:
    wrong = [(row, speaking(row), expected(row)) for row in rows() if speaking(row) != expected(row)]
    assert len(rows()) == 67
    assert wrong == []
    assert Counter(rule for row in rows() for rule in expected(row)) == {SUBMISSION: 8, ORDER: 5}


def found(rule: str) -> list[tuple[Path, Diagnostic]]:
    return [
        (directory, diagnostic)
        for directory in corpus_directories()
        for diagnostic in linted(directory, UNKNOWN).diagnostics
        if diagnostic.rule == rule
    ]


def test_no_check_of_a_name_has_two_errors() -> None:
    errors = Counter(
        diagnostic.location.key
        for directory in corpus_directories()
        for diagnostic in linted(directory, UNKNOWN).diagnostics
        if diagnostic.severity is Severity.ERROR and diagnostic.rule in (ORDER, SUBMISSION, *STRICT.values())
    )
    assert max(errors.values()) == 1


def test_findings_of_both_rules() -> None:
    counted = Counter(
        (rule, str(diagnostic.severity), diagnostic.fix.applicability.value if diagnostic.fix else "advice")
        for rule in (ORDER, SUBMISSION)
        for _, diagnostic in found(rule)
    )
    assert counted == {
        (ORDER, "info", "safe"): 1,
        (ORDER, "warning", "safe"): 9,
        (ORDER, "warning", "unsafe"): 1,
        (ORDER, "warning", "advice"): 2,
        (SUBMISSION, "error", "safe"): 9,
        (SUBMISSION, "error", "advice"): 4,
        (SUBMISSION, "warning", "safe"): 9,
        (SUBMISSION, "warning", "advice"): 1,
    }


@pytest.mark.postfix
def test_real_postconf_sees_an_empty_helo_list_for_the_repaired_services(tmp_path: Path) -> None:
    (run,) = (run for run in RUNS if run.target == UNKNOWN and not run.unsafe)
    seen = 0
    for number, (directory, diagnostic) in enumerate(found(SUBMISSION)):
        fix = diagnostic.fix
        if fix is None or fix.changes != (f"{diagnostic.service}/smtpd_helo_restrictions",):
            continue
        judged = read_directory(directory).judged
        if any(rewrite.source.path not in judged for rewrite in fix.rewrites):
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        write_configuration(folder, with_stock_files(fixed_files(directory, run)))
        answer = ask(folder, "-P")
        if answer.fatal is None:  # what is wrong elsewhere stays
            assert answer.settings[fix.changes[0]] == ""
            seen += 1
    assert seen == 12
