"""Options in master.cf below a service that is commented out, which belong to the service above it."""

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


class Comment(NamedTuple):
    """A service that is commented out, where, and whether commented options of its own follow."""

    service: ServiceDefinition
    location: Location
    has_options: bool = False


class Adopted(NamedTuple):
    """Lines of ``service``, without the blanks around them, that stand below the comment of another one."""

    service: ServiceDefinition
    comment: Comment
    lines: tuple[Location, ...]

    def covers(self, location: Location) -> bool:
        """Whether a place is in these lines."""
        first, last = self.lines[0], self.lines[-1]
        return location.source is first.source and first.span.start <= location.span.start < last.span.end


def adopted_lines(service: ServiceDefinition) -> Iterator[Adopted]:
    """The runs of continuation lines below a commented entry."""
    comment: Comment | None = None
    lines: list[Location] = []
    for line in _lines(service):
        text = line.text
        if not text.startswith("#"):
            lines.append(line)
            continue
        entry = _ENTRY.match(text)
        if entry and comment and lines:
            yield Adopted(service, comment, tuple(lines))
        if entry:
            comment, lines = _commented(service, line, entry[1]), []
        elif comment and not lines and _OPTION.match(text):
            comment = comment._replace(has_options=True)
    if comment and lines:
        yield Adopted(service, comment, tuple(lines))


def _commented(service: ServiceDefinition, line: Location, text: str) -> Comment | None:
    (commented,) = parse_master_cf(Source(service.source.path, text + "\n")).services
    same = (commented.type, canonical_name(commented)) == (service.type, canonical_name(service))
    behind_postscreen = commented.type == "pass" and commented.command == service.command
    return None if same or behind_postscreen else Comment(commented, line)


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
