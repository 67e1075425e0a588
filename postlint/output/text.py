"""Diagnostics for people: one paragraph each, with the line and a caret."""

import unicodedata
from collections.abc import Iterable, Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.text import BLANKS, Location, mask_secrets, secrets_in

_COLOURS = {Severity.ERROR: "\033[1;31m", Severity.WARNING: "\033[1;33m", Severity.INFO: "\033[1;36m"}
_BOLD, _PLAIN = "\033[1m", "\033[0m"
# A line longer than this is shown around the caret only.
_WIDTH = 160
_MARGIN = 300
_SHOWN_RELATED = 10


def render(diagnostics: Iterable[Diagnostic], colour: bool = False, secrets: frozenset[str] = frozenset()) -> str:
    """The text of all diagnostics. Control characters are shown as ``\\xNN``.

    ``secrets`` and whatever looks like a key or a password are masked.
    """
    return "".join(line + "\n" for diagnostic in diagnostics for line in _paragraph(diagnostic, colour, secrets))


def shown_lines(text: str, secrets: frozenset[str] = frozenset()) -> str:
    """Lines for people to look at, a patch or a traceback: secrets masked, nothing that a terminal would obey."""
    lines = (mask_secrets(line.rstrip("\r"), secrets) for line in text.split("\n"))
    return "\n".join(_one_column_each(line) for line in lines)


def summary(diagnostics: Iterable[Diagnostic], suppressed: int = 0) -> str:
    """One line that counts them, as in ``2 errors, 1 warning (3 suppressed)``."""
    counts = dict.fromkeys(reversed(Severity), 0)
    for diagnostic in diagnostics:
        counts[diagnostic.severity] += 1
    parts = [
        f"{count} {severity}{'s' if count != 1 and severity is not Severity.INFO else ''}"
        for severity, count in counts.items()
        if count
    ]
    return (", ".join(parts) or "no findings") + (f" ({suppressed} suppressed)" if suppressed else "")


def place(location: Location) -> str:
    """``path:line:column``, both counted from 1."""
    line, column = location.source.position(location.span.start)
    return f"{location.source.path}:{line}:{column}"


def _paragraph(diagnostic: Diagnostic, colour: bool, secrets: frozenset[str]) -> Iterator[str]:
    level = f"{diagnostic.severity}[{diagnostic.rule}]"
    message = printable(mask_secrets(diagnostic.message, secrets))
    where = printable(place(diagnostic.location))
    if colour:
        level = f"{_COLOURS[diagnostic.severity]}{level}{_PLAIN}"
        where = f"{_BOLD}{where}{_PLAIN}"
    yield f"{where}: {level} {message}"
    yield from _excerpt(diagnostic.location, _COLOURS[diagnostic.severity] if colour else "", secrets)
    if diagnostic.help:
        yield f"   = help: {printable(mask_secrets(diagnostic.help, secrets))}"
    for related in diagnostic.related[:_SHOWN_RELATED]:
        yield f"   = {printable(mask_secrets(related.message, secrets))}: {printable(place(related.location))}"
    if len(diagnostic.related) > _SHOWN_RELATED:
        yield f"   = and {len(diagnostic.related) - _SHOWN_RELATED} more places"
    yield f"   = explain: postlint explain {diagnostic.rule}"


def _excerpt(location: Location, colour: str, secrets: frozenset[str]) -> Iterator[str]:
    """The line where the location starts, and carets below the part of it that belongs to the location."""
    source, span = location.source, location.span
    line = source.line_span(span.start)
    # Of a very long line only the part around the caret; the margin keeps secrets whole, so that they are recognised.
    low = max(line.start, span.start - _WIDTH - _MARGIN)
    high = min(line.end, span.start + _WIDTH + _MARGIN)
    text = source.text[low:high].rstrip(BLANKS)
    start = span.start - low
    end = max(start + 1, min(span.end - low, len(text)))
    for secret in reversed(secrets_in(text, secrets)):
        text = f"{text[: secret.start]}***{text[secret.end :]}"
        start, end = (_moved(offset, secret.start, secret.end) for offset in (start, end))
    if len(text) > _WIDTH or low > line.start:
        first = max(0, min(start - 20, len(text) - _WIDTH))
        head, tail = "..." if first or low > line.start else "", "..." if first + _WIDTH < len(text) else ""
        text = head + text[first : first + _WIDTH] + tail
        start, end = start - first + len(head), min(end - first, _WIDTH) + len(head)
    number = str(source.position(span.start)[0])
    shown = _one_column_each(text)
    margin = " " * len(number)
    padding = "".join("\t" if character == "\t" else " " * _columns(character) for character in shown[:start])
    carets = "^" * max(1, sum(_columns(character) for character in shown[start:end]))
    yield f"{number} | {shown}"
    yield f"{margin} | {padding}{colour}{carets}{_PLAIN if colour else ''}"


def _moved(offset: int, start: int, end: int) -> int:
    """Where ``offset`` is once the text between ``start`` and ``end`` is three characters long."""
    if offset <= start:
        return offset
    return start + 3 if offset < end else offset - (end - start) + 3


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _one_column_each(text: str) -> str:
    """Control characters and undecodable bytes as U+FFFD, so that the caret stays below its word."""
    return "".join("\ufffd" if _is_unprintable(character) and character != "\t" else character for character in text)


def printable(text: str) -> str:
    """``text`` with control characters and undecodable bytes as ``\\xNN``."""
    return "".join(f"\\x{ord(character) & 0xFF:02x}" if _is_unprintable(character) else character for character in text)


def _is_unprintable(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Cf", "Zl", "Zp")
