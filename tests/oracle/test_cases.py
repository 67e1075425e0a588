"""Small configurations, one for each fact of the language, against the recorded answers of real postconf(1)."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import CORPUS
from real_postconf import hidden_names, masked, squeezed
from shown import ShownAll, agrees, shown_all

from postlint.configuration.model import Configuration
from postlint.files import read_inputs

pytestmark = pytest.mark.corpus

_CASES = CORPUS.parent / "postfix" / "cases"

# Where postlint reads the file as the daemons do, and postconf does not.
MISREAD_BY_POSTCONF = {
    # The daemon's getopt(3) takes all of -oNAME=VALUE for one option; postconf cuts the word at the next "o".
    "082-m-o-joined",
}
MASTER_DIES = {
    # postconf warns "missing '}'", closes the brace and goes on; master(8) dies on the entry, so it counts as absent.
    "089-m-brace-unclosed",
}
# master(8) dies on a field that postconf takes; what the entry means is known.
REFUSED_BY_MASTER = {"101-m-private-inet"}


@dataclass(frozen=True, slots=True)
class Case:
    """A configuration and postconf's answers to -n, -nx, -M, -P and -Px.

    ``exact``: the values with all their blanks, from a later postconf; empty where it died.
    """

    directory: Path
    values: dict[str, str]
    expanded: dict[str, str]
    exact: dict[str, str]
    services: tuple[str, ...]
    overrides: dict[str, str]
    expanded_overrides: dict[str, str]
    messages: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def fatal(self) -> str:
        """Why postconf died; empty when it did not."""
        return next((line.removeprefix("fatal: ") for line in self.messages if line.startswith("fatal: ")), "")

    def read(self) -> Configuration:
        return Configuration(read_inputs([str(self.directory)])[0].files)

    def shown(self) -> ShownAll:
        return shown_all(self.read().files, {"config_directory": "DIR", "daemon_directory": "/usr/lib/postfix/sbin"})


def load_case(directory: Path) -> Case:
    # In most answers a byte that is no UTF-8 is the six characters \udcXX, in some it is the surrogate itself.
    text = (directory / "expected.json").read_text(encoding="utf-8").replace(r"\\udc", r"\udc")
    answers = json.loads(text)
    values, expanded, exact = answers["n"], answers.get("nx", {}), answers.get("exact_values_3.12", {})
    for settings in (values, expanded, exact):
        settings.pop("config_directory", None)
    messages = (*answers["n_stderr"], *answers["M_stderr"])
    overrides, expanded_overrides = answers["P"], answers.get("Px", {})
    return Case(directory, values, expanded, exact, tuple(answers["M"]), overrides, expanded_overrides, messages)


def every_case() -> list[Case]:
    return [load_case(path.parent) for path in sorted(_CASES.glob("*/expected.json"))]


def cases(reason: str) -> list[Case]:
    """Those with this reason to die; the pattern has to match from the start."""
    return [case for case in every_case() if re.match(reason, case.fatal)]


def in_cases(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases(reason), ids=lambda case: case.name)


_READ = "$"
_MAIN_SYNTAX = "DIR/main.cf, line "
_MASTER_SYNTAX = "file DIR/master.cf: line |invalid [a-z_]+ field "
_EXPANSION = "macro processing error"


def test_every_case_is_of_a_kind_that_is_compared() -> None:
    kinds = [len(cases(reason)) for reason in (_READ, _MAIN_SYNTAX, _MASTER_SYNTAX, _EXPANSION)]
    assert sum(kinds) == len(every_case()) >= 77
    assert min(kinds) >= 5


@in_cases(_READ)
def test_values_are_those_that_postconf_shows(case: Case) -> None:
    ours = case.shown().raw
    assert {name: ours.get(name) for name in case.values} == case.values
    # postconf leaves out only what it names in a warning.
    assert {masked(name) for name in ours.keys() - case.values.keys()} <= hidden_names(case.messages)


@in_cases(_READ)
def test_values_are_exact(case: Case) -> None:
    ours = {name: value.text for name, value in case.shown().main.items()}
    assert {name: ours.get(name) for name in case.exact} == case.exact


@in_cases(_READ)
def test_values_are_expanded_as_postconf_expands_them(case: Case) -> None:
    main = case.shown().main
    assert case.expanded.keys() == case.values.keys()
    for name, text in case.expanded.items():
        assert agrees(main[name], text), (name, main[name].expansion, text)


@in_cases(_MAIN_SYNTAX)
def test_line_that_postfix_dies_of_is_malformed(case: Case) -> None:
    configuration = case.read()
    main = configuration.main
    match = re.match(r"DIR/main\.cf, line (\d+): (missing [a-z'= ]+): \"", case.fatal)
    assert main is not None
    assert match is not None
    first = main.malformed_lines[0]
    line, column = main.source.position(first.span.start)
    assert (line, column, first.reason) == (int(match[1]), 1, match[2])
    assert main.source in configuration.fatal_sources


@in_cases(_EXPANSION)
def test_bad_expansion_is_no_syntax_error(case: Case) -> None:
    configuration = case.read()
    assert configuration.main is not None
    assert configuration.main.malformed_lines == ()
    assert configuration.definitions
    errors = {value.expansion.error for value in case.shown().main.values() if value.expansion.error}
    warnings = {line.removeprefix("warning: ") for line in case.messages}
    # Of parameters that name one another, any may be the one that is named.
    circle = re.compile(r"(unreasonable macro call nesting).*")
    assert {circle.sub(r"\1", text) for text in errors} & {circle.sub(r"\1", text) for text in warnings}


@in_cases(_MASTER_SYNTAX)
def test_entry_that_postconf_dies_of_is_fatal(case: Case) -> None:
    configuration = case.read()
    assert configuration.master is not None
    first = next(service for service in configuration.master.services if service.fatal)
    assert first.fatal is not None
    line, _ = configuration.master.source.position(first.span.start)
    text = case.fatal
    assert text == f"file DIR/master.cf: line {line}: {first.fatal}" or text.startswith(f"{first.fatal} in ")
    assert first.identity not in configuration.service_views
    assert configuration.master.source in configuration.fatal_sources


@in_cases(_READ)
def test_services_are_those_that_postconf_shows(case: Case) -> None:
    ours = case.shown().lines
    shown = [squeezed(line) for line in case.services if case.name not in MASTER_DIES]
    assert ours == shown


@in_cases(_READ)
def test_overrides_are_those_that_postconf_shows(case: Case) -> None:
    ours = case.shown().raw_overrides
    shown = dict(case.overrides)
    if case.name in MISREAD_BY_POSTCONF:
        assert shown.pop("smtp/inet/_required") == ours.pop("smtp/inet/smtpd_helo_required")
    if case.name in MASTER_DIES:
        assert {name.rpartition("/")[0] for name in shown} == {"smtp/inet"}
        shown = {}
    assert ours == shown


@in_cases(_READ)
def test_overrides_are_expanded_as_postconf_expands_them(case: Case) -> None:
    overrides = case.shown().overrides
    known = case.name not in MISREAD_BY_POSTCONF | MASTER_DIES
    for name, text in case.expanded_overrides.items() if known else ():
        assert agrees(overrides[name], text), (name, overrides[name].expansion, text)


@in_cases(_READ)
def test_service_that_master_runs_is_not_fatal(case: Case) -> None:
    configuration = case.read()
    fatal = (
        [service.fatal for service in configuration.master.services if service.fatal] if configuration.master else []
    )
    assert bool(fatal) == (case.name in MASTER_DIES)
    assert bool(configuration.fatal_sources) == (bool(fatal) or case.name in REFUSED_BY_MASTER)
