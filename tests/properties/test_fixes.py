"""A fix changes the words that a rule speaks of and nothing else, whatever the layout."""

import re
from collections.abc import Sequence

from hypothesis import example, given, settings

from postlint.configuration.model import ConfigurationFiles
from postlint.edits import Applicability, Edit, apply_edits
from postlint.engine.fix import FixResult, fix
from postlint.rules import ALL
from postlint.text import Source

from .access_maps import map_cases
from .configurations import CREATING, Case, cases
from .reading import Reading, replaced_entries, replaced_options, replaced_places, words_of
from .reference import LIST_SEPARATORS, Definition, Service, is_comment, plain
from .repairs import (
    HELO_LIST,
    OWN_PERMITS,
    elements_of,
    is_explained,
    is_movable,
    is_spoken_of,
    may_be_left_out,
    name_of,
    outcomes,
)

Place = tuple[str, int]


# A first line put into force is a new definition: test_remade_lines.py.
RULES = [rule for rule in ALL if rule.name != "ignored-first-line"]


def repair(case: Case) -> FixResult:
    return fix(case.files, case.judged, case.target, case.options, RULES, unsafe=case.unsafe)


def repaired(case: Case, result: FixResult) -> Case:
    files = result.remaining.context.configuration.files
    tables = tuple((source.path, source.text) for source in files.tables.values() if isinstance(source, Source))
    return case._replace(main=text_of(files, "main.cf") or "", master=text_of(files, "master.cf"), tables=tables)


def text_of(files: ConfigurationFiles, path: str) -> str | None:
    return next((source.text for source in files.sources if source.path == path), None)


def texts_of(case: Case) -> dict[str, str]:
    return {source.path: source.text for source in case.files.sources}


def spoken_of(result: FixResult) -> set[Place]:
    """The first and the last character of each diagnostic's place."""
    places: set[Place] = set()
    for diagnostic in result.before.diagnostics:
        path, start, end = diagnostic.location.key
        places |= {(path, start), (path, end - 1)}
    return places


def deleted_places(case: Case, result: FixResult) -> set[int]:
    """The characters of main.cf in definitions that are replaced later, and that a repair took away."""
    applied = (diagnostic.fix for diagnostic in result.applied if diagnostic.rule == "duplicate-parameter")
    return replaced_places(case.main, {name for fix in applied if fix for name in fix.changes})


def deleted_entries(case: Case, result: FixResult) -> set[int]:
    """The characters of master.cf in entries and options that are replaced later, and that a repair took away."""
    rules = ("duplicate-parameter", "duplicate-service")
    applied = (diagnostic.fix for diagnostic in result.applied if diagnostic.rule in rules)
    names = {name for fix in applied if fix for name in fix.changes}
    options = replaced_options(Reading(case.main, case.master).services, names)
    return options | replaced_entries(case.master or "", names)


def without_deleted(case: Case, result: FixResult) -> Case:
    main = without(case.main, deleted_places(case, result))
    return case._replace(main=main, master=case.master and without(case.master, deleted_entries(case, result)))


def without(text: str, gone: set[int]) -> str:
    return "".join(character for offset, character in enumerate(text) if offset not in gone)


@given(cases())
def test_lists_keep_every_word_that_is_not_repaired(case: Case) -> None:
    result = repair(case)
    fixed = repaired(case, result)
    after = {(item.program, item.parameter): item for item in Reading(fixed.main, fixed.master).lists}
    places = spoken_of(result)
    for item in Reading(case.main, case.master).lists:
        words = [plain(word) for word in after.pop((item.program, item.parameter)).words]
        before = [plain(word) for word in item.words]
        assert words or not before or item.parameter not in item.classes, f"class {item.parameter} became empty"
        words = without_filler(words)
        assert is_explained(item, words, case, places), f"{item.program} {item.parameter}: {before} became {words}"
    assert not after


def without_filler(words: list[str]) -> list[str]:
    """The words without what stands in a class, or in a value that a class refers to, of which every word went."""
    found = [at for at in range(len(words)) if words[at : at + 2] == ["check_client_access", "static:DUNNO"]]
    return [word for at, word in enumerate(words) if at not in found and at - 1 not in found]


@example(CREATING)
@example(CREATING._replace(main=CREATING.main.removesuffix("\n")))
@given(cases())
def test_definitions_stay_and_only_declared_ones_change(case: Case) -> None:
    result = repair(case)
    assert not result.dropped
    fixed = repaired(case, result)
    before, after = Reading(*without_deleted(case, result)[:2]), Reading(fixed.main, fixed.master)
    extra, added = added_names(case, result), left_out(before, after)
    old_names, new_names = ([entry_name(entry) for entry in reading.entries] for reading in (before, after))
    assert new_names[: len(old_names)] == old_names
    assert sorted(new_names[len(old_names) :]) == extra
    skeletons = [without_option(skeleton(service), identity(service) in added) for service in after.services]
    assert [skeleton(service) for service in before.services] == skeletons
    declared = {name for diagnostic in result.applied if diagnostic.fix for name in diagnostic.fix.changes}
    assert {f"{program}/{HELO_LIST}" for program in added} <= declared
    kept = [
        setting
        for setting in after.definitions
        if not (setting.service in added and setting.name == HELO_LIST)
        and (setting.service or setting.name not in extra)
    ]
    for old, new in zip(before.definitions, kept, strict=True):
        assert (old.service, old.name) == (new.service, new.name)
        name = f"{old.service}/{old.name}" if old.service else old.name
        assert words_of(old) == words_of(new) or name in declared, f"{name} changed without being declared"


def left_out(before: Reading, after: Reading) -> frozenset[str]:
    """The services for mail clients that have got an override without a value for the HELO list."""
    known = {(item.service, item.name) for item in before.definitions}
    added = [item for item in after.definitions if item.service and (item.service, item.name) not in known]
    assert all(item.name == HELO_LIST and not words_of(item) for item in added)
    return frozenset(item.service for item in added)


def identity(service: Service) -> str:
    return "/".join(plain(field) for field in service.fields[:2])


def skeleton(service: Service) -> list[str]:
    """The fields and arguments without the values of overrides."""
    return [plain(word).partition("=")[0] for word in (*service.fields, *service.arguments)]


def without_option(words: list[str], added: bool) -> list[str]:
    at = words.index(HELO_LIST) if added else len(words) + 1
    return words[: at - 1] + words[at + 1 :]


@example(CREATING)
@example(CREATING._replace(main=CREATING.main.removesuffix("\n")))
@given(cases())
def test_bytes_outside_the_repaired_words_stay(case: Case) -> None:
    result = repair(case)
    repairable, permits = repairable_places(case, result), places_of_permits(case)
    repairable |= {("main.cf", offset) for offset in deleted_places(case, result)}
    repairable |= {("master.cf", offset) for offset in deleted_entries(case, result)}
    assert_written(case, result)
    after = texts_of(repaired(case, result))
    for path, text in texts_of(case).items():
        for edit in without_additions(path, text, result.edits.get(path, ()), added_names(case, result)):
            assert_local(path, text, edit, repairable, permits)
        assert_lines_stay(lines_of(text), lines_of(after[path]))
        assert after[path].endswith("\n") or not text.endswith("\n")


def entry_name(entry: str | Definition) -> str:
    return entry if isinstance(entry, str) else entry.name


def added_names(case: Case, result: FixResult) -> list[str]:
    """The parameters that fixes say they change and that main.cf did not set, in order."""
    declared = {name for item in result.applied if item.fix for name in item.fix.changes if not set(name) & {"/", ":"}}
    return sorted(declared - {item.name for item in Reading(case.main, case.master).definitions if not item.service})


def without_additions(path: str, text: str, edits: Sequence[Edit], added: list[str]) -> list[Edit]:
    """The edits of one file without the definitions of new parameters at the end of main.cf."""
    if path != "main.cf" or not added:
        return list(edits)
    *others, last = edits
    assert last.span.end == len(text)
    rest, count = re.subn(rf"(?:\r?\n)?(?:{'|'.join(added)}) = [^\n]*\n?", "", last.replacement)
    assert count == len(added)
    return [*others, last._replace(replacement=rest)] if rest or last.span.start < last.span.end else others


def assert_written(case: Case, result: FixResult) -> None:
    """The edits make of each file what was judged in the end, and new files are those that it names."""
    before, after = texts_of(case), texts_of(repaired(case, result))
    assert set(result.edits) <= case.judged
    assert after == {path: apply_edits(text, result.edits.get(path, ())) for path, text in before.items()} | {
        item.name: item.text for item in result.created
    }


def repairable_places(case: Case, result: FixResult) -> set[Place]:
    """Where the words stand that a rule speaks of and that there is a repair for; all words of a list that may go."""
    places = spoken_of(result)
    found: set[Place] = set()
    for item in Reading(case.main, case.master).lists:
        for element in elements_of(item):
            repaired = len(outcomes(item.parameter, element, case)) > 1 or is_movable(element)
            if may_be_left_out(item) or (is_spoken_of(element, places) and repaired):
                words = (*element.warnings, *element.words)
                found |= {(character.path, character.offset) for word in words for character in word}
    return found


def places_of_permits(case: Case) -> set[Place]:
    """The last character of each permit that a check may move behind."""
    return {
        (element.words[-1][-1].path, element.words[-1][-1].offset)
        for item in Reading(case.main, case.master).lists
        for element in elements_of(item)
        if name_of(element) in OWN_PERMITS
    }


def assert_local(path: str, text: str, edit: Edit, repairable: set[Place], permits: set[Place]) -> None:
    start, end = edit.span.start, edit.span.end
    if edit.replacement.lstrip(LIST_SEPARATORS) == f"-o {HELO_LIST}=":
        assert start == end
        return
    moved = (path, start - 1) in permits
    assert "\n" not in edit.replacement or moved
    if edit.replacement and not moved:
        assert {(path, offset) for offset in (start - 1, start, end - 1, end)} & repairable
    for offset in range(start, end):
        assert (path, offset) in repairable or text[offset] in LIST_SEPARATORS, f"{text[offset]!r} is gone"
        line_start = text.rfind("\n", 0, offset) + 1
        line_end = text.find("\n", offset) if "\n" in text[offset:] else len(text)
        assert any((path, other) in repairable for other in range(line_start, line_end)), "another line is touched"
        assert text[offset] != "\n" or start <= line_start, "two lines were joined"


def assert_lines_stay(old: list[str], new: list[str]) -> None:
    """Comments stay, no line is left with nothing on it, and there are no other line ends."""
    assert [line for line in old if is_comment(line)] == [line for line in new if is_comment(line)]
    assert sum(map(is_blank, new)) <= sum(map(is_blank, old)), "a line is left with nothing on it"
    assert all(line.endswith("\r") for line in new[:-1]) or not all(line.endswith("\r") for line in old[:-1])
    assert not any("\r" in line for line in new) or any("\r" in line for line in old)


def lines_of(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def is_blank(line: str) -> bool:
    return not line.strip(LIST_SEPARATORS)


@example(CREATING)
@example(CREATING._replace(main=CREATING.main.removesuffix("\n")))
@given(cases())
def test_fixing_twice_is_fixing_once(case: Case) -> None:
    assert_fixed_once(case, repair(case))


@given(map_cases())
def test_fixing_classes_and_access_maps_twice_is_fixing_once(case: Case) -> None:
    result = repair(case)
    assert not result.dropped
    assert_written(case, result)
    assert_fixed_once(case, result)


def assert_fixed_once(case: Case, result: FixResult) -> None:
    again = repair(repaired(case, result))
    assert again.edits == {}
    assert again.created == ()
    assert texts_of(repaired(case, again)) == texts_of(repaired(case, result))
    for diagnostic in result.remaining.diagnostics:
        fix_left = diagnostic.fix
        if fix_left is not None and {rewrite.source.path for rewrite in fix_left.rewrites} <= case.judged:
            assert fix_left.applicability is Applicability.UNSAFE, f"{diagnostic.message} is left"
            assert not case.unsafe, f"{diagnostic.message} is left"


@settings(max_examples=settings().max_examples // 5)
@given(cases())
def test_files_that_postfix_dies_on_are_left_alone(case: Case) -> None:
    broken = case._replace(main=case.main.removesuffix("\n") + "\nbroken line")
    assert "main.cf" not in repair(broken).edits
