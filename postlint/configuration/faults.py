"""Which values Postfix reads that hold a ``$`` form it dies on, and where the names in values lead."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Literal, NamedTuple

from postlint.configuration.expansion import Expander, Expansion, RunTime
from postlint.configuration.model import LENGTH_LIMIT, Configuration, Definition, View
from postlint.facts import parameters
from postlint.facts.defaults import Defaults
from postlint.syntax.values import READ_LIMIT, Forms, Reference, read_forms
from postlint.text import LIST_SEPARATORS

# mac_expand() gives up on what lies deeper.
_DEEPEST = 100
# Sizes are not told apart beyond this one.
_LARGEST = 10**15
# A compatibility level that is none, and a number that is too large (src/global/compat_level.c, src/util/mac_expand.c).
_FAILED_COMPARISONS = ("malformed compatibility level syntax", "mac_exp_eval: bad conversion")
_CLASSES = "smtpd_restriction_classes"


class Cycle(NamedTuple):
    """Parameters that lead back to themselves, in order: each names the next. ``certain``: in no branch."""

    names: tuple[str, ...]
    certain: bool


class Trail(NamedTuple):
    """What the values that a program may read amount to.

    ``long`` and ``deep``: the first names on their way that expand to too many characters, or over too many names, with
    the number.
    """

    cycles: list[Cycle]
    long: list[tuple[str, int]]
    deep: list[tuple[str, int]]


class Faults:
    """The forms of the values in force, and which parameters lead to them."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        programs = ((service.name, service.command) for service in configuration.services)
        self._defaults = Defaults(None, programs)

    @cached_property
    def forms(self) -> dict[Definition, Forms]:
        """The values in force that hold a ``$``."""
        found: dict[Definition, Forms] = {}
        limit = READ_LIMIT
        for definition in self.configuration.live_definitions:
            value = definition.value.text
            if "$" in value:
                found[definition] = read_forms(value, limit)
                limit -= found[definition].read
        return found

    @cached_property
    def views(self) -> tuple[View, ...]:
        """main.cf alone, and the services with an override that holds a ``$``."""
        views = self.configuration.service_views.values()
        having = {item.service.identity for item in self.forms if item.service}
        return (self.configuration.main_view, *(view for view in views if view.identity in having))

    def trail(self, view: View) -> Trail:
        """Where the values lead that main.cf, or the overrides of a service, define."""
        starts = [item.parameter for item in self.forms if item.service is view.service]
        return _Search(self, view).run(starts)

    def forms_of(self, name: str, view: View) -> Forms:
        """The forms of the value that holds for a name."""
        setting = self.configuration.setting(name, view)
        if setting is None:
            return _NOTHING
        if setting.definition in self.forms:
            return self.forms[setting.definition]
        text = setting.value.text
        return read_forms(text) if "$" in text else Forms((), (), len(text))

    def reader(self, name: str, view: View) -> tuple[str, bool] | None:
        """A parameter whose value Postfix reads that leads to ``name``, and whether no branch is on the way; None when
        nothing that Postfix reads uses it.
        """
        for certain in (True, False):
            seen = {name: None}
            for user in (pending := [name]):
                if self.is_read(user, view):
                    return user, certain
                for other, plain in self._users(user, view):
                    if other not in seen and (plain or not certain):
                        seen[other] = None
                        pending.append(other)
        return None

    def is_read(self, name: str, view: View) -> bool:
        """Whether a program expands the value when it starts: that of a parameter or of a restriction class."""
        if parameters.is_parameter(name):
            return not parameters.is_raw(name)
        return name in self._service_parameters or self.is_class(name, view)

    def is_raw(self, name: str) -> bool:
        """Whether the value is not expanded before it is used."""
        return parameters.is_raw(name)

    def definition(self, name: str, view: View) -> Definition | None:
        """Where the value that holds for a name is written; None: it is the default."""
        setting = self.configuration.setting(name, view)
        return setting.definition if setting else None

    def is_class(self, name: str, view: View) -> bool:
        """Whether smtpd_restriction_classes lists the name."""
        if view not in self._classes:
            listed = self.configuration.expanded(_CLASSES, view).text
            self._classes[view] = frozenset(re.split(f"[{LIST_SEPARATORS}]+", listed))
        return name in self._classes[view]

    def outcome(self, name: str, view: View) -> Literal["dies", "lives", "unknown"]:
        """What a program makes of the branches in the value of a parameter."""
        expansion = self._expansion(name, view)
        return "dies" if expansion.error else "unknown" if expansion.unknown else "lives"

    def failed_comparison(self, name: str, view: View) -> str | None:
        """Why the values of a parameter's comparison cannot be compared, in Postfix's words; None when they can."""
        error = self._expansion(name, view).error
        return next((words for words in _FAILED_COMPARISONS if error and error.startswith(words)), None)

    def _expansion(self, name: str, view: View) -> Expansion:
        key = view, name
        if key not in self._expansions:
            setting = self.configuration.setting(name, view)
            try:
                expander = Expander(lambda other: self._value(other, view))
                self._expansions[key] = expander.expand(setting.value.text if setting else "")
            except RecursionError:
                self._expansions[key] = Expansion("", frozenset({name}))
        return self._expansions[key]

    @cached_property
    def _expansions(self) -> dict[tuple[View, str], Expansion]:
        return {}

    @cached_property
    def _service_parameters(self) -> frozenset[str]:
        return self._defaults.names

    def _value(self, name: str, view: View) -> str | RunTime | None:
        setting = self.configuration.setting(name, view)
        if parameters.is_read_only(name) or (setting is None and self._defaults.is_computed(name)):
            return RunTime()
        return setting.value.text if setting else None

    def _users(self, name: str, view: View) -> Iterator[tuple[str, bool]]:
        """The parameters that a program sees to name another one, and whether in no branch."""
        yield from self._users_in[None].get(name, ())
        if view.identity is not None and view.identity in self._users_in:
            yield from self._users_in[view.identity].get(name, ())

    @cached_property
    def _users_in(self) -> dict[str | None, dict[str, list[tuple[str, bool]]]]:
        """Those in main.cf, and those in the overrides of each service."""
        found: dict[str | None, dict[str, list[tuple[str, bool]]]] = {None: {}}
        for definition, forms in self.forms.items():
            place = found.setdefault(definition.service.identity if definition.service else None, {})
            for reference in forms.references:
                place.setdefault(reference.name, []).append((definition.parameter, reference.certain))
        return found

    @cached_property
    def _classes(self) -> dict[View, frozenset[str]]:
        return {}


_NOTHING = Forms((), (), 0)


class _Search:
    """Tarjan's search for the names that lead back to themselves; sizes are known when a name is done."""

    def __init__(self, faults: Faults, view: View) -> None:
        self._faults = faults
        self._view = view
        self._forms: dict[str, Forms] = {}
        self._order: dict[str, int] = {}
        self._lowest: dict[str, int] = {}
        self._open: dict[str, None] = {}
        self._length: dict[str, int] = {}
        self._height: dict[str, int] = {}
        self._found = Trail([], [], [])

    def run(self, starts: list[str]) -> Trail:
        for start in starts:
            if start not in self._order:
                self._follow(start)
        return self._found

    def _enter(self, name: str) -> tuple[str, Iterator[Reference]]:
        self._order[name] = self._lowest[name] = len(self._order)
        self._open[name] = None
        self._forms[name] = self._faults.forms_of(name, self._view)
        return name, iter(self._forms[name].references)

    def _follow(self, start: str) -> None:
        path = [self._enter(start)]
        while path:
            name, references = path[-1]
            following = next(references, None)
            if following is None:
                path.pop()
                self._leave(name)
                if path:
                    self._lowest[path[-1][0]] = min(self._lowest[path[-1][0]], self._lowest[name])
            elif following.name not in self._order:
                path.append(self._enter(following.name))
            elif following.name in self._open:
                self._lowest[name] = min(self._lowest[name], self._order[following.name])

    def _leave(self, name: str) -> None:
        if self._lowest[name] < self._order[name]:
            return
        group: dict[str, None] = {}
        while name not in group:
            group[self._open.popitem()[0]] = None
        loops = any(item.name in group for member in group for item in self._forms[member].references)
        if loops:
            self._found.cycles.append(self._cycle(group))
            self._length.update(dict.fromkeys(group, 0))
            self._height.update(dict.fromkeys(group, 0))
        else:
            self._measure(name)

    def _measure(self, name: str) -> None:
        forms = self._forms[name]
        shown = [item.name for item in forms.references if item.shown]
        length = min(_LARGEST, forms.length + sum(self._length[item] for item in shown))
        height = max((self._height[item] + 1 for item in shown), default=0)
        self._length[name], self._height[name] = length, height
        if length > LENGTH_LIMIT and shown and all(self._length[item] <= LENGTH_LIMIT for item in shown):
            self._found.long.append((name, length))
        if height == _DEEPEST + 1 and length:
            self._found.deep.append((name, height))

    def _cycle(self, group: dict[str, None]) -> Cycle:
        """The shortest way from the first name of a group back to it, in no branch where there is one."""
        first = min(group, key=self._order.__getitem__)
        for certain in (True, False):
            for start in (group if certain else (first,)) if len(group) < _DEEPEST else (first,):
                way = self._way_back(start, group, certain)
                if way:
                    return Cycle(way, certain)
        return Cycle((first,), False)

    def _way_back(self, start: str, group: dict[str, None], certain: bool) -> tuple[str, ...]:
        before: dict[str, str] = {}
        for name in (pending := [start]):
            for reference in self._forms[name].references:
                if reference.name not in group or (certain and not reference.certain):
                    continue
                if reference.name == start:
                    way = [name]
                    while way[-1] != start:
                        way.append(before[way[-1]])
                    return tuple(reversed(way))
                if reference.name not in before:
                    before[reference.name] = name
                    pending.append(reference.name)
        return ()
