"""What has to be written so that a definition, what is lost of it, an override or a service is gone."""

from collections.abc import Iterable, Iterator

from postlint.configuration.model import Definition
from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.edits import Rewrite
from postlint.syntax.nodes import ParameterDefinition, ServiceDefinition, text_lines
from postlint.text import BLANKS, Location, MappedText, Source, Span


def deletion(node: ParameterDefinition | ServiceDefinition) -> Rewriting:
    """All lines of a definition in main.cf or an entry of master.cf gone, those behind comments, too. The comments
    among them stay.

    The rewrite's region is the whole definition or entry, by which others know that it goes.
    """
    words = tuple(text_lines(node.source, node.span))
    name = node.identity if isinstance(node, ServiceDefinition) else node.name
    return Rewriting(Rewrite(node.source, node.span, words, None), name)


def option_deletions(service: ServiceDefinition) -> dict[int, Rewriting | Obstacle]:
    """For each override, by where its name starts: its ``-o`` and its setting gone.

    A word of each rewrite starts with the name, by which others know that the override goes.
    """
    found: dict[int, Rewriting | Obstacle] = {}
    place = Span(service.fields[-1].locations[-1].span.end, service.span.end)
    commented = any(argument.text.startswith("#") for argument in service.arguments)
    overrides, previous = list(reversed(service.overrides)), None
    for argument in service.arguments:
        start = overrides[-1].name_span.start if overrides else place.end
        if start < argument.locations[-1].span.end:
            override = overrides.pop()
            words = _option(previous, argument, start)
            if commented:
                found[start] = Obstacle("a word that starts with # could become the first of its line, and a comment")
            elif not words:
                found[start] = Obstacle("it is joined with another option")
            else:
                name = Definition(override, service).name
                found[start] = Rewriting(Rewrite(service.source, place, words, None), name)
        previous = argument
    return found


def _option(previous: MappedText | None, argument: MappedText, name: int) -> tuple[Span, ...]:
    """Where an option stands whose setting is in ``argument``; none when its letter is joined with others."""
    locations = list(argument.locations)
    if not argument.text.startswith("-"):
        if previous is None or previous.text != "-o":
            return ()
        locations = [*previous.locations, *locations]
    elif not argument.text.startswith("-o"):
        return ()
    return tuple(_parted(locations, name))


def _parted(locations: Iterable[Location], place: int) -> Iterator[Span]:
    """Without the blanks around each, as what remains of a line must not start in its first column."""
    for location in locations:
        text = location.text
        start = location.span.start + len(text) - len(text.lstrip(BLANKS))
        end = location.span.start + len(text.rstrip(BLANKS))
        if start < place < end:
            yield Span(start, place)
            start = place
        if start < end:
            yield Span(start, end)


def deletion_from(node: ParameterDefinition | ServiceDefinition, start: int) -> Rewriting:
    """What stands in a definition or a service from ``start`` on gone, on all of its lines. The comments among them
    stay.
    """
    if isinstance(node, ParameterDefinition):
        body, name = node.body, node.name
    else:
        body, name = Span(node.location.span.end, node.span.end), node.identity
    lines = (line for line in text_lines(node.source, body) if line.end > start)
    words = tuple(Span(max(line.start, start), line.end - _ends_in_cr(node.source, line)) for line in lines)
    return Rewriting(Rewrite(node.source, body, words, None), name)


def _ends_in_cr(source: Source, line: Span) -> bool:
    return source.text[line.end - 1] == "\r"
