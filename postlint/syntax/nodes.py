"""The nodes of main.cf and master.cf. In order they cover the text without gap or overlap."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from postlint.text import BLANKS, Location, MappedText, Source, Span


class Trivia(NamedTuple):
    """Comment lines and blank lines."""

    span: Span


class StrayContinuation(NamedTuple):
    """A first logical line that starts with a blank: Postfix warns and ignores it."""

    span: Span


class MalformedLine(NamedTuple):
    """A logical line that every Postfix program dies on; ``reason`` in Postfix's words."""

    span: Span
    reason: str


class ParameterDefinition(NamedTuple):
    """``name = value``, with the continuation lines and the comments among them.

    ``body``: everything behind the ``=`` up to the end of the logical line, its line feed included.
    """

    source: Source
    span: Span
    name: str
    name_span: Span
    body: Span

    @property
    def value(self) -> MappedText:
        """The joined value, trimmed; what follows a NUL is lost, as in Postfix."""
        return joined(self.source, self.body).trimmed()

    @property
    def region(self) -> Span:
        """Where the value's words stand."""
        return self.body


class Override(NamedTuple):
    """One ``-o name=value`` of a service; ``form`` short (one word) or long (in braces)."""

    source: Source
    name: str
    name_span: Span
    equals_span: Span
    value: MappedText
    form: Literal["short", "long"]

    @property
    def region(self) -> Span:
        """Where the value's words stand."""
        locations = self.value.locations
        return Span(self.equals_span.end, locations[-1].span.end if locations else self.equals_span.end)


class ServiceDefinition(NamedTuple):
    """One service of master.cf, fields named as in master(5).

    ``fatal``: why master(8) or postconf(1) dies on this entry before it knows what it means, in their words, or None.
    """

    source: Source
    span: Span
    fields: tuple[MappedText, ...]
    arguments: tuple[MappedText, ...]
    overrides: tuple[Override, ...]
    fatal: str | None

    @property
    def name(self) -> str:
        """The first field."""
        return self._field(0)

    @property
    def type(self) -> str:
        """inet, unix, unix-dgram, fifo or pass."""
        return self._field(1)

    @property
    def command(self) -> str:
        """The program, relative to $daemon_directory."""
        return self._field(7)

    @property
    def identity(self) -> str:
        """``name/type``, as postconf -P spells it."""
        return f"{self.name}/{self.type}"

    @property
    def stops_postconf(self) -> bool:
        """Whether what is ``fatal`` is so for postconf(1) as well; braces are for master(8) alone."""
        return self.fatal is not None and self.fatal.startswith(("bad field count", "invalid "))

    @property
    def refusal(self) -> tuple[int, str] | None:
        """A field, counted from 0, that master(8) dies on and postconf(1) takes, and why (src/master/master_ent.c,
        get_master_ent). What the entry means is known all the same.
        """
        if self.fatal is not None:
            return None
        private = self._field(2)
        if self.type == "inet" and private != "n":
            written = "- in the third field means private" if private == "-" else "the third field says private"
            return 2, f"an inet service cannot be private, and {written}"
        if self.type == "inet" and self.name.startswith("[") and "]" not in self.name:
            return 0, f"{self.name}: missing ]"
        if self._field(5) == "-?":
            return 5, "-? is no wakeup time"
        if self.command == "-":
            return 7, "the command has no default"
        return None

    @property
    def location(self) -> Location:
        """Where the service's first field stands."""
        return self.fields[0].locations[0]

    def _field(self, index: int) -> str:
        return self.fields[index].text if index < len(self.fields) else ""


MainItem = Trivia | StrayContinuation | MalformedLine | ParameterDefinition
MasterItem = Trivia | StrayContinuation | ServiceDefinition


class MainCf(NamedTuple):
    """main.cf as written."""

    source: Source
    items: tuple[MainItem, ...]

    @property
    def definitions(self) -> Iterator[ParameterDefinition]:
        """Every definition, also those that a later one replaces."""
        return (item for item in self.items if isinstance(item, ParameterDefinition))

    @property
    def malformed_lines(self) -> tuple[MalformedLine, ...]:
        """The lines that Postfix dies on."""
        return tuple(item for item in self.items if isinstance(item, MalformedLine))


class MasterCf(NamedTuple):
    """master.cf as written."""

    source: Source
    items: tuple[MasterItem, ...]

    @property
    def services(self) -> Iterator[ServiceDefinition]:
        """Every service, also those that a later one replaces and those that Postfix dies on."""
        return (item for item in self.items if isinstance(item, ServiceDefinition))


def joined(source: Source, body: Span) -> MappedText:
    """The physical lines of ``body`` as one logical line, up to a NUL."""
    value = MappedText.of(source, text_lines(source, body))
    nul = value.text.find("\0")
    return value if nul < 0 else value.slice(0, nul)


def text_lines(source: Source, body: Span) -> list[Span]:
    """The physical lines of ``body`` that count, each without its line feed.

    The first line is text whatever it holds; of the others, comments and blank lines are left out
    (src/util/readlline.c).
    """
    text = source.text
    spans: list[Span] = []
    start = body.start
    while start < body.end:
        end = text.find("\n", start, body.end)
        end = body.end if end < 0 else end
        if not spans or text[start:end].lstrip(BLANKS)[:1] not in ("", "#"):
            spans.append(Span(start, end))
        start = end + 1
    return spans
