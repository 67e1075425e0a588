"""Restriction lists: each word with its place, each keyword with its argument and the warn_if_reject before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from postlint.configuration.model import Configuration, Setting, View
from postlint.facts.restrictions import RESTRICTION_LISTS, Keyword, keyword
from postlint.syntax.parse import split_list
from postlint.text import OPAQUE, Location, MappedText

# A literal one of these ends its list: what follows is never reached (smtpd_check.c, generic_checks).
_ENDS = frozenset({"permit", "reject", "defer", "check_relay_domains"})


class Restriction(NamedTuple):
    """One element of a restriction list, in the words of Postfix.

    ``keyword``: its first word. ``known``: what that word is, None for a class, a table, or no restriction at all.
    ``warnings``: the warn_if_reject right before it. ``position``: its place in the list. ``uncertain``: a word that
    cannot be read stands before it and may take it as an argument. ``reachable``: no literal permit, reject or
    defer stands before it in its list.
    """

    keyword: MappedText
    argument: MappedText | None
    known: Keyword | None
    warnings: tuple[MappedText, ...]
    position: int
    uncertain: bool
    reachable: bool

    @property
    def name(self) -> str:
        """The keyword's text; restrictions compare without case."""
        return self.known.name if self.known else self.keyword.text

    @property
    def opaque(self) -> bool:
        """Whether any part of it cannot be read."""
        return OPAQUE in self.keyword.text or (self.argument is not None and OPAQUE in self.argument.text)

    @property
    def is_table(self) -> bool:
        """A ``type:name`` without a check_*_access word."""
        return self.known is None and ":" in self.keyword.text

    @property
    def words(self) -> tuple[MappedText, ...]:
        """The warn_if_reject before it, the keyword and the argument."""
        return (*self.warnings, self.keyword, *([self.argument] if self.argument is not None else []))


@dataclass(frozen=True, eq=False)
class RestrictionList:
    """The list that ``parameter`` gives to the program of ``view``, expanded."""

    parameter: str
    view: View
    setting: Setting
    restrictions: tuple[Restriction, ...]


class Use(NamedTuple):
    """A restriction in a list of a program."""

    list: RestrictionList
    restriction: Restriction


class Occurrence(NamedTuple):
    """A restriction in the place where it is written, with all its uses: at least one."""

    restriction: Restriction
    uses: tuple[Use, ...]

    @property
    def location(self) -> Location | None:
        """From the keyword to its argument where they stand in one file, else the keyword's place."""
        first = self.restriction.keyword.locations
        argument = self.restriction.argument
        last = argument.locations if argument is not None else first
        if not first:
            return last[0] if last else None
        if last and last[-1].source is first[0].source and last[-1].span.end > first[0].span.start:
            span = type(first[0].span)(first[0].span.start, last[-1].span.end)
            return Location(first[0].source, span)
        return first[0]


class RestrictionLists:
    """The restriction lists of a configuration, as main.cf alone and each smtpd service sees them."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration

    @cached_property
    def smtpd_views(self) -> tuple[View, ...]:
        """The views of the smtpd services."""
        views = self.configuration.service_views.values()
        return tuple(view for view in views if view.service and is_program(view.service.command, "smtpd"))

    @cached_property
    def all(self) -> tuple[RestrictionList, ...]:
        """Every list that is set, for main.cf alone and for each smtpd service."""
        found: list[RestrictionList] = []
        for view in (self.configuration.main_view, *self.smtpd_views):
            for parameter in RESTRICTION_LISTS:
                setting = self.configuration.setting(parameter, view)
                if setting is not None and setting.definition is not None:
                    found.append(self.list(parameter, view, setting))
        return tuple(found)

    def list(self, parameter: str, view: View, setting: Setting) -> RestrictionList:
        """The list of one parameter."""
        key = parameter, view if view.overrides else self.configuration.main_view
        if key not in self._parsed:
            value = self.configuration.expanded(parameter, view)
            self._parsed[key] = parse_restrictions(value, self.classes(view))
        return RestrictionList(parameter, view, setting, self._parsed[key])

    def classes(self, view: View) -> frozenset[str]:
        """The declared restriction classes; class names compare with case."""
        text = self.configuration.expanded("smtpd_restriction_classes", view).text
        return frozenset(text[word.start : word.end] for word in split_list(text))

    @cached_property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Every restriction that is written somewhere, once for each place, in the order of the lists."""
        found: dict[tuple[object, ...], list[Use]] = {}
        for item in self.all:
            for restriction in item.restrictions:
                key = tuple(
                    location.key
                    for word in (restriction.keyword, restriction.argument)
                    for location in (word.locations if word is not None else ())
                )
                if key:
                    found.setdefault(key, []).append(Use(item, restriction))
        return tuple(Occurrence(uses[0].restriction, tuple(uses)) for uses in found.values())

    def named(self, names: frozenset[str]) -> Iterator[Occurrence]:
        """The occurrences of restrictions with one of these names."""
        return (item for item in self.occurrences if item.restriction.known and item.restriction.name in names)

    @cached_property
    def _parsed(self) -> dict[tuple[str, View], tuple[Restriction, ...]]:
        return {}


def parse_restrictions(value: MappedText, classes: frozenset[str]) -> tuple[Restriction, ...]:
    """The elements of an expanded list, as smtpd takes them (src/smtpd/smtpd_check.c, generic_checks)."""
    words = [value.slice(word.start, word.end) for word in split_list(value.text)]
    found: list[Restriction] = []
    warnings: list[MappedText] = []
    reachable = True
    uncertain = False
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        known = keyword(word.text) if word.text not in classes else None
        if known is not None and known.name == "warn_if_reject":
            warnings.append(word)
            continue
        argument = None
        if known is not None and known.takes_argument and position < len(words):
            argument = words[position]
            position += 1
        restriction = Restriction(word, argument, known, tuple(warnings), len(found), uncertain, reachable)
        found.append(restriction)
        uncertain = OPAQUE in restriction.words[-1].text
        if known is not None and known.name in _ENDS and not warnings:
            reachable = False
        warnings = []
    return tuple(found)


def is_program(command: str, name: str) -> bool:
    """Whether a master.cf command runs Postfix's ``name``: as a name or with a path."""
    return command == name or command.endswith("/" + name)
