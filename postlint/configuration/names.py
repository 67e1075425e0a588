"""Which names in main.cf and master.cf something reads, as src/postconf/postconf_user.c decides it."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from postlint.configuration.model import Configuration, Definition, View
from postlint.facts import parameters
from postlint.facts.databases import database_suffixes, database_types
from postlint.facts.programs import default_users, readers
from postlint.facts.services import service_parameters
from postlint.facts.spelling import closest
from postlint.target import PostfixVersion
from postlint.text import FIELD_SEPARATORS, LIST_SEPARATORS, Span

# $$ is a dollar sign; ${name{...}} calls a function, and anything else behind the name is broken (src/util/mac_parse.c,
# mac_expand.c).
_BLANKS = f"[{FIELD_SEPARATORS}]*+"
_REFERENCE = re.compile(
    rf"\$(?:\$|(?P<plain>[A-Za-z0-9_]++)|[{{(]{_BLANKS}(?P<name>[A-Za-z0-9_]++){_BLANKS}(?P<next>[?:}})]))"
)
# In front of a name that is compared; blanks beyond this many are nobody's.
_COMPARED = re.compile(rf"(?:\$[{{(]|[=<>]){_BLANKS}\{{{_BLANKS}$")
_NEAR = 16
_CLASSES = "smtpd_restriction_classes"


class Reference(NamedTuple):
    """Where a value names another one. ``tested``: as the condition of a form, as in ``${name?text}``, or compared."""

    name: str
    span: Span
    tested: bool = False


class Undefined(NamedTuple):
    """A name without a value, and where the value of ``definition`` first names it."""

    definition: Definition
    reference: Reference


def references(text: str) -> Iterator[Reference]:
    """The names in a value, those in the branches of forms too."""
    for match in _REFERENCE.finditer(text) if "$" in text else ():
        name = match["plain"] or match["name"]
        if name:
            before = text[max(0, match.start() - _NEAR) : match.start()]
            tested = match["next"] in ("?", ":") or _COMPARED.search(before) is not None
            yield Reference(name, Span(*match.span()), tested)


class Names:
    """The names of a configuration under a release of Postfix, or those since 3.5 when ``version`` is None."""

    def __init__(self, configuration: Configuration, version: PostfixVersion | None = None) -> None:
        self.configuration = configuration
        self._version = version

    @cached_property
    def unread(self) -> tuple[Definition, ...]:
        """The definitions in force that no program reads and no value names."""
        return tuple(definition for definition in self.configuration.live_definitions if not self._is_read(definition))

    def is_read_by(self, program: str, name: str, view: View) -> bool:
        """Whether a program started as the service of ``view`` may read a parameter, or a value that names it."""
        pending, seen = [name], {name}
        for item in pending:
            programs = readers(item)
            if parameters.is_parameter(item) and (programs is None or program in programs):
                return True
            mentions = self.configuration.mentions(item)
            users = {x.definition.parameter for x in mentions if x.definition.service in (None, view.service)}
            if not parameters.is_parameter(item) and not users:
                return True  # a class, a parameter of a database, or whatever else may be looked up
            for user in (*users, *default_users(item)):
                if user not in seen:
                    seen.add(user)
                    pending.append(user)
        return False

    def near(self, name: str) -> tuple[str, ...]:
        """The parameters that a name may be a misspelling of."""
        return closest(name, self.built_in)

    def near_defined(self, name: str) -> tuple[str, ...]:
        """The names with a value that a name may be a misspelling of; names of one's own go before parameters."""
        return closest(name, frozenset(self.configuration.definitions) | self._overridden) or self.near(name)

    @cached_property
    def built_in(self) -> frozenset[str]:
        """The names of the programs' own parameters, those that are called by a service of master.cf too."""
        programs = ((service.name, service.command) for service in self.configuration.services)
        return parameters.parameter_names() | service_parameters(programs)

    @cached_property
    def undefined(self) -> tuple[Undefined, ...]:
        """The names in values in force that nothing gives a value to, each once for each value. One that the value
        tests, as in ``${name?{$name}:{text}}``, may be missing; values that nothing reads do not count.
        """
        unread = frozenset(self.unread) if self._foreign else frozenset()
        return tuple(
            Undefined(item, reference)
            for item, found in self._foreign.items()
            if item not in unread
            for reference in {reference.name: reference for reference in reversed(found)}.values()
        )

    @cached_property
    def _foreign(self) -> dict[Definition, list[Reference]]:
        """The references to names without a value, by definition."""
        result: dict[Definition, list[Reference]] = {}
        for item in self.configuration.live_definitions:
            text = item.value.text
            if "$" not in text or parameters.is_raw(item.parameter):
                continue
            found = tuple(references(text))
            tested = {reference.name for reference in found if reference.tested}
            foreign = [x for x in found if x.name not in tested and not self._is_defined(x.name)]
            if foreign:
                result[item] = foreign
        return result

    def _is_defined(self, name: str) -> bool:
        """Whether a program, main.cf or some service gives a name a value."""
        known = parameters.is_parameter(name) and parameters.removed_in(name, self._version) is None
        own = name in self.configuration.definitions or name in self._overridden
        return known or own or name in self.built_in

    def _is_read(self, definition: Definition) -> bool:
        name, service = definition.parameter, definition.service
        if parameters.is_parameter(name) and parameters.removed_in(name, self._version) is None:
            return True
        users = self._users.get(name, ())
        if users and (service is None or None in users or service.identity in users):
            return True
        return name in self.built_in or name in self._classes or name in self._database_names

    @cached_property
    def _overridden(self) -> frozenset[str]:
        return frozenset(item.parameter for item in self.configuration.live_definitions if item.service)

    @cached_property
    def _users(self) -> dict[str, set[str | None]]:
        """By name, the services whose overrides name it; None: main.cf does."""
        found: dict[str, set[str | None]] = {}
        for definition in self.configuration.live_definitions:
            if not parameters.is_raw(definition.parameter):
                place = definition.service.identity if definition.service else None
                for reference in references(definition.value.text):
                    found.setdefault(reference.name, set()).add(place)
        return found

    @cached_property
    def _views(self) -> tuple[View, ...]:
        return (self.configuration.main_view, *self.configuration.service_views.values())

    @cached_property
    def _classes(self) -> frozenset[str]:
        found = (self.configuration.expanded(_CLASSES, view, branches=True).text for view in self._views)
        return frozenset(word for text in found for word in re.split(f"[{LIST_SEPARATORS}]+", text))

    @cached_property
    def _database_names(self) -> frozenset[str]:
        """The parameters of lookup tables such as ``ldap:NAME``, which are called NAME_server_host and so on."""
        start = re.compile(rf"\b({'|'.join(database_types())}):(?![/.])([^{{}}{LIST_SEPARATORS}]+)")
        views = {view.identity: view for view in self._views}
        found: set[str] = set()
        for definition in self.configuration.live_definitions:
            tables = start.findall(definition.value.text)
            if any("$" in name for _, name in tables):
                view = views[definition.service.identity if definition.service else None]
                tables = start.findall(self.configuration.expanded(definition.parameter, view, branches=True).text)
            found.update(f"{name}_{suffix}" for kind, name in tables for suffix in database_suffixes(kind))
        return frozenset(found)
