"""Match lists, such as mynetworks and relay_domains: patterns, lookup tables, and files that hold more of both."""

import re
from collections.abc import Callable, Generator, Iterator
from functools import lru_cache
from ipaddress import IPv6Interface
from typing import NamedTuple

from postlint.configuration.model import NOT_THERE, Configuration, View
from postlint.configuration.rewriting import Obstacle, Rewriter, Rewriting
from postlint.configuration.tables import is_table
from postlint.edits import Rewrite
from postlint.facts.parameters import is_parameter, value_class
from postlint.syntax.parse import split_list
from postlint.syntax.tables import parse_list_file
from postlint.text import OPAQUE, Location, MappedText, Source

# A file may name others, and itself: Postfix reads on until it has no descriptor left. Far beyond any real list.
_FILE_LIMIT = 100


class MatchItem(NamedTuple):
    """One item of a list, that of a file too.

    ``word``: as written. ``pattern``: without the ``!`` in front; the path of a file that is not read. ``negated``:
    what it matches is not in the list; the ``!`` in front of a file counts for each of its items. ``unread``: why the
    file is not read, as in "is not there"; None: the item is no such file. ``included``: it stands in a file that the
    list names. ``before_3_8``: only Postfix before 3.8 reads it, which took each line of a file for itself.
    """

    word: MappedText
    pattern: MappedText
    negated: bool
    unread: str | None = None
    included: bool = False
    before_3_8: bool = False

    @property
    def is_table(self) -> bool:
        """Whether Postfix takes it for ``type:name`` (src/util/match_list.c, MATCH_DICTIONARY)."""
        return self.unread is None and is_table(self.pattern.text) and not self.pattern.text.startswith("[")

    @property
    def is_known(self) -> bool:
        """Whether what it matches can be told, but for the rows of a table."""
        return self.unread is None and OPAQUE not in self.pattern.text

    @property
    def bare_address(self) -> IPv6Interface | None:
        """The IPv6 address or network that it is without the brackets, so that Postfix takes it for a table."""
        if not re.fullmatch(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:/[0-9]{1,3})?", self.pattern.text):
            return None
        try:
            return IPv6Interface(self.pattern.text)
        except ValueError:
            return None


class MatchListUse(NamedTuple):
    """The match list ``parameter`` as the program of ``view`` reads it."""

    parameter: str
    view: View


class MatchOccurrence(NamedTuple):
    """An item that is written somewhere, with the lists that it is in: at least one."""

    item: MatchItem
    location: Location
    uses: tuple[MatchListUse, ...]


class MatchLists:
    """The match lists of one configuration. ``source_of``: the file at a path, or why it is not read."""

    def __init__(self, configuration: Configuration, source_of: Callable[[str], Source | str]) -> None:
        self.configuration = configuration
        self._source_of = source_of
        self._items: dict[MappedText, tuple[MatchItem, ...]] = {}

    def items(self, parameter: str, view: View) -> tuple[MatchItem, ...]:
        """The items of a list in the order in which they are tried; the first one that matches decides.

        Nothing in a file is replaced by the value of a ``$name``.
        """
        value = self.configuration.expanded(parameter, view)
        if value not in self._items:
            self._items[value] = tuple(_Reader(self._source_of).items(value))
        return self._items[value]

    def occurrences(self) -> tuple[MatchOccurrence, ...]:
        """Every item that is written somewhere, once for each place."""
        found: dict[Location, tuple[MatchItem, list[MatchListUse]]] = {}
        for use in self.written():
            for item in self.items(*use):
                for location in item.pattern.locations[:1]:
                    found.setdefault(location, (item, []))[1].append(use)
        return tuple(MatchOccurrence(item, location, tuple(uses)) for location, (item, uses) in found.items())

    def written(self) -> Iterator[MatchListUse]:
        """Each match list that main.cf or an override sets, with main.cf alone and each service with overrides."""
        configuration = self.configuration
        views = (view for view in configuration.service_views.values() if view.overrides)
        for view in (configuration.main_view, *views):
            names = dict.fromkeys((*configuration.definitions, *view.overrides))
            yield from (MatchListUse(name, view) for name in names if value_class(name) == "match list")


@lru_cache(maxsize=4)
def match_lists(configuration: Configuration) -> MatchLists:
    """Those of a configuration whose files have been read."""
    return MatchLists(configuration, lambda path: configuration.files.tables.get(path, NOT_THERE))


def replace_pattern(
    rewriter: Rewriter, configuration: Configuration, item: MatchItem, text: str
) -> Rewriting | Obstacle:
    """Another pattern for an item, in every list that it is in; its ``!`` stay."""
    location = item.word.location
    if location is None:
        return Obstacle(f'"{item.word.text}" is put together out of several values')
    new = item.word.text.removesuffix(item.pattern.text) + text
    definition = configuration.definition_of(location)
    if definition is None:
        source = location.source
        line = source.line_span(location.span.start)
        return Rewriting(Rewrite(source, line, (location.span,), new), f"file:{source.path}")
    if not rewriter.is_written_word(definition, location.span):
        return Obstacle(f'"{item.word.text}" is joined with the text beside it')
    pending, seen = [definition.parameter], {definition.parameter}
    for name in pending:
        for mention in configuration.mentions(name):
            user = mention.definition.parameter
            if not mention.plain or not mention.alone or (is_parameter(user) and value_class(user) != "match list"):
                return Obstacle(f"{user} uses ${name}, too, which is not followed")
            if user not in seen:
                seen.add(user)
                pending.append(user)
    return Rewriting(Rewrite(location.source, definition.region, (location.span,), new), definition.name)


class _Reader:
    """Reads one list, as match_list_parse() of src/util/match_list.c does, before 3.8 and since."""

    def __init__(self, source_of: Callable[[str], Source | str]) -> None:
        self._source_of = source_of
        self._read: set[tuple[Source, bool]] = set()

    def items(
        self, text: MappedText, negated: bool = False, inside: tuple[Source, ...] = (), old: bool = False
    ) -> Generator[MatchItem, None, bool]:
        """The items of a value, or of a line of the innermost of the files ``inside``; then whether a word that starts
        with ``#`` or a NUL ends it.
        """
        line = text.text.partition("\0")[0]
        for span in split_list(line):
            if line[span.start] == "#":
                return True
            word = text.slice(*span)
            signs = len(word.text) - len(word.text.lstrip("!"))
            pattern = word.slice(signs, len(word.text)) if signs else word
            opposite = negated != (signs % 2 == 1)
            if not pattern.text:
                continue  # Postfix dies on a ! without a pattern
            source = self._source(pattern.text, inside) if pattern.text.startswith("/") else None
            if source is None or isinstance(source, str):
                yield MatchItem(word, pattern, opposite, source, bool(inside), old)
            elif (source, opposite) in self._read:
                continue  # what was tried before decides nothing the second time
            elif len(self._read) == _FILE_LIMIT:
                yield MatchItem(word, pattern, opposite, f"is one of more than {_FILE_LIMIT} files", bool(inside), old)
            else:
                self._read.add((source, opposite))
                yield from self._items_of_file(source, opposite, (*inside, source), old)
        return line != text.text

    def _items_of_file(
        self, source: Source, negated: bool, inside: tuple[Source, ...], old: bool
    ) -> Iterator[MatchItem]:
        for line in parse_list_file(source):
            lost = line.stray
            for part in line.parts:
                ended = yield from self.items(part, negated, inside, old or lost)
                lost = lost or ended

    def _source(self, path: str, inside: tuple[Source, ...]) -> Source | str:
        if OPAQUE in path:
            return "has a name that is not known"
        source = self._source_of(path)
        return "holds itself" if source in inside else source
