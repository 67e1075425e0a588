"""Text, positions in it, and text that is made of pieces of files."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

# isspace() of the C locale, which is all that Postfix takes for blank (src/util/sys_defs.h, ISSPACE).
# Python's own notion of white space is wider: never use it on configuration text.
BLANKS = " \t\n\v\f\r"
# CHARS_COMMA_SP and CHARS_SPACE of src/util/sys_defs.h: what separates words. VT and FF do not.
LIST_SEPARATORS = ", \t\r\n"
FIELD_SEPARATORS = " \t\r\n"
# Stands for text whose value is not known. A lone high surrogate cannot come out of `decode`.
OPAQUE = "\ud800"
# Stand around words that count only under a condition. They cannot come out of `decode` either.
BRANCH_START, BRANCH_END = "\ud801", "\ud802"


def decode(data: bytes) -> str:
    """The text of ``data``: UTF-8, each other byte as one lone surrogate; `encode` gives the bytes back."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` made ``text`` of."""
    return text.encode("utf-8", "surrogateescape")


def split_lines(text: str) -> list[str]:
    """The lines of ``text`` with their line feeds; only LF ends a line, as in Postfix."""
    lines = text.split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


class Span(NamedTuple):
    """A half-open range of code points."""

    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Source:
    """A file's text, and the path by which the user knows it."""

    path: str
    text: str

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line's first character."""
        starts = [0]
        starts.extend(match.end() for match in re.finditer("\n", self.text))
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of ``offset``, both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_span(self, offset: int) -> Span:
        """The physical line that ``offset`` stands in, with its line feed if it has one."""
        line = bisect_right(self.line_starts, offset)
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        return Span(self.line_starts[line - 1], end)

    def byte_offset(self, offset: int) -> int:
        """Where in the file the character at ``offset`` starts, in bytes."""
        if self.text.isascii():
            return offset
        line = bisect_right(self.line_starts, offset) - 1
        return self._line_bytes[line] + len(encode(self.text[self.line_starts[line] : offset]))

    @cached_property
    def _line_bytes(self) -> list[int]:
        """The byte at which each line starts."""
        sizes = (len(encode(line)) for line in self.text.split("\n"))
        return list(accumulate((size + 1 for size in sizes), initial=0))


class Location(NamedTuple):
    """A range of a file."""

    source: Source
    span: Span

    @property
    def text(self) -> str:
        """What stands there."""
        return self.source.text[self.span.start : self.span.end]

    @property
    def key(self) -> tuple[str, int, int]:
        """Path, start and end: equal for equal places."""
        return self.source.path, self.span.start, self.span.end


class Piece(NamedTuple):
    """Where the text from ``offset`` up to the next piece stands; no source: in no file (a built-in default)."""

    offset: int
    source: Source | None
    start: int


class MappedText(NamedTuple):
    """Text made of pieces of files: a logical line joined from physical lines, a value with its ``$names``
    replaced. Each character knows where it was written.
    """

    text: str
    pieces: tuple[Piece, ...]

    @staticmethod
    def of(source: Source, spans: Iterable[Span]) -> "MappedText":
        """The concatenation of ``spans`` of one file."""
        parts: list[str] = []
        pieces: list[Piece] = []
        offset = 0
        for span in spans:
            if span.end > span.start:
                parts.append(source.text[span.start : span.end])
                pieces.append(Piece(offset, source, span.start))
                offset += span.end - span.start
        return MappedText("".join(parts), tuple(pieces))

    @staticmethod
    def unwritten(text: str) -> "MappedText":
        """Text that stands in no file."""
        return MappedText(text, (Piece(0, None, 0),) if text else ())

    @staticmethod
    def join(parts: Iterable["MappedText"]) -> "MappedText":
        """The parts one behind the other."""
        texts: list[str] = []
        pieces: list[Piece] = []
        offset = 0
        for part in parts:
            texts.append(part.text)
            pieces.extend(Piece(offset + piece.offset, piece.source, piece.start) for piece in part.pieces)
            offset += len(part.text)
        return MappedText("".join(texts), tuple(pieces))

    def slice(self, start: int, end: int) -> "MappedText":
        """The characters from ``start`` up to ``end``."""
        if start >= end:
            return MappedText("", ())
        if len(self.pieces) == 1:  # the common case, in a third of the time
            (piece,) = self.pieces
            return MappedText(self.text[start:end], (Piece(0, piece.source, piece.start + start - piece.offset),))
        pieces = tuple(
            Piece(a - start, piece.source, piece.start + a - piece.offset) for piece, a, _ in self._cut(start, end)
        )
        return MappedText(self.text[start:end], pieces)

    def trimmed(self, blanks: str = BLANKS) -> "MappedText":
        """Without the blanks at both ends."""
        stripped = self.text.strip(blanks)
        if not stripped:
            return MappedText("", ())
        start = len(self.text) - len(self.text.lstrip(blanks))
        return self.slice(start, start + len(stripped))

    @property
    def locations(self) -> tuple[Location, ...]:
        """Where the text was written, one location for each unbroken stretch of a file."""
        if len(self.pieces) == 1:  # the common case, in a fifth of the time
            ((offset, source, first),) = self.pieces
            begin = first - offset
            return (Location(source, Span(begin, begin + len(self.text))),) if source is not None else ()
        found: list[Location] = []
        for piece, start, end in self._cut(0, len(self.text)):
            if piece.source is None:
                continue
            begin = piece.start + start - piece.offset
            if found and found[-1].source is piece.source and found[-1].span.end == begin:
                found[-1] = Location(piece.source, Span(found[-1].span.start, begin + end - start))
            else:
                found.append(Location(piece.source, Span(begin, begin + end - start)))
        return tuple(found)

    @property
    def location(self) -> Location | None:
        """The one place where all of the text stands, or None when it is broken up or stands in no file."""
        locations = self.locations
        if len(locations) == 1 and len(locations[0].text) == len(self.text):
            return locations[0]
        return None

    def _cut(self, start: int, end: int) -> Iterator[tuple[Piece, int, int]]:
        """The pieces between two offsets, each with the offsets where it begins and ends there."""
        index = bisect_right(self.pieces, start, key=lambda piece: piece.offset) - 1
        while 0 <= index < len(self.pieces) and self.pieces[index].offset < end:
            following = self.pieces[index + 1].offset if index + 1 < len(self.pieces) else len(self.text)
            yield self.pieces[index], max(start, self.pieces[index].offset), min(end, following)
            index += 1


# Group 1 is the secret. The label in front of a zone of dq.spamhaus.net is a customer's key. Patterns are compiled when
# they are first used, as most runs print nothing.
_SECRETS = (
    r"(?i)(?<![a-z0-9_-])([a-z0-9_-]++)\.[a-z0-9_-]++\.dq\.spamhaus\.net",
    r"static:\{?[ \t]*([^ \t,{}:]++:[^ \t,{}]++)",
    r"(?:password|passwd|bind_pw)[ \t]*=[ \t]*([^\n]+)",
)


def secrets_in(text: str, known: frozenset[str] = frozenset()) -> tuple[Span, ...]:
    """Where DQS keys, passwords and the ``known`` secrets stand, in order, without overlaps."""
    patterns = (*_SECRETS, *(f"({re.escape(secret)})" for secret in known))
    found = sorted(Span(*match.span(1)) for pattern in patterns for match in re.finditer(pattern, text))
    kept: list[Span] = []
    for span in found:
        if kept and kept[-1].end >= span.start:
            kept[-1] = Span(kept[-1].start, max(kept[-1].end, span.end))
        else:
            kept.append(span)
    return tuple(kept)


def mask_secrets(text: str, known: frozenset[str] = frozenset()) -> str:
    """``text`` with DQS keys, passwords and the ``known`` secrets replaced by ``***``."""
    for span in reversed(secrets_in(text, known)):
        text = f"{text[: span.start]}***{text[span.end :]}"
    return text
