"""Checks that a plan did what it declared, by comparing the configuration before and after."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from postlint.configuration.entries import declared_entries, entries_of, items_of, name_spans, squeezed
from postlint.configuration.model import Configuration, View
from postlint.configuration.restrictions import RestrictionList
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import EVERYTHING, Applicability, Rewrite, with_fillers
from postlint.engine.lint import LintResult
from postlint.engine.plan import outcomes_of, rewrites_of
from postlint.policy.relay import RelayState, RelayVerdict
from postlint.syntax.nodes import ServiceDefinition
from postlint.syntax.parse import split_list
from postlint.syntax.tables import parse_list_file, parse_table
from postlint.text import MappedText


def objection(before: LintResult, chosen: tuple[Diagnostic, ...], after: LintResult) -> str | None:
    """What is wrong with the outcome of the chosen fixes, or None.

    Only the declared definitions may differ, and only in the words declared or to the values declared. Each fixed
    diagnostic must be gone or say less, no new error may appear, and a relay that was closed must be closed.
    """
    return (
        _definitions_objection(before.context.configuration, chosen, after.context.configuration)
        or _tables_objection(before, chosen, after)
        or _match_files_objection(before, chosen, after)
        or _lists_objection(before, chosen, after)
        or _diagnostics_objection(before, chosen, after)
        or _relay_objection(before, chosen, after)
    )


def _definitions_objection(old: Configuration, chosen: tuple[Diagnostic, ...], new: Configuration) -> str | None:
    declared = _declared(chosen)
    rewrites = rewrites_of(chosen)
    expected = _Expected(rewrites)
    before: list[_Expectation] = []
    for item in _expectations(old, chosen):
        if isinstance(item, str):
            return item
        before.append(item)
    after = [entry for _, item in items_of(new) for entry in entries_of(item)]
    added = declared - {name for name, _, _ in before} - _names(old)
    for name, value in after:
        if name in added and not any(value.text in (rewrite.replacement or "") for rewrite in rewrites):
            return f"{name} was added with another value"
    after = [(name, value) for name, value in after if name not in added]
    if [name for name, _, _ in before] != [name for name, _ in after]:
        return "definitions appeared, vanished or moved"
    for (name, old_value, is_new), (_, new_value) in zip(before, after, strict=True):
        if is_new and old_value.text != squeezed(new_value.text):
            return f"{name} does not hold the declared value"
        if is_new or old_value.text == new_value.text:
            continue
        if name not in declared:
            return f"{name} changed without being declared"
        if expected.words(old_value) != _words(new_value):
            return f"{name} does not hold the expected words"
    return None


class _Expectation(NamedTuple):
    """A definition after the fixes, its words not yet rewritten. ``is_new``: the value is the new one, as declared."""

    name: str
    value: MappedText
    is_new: bool


def _expectations(old: Configuration, chosen: tuple[Diagnostic, ...]) -> Iterator[_Expectation | str]:
    """The definitions once whole ones are gone, have other names, or are what the fixes say; an objection is a text."""
    declared = _declared(chosen)
    rewrites = rewrites_of(chosen)
    becomes = {(rewrite.source, rewrite.region): rewrite.replacement for rewrite in rewrites}
    removed = {(item.source, word.start) for item in rewrites if item.replacement is None for word in item.words}
    outcomes = {(item.source, item.span): item.entries for item in outcomes_of(chosen)}
    set_in, renamed = Counter[tuple[str, int]](), set[tuple[str, int]]()
    for source, item in items_of(old):
        layer = item.span.start if isinstance(item, ServiceDefinition) else -1
        entries = entries_of(item)
        if entries and becomes.get((source, item.span), "") is None:
            if entries[0][0] not in declared:
                yield f"{entries[0][0]} was deleted without being declared"
        elif (source, item.span) in outcomes:
            outcome = outcomes[source, item.span]
            for name in sorted({name for name, _ in set(declared_entries(item)) ^ set(outcome)} - declared):
                yield f"{name} was changed without being declared"
            for name, text in outcome:
                set_in[name, layer] += 1
                yield _Expectation(name, MappedText.unwritten(text), True)
        else:
            called = {span: new for span in name_spans(item) if (new := becomes.get((source, span))) is not None}
            options = name_spans(item) if isinstance(item, ServiceDefinition) else ()
            gone = [False, *((source, span.start) in removed for span in options)]
            for (name, value), (new_name, _), is_gone in zip(entries, entries_of(item, called), gone, strict=False):
                if is_gone:
                    if name not in declared:
                        yield f"{name} was deleted without being declared"
                    continue
                set_in[new_name, layer] += 1
                if name != new_name:
                    renamed.add((new_name, layer))
                    if not {name, new_name} <= declared:
                        yield f"{name} was called {new_name} without being declared"
                yield _Expectation(new_name, value, False)
    yield from (f"{name} is set already" for name, layer in renamed if set_in[name, layer] > 1)


def _declared(chosen: Iterable[Diagnostic]) -> set[str]:
    return {name for diagnostic in chosen if diagnostic.fix for name in diagnostic.fix.changes}


def _names(configuration: Configuration) -> set[str]:
    return {name for _, item in items_of(configuration) for name, _ in entries_of(item)}


def _affected(before: LintResult, chosen: tuple[Diagnostic, ...], after: LintResult) -> set[str]:
    """The parameters that fixes put into force or take apart, and those that refer to one of them with a ``$name``:
    each of them was looked at where it is written.
    """
    old, new = before.context.configuration, after.context.configuration
    fixes = [diagnostic.fix for diagnostic in chosen if diagnostic.fix]
    names = {name for fix in fixes if fix.outcomes for name in fix.changes}
    names |= {name for fix in fixes for name in fix.changes} - _names(old)
    live = (*old.live_definitions, *new.live_definitions) if names else ()
    changed = {item.parameter for item in live if item.name in names}
    return {user for name in changed for configuration in (old, new) for user in configuration.users(name)}


def _lists_objection(before: LintResult, chosen: tuple[Diagnostic, ...], after: LintResult) -> str | None:
    """The lists as the programs see them, with all names replaced, must differ in the words declared alone."""
    expected = _Expected(rewrites_of(chosen))
    affected = _affected(before, chosen, after)
    old_lists, new_lists = _lists_by_name(before), _lists_by_name(after)
    views = {view.identity for view, _ in _relay_verdicts(after)}
    remade = {name for item in chosen if item.fix and item.fix.outcomes for name in item.fix.changes}
    for (name, view), old in old_lists.items():
        # A service that is gone, has another name or appears a second time was looked at where it is written.
        if name in affected or view not in views or view in remade:
            continue
        new = new_lists.get((name, view))
        if new is None or expected.words(_value(before, old)) != _words(_value(after, new)):
            return f"{name} of {view or 'main.cf'} does not hold the expected words"
    return None


def _lists_by_name(result: LintResult) -> dict[tuple[str, str | None], RestrictionList]:
    """The list of each parameter and each class, by name and service."""
    return {(item.name, item.view.identity): item for item in result.context.lists.all if item.kind != "row"}


def _value(result: LintResult, item: RestrictionList) -> MappedText:
    return result.context.configuration.expanded(item.name, item.view)


def _tables_objection(before: LintResult, chosen: tuple[Diagnostic, ...], after: LintResult) -> str | None:
    """The rows of the tables must differ in the words declared alone; rows may follow at the end where declared."""
    declared = _declared(chosen)
    rewrites = rewrites_of(chosen)
    expected = _Expected(rewrites)
    extended = {rewrite.source.path for rewrite in rewrites if rewrite.region.start == len(rewrite.source.text)}
    sources = {source.path: source for source in after.context.configuration.files.sources}
    for source, table_type, rows in before.context.configuration.tables.read_rows:
        if sources[source.path].text == source.text:
            continue
        new_rows = parse_table(sources[source.path], table_type).rows
        if len(new_rows) < len(rows) or (len(new_rows) > len(rows) and source.path not in extended):
            return f"rows appeared in or vanished from {source.path}"
        for old, new in zip(rows, new_rows, strict=False):
            if (old.pattern.text, old.negated) != (new.pattern.text, new.negated):
                return f"a key of {source.path} changed"
            if old.result.text != new.result.text and f"table:{source.path}" not in declared:
                return f"{source.path} changed without being declared"
            if old.result.text != new.result.text and expected.words(old.result) != _words(new.result):
                return f"a row of {source.path} does not hold the expected words"
    return None


def _match_files_objection(before: LintResult, chosen: tuple[Diagnostic, ...], after: LintResult) -> str | None:
    """The files that match lists name must differ in the words declared alone."""
    declared = {name for diagnostic in chosen if diagnostic.fix for name in diagnostic.fix.changes}
    expected = _Expected(rewrites_of(chosen))
    old, new = before.context.configuration, after.context.configuration
    known = {old.main and old.main.source, old.master and old.master.source}
    known.update(source for source, _, _ in old.tables.read_rows)
    sources = {source.path: source for source in new.files.sources}
    for source in old.files.sources:
        changed = sources[source.path]
        if source in known or changed.text == source.text:
            continue
        if f"file:{source.path}" not in declared:
            return f"{source.path} changed without being declared"
        words = [word for line in parse_list_file(source) for part in line.parts for word in expected.words(part)]
        if words != [word for line in parse_list_file(changed) for part in line.parts for word in _words(part)]:
            return f"{source.path} does not hold the expected words"
    return None


def _words(value: MappedText) -> list[str]:
    return _split(value.text)


def _split(text: str) -> list[str]:
    return [text[word.start : word.end] for word in split_list(text)]


class _Expected:
    """The words that values must hold once the rewrites are done."""

    def __init__(self, rewrites: Iterable[Rewrite]) -> None:
        self._by_start: dict[tuple[str, int], str | None] = {}
        self._behind: dict[tuple[str, int], list[str]] = {}
        for rewrite in with_fillers(rewrites):
            path = rewrite.source.path
            for index, word in enumerate(rewrite.words):
                stays = index == 0 and not rewrite.leaves
                self._by_start[path, word.start] = rewrite.replacement if stays else None
            if rewrite.behind is not None:
                self._behind.setdefault((path, rewrite.behind.start), []).append(rewrite.replacement or "")

    def words(self, value: MappedText) -> list[str]:
        expected: list[str] = []
        for word in split_list(value.text):
            text = value.slice(word.start, word.end)
            location = text.location
            key = (location.source.path, location.span.start) if location else ("", -1)
            if key in self._by_start:
                expected.extend(_split(self._by_start[key] or ""))
            else:
                expected.append(text.text)
            for moved in self._behind.get(key, ()):
                expected.extend(_split(moved))
        return expected


def _diagnostics_objection(before: LintResult, chosen: tuple[Diagnostic, ...], after: LintResult) -> str | None:
    old, new = _counted(before.found), _counted(after.found)
    # A repaired word may be found to say the same as another one that is fixed along with it.
    announcing = sum(1 for diagnostic in chosen if diagnostic.fix and diagnostic.fix.announces)
    for key, count in _counted(chosen).items():
        if new[key] > old[key] - count + announcing:
            return f"{key[0]} still says: {key[3]}"
    fixes = [diagnostic.fix for diagnostic in chosen if diagnostic.fix and diagnostic.fix.announces]
    if any(EVERYTHING in fix.wakes for fix in fixes):
        return None
    announced = {name for fix in fixes for name in (*fix.changes, *fix.wakes)}
    known = Counter((item.rule, item.message, _place(before, item)) for item in before.found)
    # What is known about the same words may come in other ones: a service has two checks where it had three.
    spoken_of = Counter(
        (item.rule, item.location.text, _place(before, item))
        for item in before.found
        if item.severity is Severity.ERROR
    )
    spoken, speaking = (Counter(item.rule for item in result.found) for result in (before, after))
    for diagnostic in after.found:
        # A repaired word, a permit say, can make what is known about a check elsewhere worse: no new finding.
        if diagnostic.severity is not Severity.ERROR or (
            announced and speaking[diagnostic.rule] <= spoken[diagnostic.rule]
        ):
            continue
        place = _place(after, diagnostic)
        known[diagnostic.rule, diagnostic.message, place] -= 1
        spoken_of[diagnostic.rule, diagnostic.location.text, place] -= 1
        told = known[diagnostic.rule, diagnostic.message, place] >= 0
        if not told and spoken_of[diagnostic.rule, diagnostic.location.text, place] < 0 and place not in announced:
            return f"a new error appeared: {diagnostic.message}"
    return None


def _place(result: LintResult, diagnostic: Diagnostic) -> str:
    """The name of the definition that a finding is about, or the file where it is about none."""
    definition = result.context.configuration.definition_of(diagnostic.location)
    return definition.name if definition else diagnostic.location.source.path


def _counted(diagnostics: Iterable[Diagnostic]) -> Counter[tuple[str, str, Severity, str]]:
    return Counter((item.rule, item.location.source.path, item.severity, item.message) for item in diagnostics)


def _relay_objection(before: LintResult, chosen: tuple[Diagnostic, ...], after: LintResult) -> str | None:
    # A service that was not there relayed nothing.
    old = {view.identity: verdict.state for view, verdict in _relay_verdicts(before)}
    for view, verdict in _relay_verdicts(after):
        before_state = old.get(view.identity, RelayState.DEAD)
        if before_state is RelayState.CLOSED and verdict.state is not RelayState.CLOSED:
            return f"the relay is no longer closed: {verdict.reason or 'smtpd does not start'}"
        # A repair that is called unsafe says so when it wakes an smtpd whose relay is open.
        told = any(item.fix and item.fix.applicability is Applicability.UNSAFE for item in chosen)
        if before_state is RelayState.DEAD and not verdict.is_closed and not told:
            return f"smtpd starts, and the relay is not closed: {verdict.reason}"
    return None


def _relay_verdicts(result: LintResult) -> Iterator[tuple[View, RelayVerdict]]:
    context = result.context
    for view in (context.configuration.main_view, *context.lists.smtpd_views):
        yield view, context.relay_verdict(view)
