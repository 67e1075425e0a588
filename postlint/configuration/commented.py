"""Entries of master.cf that are commented out while their options are not."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from postlint.configuration.model import canonical_name
from postlint.syntax.nodes import ServiceDefinition
from postlint.syntax.parse import parse_master_cf
from postlint.text import BLANKS, Location, Source, Span

# An entry of master.cf, as in master(5), behind one or more #.
_ENTRY = re.compile(
    r"#[# \t]*([^# \t\r\v\f][^ \t\r\v\f]*[ \t]+(?:inet|unix|unix-dgram|fifo|pass)(?:[ \t]+[yn-]){3}"
    r"[ \t]+(?:[0-9]+|-)\??[ \t]+(?:[0-9]+|-)[ \t]+[A-Za-z][^ \t\r\v\f]*)(?![^ \t])"
)
_OPTION = re.compile(r"#[# \t]*-")


class CommentedEntry(NamedTuple):
    """A service that is commented out, where, and whether commented options of its own follow."""

    service: ServiceDefinition
    location: Location
    has_options: bool = False


def attached_lines(service: ServiceDefinition) -> Iterator[tuple[CommentedEntry, list[Location]]]:
    """The runs of continuation lines that stand below a commented entry, as if they were its options.

    A commented entry for the same service, or for the same daemon behind postscreen, is another way to write the first
    line.
    """
    comment: CommentedEntry | None = None
    lines: list[Location] = []
    for line in _lines(service):
        text = line.text
        if not text.startswith("#"):
            lines.append(line)
            continue
        entry = _ENTRY.match(text)
        if entry and comment and lines:
            yield comment, lines
        if entry:
            comment, lines = _commented(service, line, entry[1]), []
        elif comment and not lines and _OPTION.match(text):
            comment = comment._replace(has_options=True)
    if comment and lines:
        yield comment, lines


def _commented(service: ServiceDefinition, line: Location, text: str) -> CommentedEntry | None:
    (commented,) = parse_master_cf(Source(service.source.path, text + "\n")).services
    same = (commented.type, canonical_name(commented)) == (service.type, canonical_name(service))
    behind_postscreen = commented.type == "pass" and commented.command == service.command
    return None if same or behind_postscreen else CommentedEntry(commented, line)


def _lines(service: ServiceDefinition) -> Iterator[Location]:
    """The lines behind the first one that are not empty, without the blanks around them."""
    source = service.source
    start = source.text.find("\n", *service.span) + 1
    while 0 < start < service.span.end:
        end = source.text.find("\n", start, service.span.end)
        end = service.span.end if end < 0 else end
        text = source.text[start:end]
        stripped = text.strip(BLANKS)
        if stripped:
            first = start + len(text) - len(text.lstrip(BLANKS))
            yield Location(source, Span(first, first + len(stripped)))
        start = end + 1
