"""After a fix real postconf(1) tells of changes in the declared definitions, and of no others."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from corpus_directories import RUNS, Run, corpus_directories, fixed_files, read_directory, repaired
from preparation import Preparation, file_blamed_by, with_stock_files
from real_postconf import ask, hidden_names, write_configuration

pytestmark = [pytest.mark.corpus, pytest.mark.postfix]

# Their fixes delete what is not in force.
_WITHOUT_EFFECT = ("duplicate-parameter", "duplicate-service", "read-only-parameter")

in_each_directory = pytest.mark.parametrize("directory", corpus_directories(), ids=lambda path: path.name)


@dataclass(frozen=True, slots=True)
class Observation:
    """``main``: the settings of -n, or why there are none; ``hidden``: the names that it leaves out.

    ``services``: the lines of -M. ``overrides``: of -P.
    """

    main: dict[str, str]
    services: tuple[str, ...]
    overrides: dict[str, str]
    fatal: str | None
    hidden: set[str]


def observe(directory: Path, files: dict[str, bytes]) -> Observation:
    """What postconf says of ``files``; it takes a second to die."""
    write_configuration(directory, files)
    main = ask(directory, "-n")
    services = main if main.fatal else ask(directory, "-M")
    if services.fatal:
        return Observation({}, (), {}, services.fatal, set())
    return Observation(main.settings, services.lines, ask(directory, "-P").settings, None, hidden_names(main.messages))


def original_files(directory: Path) -> dict[str, bytes]:
    return {Path(read.source.path).name: read.data for read in read_directory(directory).read_files}


def changed_keys(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def changed_definitions(before: Observation, after: Observation) -> set[str]:
    """The definitions that differ, as fixes declare them."""
    return changed_keys(before.main, after.main) | changed_keys(before.overrides, after.overrides)


def changed_services(before: Observation, after: Observation) -> set[str]:
    """``name/type`` of the entries that differ; there are as many entries as before, in the same order."""
    identities = [tuple(line.split()[:2]) for line in before.services]
    assert identities == [tuple(line.split()[:2]) for line in after.services]
    pairs = zip(identities, before.services, after.services, strict=True)
    return {"/".join(identity) for identity, old, new in pairs if old != new}


def declared_definitions(directory: Path, run: Run) -> set[str]:
    """Those whose value changes: what is deleted because it counts for nothing has no say."""
    applied = (item for item in repaired(directory, run).applied if item.rule not in _WITHOUT_EFFECT)
    return {name for diagnostic in applied if diagnostic.fix for name in diagnostic.fix.changes}


def distinct_runs(directory: Path) -> list[tuple[Run, dict[str, bytes]]]:
    """The runs that change something, one for each outcome, with the fixed files."""
    original = original_files(directory)
    outcomes: dict[tuple[bytes, ...], tuple[Run, dict[str, bytes]]] = {}
    for run in RUNS:
        files = fixed_files(directory, run)
        if files != original:
            outcomes.setdefault(tuple(files.values()), (run, files))
    return list(outcomes.values())


@in_each_directory
def test_exactly_the_declared_definitions_change(directory: Path, tmp_path: Path) -> None:
    outcomes = distinct_runs(directory)
    if not outcomes:
        return
    original = original_files(directory)
    preparation = Preparation()
    before = observe(tmp_path, with_stock_files(original))
    while before.fatal:
        preparation.learn(before.fatal)
        before = observe(tmp_path, preparation.applied(original))
    for run, fixed in outcomes:
        for name in preparation.stand_ins.keys() & original.keys():
            assert fixed[name] == original[name], run.name
        after = observe(tmp_path, preparation.applied(fixed))
        declared = declared_definitions(directory, run)
        # Entries whose fields or other arguments change are declared by their own name.
        entries = declared & {"/".join(line.split()[:2]) for line in before.services}
        # What nothing reads is shown neither before nor after it gets another name.
        assert changed_definitions(before, after) == declared - entries - before.hidden, run.name
        services = {name.rpartition("/")[0] for name in declared - entries if "/" in name}
        assert changed_services(before, after) == services | entries, run.name


@cache
def fatal_message(directory: Path) -> str | None:
    """What postconf dies of before any fix; DIR stands for the directory."""
    with TemporaryDirectory() as folder:
        return fatal_message_of(Path(folder), original_files(directory))


def fatal_message_of(folder: Path, files: dict[str, bytes]) -> str | None:
    write_configuration(folder, with_stock_files(files))
    message = ask(folder, "-n").fatal
    return message and message.replace(str(folder), "DIR")


@pytest.mark.long
@in_each_directory
def test_file_that_postconf_dies_of_is_left_alone(directory: Path, tmp_path: Path) -> None:
    before = fatal_message(directory)
    blamed = file_blamed_by(before)
    original = original_files(directory)
    for run in RUNS if before else ():
        fixed = fixed_files(directory, run)
        assert blamed is None or fixed[blamed] == original[blamed], run.name
        assert fixed == original or fatal_message_of(tmp_path, fixed) == before, run.name


def test_postconf_dies_of_syntax_errors_in_the_corpus() -> None:
    assert sum(file_blamed_by(fatal_message(directory)) is not None for directory in corpus_directories()) == 6


def test_fixes_of_many_directories_are_compared() -> None:
    directories = [directory for directory in corpus_directories() if distinct_runs(directory)]
    declared = [
        declared_definitions(directory, run) for directory in directories for run, _ in distinct_runs(directory)
    ]
    assert len(directories) >= 40
    assert sum(bool(names) for names in declared) >= 100
