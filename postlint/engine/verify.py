"""Checks that a plan did what it declared, by comparing the configuration before and after."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterable, Iterator

from postlint.configuration.model import Configuration, Definition
from postlint.configuration.restrictions import RestrictionList
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import EVERYTHING, Applicability, Rewrite, with_fillers
from postlint.engine.lint import LintResult
from postlint.engine.plan import rewrites_of
from postlint.policy.relay import RelayState
from postlint.syntax.nodes import Override, ParameterDefinition, ServiceDefinition
from postlint.syntax.parse import split_list
from postlint.syntax.tables import parse_table
from postlint.text import MappedText


def objection(before: LintResult, chosen: tuple[Diagnostic, ...], after: LintResult) -> str | None:
    """What is wrong with the outcome of the chosen fixes, or None.

    Only the declared definitions may differ, and only in the words declared. Each fixed diagnostic must be gone or say
    less, no new error may appear, and a relay that was closed must be closed.
    """
    return (
        _definitions_objection(before.context.configuration, chosen, after.context.configuration)
        or _tables_objection(before, chosen, after)
        or _lists_objection(before, chosen, after)
        or _diagnostics_objection(before, chosen, after)
        or _relay_objection(before, chosen, after)
    )


def _definitions_objection(old: Configuration, chosen: tuple[Diagnostic, ...], new: Configuration) -> str | None:
    declared = _declared(chosen)
    rewrites = rewrites_of(chosen)
    expected = _Expected(rewrites)
    before, objections = _expected_values(old, rewrites, declared)
    for text in objections:
        return text
    after = _values(new)
    added = _added(old, chosen) - {name for name, _ in before}
    for name, value in after:
        if name in added and not any(value.text in (rewrite.replacement or "") for rewrite in rewrites):
            return f"{name} was added with another value"
    after = [(name, value) for name, value in after if name not in added]
    if [name for name, _ in before] != [name for name, _ in after]:
        return "definitions appeared, vanished or moved"
    for (name, old_value), (_, new_value) in zip(before, after, strict=True):
        if old_value.text == new_value.text:
            continue
        if name not in declared:
            return f"{name} changed without being declared"
        if expected.words(old_value) != _words(new_value):
            return f"{name} does not hold the expected words"
    return None


def _declared(chosen: Iterable[Diagnostic]) -> set[str]:
    return {name for diagnostic in chosen if diagnostic.fix for name in diagnostic.fix.changes}


def _added(old: Configuration, chosen: tuple[Diagnostic, ...]) -> set[str]:
    """The declared definitions that were not there."""
    return _declared(chosen) - {name for name, _ in _values(old)}


def _values(configuration: Configuration) -> list[tuple[str, MappedText]]:
    """Every value in order, those that are not in force too, with what else the services hold between them."""
    return _expected_values(configuration, (), ())[0]


def _expected_values(
    configuration: Configuration, rewrites: Iterable[Rewrite], declared: Container[str]
) -> tuple[list[tuple[str, MappedText]], list[str]]:
    """The values as `_values` gives them once whole definitions and services are gone and definitions have other names,
    and what speaks against it.
    """
    whole = {(item.source, item.region): item.replacement for item in rewrites}
    removed = {(item.source, word.start) for item in rewrites if item.replacement is None for word in item.words}

    def is_deleted(node: ParameterDefinition | Override | ServiceDefinition) -> bool:
        if isinstance(node, Override):
            return (node.source, node.name_span.start) in removed
        return whole.get((node.source, node.span), "") is None

    values: list[tuple[str, MappedText]] = []
    objections: list[str] = []
    for service, nodes in _layers(configuration):
        if service is not None:
            if is_deleted(service):
                if service.identity not in declared:
                    objections.append(f"{service.identity} was deleted without being declared")
                continue
            values.append((" ".join((*_texts(service.fields), *_other_arguments(service))), MappedText("", ())))
        names, renamed = Counter[str](), set[str]()
        for node in nodes:
            name = Definition(node, service).name
            if is_deleted(node):
                if name not in declared:
                    objections.append(f"{name} was deleted without being declared")
                continue
            new = Definition(node._replace(name=whole.get((node.source, node.name_span)) or node.name), service).name
            if new != name:
                renamed.add(new)
                if name not in declared or new not in declared:
                    objections.append(f"{name} was called {new} without being declared")
            names[new] += 1
            values.append((new, node.value))
        objections.extend(f"{name} is set already" for name in renamed if names[name] > 1)
    return values, objections


def _layers(
    configuration: Configuration,
) -> Iterator[tuple[ServiceDefinition | None, Iterable[ParameterDefinition | Override]]]:
    """The definitions of main.cf, then those of each service, also of those that master does not run."""
    if configuration.main:
        yield None, configuration.main.definitions
    for service in configuration.master.services if configuration.master else ():
        yield service, service.overrides


def _texts(words: Iterable[MappedText]) -> Iterator[str]:
    return (word.text for word in words)


def _other_arguments(service: ServiceDefinition) -> Iterator[str]:
    """The arguments that are no overrides."""
    names = [override.name_span.start for override in service.overrides]
    for argument in service.arguments:
        first, last = argument.locations[0].span, argument.locations[-1].span
        is_override = bisect_left(names, first.start) < bisect_left(names, last.end)
        if argument.text != "-o" and not is_override:
            yield argument.text


def _lists_objection(before: LintResult, chosen: tuple[Diagnostic, ...], after: LintResult) -> str | None:
    """The lists as the programs see them, with all names replaced, must differ in the words declared alone.

    One that a program now takes from an added definition, or that names it, was looked at there.
    """
    expected = _Expected(rewrites_of(chosen))
    added = _added(before.context.configuration, chosen)
    concerned = {user for name in added for user in after.context.configuration.users(name)}
    old_lists, new_lists = _lists_by_name(before), _lists_by_name(after)
    for (name, view), old in old_lists.items():
        new = new_lists.get((name, view))
        if new is not None and (name in concerned or (new.definition and new.definition.name in added)):
            continue
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
        told = known[diagnostic.rule, diagnostic.message, place] >= 0 or EVERYTHING in announced
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
    old, new = before.context, after.context
    old_views = (old.configuration.main_view, *old.lists.smtpd_views)
    new_views = (new.configuration.main_view, *new.lists.smtpd_views)
    for old_view, new_view in zip(old_views, new_views, strict=True):
        before_state, verdict = old.relay_verdict(old_view).state, new.relay_verdict(new_view)
        if before_state is RelayState.CLOSED and verdict.state is not RelayState.CLOSED:
            return f"the relay is no longer closed: {verdict.reason or 'smtpd does not start'}"
        # A repair that is called unsafe says so when it wakes an smtpd whose relay is open.
        told = any(item.fix and item.fix.applicability is Applicability.UNSAFE for item in chosen)
        if before_state is RelayState.DEAD and not verdict.is_closed and not told:
            return f"smtpd starts, and the relay is not closed: {verdict.reason}"
    return None
