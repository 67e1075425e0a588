"""Restriction lists, and how evaluation comes to each of them.

smtpd evaluates the list of a parameter and, on the way, the restriction classes and the right-hand sides of access
maps that its elements name. All three are lists here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from postlint.configuration.elements import Restriction, parse_restrictions
from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.tables import LookupTable, file_paths, result_text
from postlint.facts.restrictions import RESTRICTION_LISTS, keyword
from postlint.syntax.tables import TableRow
from postlint.text import LIST_SEPARATORS, Location, MappedText


@dataclass(frozen=True, eq=False)
class RestrictionList:
    """A list that the program of ``view`` evaluates, expanded.

    ``kind`` and ``name``: the list of a parameter, a restriction class, or the right-hand side of a row in the access
    map ``type:name``. ``definition``: where it is written, None for a built-in default.
    """

    kind: Literal["parameter", "class", "row"]
    name: str
    view: View
    definition: Definition | None
    restrictions: tuple[Restriction, ...]


class Call(NamedTuple):
    """The element of a list that has another list evaluated."""

    list: RestrictionList
    restriction: Restriction


class Way(NamedTuple):
    """How evaluation comes to a list: from the list of ``parameter``, or from nothing that is read when it is None.

    ``warned``: a warn_if_reject on the way covers the whole list. ``reachable``: nothing on the way ends before it.
    """

    parameter: str | None
    warned: bool
    reachable: bool


class Use(NamedTuple):
    """A restriction in a list of a program, reached in one way."""

    list: RestrictionList
    restriction: Restriction
    way: Way

    @property
    def view(self) -> View:
        """The program that evaluates it."""
        return self.list.view

    @property
    def warned(self) -> bool:
        """Whether its refusal is only logged."""
        return self.way.warned or bool(self.restriction.warnings)

    @property
    def reachable(self) -> bool:
        """Whether no literal permit, reject or defer stands before it."""
        return self.way.reachable and self.restriction.reachable


class Occurrence(NamedTuple):
    """A restriction that is written somewhere, with all its uses: at least one."""

    restriction: Restriction
    uses: tuple[Use, ...]

    @property
    def location(self) -> Location:
        """Where the restriction is written."""
        location = self.restriction.location
        assert location is not None
        return location


@dataclass(frozen=True, eq=False)
class _Lists:
    """All lists of one view: those of parameters first, then classes and rows as they are met."""

    lists: tuple[RestrictionList, ...]
    calls: dict[RestrictionList, list[Call]]
    ways: dict[RestrictionList, tuple[Way, ...]]


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
        """Every list that is written somewhere, for main.cf alone and for each smtpd service."""
        return tuple(item for view in (self.configuration.main_view, *self.smtpd_views) for item in self.of_view(view))

    def of_view(self, view: View) -> tuple[RestrictionList, ...]:
        """Every list that is written somewhere, as the program of one view sees them."""
        return self._lists_of(view).lists

    def of(self, name: str, view: View) -> RestrictionList | None:
        """The list of a parameter or class, a built-in default too; None when it is not set at all."""
        key = view, name
        if key not in self._named:
            setting = self.configuration.setting(name, view)
            kind: Literal["parameter", "class"] = "parameter" if name in RESTRICTION_LISTS else "class"
            self._named[key] = setting and RestrictionList(
                kind, name, view, setting.definition, self._parsed(name, view)
            )
        return self._named[key]

    def called(self, restriction: Restriction, view: View) -> tuple[RestrictionList, ...]:
        """The lists that an element has evaluated: its class, or those on the right-hand side of its access map."""
        if restriction.known is None and restriction.keyword.text in self.classes(view):
            found = self.of(restriction.keyword.text, view)
            return (found,) if found else ()
        table = self.table(restriction)
        return self._rows(table, view) if table else ()

    def table(self, restriction: Restriction) -> LookupTable | None:
        """The access map that an element looks up, or None."""
        name = restriction.table_name
        return self.configuration.tables.access_map(name) if name is not None else None

    def classes(self, view: View) -> frozenset[str]:
        """The declared restriction classes; class names compare with case."""
        if view not in self._classes:
            self._classes[view] = frozenset(word.text for word in self.class_words(view))
        return self._classes[view]

    def class_words(self, view: View) -> tuple[MappedText, ...]:
        """The words of smtpd_restriction_classes, where braces keep nothing together (mystrtok)."""
        value = self.configuration.expanded("smtpd_restriction_classes", view)
        return tuple(value.slice(*match.span()) for match in re.finditer(f"[^{LIST_SEPARATORS}]+", value.text))

    def calls(self, item: RestrictionList) -> tuple[Call, ...]:
        """The elements that have this list evaluated."""
        return tuple(self._lists_of(item.view).calls.get(item, ()))

    def written_in(self, use: Use) -> tuple[Definition, ...]:
        """Where the list of a use is written, and where the list is from which evaluation comes to it."""
        root = self.of(use.way.parameter, use.view) if use.way.parameter and use.list.kind != "parameter" else None
        found = (use.list.definition, root.definition if root else None)
        return tuple(definition for definition in found if definition is not None)

    def ways(self, item: RestrictionList) -> tuple[Way, ...]:
        """How evaluation comes to a list of a program."""
        return self._lists_of(item.view).ways[item]

    @cached_property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Every restriction that is written somewhere, once for each place, in the order of the lists."""
        found: dict[tuple[object, ...], list[Use]] = {}
        for item in self.all:
            ways = self.ways(item)
            for restriction in item.restrictions:
                key = tuple(
                    location.key
                    for word in (restriction.keyword, restriction.argument)
                    for location in (word.locations if word is not None else ())
                )
                if key:
                    found.setdefault(key, []).extend(Use(item, restriction, way) for way in ways)
        return tuple(Occurrence(uses[0].restriction, tuple(uses)) for uses in found.values())

    def named(self, names: frozenset[str]) -> Iterator[Occurrence]:
        """The occurrences of restrictions with one of these names."""
        return (item for item in self.occurrences if item.restriction.known and item.restriction.name in names)

    @cached_property
    def table_paths(self) -> tuple[str, ...]:
        """The paths of the sources that the access maps are made of, as Postfix knows them."""
        names = (item.restriction.table_name for item in self.occurrences)
        return tuple(dict.fromkeys(path for name in names if name is not None for path in file_paths(name)))

    @cached_property
    def _classes(self) -> dict[View, frozenset[str]]:
        return {}

    @cached_property
    def _named(self) -> dict[tuple[View, str], RestrictionList | None]:
        return {}

    @cached_property
    def _parsed_values(self) -> dict[tuple[str, View], tuple[Restriction, ...]]:
        return {}

    def _parsed(self, name: str, view: View) -> tuple[Restriction, ...]:
        key = name, view if view.overrides else self.configuration.main_view
        if key not in self._parsed_values:
            self._parsed_values[key] = parse_restrictions(self.configuration.expanded(name, view, branches=True))
        return self._parsed_values[key]

    @cached_property
    def _table_rows(self) -> dict[tuple[str, View], tuple[RestrictionList, ...]]:
        return {}

    def _rows(self, table: LookupTable, view: View) -> tuple[RestrictionList, ...]:
        key = table.name, view
        if key not in self._table_rows:
            self._table_rows[key] = tuple(
                RestrictionList("row", table.name, view, Definition(row), restrictions)
                for row, restrictions in self._parsed_rows(table)
            )
        return self._table_rows[key]

    @cached_property
    def _parsed_tables(self) -> dict[str, list[tuple[TableRow, tuple[Restriction, ...]]]]:
        return {}

    def _parsed_rows(self, table: LookupTable) -> list[tuple[TableRow, tuple[Restriction, ...]]]:
        if table.name not in self._parsed_tables:
            self._parsed_tables[table.name] = [
                (row, parse_restrictions(result_text(row))) for row in table.restriction_rows
            ]
        return self._parsed_tables[table.name]

    @cached_property
    def _by_view(self) -> dict[View, _Lists]:
        return {}

    def _lists_of(self, view: View) -> _Lists:
        if view not in self._by_view:
            self._by_view[view] = self._collect(view)
        return self._by_view[view]

    def _collect(self, view: View) -> _Lists:
        roots = [item for name in RESTRICTION_LISTS if (item := self.of(name, view)) and item.definition]
        calls: dict[RestrictionList, list[Call]] = {}
        lists = dict.fromkeys(roots)
        self._follow(roots, view, lists, calls)
        # A declared class counts although nothing names it: a table or a policy service that is not read may.
        declared = [item for name in sorted(self.classes(view)) if not keyword(name) and (item := self.of(name, view))]
        unnamed = [item for item in declared if item not in lists]
        self._follow(unnamed, view, lists, calls)
        return _Lists(tuple(lists), calls, _ways(lists, calls))

    def _follow(
        self,
        items: Iterable[RestrictionList],
        view: View,
        lists: dict[RestrictionList, None],
        calls: dict[RestrictionList, list[Call]],
    ) -> None:
        """Add every list that evaluation comes to from ``items``."""
        pending = list(items)
        for item in pending:
            lists[item] = None
            for restriction in item.restrictions:
                for called in self.called(restriction, view):
                    calls.setdefault(called, []).append(Call(item, restriction))
                    if called not in lists:
                        lists[called] = None
                        pending.append(called)


def _ways(
    lists: Iterable[RestrictionList], calls: dict[RestrictionList, list[Call]]
) -> dict[RestrictionList, tuple[Way, ...]]:
    """For each list the ways in which evaluation comes to it, as the least that satisfies all calls."""
    called: dict[RestrictionList, list[tuple[RestrictionList, Restriction]]] = {}
    for item, callers in calls.items():
        for call in callers:
            called.setdefault(call.list, []).append((item, call.restriction))
    found: dict[RestrictionList, dict[Way, None]] = {item: {} for item in lists}
    for item in found:
        if item.kind == "parameter":
            found[item][Way(item.name, False, True)] = None
        elif item not in calls:
            found[item][Way(None, False, True)] = None
    pending = [(item, way) for item, ways in found.items() for way in ways]
    while pending:
        item, way = pending.pop()
        for target, restriction in called.get(item, ()):
            passed = Way(
                way.parameter, way.warned or bool(restriction.warnings), way.reachable and restriction.reachable
            )
            if passed not in found[target]:
                found[target][passed] = None
                pending.append((target, passed))
    # Only a cycle that nothing leads to is left without one.
    return {item: tuple(ways) or (Way(None, False, True),) for item, ways in found.items()}


def is_program(command: str, name: str) -> bool:
    """Whether a master.cf command runs Postfix's ``name``: as a name or with a path."""
    return command == name or command.endswith("/" + name)
