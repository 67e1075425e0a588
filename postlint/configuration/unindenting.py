"""What has to be written so that indented lines begin definitions or services of their own."""

import re
from collections.abc import Callable, Sequence

from postlint.configuration.rewriting import Obstacle
from postlint.edits import Rewrite
from postlint.facts.parameters import is_parameter
from postlint.syntax.nodes import StrayContinuation, text_lines
from postlint.syntax.parse import parse_master_cf
from postlint.text import BLANKS, Source, Span

_DEFINITION = re.compile(r"([^ \t\r\n\v\f=#]++)[ \t\r\v\f]*+=")


def unindented(source: Source, body: Span, starts: Sequence[int]) -> tuple[Rewrite, ...] | Obstacle:
    """The blanks gone before each of ``starts``, the places in ``body`` where lines of text begin behind their blanks.

    A line between two of them belongs to the one above only when it is indented more, or is an option.
    """
    own = set(starts)
    rewrites: list[Rewrite] = []
    indentation: str | None = None
    for line in text_lines(source, body):
        text = source.text[line.start : line.end]
        blanks = text[: len(text) - len(text.lstrip(BLANKS))]
        start = line.start + len(blanks)
        if start in own:
            indentation = blanks
            rewrites.append(Rewrite(source, body, (Span(line.start, start),), ""))
        elif indentation is not None and not (
            text[len(blanks) :].startswith("-") or (blanks.startswith(indentation) and blanks != indentation)
        ):
            number, _ = source.position(start)
            return Obstacle(f"line {number} may belong to it or not")
    return tuple(rewrites)


def stray_starts(source: Source, item: StrayContinuation, master: bool) -> list[int] | Obstacle:
    """Where in lines that Postfix ignores a definition, or a service, starts."""
    first, *others = text_lines(source, item.span)
    begins: Callable[[str], bool] = _is_service if master else _is_known_definition
    text = source.text[first.start : first.end].lstrip(BLANKS)
    if not (_is_service(text) if master else _DEFINITION.match(text)):
        return Obstacle("it is no service" if master else "it does not read name = value")
    starts = [first.end - len(text)]
    for line in others:
        text = source.text[line.start : line.end].lstrip(BLANKS)
        if begins(text):
            starts.append(line.end - len(text))
    return starts


def _is_known_definition(text: str) -> bool:
    match = _DEFINITION.match(text)
    return match is not None and is_parameter(match[1])


def _is_service(text: str) -> bool:
    return all(service.fatal is None for service in parse_master_cf(Source("", text)).services) and bool(text)
