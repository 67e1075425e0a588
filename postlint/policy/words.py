"""The words of a restriction list that are no restrictions, and what was meant by them."""

from collections.abc import Iterator

from postlint.configuration.elements import Restriction
from postlint.configuration.restrictions import RestrictionList, RestrictionLists
from postlint.facts.restrictions import keyword, keywords
from postlint.facts.spelling import closest


def swallowed_words(lists: RestrictionLists) -> frozenset[tuple[str, int, int]]:
    """The places of the words that belong to a finding about the word before them: its argument, the rest of a
    comment.
    """
    return frozenset(place for item in lists.all for place in _swallowed(lists, item))


def _swallowed(lists: RestrictionLists, item: RestrictionList) -> Iterator[tuple[str, int, int]]:
    line: tuple[str, int] | None = None
    argument_follows = False
    for index, restriction in enumerate(item.restrictions):
        places = restriction.keyword.locations
        if not places:
            continue
        own_line = places[0].source.path, places[0].source.line_span(places[0].span.start).start
        if own_line == line or argument_follows:
            argument_follows = False
            yield places[0].key
            continue
        line = None
        if restriction.known is not None or restriction.opaque or restriction.is_table:
            continue
        if is_comment(restriction) or is_parameter_line(item, index):
            line = own_line
        else:
            meant = [keyword(name) for name in suggestions(lists, restriction)]
            argument_follows = bool(meant) and all(known is not None and known.takes_argument for known in meant)


def is_comment(restriction: Restriction) -> bool:
    """Whether it was meant as a comment behind other text, which Postfix does not have."""
    return restriction.keyword.text.startswith("#")


def is_parameter_line(item: RestrictionList, index: int) -> bool:
    """Whether an element is the name in a ``name = value`` that is indented by accident."""
    word = item.restrictions[index].keyword.text
    following = item.restrictions[index + 1].keyword.text if index + 1 < len(item.restrictions) else ""
    return "=" in word[1:] or (following.startswith("=") and not word.startswith("="))


def suggestions(lists: RestrictionLists, restriction: Restriction) -> tuple[str, ...]:
    """The restrictions that a word may be a misspelling of; none for a name that main.cf defines."""
    word = restriction.keyword.text
    if word in lists.configuration.definitions:
        return ()
    return closest(word.strip("\"';:."), frozenset(keywords()))
