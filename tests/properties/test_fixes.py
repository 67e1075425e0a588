"""A fix changes the words that a rule speaks of and nothing else, whatever the layout."""

from hypothesis import example, given, settings

from postlint.configuration.model import ConfigurationFiles
from postlint.edits import Applicability, Edit, apply_edits
from postlint.engine.fix import FixResult, fix
from postlint.text import Source

from .access_maps import map_cases
from .configurations import CREATING, Case, cases
from .reading import Reading, words_of
from .reference import LIST_SEPARATORS, Service, is_comment, plain
from .repairs import elements_of, is_explained, is_spoken_of, outcomes

Place = tuple[str, int]


def repair(case: Case) -> FixResult:
    return fix(case.files, case.judged, case.target, case.options, unsafe=case.unsafe)


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
    fixed = without_added(case, repaired(case, result), result)
    before, after = Reading(case.main, case.master), Reading(fixed.main, fixed.master)
    assert [entry if isinstance(entry, str) else entry.name for entry in before.entries] == [
        entry if isinstance(entry, str) else entry.name for entry in after.entries
    ]
    assert [skeleton(service) for service in before.services] == [skeleton(service) for service in after.services]
    declared = {name for diagnostic in result.applied if diagnostic.fix for name in diagnostic.fix.changes}
    for old, new in zip(before.definitions, after.definitions, strict=True):
        assert (old.service, old.name) == (new.service, new.name)
        name = f"{old.service}/{old.name}" if old.service else old.name
        assert words_of(old) == words_of(new) or name in declared, f"{name} changed without being declared"


def without_added(case: Case, fixed: Case, result: FixResult) -> Case:
    """The repaired case without the definitions that name the new files: the last lines of main.cf, one each."""
    lines = fixed.main.splitlines(keepends=True)
    names = {item.name for item in result.created}
    kept = len(lines) - len(names)
    for line in lines[kept:]:
        parameter, _, value = line.strip().partition(" = ")
        name = value.removeprefix("texthash:$config_directory/")
        assert name in names, f"{line!r} is new and names no new file"
        assert parameter in ("rbl_reply_maps", "postscreen_dnsbl_reply_map")
        assert parameter not in (entry.name for entry in Reading(case.main, None).definitions)
        names.remove(name)
    main = "".join(lines[:kept])
    return fixed._replace(main=main if case.main.endswith("\n") else main.removesuffix("\n").removesuffix("\r"))


def skeleton(service: Service) -> list[str]:
    """The fields and arguments without the values of overrides."""
    return [plain(word).partition("=")[0] for word in (*service.fields, *service.arguments)]


@example(CREATING)
@example(CREATING._replace(main=CREATING.main.removesuffix("\n")))
@given(cases())
def test_bytes_outside_the_repaired_words_stay(case: Case) -> None:
    result = repair(case)
    repairable = repairable_places(case, result)
    fixed = repaired(case, result)
    assert_written(case, result)
    after = texts_of(without_added(case, fixed, result))
    for path, text in texts_of(case).items():
        for edit in result.edits.get(path, ()):
            if not (result.created and path == "main.cf" and edit.span.start == len(text)):
                assert_local(path, text, edit, repairable)
        assert_lines_stay(lines_of(text), lines_of(after[path]))
        assert after[path].endswith("\n") or not text.endswith("\n")


def assert_written(case: Case, result: FixResult) -> None:
    """The edits make of each file what was judged in the end, and new files are those that it names."""
    before, after = texts_of(case), texts_of(repaired(case, result))
    assert set(result.edits) <= case.judged
    assert after == {path: apply_edits(text, result.edits.get(path, ())) for path, text in before.items()} | {
        item.name: item.text for item in result.created
    }


def repairable_places(case: Case, result: FixResult) -> set[Place]:
    """Where the words stand that a rule speaks of and that there is a repair for."""
    places = spoken_of(result)
    found: set[Place] = set()
    for item in Reading(case.main, case.master).lists:
        for element in elements_of(item):
            if is_spoken_of(element, places) and len(outcomes(item.parameter, element, case)) > 1:
                words = (*element.warnings, *element.words)
                found |= {(character.path, character.offset) for word in words for character in word}
    return found


def assert_local(path: str, text: str, edit: Edit, repairable: set[Place]) -> None:
    start, end = edit.span.start, edit.span.end
    assert "\n" not in edit.replacement
    if edit.replacement:
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
