"""What has to be written so that an element of a list stands elsewhere in it."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from postlint.configuration.elements import Restriction
from postlint.configuration.model import Configuration
from postlint.configuration.restrictions import Occurrence
from postlint.configuration.rewriting import Obstacle, Rewriter, Rewriting
from postlint.text import Location, Source, Span


def move_behind(
    configuration: Configuration, rewriter: Rewriter, occurrence: Occurrence, target: Restriction
) -> Rewriting | Obstacle:
    """The element, its argument and every warn_if_reject right before it, put right behind ``target``, which stands
    behind it in the same definition.
    """
    removal = rewriter.remove(occurrence)
    if isinstance(removal, Obstacle):
        return removal
    rewrite = removal.rewrite
    place = target.words[-1].location
    definition = configuration.definition_of(place) if place is not None else None
    if place is None or definition is None or (definition.node.source, definition.region) != rewrite[:2]:
        return Obstacle(f"{target.name} stands in another definition")
    if not rewriter.is_written_word(definition, place.span):
        return Obstacle(f"{target.name} is joined with a name that is empty")
    separator = _separator(place, rewriter.written_words(definition))
    short = getattr(definition.node, "form", "long") == "short"
    text = separator + _text(rewrite.source, rewrite.words, "," if short else " ")
    return removal._replace(rewrite=rewrite._replace(replacement=text, filler=None, behind=place.span))


def _text(source: Source, words: tuple[Span, ...], separator: str) -> str:
    """The words on one line, with what separates them there; a name that is empty may stand between them."""
    gaps = [source.text[first.end : second.start] for first, second in pairwise(words)]
    parts = [source.text[words[0].start : words[0].end]]
    for gap, word in zip(gaps, words[1:], strict=True):
        parts += (separator if gap.strip(", \t") else gap, source.text[word.start : word.end])
    return "".join(parts)


def _separator(place: Location, words: Sequence[Span]) -> str:
    """What stands between the word at ``place`` and the next one of its value, without comments; behind the last word,
    what stands before it. ``words``: where the words of the value stand.
    """
    index = bisect_left(words, place.span)
    first = index if index + 1 < len(words) else index - 1
    gap = place.source.text[words[first].end : words[first + 1].start]
    line, line_feed, rest = gap.partition("\n")
    if not line_feed:
        return gap
    line_end = "\r\n" if line.endswith("\r") else "\n"
    return line.rstrip(" \t\r") + line_end + rest[rest.rfind("\n") + 1 :]
