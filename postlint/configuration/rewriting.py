"""What has to be written so that an element of a list is gone, replaced or only warned about, if that can be done.

An element can be rewritten only when its words stand whole in one definition, or in one row of a table's source, and
when everything that refers to that definition or table is followed. Else the caller gets the reason, for the help text.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

from postlint.configuration.model import Configuration, Definition
from postlint.configuration.restrictions import Occurrence, RestrictionLists
from postlint.configuration.sites import SiteOccurrence, old_zone_occurrences, site_occurrences
from postlint.configuration.tables import LookupTable
from postlint.edits import Filler, Rewrite
from postlint.facts.access import Action, action_of
from postlint.facts.parameters import is_parameter
from postlint.facts.restrictions import RESTRICTION_LISTS, keyword
from postlint.syntax.parse import split_list
from postlint.syntax.tables import TableRow
from postlint.text import LIST_SEPARATORS, Location, MappedText, Source, Span

_FOLLOWED = frozenset({*RESTRICTION_LISTS, "postscreen_dnsbl_sites", "maps_rbl_domains"})
# What stands in a class or in a row that would be left empty: smtpd does not start with an empty class, and a row
# without a result is skipped or an error, so that another row would answer. Neither filler permits anything.
_CLASS_FILLER = "check_client_access static:DUNNO"
_ROW_FILLER = "DUNNO"


class Rewriting(NamedTuple):
    """The rewrite, and the name of the definition that it changes. ``commands``: what has to run for it to count.

    ``new_name``: the one that the definition has then, if that is another.
    """

    rewrite: Rewrite
    changes: str
    commands: tuple[str, ...] = ()
    new_name: str | None = None


class Obstacle(NamedTuple):
    """Why an element cannot be rewritten: a clause that a help text can end with."""

    reason: str


class _Role(NamedTuple):
    """What a written word is in one list: the part it plays, and in which element."""

    part: str
    keyword: tuple[str, int] | None


class Rewriter:
    """Plans rewrites for one configuration."""

    def __init__(self, lists: RestrictionLists) -> None:
        self._lists = lists
        # A list or a table may hold thousands of words that ask the same.
        self._obstacles: dict[str | Source, str | None] = {}
        self._fillers: dict[Definition, Filler | None] = {}
        self._words: dict[Definition, tuple[Span, ...]] = {}
        self._rebuilding: dict[Source, tuple[str, ...]] = {}

    @property
    def _configuration(self) -> Configuration:
        return self._lists.configuration

    def remove(self, occurrence: Occurrence) -> Rewriting | Obstacle:
        """The element, its argument and every warn_if_reject right before it gone."""
        obstacle = self._obstacle(occurrence)
        if obstacle:
            return obstacle
        if any(_comment_follows(word) for word in occurrence.restriction.words):
            return Obstacle("a word that starts with # follows on its line and would become a comment")
        for use in occurrence.uses:
            if [_start(word) for word in use.restriction.words] != [_start(w) for w in occurrence.restriction.words]:
                return Obstacle("another list uses the same words in another way")
        return self._rewriting(occurrence.restriction.words, None, self._keyword_of(occurrence))

    def replace_keyword(self, occurrence: Occurrence, text: str) -> Rewriting | Obstacle:
        """Another word for the keyword."""
        obstacle = self._obstacle(occurrence)
        if obstacle:
            return obstacle
        return self._rewriting((occurrence.restriction.keyword,), text, self._keyword_of(occurrence))

    def warn(self, occurrence: Occurrence) -> Rewriting | Obstacle:
        """A warn_if_reject in front of the keyword."""
        location = occurrence.restriction.keyword.location
        definition = self._configuration.definition_of(location) if location else None
        # A short -o override is one word: its list is separated by commas alone.
        short = definition is not None and getattr(definition.node, "form", "long") == "short"
        separator = "," if short else " "
        return self.replace_keyword(occurrence, f"warn_if_reject{separator}{occurrence.restriction.keyword.text}")

    def replace_argument(self, occurrence: Occurrence, text: str) -> Rewriting | Obstacle:
        """Another text for the argument, in every list that takes the same word as its argument."""
        argument = occurrence.restriction.argument
        if argument is None:
            return Obstacle("it has no argument")
        obstacle = self._obstacle(occurrence)
        if obstacle:
            return obstacle
        return self._rewriting((argument,), text, None, part="argument of " + occurrence.restriction.name)

    def replace_site(self, occurrence: SiteOccurrence, text: str | None) -> Rewriting | Obstacle:
        """Another text for an entry of postscreen_dnsbl_sites or maps_rbl_domains, or none."""
        if text is None and _comment_follows(occurrence.site.word):
            return Obstacle("a word that starts with # follows on its line and would become a comment")
        return self._rewriting((occurrence.site.word,), text, None, part=occurrence.parameter)

    def _obstacle(self, occurrence: Occurrence) -> Obstacle | None:
        """Why nothing of an element can be rewritten, whatever the words."""
        if occurrence.restriction.conditional:
            return Obstacle("it stands in a conditional form")
        if occurrence.restriction.uncertain:
            return Obstacle("what stands before it cannot be read")
        names = {use.list.name for use in occurrence.uses if use.list.kind == "row"}
        for table in self._access_maps:
            if table.name in names and not table.files:
                return Obstacle("it stands in a table that is written inside a parameter")
            if table.name in names and not table.editable:
                return Obstacle(f"{table.name} puts the results of several tables together")
        return None

    def _rewriting(
        self,
        words: tuple[MappedText, ...],
        text: str | None,
        keyword: tuple[str, int] | None,
        part: str | None = None,
    ) -> Rewriting | Obstacle:
        locations: list[Location] = []
        for word in words:
            location = word.location
            if location is None:
                return Obstacle(f'"{word.text}" is put together out of several values')
            locations.append(location)
        found = [self._configuration.definition_of(location) for location in locations]
        definition = found[0]
        if definition is None or any(other != definition for other in found):
            return Obstacle("its words stand in different definitions")
        for word, location in zip(words, locations, strict=True):
            if not self.is_written_word(definition, location.span):
                return Obstacle(f'"{word.text}" is joined with a name that is empty')
            for role in self._roles.get((location.source.path, location.span.start), ()):
                if role.keyword != keyword if part is None else role.part != part:
                    return Obstacle("another list uses the same words in another way")
        obstacle = self._unfollowed(definition)
        if not obstacle and text is None and isinstance(definition.node, TableRow):
            obstacle = _changed_action(definition)
        if obstacle:
            return Obstacle(obstacle)
        spans = tuple(location.span for location in locations)
        filler = self._filler(definition) if text is None else None
        rewrite = Rewrite(definition.node.source, definition.region, spans, text, filler)
        return Rewriting(rewrite, definition.name, self._commands(definition))

    def written_words(self, definition: Definition) -> tuple[Span, ...]:
        """Where the words of a value stand, before its ``$names`` are replaced, in order."""
        if definition not in self._words:
            value = definition.value
            words = (value.slice(*word).locations for word in split_list(value.text))
            self._words[definition] = tuple(Span(word[0].span.start, word[-1].span.end) for word in words)
        return self._words[definition]

    def is_written_word(self, definition: Definition, span: Span) -> bool:
        """Whether a word stands there, and not a part of one that a ``$name`` completes."""
        words = self.written_words(definition)
        index = bisect_left(words, span)
        return index < len(words) and words[index] == span

    def _commands(self, definition: Definition) -> tuple[str, ...]:
        """What puts a change of a row into force."""
        if not isinstance(definition.node, TableRow):
            return ()
        source = definition.node.source
        if source not in self._rebuilding:
            files = (file for table in self._access_maps for file in table.files if file.source is source)
            commands = dict.fromkeys(file.rebuild_command for file in files if file.rebuild_command)
            self._rebuilding[source] = tuple(commands)
        return self._rebuilding[source]

    def _filler(self, definition: Definition) -> Filler | None:
        """What has to stand where every word of the definition goes."""
        if isinstance(definition.node, TableRow):
            return Filler(_ROW_FILLER, len(split_list(definition.value.text)))
        if definition not in self._fillers:
            self._fillers[definition] = self._class_filler(definition)
        return self._fillers[definition]

    def _class_filler(self, definition: Definition) -> Filler | None:
        words = len(split_list(definition.value.text))
        if any(name in self._classes for name in self._configuration.users(definition.parameter)):
            short = getattr(definition.node, "form", "long") == "short"
            return Filler(_CLASS_FILLER.replace(" ", ",") if short else _CLASS_FILLER, words)
        return None

    def _unfollowed(self, definition: Definition) -> str | None:
        """Which use of the definition is not followed, or None when all of them are."""
        row = isinstance(definition.node, TableRow)
        place = definition.node.source if row else definition.parameter
        if place not in self._obstacles:
            self._obstacles[place] = (
                self._unfollowed_table(definition.node.source) if row else self._unfollowed_name(definition.parameter)
            )
        return self._obstacles[place]

    def _unfollowed_name(self, parameter: str) -> str | None:
        for name in self._configuration.users(parameter):
            for mention in self._configuration.mentions(name):
                user = mention.definition.parameter
                if not mention.plain:
                    return f"{user} tests ${name} or uses it in a conditional form, which is not followed"
                if not mention.alone:
                    return f"{user} joins ${name} with the text beside it"
                if user not in _FOLLOWED and user not in self._classes and is_parameter(user):
                    return f"{user} uses ${name}, too, which is not followed"
        return None

    def _unfollowed_table(self, source: Source) -> str | None:
        """Which use of a table's source is not that of an access map with rows of its own, or None."""
        for table in self._access_maps:
            if not table.editable and any(file.source is source for file in table.files):
                return f"{table.name} puts the results of several tables together"
        names = {file.path for table in self._access_maps for file in table.files if file.source is source}
        for definition in self._configuration.live_definitions:
            user = definition.parameter
            if user in RESTRICTION_LISTS or user in self._classes or not is_parameter(user):
                continue
            configuration, service = self._configuration, definition.service
            view = configuration.service_views[service.identity] if service else configuration.main_view
            value = configuration.expanded(user, view) if "$" in definition.value.text else definition.value
            if any(f":{name}" in value.text for name in names):
                return f"{user} uses the same table, which is not followed"
        return None

    @cached_property
    def _access_maps(self) -> tuple[LookupTable, ...]:
        tables = (self._lists.table(item.restriction) for item in self._lists.occurrences)
        return tuple({table.name: table for table in tables if table is not None}.values())

    @cached_property
    def _classes(self) -> frozenset[str]:
        views = (self._configuration.main_view, *self._lists.smtpd_views)
        return frozenset(name for view in views for name in self._lists.classes(view))

    def _keyword_of(self, occurrence: Occurrence) -> tuple[str, int] | None:
        return _start(occurrence.restriction.keyword)

    @cached_property
    def _roles(self) -> dict[tuple[str, int], set[_Role]]:
        """For the start of each written word: the parts that it plays, over all lists."""
        roles: dict[tuple[str, int], set[_Role]] = {}
        for word, role in self._word_roles():
            # What is put together out of several values is a word of its own wherever its parts are written.
            whole = role if word.location is not None else _Role("part of a word", None)
            for start in _starts(word):
                roles.setdefault(start, set()).add(whole)
        return roles

    def _word_roles(self) -> Iterator[tuple[MappedText, _Role]]:
        for item in self._lists.all:
            for restriction in item.restrictions:
                keyword = _start(restriction.keyword)
                for word in (*restriction.warnings, restriction.keyword):
                    yield word, _Role("keyword", keyword)
                if restriction.argument is not None:
                    yield restriction.argument, _Role("argument of " + restriction.name, keyword)
        views = (self._configuration.main_view, *self._lists.smtpd_views)
        zones = old_zone_occurrences(self._configuration, views)
        for occurrence in (*site_occurrences(self._configuration), *zones):
            yield occurrence.site.word, _Role(occurrence.parameter, None)


def _changed_action(definition: Definition) -> str | None:
    """Why the rest of a row must not move to its front: there a word is an action, behind others a restriction."""
    value = definition.value.text
    for word in split_list(value):
        text = value[word.start : word.end]
        if keyword(text) is None and action_of(text) is not Action.RESTRICTIONS:
            return f"the rest of the row would be read as the action {text}"
    return None


def _starts(word: MappedText) -> list[tuple[str, int]]:
    return [(location.source.path, location.span.start) for location in word.locations]


def _start(word: MappedText) -> tuple[str, int] | None:
    starts = _starts(word)
    return starts[0] if starts else None


@lru_cache(maxsize=256)
def _last_comment_word(source: Source, line: Span) -> int:
    """Where the last word that starts with ``#`` stands in a line; -1 without one."""
    return max(
        (match.start() for match in re.finditer(f"[{LIST_SEPARATORS}]#", source.text[line.start : line.end])),
        default=-1,
    )


def _comment_follows(word: MappedText) -> bool:
    """Whether a word behind this one on its line starts with ``#``: it must not become the first of the line."""
    for location in word.locations:
        line = location.source.line_span(location.span.start)
        if _last_comment_word(location.source, line) >= location.span.end - line.start:
            return True
    return False
