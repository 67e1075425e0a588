"""Edits of text: what a fix wants done to words, the edits that do it, and their composition."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from postlint.text import LIST_SEPARATORS, Source, Span

EVERYTHING = "*"


class Edit(NamedTuple):
    """Replace the characters of ``span`` by ``replacement``."""

    span: Span
    replacement: str


class Applicability(Enum):
    """Whether a fix may be applied without asking.

    Safe: never makes Postfix refuse a message that it accepted, and never opens the relay. Unsafe: may change
    who gets through.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"


class Filler(NamedTuple):
    """What has to stand in a value of which every word goes. ``words``: how many it holds."""

    text: str
    words: int


class Rewrite(NamedTuple):
    """What should become of neighbouring words of a list: gone (``replacement`` None), or replaced as a whole.

    ``region`` is the value that holds the words. Nothing outside it is touched, except that a continuation line
    with nothing else on it is deleted. One empty word is a place where the replacement is put in. With ``behind``, a
    word of the same value, the words move: gone from their place, and the replacement, which starts with a separator,
    put in right behind that word. A definition of main.cf or an entry of master.cf goes as a whole when it is the
    region, and the words are all of its lines. A definition gets another name when its old one is the region.
    """

    source: Source
    region: Span
    words: tuple[Span, ...]
    replacement: str | None
    filler: Filler | None = None
    behind: Span | None = None

    @property
    def leaves(self) -> bool:
        """Whether the words are gone from their place."""
        return self.replacement is None or self.behind is not None


class Outcome(NamedTuple):
    """What becomes of a definition of main.cf, of a service of master.cf, or of lines that Postfix ignores, as a whole.

    ``span``: where it stands, from its first character to the end of its logical line. ``entries``: name and value of
    each definition that stands there afterwards, in order, with one space for each run of blanks. Before the overrides
    of a service stands ``SERVICE/TYPE`` with the other fields and those arguments that are no overrides.
    """

    source: Source
    span: Span
    entries: tuple[tuple[str, str], ...]


class Creation(NamedTuple):
    """A new file in the configuration directory, with its permissions as in 0o600."""

    name: str
    text: str
    mode: int


class Fix(NamedTuple):
    """A repair: what it does, whether it is safe, and which definitions it changes.

    ``changes`` names them: ``PARAMETER``, ``SERVICE/TYPE/PARAMETER`` as postconf -P spells it, ``SERVICE/TYPE`` for an
    entry of master.cf that goes with all its overrides, ``table:PATH``, or ``file:PATH`` for a file in a match list. A
    definition that gets another name counts under both.
    ``announces``: the repaired words may be judged again, so new findings about them are expected. ``commands``: what
    has to run before the change is in force, besides a reload. ``wakes``: definitions that are judged from then on, so
    that new findings about them are expected, too; EVERYTHING where a parameter that any rule may read comes into
    force. ``outcomes``: of what is taken apart or put together, of which the rewrites alone do not tell what it means.
    """

    title: str
    rewrites: tuple[Rewrite, ...]
    changes: tuple[str, ...]
    applicability: Applicability = Applicability.UNSAFE
    announces: bool = False
    commands: tuple[str, ...] = ()
    creations: tuple[Creation, ...] = ()
    wakes: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()

    @property
    def edits(self) -> dict[Source, tuple[Edit, ...]]:
        """The edits of this fix alone, per file."""
        return edits_of(self.rewrites)


def edits_of(rewrites: Iterable[Rewrite]) -> dict[Source, tuple[Edit, ...]]:
    """The edits that carry out all ``rewrites`` together, per file, in order.

    Removal works line by line, over all removed words at once: a line with nothing else on it goes whole, with its
    line feed; else the words and the separators behind them go, at a line's end also the blanks before them.
    """
    by_source: dict[Source, list[Rewrite]] = {}
    for rewrite in rewrites:
        by_source.setdefault(rewrite.source, []).append(rewrite)
    result: dict[Source, tuple[Edit, ...]] = {}
    for source, group in by_source.items():
        group = with_fillers(group)
        edits = [_replacement(source, rewrite) for rewrite in group if rewrite.replacement is not None]
        edits.extend(_removals(source, [rewrite for rewrite in group if rewrite.leaves]))
        result[source] = _on_lines_of_their_own(source.text, sorted(edits, key=lambda edit: edit.span))
    return result


def _on_lines_of_their_own(text: str, edits: list[Edit]) -> tuple[Edit, ...]:
    """The edits, where lines that are added behind a deleted last line begin without a line feed."""
    for index, (removed, added) in enumerate(pairwise(edits)):
        whole = not removed.replacement and text[: removed.span.start][-1:] in ("", "\n")
        if whole and removed.span.end == len(text) == added.span.start:
            edits[index + 1] = added._replace(replacement=re.sub(r"\A\r?\n", "", added.replacement))
    return tuple(edits)


def with_fillers(rewrites: Iterable[Rewrite]) -> list[Rewrite]:
    """The same, where of the removals that would empty a value together the first one leaves its filler."""
    rewrites = list(rewrites)
    removed: dict[tuple[Source, Span], set[Span]] = {}
    for rewrite in rewrites:
        if rewrite.filler is not None and rewrite.replacement is None:
            removed.setdefault((rewrite.source, rewrite.region), set()).update(rewrite.words)
    first_words = {place: min(words) for place, words in removed.items()}
    result: list[Rewrite] = []
    for rewrite in rewrites:
        place = rewrite.source, rewrite.region
        if rewrite.filler is None or rewrite.replacement is not None or len(removed[place]) < rewrite.filler.words:
            result.append(rewrite)
        elif first_words[place] in rewrite.words:
            first, *others = rewrite.words
            result.append(rewrite._replace(words=(first,), replacement=rewrite.filler.text))
            if others:
                result.append(rewrite._replace(words=tuple(others), filler=None))
        else:
            result.append(rewrite._replace(filler=None))
    return result


def _replacement(source: Source, rewrite: Rewrite) -> Edit:
    """The smallest edit that turns the words into the replacement, or puts it in where they move to."""
    if rewrite.behind is not None:
        return Edit(Span(rewrite.behind.end, rewrite.behind.end), rewrite.replacement or "")
    start, end = rewrite.words[0].start, rewrite.words[-1].end
    if rewrite.filler is not None:
        start, end = _with_commas(source.text, rewrite.region, Span(start, end))
    old, new = source.text[start:end], rewrite.replacement or ""
    common = min(len(old), len(new))
    head = next((i for i in range(common) if old[i] != new[i]), common)
    tail = next((i for i in range(common - head) if old[-1 - i] != new[-1 - i]), common - head)
    return Edit(Span(start + head, end - tail), new[head : len(new) - tail])


def _with_commas(text: str, region: Span, word: Span) -> Span:
    """A word with the commas beside it on its line: all that stands in a row is its action, a comma too."""
    before = re.search(r",[ \t,]*\Z", text[region.start : word.start])
    behind = re.match(r"[ \t,]*,", text[word.end : region.end])
    return Span(region.start + before.start() if before else word.start, word.end + (behind.end() if behind else 0))


def _removals(source: Source, rewrites: list[Rewrite]) -> list[Edit]:
    lines: dict[Span, list[tuple[Span, Span]]] = {}
    for rewrite in rewrites:
        for word in rewrite.words:
            lines.setdefault(source.line_span(word.start), []).append((word, rewrite.region))
    edits: list[Edit] = []
    for line, words in sorted(lines.items()):
        words.sort()
        edits.extend(_line_removals(source.text, line, words))
    return _merged(edits)


def _line_removals(text: str, line: Span, words: list[tuple[Span, Span]]) -> list[Edit]:
    content_end = line.start + len(text[line.start : line.end].rstrip("\r\n"))
    left = line.start
    remains = False
    for word, _ in words:
        remains = remains or bool(text[left : word.start].strip(LIST_SEPARATORS))
        left = word.end
    if not (remains or text[left:content_end].strip(LIST_SEPARATORS)):
        return [Edit(line, "")]
    edits: list[Edit] = []
    for word, region in words:
        limit = min(content_end, region.end)
        end = word.end
        while end < limit and text[end] in LIST_SEPARATORS:
            end += 1
        edits.append(Edit(Span(word.start, end), ""))
    edits = _merged(edits)
    last = edits[-1].span
    limit = min(content_end, words[-1][1].end)
    if last.end == limit:
        # Nothing of the value follows on this line: the blanks before the words would be trailing ones. An indentation
        # stays, or what stands behind the value would start a logical line of its own.
        start = last.start
        while start > max(line.start, words[-1][1].start) and text[start - 1] in " \t":
            start -= 1
        if start > line.start:
            edits[-1] = Edit(Span(start, last.end), "")
    return edits


def _merged(edits: list[Edit]) -> list[Edit]:
    merged: list[Edit] = []
    for edit in edits:
        if merged and merged[-1].span.end >= edit.span.start:
            merged[-1] = Edit(Span(merged[-1].span.start, max(merged[-1].span.end, edit.span.end)), "")
        else:
            merged.append(edit)
    return merged


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """``text`` with all ``edits`` done. They must be in order and must not overlap."""
    parts: list[str] = []
    position = 0
    for edit in edits:
        if edit.span.start < position:
            raise ValueError(f"overlapping edits at {edit.span}")
        parts += (text[position : edit.span.start], edit.replacement)
        position = edit.span.end
    parts.append(text[position:])
    return "".join(parts)


def compose(length: int, first: Sequence[Edit], second: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits of the original text, ``length`` characters long, that do the same as ``first`` and then ``second``.

    ``second`` speaks of the text that ``first`` leaves. Both in order, without overlaps.
    """
    pending = deque(_segments(length, first))
    result: list[Span | str] = []
    position = 0

    def take(end: int, keep: bool) -> None:
        nonlocal position
        while position < end:
            segment = pending.popleft()
            size = len(segment) if isinstance(segment, str) else segment.end - segment.start
            cut = min(size, end - position)
            if cut < size:
                rest = segment[cut:] if isinstance(segment, str) else Span(segment.start + cut, segment.end)
                segment = segment[:cut] if isinstance(segment, str) else Span(segment.start, segment.start + cut)
                pending.appendleft(rest)
            if keep:
                result.append(segment)
            position += cut

    for edit in second:
        take(edit.span.start, keep=True)
        take(edit.span.end, keep=False)
        result.append(edit.replacement)
    result.extend(pending)
    return _edits_between(length, result)


def _segments(length: int, edits: Sequence[Edit]) -> Iterator[Span | str]:
    position = 0
    for edit in edits:
        if edit.span.start > position:
            yield Span(position, edit.span.start)
        if edit.replacement:
            yield edit.replacement
        position = edit.span.end
    if position < length:
        yield Span(position, length)


def _edits_between(length: int, segments: Sequence[Span | str]) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    position, inserted = 0, ""
    for segment in (*segments, Span(length, length)):
        if isinstance(segment, str):
            inserted += segment
            continue
        if inserted or segment.start > position:
            edits.append(Edit(Span(position, segment.start), inserted))
        position, inserted = segment.end, ""
    return tuple(edits)
