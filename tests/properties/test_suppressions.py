"""A suppression comment takes away the findings of its rule in its lines, and changes nothing else."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from postlint.diagnostics import Diagnostic
from postlint.edits import Rewrite
from postlint.engine.lint import LintResult, lint
from postlint.engine.suppress import Suppressions
from postlint.rules import ALL
from postlint.syntax.nodes import Trivia
from postlint.syntax.parse import parse_main_cf
from postlint.text import Location, Source, Span

from .configurations import CREATING, Case, cases
from .reading import Reading
from .reference import BLANKS, Definition, is_comment, plain
from .repairs import HELO_LIST
from .test_fixes import (
    Place,
    added_names,
    identity,
    left_out,
    repair,
    repaired,
    skeleton,
    texts_of,
    without_deleted,
    without_option,
)

Told = tuple[object, ...]
_LINE = re.compile(r"(?<=\.cf):[0-9]+")


class Comment(NamedTuple):
    """A comment that is put into ``path`` at ``offset``, and up to where it reaches in the text without it.

    ``inside``: among the lines of a logical line, so that it reaches one of them.
    """

    path: str
    offset: int
    end: int
    text: str
    inside: bool = False

    def shifted(self, location: Location) -> tuple[str, int, int]:
        """Where the location is once the comment stands there."""
        path, start, end = location.key
        size = len(self.text) if path == self.path else 0
        return path, start + size * (start >= self.offset), end + size * (end > self.offset)

    def reaches(self, location: Location) -> bool:
        path, start, _ = location.key
        return path == self.path and self.offset <= start < self.end

    def ties(self, rewrite: Rewrite) -> bool:
        """Whether it reaches a physical line alone, in which a word of the rewrite stands."""
        places = (Location(rewrite.source, word) for word in rewrite.words)
        return self.inside and any(self.reaches(place) for place in places)

    def put_into(self, case: Case) -> Case:
        text = texts_of(case)[self.path]
        text = text[: self.offset] + self.text + text[self.offset :]
        return case._replace(main=text) if self.path == "main.cf" else case._replace(master=text)


def comment_above(diagnostic: Diagnostic, inside: bool) -> Comment:
    """A comment above the physical line of a finding, or above its logical line."""
    path, offset, _ = diagnostic.location.key
    text = diagnostic.location.source.text
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset) + 1 or len(text)
    while not inside and (text[start] in BLANKS or is_comment(line_at(text, start))) and written_before(text, start):
        start = text.rfind("\n", 0, start - 1) + 1
    if starts_logical_line(text, start):
        while end < len(text) and (text[end] in BLANKS or is_comment(line_at(text, end))):
            end = text.find("\n", end) + 1 or len(text)
    line_end = "\r\n" if "\r\n" in text else "\n"
    line = f"# postlint: ignore[{diagnostic.rule}]: for a reason{line_end}"
    return Comment(path, start, end, line, not starts_logical_line(text, start))


def line_at(text: str, start: int) -> str:
    return text[start:].partition("\n")[0]


def starts_logical_line(text: str, start: int) -> bool:
    return text[start] not in BLANKS or not written_before(text, start)


def written_before(text: str, end: int) -> bool:
    """Whether a line before ``end`` holds more than blanks and comments."""
    return any(line.strip(BLANKS) and not is_comment(line) for line in text[:end].split("\n"))


def told(result: Iterable[Diagnostic], comment: Comment | None = None) -> Counter[Told]:
    """What is said of each place, places as they are once the comment stands there; a summary tells of several."""
    found: Counter[Told] = Counter()
    for item in result:
        for location in places_of(item):
            place = comment.shifted(location) if comment else location.key
            if is_summary(item):
                found[item.rule, place] += 1
                continue
            related = [(comment.shifted(other) if comment else other.key, text) for other, text in item.related]
            fix = item.fix and (item.fix.title, item.fix.applicability, item.fix.changes)
            help_text = item.help
            if item.fix and comment and any(rewrite.behind and comment.ties(rewrite) for rewrite in item.fix.rewrites):
                # No word moves away from the comment.
                action = (help_text or "").partition(" (")[0]
                fix, help_text = None, f"{action}; no fix while a comment above it speaks of its line to postlint"
            # A comment shifts the line that a reason names.
            said = (_LINE.sub("", help_text or ""), tuple(related), fix and (_LINE.sub("", fix[0]), *fix[1:]))
            found[item.rule, place, item.severity, item.message, item.service, *said] += 1
    return found


def places_of(item: Diagnostic) -> list[Location]:
    """Where it stands; a summary tells of several places."""
    return [item.location, *(other.location for other in item.related if is_summary(item))]


def is_summary(item: Diagnostic) -> bool:
    return bool(item.help and item.help.startswith("check that each list still exists"))


def linted(case: Case) -> LintResult:
    return lint(case.files, case.target, case.options)


@given(cases(), st.data())
def test_comment_above_a_finding_takes_away_that_finding_and_nothing_else(case: Case, data: st.DataObject) -> None:
    before = linted(case)
    assume(before.diagnostics)
    diagnostic = data.draw(st.sampled_from(before.diagnostics))
    comment = comment_above(diagnostic, data.draw(st.booleans()))
    commented = comment.put_into(case)
    assert meaning(commented) == meaning(case)
    after = linted(commented)
    everything = told(before.diagnostics, comment)
    places = {
        comment.shifted(location)
        for item in before.diagnostics
        if item.rule == diagnostic.rule
        for location in places_of(item)
        if comment.reaches(location)
    }
    gone = Counter({key: count for key, count in everything.items() if key[0] == diagnostic.rule and key[1] in places})
    assert comment.shifted(diagnostic.location) in places
    assert told(after.suppressed) == gone
    assert told(after.diagnostics) == everything - gone


def meaning(case: Case) -> list[object]:
    reading = Reading(case.main, case.master)
    main = [(entry.name, plain(entry.value)) if isinstance(entry, Definition) else entry for entry in reading.entries]
    services = [([plain(field) for field in service.fields], skeleton(service)) for service in reading.services]
    return [main, services, [(item.service, item.name, plain(item.value)) for item in reading.definitions]]


@settings(max_examples=settings().max_examples // 2)
@given(cases())
def test_file_whose_findings_are_all_suppressed_is_left_alone(case: Case) -> None:
    before = linted(case)
    found = [(item.rule, location.source.path) for item in before.diagnostics for location in places_of(item)]
    commented = case
    for path in texts_of(case):
        rules = sorted({rule for rule, place in found if place == path})
        if rules:
            comment = f"# postlint: ignore-file[{', '.join(rules)}]: for a reason\n"
            commented = Comment(path, 0, 0, comment).put_into(commented)
    after = linted(commented)
    assert after.diagnostics == ()
    assert sorted((item.rule, item.location.source.path) for item in after.suppressed) == sorted(found)
    assert repair(commented).edits == {}


@st.composite
def commented_cases(draw: st.DrawFn) -> Case:
    """A configuration with suppression comments between any of its lines, most of which suppress nothing."""
    case = draw(cases())
    words = sorted({word for rule in ALL for word in (rule.name, rule.category)})
    for path in sorted(texts_of(case)):
        for _ in range(draw(st.integers(0, 4))):
            text = texts_of(case)[path]
            starts = [0, *(offset + 1 for offset, character in enumerate(text) if character == "\n")]
            names = draw(st.lists(st.sampled_from(words), min_size=1, max_size=3))
            indentation, word = (
                draw(st.sampled_from(["", "  "])),
                draw(st.sampled_from(["ignore"] * 5 + ["ignore-file"])),
            )
            line_end = "\r\n" if "\r\n" in text else "\n"
            comment = f"{indentation}# postlint: {word}[{', '.join(names)}]: for a reason{line_end}"
            case = Comment(path, draw(st.sampled_from(starts)), 0, comment).put_into(case)
    return case


@settings(max_examples=settings().max_examples // 2)
@example(CREATING)
@given(commented_cases())
def test_fixing_twice_is_fixing_once_with_comments(case: Case) -> None:
    result = repair(case)
    assert "unused-suppression" not in {drop.diagnostic.rule for drop in result.dropped}
    fixed = repaired(case, result)
    assert repair(fixed).edits == {}
    overridden = left_out(Reading(case.main, case.master), Reading(fixed.main, fixed.master))
    before = without_deleted(case, result)
    assert meaning_without_words(fixed, added_names(case, result), overridden) == meaning_without_words(before)
    if {"main.cf", "master.cf"} <= case.judged and not result.remaining.context.configuration.fatal_sources:
        assert "unused-suppression" not in {item.rule for item in result.remaining.diagnostics}


def meaning_without_words(
    case: Case, added: Sequence[str] = (), overridden: frozenset[str] = frozenset()
) -> list[object]:
    """The names of the definitions, those ``added`` to main.cf left aside, and the services. ``overridden``: those for
    mail clients whose override for the HELO list is not counted.
    """
    reading = Reading(case.main, case.master)
    names = [(item.service, item.name) for item in reading.definitions if item.service or item.name not in added]
    services = [without_option(skeleton(item), identity(item) in overridden) for item in reading.services]
    return [[name for name in names if name[1] != HELO_LIST or name[0] not in overridden], services]


@settings(max_examples=settings().max_examples // 2)
@given(commented_cases())
def test_fix_leaves_what_is_suppressed_alone(case: Case) -> None:
    """A place of a suppressed finding is edited only where another rule speaks of it, too."""
    result = repair(case)
    shown: set[Place] = set()
    for item in result.before.diagnostics:
        for location in (item.location, *(other.location for other in item.related)):
            shown |= {(location.source.path, offset) for offset in range(*location.span)}
    for item in result.before.suppressed:
        path, start, end = item.location.key
        if not shown & {(path, offset) for offset in range(start, end)}:
            for edit in result.edits.get(path, ()):
                assert edit.span.end <= start or edit.span.start >= end


_COMMENT = "# postlint: ignore[helo]: for a reason"
_LINES = ("a = b", "c =", "  d", "\te", "", " \t", "# x", "  # x", _COMMENT, "  " + _COMMENT, "broken", "\f#", "\v f")


@given(
    st.lists(st.sampled_from(_LINES), max_size=12).map(tuple),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_comments_reach_the_lines_that_the_parser_sees(lines: tuple[str, ...], line_end: str, ends: bool) -> None:
    text = line_end.join(lines) + (line_end if ends else "")
    source = Source("main.cf", text)
    suppressions = Suppressions([source])
    wanted: set[int] = set()
    items = parse_main_cf(source).items
    for item, following in zip(items, (*items, None)[1:], strict=True):
        for start in (offset for offset in source.line_starts if item.span.start <= offset < item.span.end):
            if line_at(text, start).strip(BLANKS) != _COMMENT:
                continue
            rest = text[source.line_span(start).end : item.span.end]
            if isinstance(item, Trivia):
                blank = any(not line.strip(BLANKS) for line in rest.split("\n")[:-1])
                if following and not blank:
                    wanted |= content_lines(source, following.span)
            else:
                wanted.add(min(content_lines(source, Span(source.line_span(start).end, item.span.end))))
    rule = "unknown-helo-rejected"
    starts = content_lines(source, Span(0, len(text)))
    assert {start for start in starts if suppressions.covers(rule, Location(source, Span(start, start + 1)))} == wanted


def content_lines(source: Source, span: Span) -> set[int]:
    """Where the lines start that hold more than blanks and comments."""
    lines = [(start, line_at(source.text, start)) for start in source.line_starts if span.start <= start < span.end]
    return {start for start, line in lines if line.strip(BLANKS) and not is_comment(line)}
