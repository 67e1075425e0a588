"""Suppression comments: which findings they take away, and which of them are of no use.

``# postlint: ignore[rule]: reason`` reaches what stands below it, ``ignore-file`` its whole file. What a comment is and
where a logical line ends is the same in every file that Postfix reads line by line (src/util/readlline.c), so nothing
here depends on which file it is.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Applicability, Edit, Fix, Rewrite
from postlint.facts.spelling import closest
from postlint.rules import ALL
from postlint.rules.repairs import help_of
from postlint.syntax.nodes import text_lines
from postlint.text import BLANKS, Location, Source, Span

# The rules about the comments themselves: no comment suppresses them.
CATEGORY = "suppression"
_MARK = "postlint:"
_WORDS = ("ignore", "ignore-file")
_BLANK = r"[ \t\r\v\f]"
_HEAD = rf"#{_BLANK}*+{_MARK}{_BLANK}*+([^ \t\r\v\f\[\]:]*+){_BLANK}*+(\[?)"


class Reach(Enum):
    """What a comment speaks of; of several comments the first in this order takes a finding."""

    LINE = "in the line below"
    LOGICAL_LINE = "in the logical line below"
    FILE = "in this file"
    BLANK_LINE = "above a blank line"
    END = "below the last line"


_NOWHERE = (Reach.BLANK_LINE, Reach.END)


class Comment(NamedTuple):
    """A comment line that is meant for postlint. ``span``: from its ``#`` to its last character that is no blank.

    ``names``: what stands in the brackets. ``problem``: what is wrong with its form; then it suppresses nothing.
    """

    source: Source
    span: Span
    word: str
    names: tuple[Span, ...]
    problem: str | None


class Suppression(NamedTuple):
    """One name in the brackets of a comment. ``position``: which of its names.

    It takes away the findings of ``rules`` that start in ``scope``, which is empty where nothing is within reach.
    """

    comment: Comment
    position: int
    rules: frozenset[str]
    reach: Reach
    scope: Span

    @property
    def location(self) -> Location:
        """Where the name stands."""
        return Location(self.comment.source, self.comment.names[self.position])


class Outcome(NamedTuple):
    """The findings that are left, those that comments took away, and the findings about the comments."""

    kept: list[Diagnostic]
    suppressed: list[Diagnostic]
    complaints: list[Diagnostic]


class Suppressions:
    """The suppression comments of a configuration."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._comments = [item for source in sources if _MARK in source.text for item in _comments(source)]
        # The lines that are spoken of apart from their logical line, per file in order.
        self._lines: dict[Source, list[Span]] = {}
        for comment, reach, scope in self._comments:
            if reach is Reach.LINE:
                self._lines.setdefault(comment.source, []).append(scope)
        self.all: list[Suppression] = []
        self._unknown: list[Diagnostic] = []
        for comment, reach, scope in self._comments:
            self._add(comment, reach, scope)
        # Per file, rule and reach, in the order of the scopes. Scopes of one reach are equal or apart.
        self._index: dict[tuple[str, str, Reach], list[Suppression]] = {}
        for suppression in self.all:
            for rule in suppression.rules:
                key = suppression.comment.source.path, rule, suppression.reach
                self._index.setdefault(key, []).append(suppression)

    def covers(self, rule: str, location: Location) -> bool:
        """Whether a finding of ``rule`` at ``location`` is suppressed."""
        return self._covering(rule, location) is not None

    def apply(self, found: Iterable[Diagnostic], ran: frozenset[str]) -> Outcome:
        """Take away what is suppressed. ``ran``: the rules whose silence means something; a comment for any other may
        be of use another time.
        """
        kept: list[Diagnostic] = []
        suppressed: list[Diagnostic] = []
        used: set[tuple[str, int, int]] = set()
        for diagnostic in found:
            suppression = self._covering(diagnostic.rule, diagnostic.location)
            if suppression is None:
                kept.append(diagnostic)
            else:
                suppressed.append(diagnostic)
                used.add(suppression.location.key)
        unused = [item for item in self.all if item.rules <= ran and item.location.key not in used]
        return Outcome(kept, suppressed, [*self._unknown, *_unused(unused)])

    def left_behind(self, edits: Mapping[Source, Sequence[Edit]]) -> Iterator[Rewrite]:
        """The comments whose whole scope the edits delete, gone: else they would speak of what follows."""
        for comment, reach, scope in self._comments:
            if reach in (Reach.LINE, Reach.LOGICAL_LINE):
                done = edits.get(comment.source, ())
                if all(_is_deleted(line, done) for line in text_lines(comment.source, scope)):
                    yield _whole_line(comment)

    def tie(self, rewrite: Rewrite) -> bool:
        """Whether a comment speaks of a line that holds words of the rewrite, and not of the whole logical line."""
        scopes = self._lines.get(rewrite.source, [])
        for word in rewrite.words:
            index = bisect_right(scopes, word.start, key=lambda scope: scope.start) - 1
            if index >= 0 and word.start < scopes[index].end:
                return True
        return False

    def _covering(self, rule: str, location: Location) -> Suppression | None:
        for reach in Reach:
            candidates = self._index.get((location.source.path, rule, reach), [])
            index = bisect_right(candidates, location.span.start, key=lambda item: item.scope.start) - 1
            if index >= 0 and location.span.start < candidates[index].scope.end:
                return candidates[index]
        return None

    def _add(self, comment: Comment, reach: Reach, scope: Span) -> None:
        if comment.problem:
            word = comment.word if comment.word in _WORDS else _WORDS[0]
            self._unknown.append(
                _complaint(
                    "unknown-suppression",
                    f"this comment suppresses nothing: {comment.problem}",
                    Location(comment.source, comment.span),
                    f"write it as # postlint: {word}[rule]: reason",
                )
            )
            return
        for position, span in enumerate(comment.names):
            location = Location(comment.source, span)
            rules = _rules_of(location.text)
            if rules:
                self.all.append(Suppression(comment, position, rules, reach, scope))
            else:
                message, help_text = _no_such_rule(location.text)
                self._unknown.append(_complaint("unknown-suppression", message, location, help_text))


def _is_deleted(line: Span, edits: Sequence[Edit]) -> bool:
    index = bisect_right(edits, line.start, key=lambda edit: edit.span.start) - 1
    return index >= 0 and edits[index].span.end >= line.end and not edits[index].replacement


def _comments(source: Source) -> Iterator[tuple[Comment, Reach, Span]]:
    """The comments for postlint, each with what it reaches; those of one reach in the order of their scopes."""
    starts = source.line_starts
    waiting: list[Comment] = []  # those since the last line that is no comment
    parted = 0  # how many of them have a blank line below
    above: list[Comment] = []  # those right above the logical line that is being read
    logical: Span | None = None
    for start, end in zip(starts, [*starts[1:], len(source.text)], strict=True):
        content = source.text[start:end].lstrip(BLANKS)
        if not content:
            parted = len(waiting)
        elif content.startswith("#"):
            comment = _parse(source, end - len(content), content.rstrip(BLANKS))
            if comment and (comment.problem or comment.word == "ignore-file"):
                yield comment, Reach.FILE, Span(0, len(source.text) + 1)  # a finding may stand at the very end
            elif comment:
                waiting.append(comment)
        elif logical and source.text[start] in BLANKS:
            logical = Span(logical.start, end)
            yield from ((comment, Reach.LINE, Span(start, end)) for comment in waiting)
            waiting, parted = [], 0
        else:
            yield from ((comment, Reach.LOGICAL_LINE, logical) for comment in above if logical)
            yield from ((comment, Reach.BLANK_LINE, Span(start, start)) for comment in waiting[:parted])
            logical, above = Span(start, end), waiting[parted:]
            waiting, parted = [], 0
    yield from ((comment, Reach.LOGICAL_LINE, logical) for comment in above if logical)
    yield from ((comment, Reach.END, Span(len(source.text), len(source.text))) for comment in waiting)


def _parse(source: Source, start: int, text: str) -> Comment | None:
    """What the comment ``text`` says, or None when it is not meant for postlint."""
    head = re.match(_HEAD, text)
    if head is None or (head[1] not in _WORDS and not head[2]):
        return None
    names: tuple[Span, ...] = ()
    close = text.find("]", head.end())
    problem: str | None = None
    if head[1] not in _WORDS:
        problem = f'"{head[1]}" is neither ignore nor ignore-file'
    elif not head[2]:
        problem = f"no brackets follow {head[1]}"
    elif close < 0:
        problem = f"the bracket behind {head[1]} is not closed"
    else:
        names = tuple(_names(text[head.end() : close], start + head.end()))
        if not names:
            problem = "its brackets name no rule"
        elif not re.match(rf"{_BLANK}*+:{_BLANK}*+[^ \t\r\v\f]", text[close + 1 :]):
            problem = "it gives no reason"
    return Comment(source, Span(start, start + len(text)), head[1], names, problem)


def _names(text: str, start: int) -> Iterator[Span]:
    for part in text.split(","):
        name = part.strip(BLANKS)
        if name:
            first = start + len(part) - len(part.lstrip(BLANKS))
            yield Span(first, first + len(name))
        start += len(part) + 1


@lru_cache(maxsize=256)
def _rules_of(name: str) -> frozenset[str]:
    """The rules that a comment means by the name of a rule or a category; none for a name that it cannot use."""
    return frozenset(rule.name for rule in ALL if name in (rule.name, rule.category) and rule.category != CATEGORY)


@lru_cache(maxsize=256)
def _no_such_rule(name: str) -> tuple[str, str]:
    """Message and help about a name that `_rules_of` does not know."""
    known = frozenset(word for rule in ALL for word in (rule.name, rule.category))
    if name in known:
        return f'"{name}" cannot be suppressed by a comment', f"leave it out with --ignore {name}"
    near = closest(name, known)
    help_text = (
        f"did you mean {' or '.join(near)}?" if near else "`postlint rules` lists the rules and their categories"
    )
    return f'"{name}" is no rule and no category of rules: it suppresses nothing', help_text


def _unused(unused: Iterable[Suppression]) -> Iterator[Diagnostic]:
    """What is said of names that suppress nothing: those of one comment stand together."""
    for comment, group in groupby(unused, key=lambda item: item.comment):
        items = list(group)
        whole = _whole_line(comment) if len(items) == len(comment.names) else None
        # From here on no name is of use: those go with the comma before them, the others with the one behind.
        tail = len(comment.names)
        for item in reversed(items):
            tail -= item.position == tail - 1
        for item in items:
            word = item.location.text
            rewrite = whole or _one_name(comment, item.position, tail)
            title = "remove the comment" if whole else f"remove {word} from the comment"
            fix = Fix(title, (rewrite,), (), Applicability.SAFE)
            message = f"{comment.word}[{word}] suppresses nothing {item.reach.value}"
            action = f"put it right above its line, or {title}" if item.reach in _NOWHERE else title
            yield _complaint("unused-suppression", message, item.location, help_of(action, fix), fix)


def _whole_line(comment: Comment) -> Rewrite:
    line = comment.source.line_span(comment.span.start)
    text = comment.source.text[line.start : line.end].rstrip("\r\n")
    return _removal(comment, Span(line.start, line.start + len(text)))


def _one_name(comment: Comment, position: int, tail: int) -> Rewrite:
    names = comment.names
    if position >= tail:
        return _removal(comment, Span(names[position - 1].end, names[position].end))
    return _removal(comment, Span(names[position].start, names[position + 1].start))


def _removal(comment: Comment, span: Span) -> Rewrite:
    return Rewrite(comment.source, span, (span,), None)


def _complaint(rule: str, message: str, location: Location, help_text: str, fix: Fix | None = None) -> Diagnostic:
    return Diagnostic(rule, Severity.WARNING, message, location, help=help_text, fix=fix)
