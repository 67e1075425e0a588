"""The configuration: main.cf under master.cf's overrides, per service."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from postlint.configuration.tables import Tables
from postlint.facts import parameters
from postlint.syntax.nodes import MainCf, MasterCf, Override, ParameterDefinition, ServiceDefinition
from postlint.syntax.parse import form_branches, parse_main_cf, parse_master_cf, parse_template
from postlint.syntax.tables import TableRow
from postlint.text import BRANCH_END, BRANCH_START, LIST_SEPARATORS, OPAQUE, Location, MappedText, Source, Span

# What Postfix calls the directory of its configuration, wherever a copy of it lies.
_CONFIGURATION = "/etc/postfix"
# Why a file that does not exist is not read.
NOT_THERE = "is not there"
# A chain of more than 100 $names is an error in Postfix (src/util/mac_expand.c).
_NESTING_LIMIT = 100
# Far beyond any real value; stops a = $b$b, b = $c$c, ... from filling the memory.
LENGTH_LIMIT = 100_000
# Beyond any real conditional form; forms in forms are read once for each level.
_LONGEST_FORM = 4_000
# The field of a service that says whether it is private.
_PRIVATE = 2
# services(5) names and numbers of the mail ports: master takes 25 and smtp for one service.
_PORT_NAMES = {"25": "smtp", "465": "submissions", "smtps": "submissions", "587": "submission"}


class ConfigurationFiles(NamedTuple):
    """The text of one configuration directory; None for a file that is not there.

    ``tables``: the sources of lookup tables by the path that Postfix knows them by; where one cannot be read, why, as
    in "is not there".
    """

    main: Source | None
    master: Source | None
    tables: Mapping[str, Source | str] = MappingProxyType({})

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that are there, each once."""
        found = (self.main, self.master, *self.tables.values())
        return tuple(dict.fromkeys(source for source in found if isinstance(source, Source)))

    def replaced(self, texts: Mapping[Source, str]) -> "ConfigurationFiles":
        """The same with other texts for some files."""
        made = {source: Source(source.path, text) for source, text in texts.items()}
        main = made.get(self.main, self.main) if self.main else None
        master = made.get(self.master, self.master) if self.master else None
        tables = {
            path: made.get(source, source) if isinstance(source, Source) else source
            for path, source in self.tables.items()
        }
        return ConfigurationFiles(main, master, tables)

    def table(self, name: str) -> Source | str:
        """The source called ``name`` in the configuration directory, or why there is none."""
        return self.tables.get(f"{_CONFIGURATION}/{name}", NOT_THERE)

    def with_table(self, name: str, text: str) -> "ConfigurationFiles":
        """The same with a new file ``name`` in the configuration directory."""
        source = Source(self.path_of(name), text)
        return self._replace(tables={**self.tables, f"{_CONFIGURATION}/{name}": source})

    def path_of(self, name: str) -> str:
        """What the user would call the file ``name`` beside main.cf."""
        folder, slash, _ = self.main.path.rpartition("/") if self.main else ("", "", "")
        return f"{folder}{slash}{name}"


class Definition(NamedTuple):
    """Where a value is written: a definition in main.cf, an override of ``service``, or a row of a table's source."""

    node: ParameterDefinition | Override | TableRow
    service: ServiceDefinition | None = None

    def __hash__(self) -> int:
        # A service holds all of its overrides; they need not be hashed for each of them.
        return hash(self.node)

    @property
    def name(self) -> str:
        """``PARAMETER``, ``SERVICE/TYPE/PARAMETER`` as postconf -P spells it, or ``table:PATH``."""
        if isinstance(self.node, TableRow):
            return f"table:{self.node.source.path}"
        return f"{self.service.identity}/{self.node.name}" if self.service else self.node.name

    @property
    def parameter(self) -> str:
        """The parameter defined; for a row, its key or pattern."""
        return self.node.pattern.text if isinstance(self.node, TableRow) else self.node.name

    @property
    def value(self) -> MappedText:
        """The value as written."""
        return self.node.result if isinstance(self.node, TableRow) else self.node.value

    @property
    def region(self) -> Span:
        """Where the value's words stand: everything behind the ``=`` or the key."""
        if not isinstance(self.node, TableRow):
            return self.node.region
        return Span(self.name_location.span.end, self.node.span.end)

    @property
    def name_location(self) -> Location:
        """Where the name or key stands."""
        if isinstance(self.node, TableRow):
            # The pattern of a static: table is empty.
            start = self.node.span.start
            return (*self.node.pattern.locations, Location(self.node.source, Span(start, start)))[0]
        return Location(self.node.source, self.node.name_span)


class Setting(NamedTuple):
    """The value that holds for a parameter, as written, and its definition; None: the built-in default."""

    value: MappedText
    definition: Definition | None


@dataclass(frozen=True, eq=False)
class View:
    """The settings that one program sees: those of ``service``, or of main.cf alone when it is None."""

    service: ServiceDefinition | None
    overrides: dict[str, Override] = field(default_factory=dict)

    @property
    def identity(self) -> str | None:
        """``smtp/inet``; None for main.cf alone."""
        return self.service.identity if self.service else None


@dataclass(frozen=True, eq=False)
class Configuration:
    """The meaning of one configuration directory. Lines that Postfix dies on count as absent."""

    files: ConfigurationFiles

    @cached_property
    def main(self) -> MainCf | None:
        """main.cf as nodes."""
        return parse_main_cf(self.files.main) if self.files.main else None

    @cached_property
    def master(self) -> MasterCf | None:
        """master.cf as nodes."""
        return parse_master_cf(self.files.master) if self.files.master else None

    @cached_property
    def tables(self) -> Tables:
        """The lookup tables."""
        return Tables(self.files.tables)

    @cached_property
    def definitions(self) -> dict[str, ParameterDefinition]:
        """main.cf's definition of each parameter; the last one wins."""
        return {node.name: node for node in self.main.definitions} if self.main else {}

    @cached_property
    def _master_services(self) -> tuple[ServiceDefinition, ...]:
        return tuple(self.master.services) if self.master else ()

    @cached_property
    def services(self) -> tuple[ServiceDefinition, ...]:
        """The services that master(8) runs, in order: of two with the same name and type the last one."""
        found: dict[tuple[str, str], ServiceDefinition] = {}
        for service in self._master_services:
            if service.fatal is None:
                key = canonical_name(service), service.type
                found.pop(key, None)
                found[key] = service
        return tuple(found.values())

    @cached_property
    def fatal_sources(self) -> frozenset[Source]:
        """The files with a line that Postfix dies on."""
        fatal = set()
        if self.main and self.main.malformed_lines:
            fatal.add(self.main.source)
        refused = (item.fatal or (item.refusal and not self.disables_services) for item in self._master_services)
        if self.master and any(refused):
            fatal.add(self.master.source)
        return frozenset(fatal)

    @property
    def disables_services(self) -> bool:
        """Whether master(8) passes over entries of master.cf, without a look at their fields."""
        return self.plain("master_service_disable", self.main_view) != ""

    @cached_property
    def main_view(self) -> View:
        """main.cf without any override."""
        return View(None)

    @cached_property
    def service_views(self) -> dict[str, View]:
        """The view of each service, by ``name/type``."""
        return {
            service.identity: View(service, {override.name: override for override in service.overrides})
            for service in self.services
        }

    def setting(self, name: str, view: View) -> Setting | None:
        """What holds for ``name``: an override, else main.cf, else the built-in default. None: not set at all."""
        override = view.overrides.get(name)
        if override is not None:
            return Setting(override.value, Definition(override, view.service))
        node = self.definitions.get(name)
        if node is not None:
            return Setting(self._main_value(name), Definition(node))
        default = parameters.default(name)
        return Setting(MappedText.unwritten(default), None) if default is not None else None

    def expanded(self, name: str, view: View, branches: bool = False) -> MappedText:
        """The value of ``name`` with its ``$names`` replaced; empty when it is not set, as in Postfix.

        What is not followed (conditional forms, cycles, values that grow beyond 100,000 characters) is one OPAQUE. With
        ``branches``, a conditional form that stands alone is OPAQUE and behind it the texts that it can become, each
        as a word of its own between BRANCH_START and BRANCH_END.
        """
        return self._expanded(name, view, 0, branches)

    def plain(self, name: str, view: View) -> str | None:
        """The expanded value of ``name`` as text, or None when part of it is not known."""
        text = self.expanded(name, view).text
        return None if OPAQUE in text else text

    def boolean(self, name: str, view: View) -> bool | None:
        """The expanded value of ``name`` as yes or no, of any case; None for anything else, which Postfix dies on."""
        return {"yes": True, "no": False}.get((self.plain(name, view) or "").lower())

    def definition_of(self, location: Location) -> Definition | None:
        """The definition, or the row of a table that was read, in whose name or value ``location`` stands."""
        starts, definitions = self._definitions_in(location.source)
        index = bisect_right(starts, location.span.start) - 1
        if index >= 0 and location.span.end <= definitions[index].region.end:
            return definitions[index]
        return None

    def mentions(self, name: str) -> tuple["Mention", ...]:
        """Every place in a value in force that names ``name`` with a ``$``."""
        return tuple(self._mentions.get(name, ()))

    def users(self, name: str) -> Iterator[str]:
        """``name`` and every parameter whose value refers to it, over several steps too."""
        pending, seen = [name], {name}
        for user in pending:
            yield user
            for mention in self.mentions(user):
                if mention.definition.parameter not in seen:
                    seen.add(mention.definition.parameter)
                    pending.append(mention.definition.parameter)

    @cached_property
    def live_definitions(self) -> tuple[Definition, ...]:
        """Every definition in force: the last of each name in main.cf and of each service."""
        found = [Definition(node) for node in self.definitions.values()]
        for view in self.service_views.values():
            found.extend(Definition(override, view.service) for override in view.overrides.values())
        return tuple(found)

    @cached_property
    def _mentions(self) -> dict[str, list["Mention"]]:
        found: dict[str, list[Mention]] = {}
        for definition in self.live_definitions:
            value = definition.value.text
            for part in parse_template(value) if "$" in value else ():
                if part.kind == "reference":
                    alone = _stands_alone(value, part.span)
                    found.setdefault(part.name, []).append(Mention(definition, True, alone))
                elif part.kind == "form":
                    text = value[part.span.start : part.span.end]
                    for name in set(re.findall(r"[A-Za-z0-9_]+", text, re.ASCII)):
                        found.setdefault(name, []).append(Mention(definition, False, False))
        return found

    @cached_property
    def _main_values(self) -> dict[str, MappedText]:
        return {}

    def _main_value(self, name: str) -> MappedText:
        if name not in self._main_values:
            self._main_values[name] = self.definitions[name].value
        return self._main_values[name]

    @cached_property
    def _expansions(self) -> dict[tuple[View, str, bool], MappedText]:
        return {}

    def _expanded(self, name: str, view: View, depth: int, branches: bool) -> MappedText:
        key = view if view.overrides else self.main_view, name, branches
        if key not in self._expansions:
            # Until it is known, a value that names itself is opaque.
            self._expansions[key] = MappedText.unwritten(OPAQUE)
            setting = self.setting(name, view)
            value = setting.value if setting else MappedText("", ())
            self._expansions[key] = self._expand(value, view, depth, branches)
        return self._expansions[key]

    def _expand(self, value: MappedText, view: View, depth: int, branches: bool) -> MappedText:
        if depth > _NESTING_LIMIT:
            return MappedText.unwritten(OPAQUE)
        parts: list[MappedText] = []
        length = 0
        for part in parse_template(value.text):
            if part.kind == "text":
                parts.append(value.slice(part.span.start, part.span.end))
            elif part.kind == "reference":
                parts.append(self._expanded(part.name, view, depth + 1, branches))
            else:
                parts.append(MappedText.unwritten(OPAQUE))
                short = part.span.end - part.span.start <= _LONGEST_FORM
                if part.kind == "form" and branches and short and _stands_alone(value.text, part.span):
                    for branch in form_branches(value.slice(part.span.start, part.span.end)):
                        text = self._expand(branch, view, depth + 1, branches)
                        parts += (_BRANCH_START, text, _BRANCH_END)
            length += sum(len(text.text) for text in parts[-4:]) if part.kind == "form" else len(parts[-1].text)
            if length > LENGTH_LIMIT and len(value.text) < length:
                return MappedText.unwritten(OPAQUE)
        return parts[0] if len(parts) == 1 else MappedText.join(parts)

    @cached_property
    def _definitions_by_source(self) -> dict[Source, tuple[list[int], list[Definition]]]:
        return {}

    def _definitions_in(self, source: Source) -> tuple[list[int], list[Definition]]:
        """The definitions in force, or the rows of a table, in one file, in order, and where their names start."""
        if source not in self._definitions_by_source:
            if source in (self.files.main, self.files.master):
                found = [definition for definition in self.live_definitions if definition.node.source is source]
            else:
                found = [Definition(row) for row in self.tables.rows_in(source)]
            found.sort(key=lambda definition: definition.region)
            starts = [definition.name_location.span.start for definition in found]
            self._definitions_by_source[source] = starts, found
        return self._definitions_by_source[source]


class Mention(NamedTuple):
    """A ``$name`` in the value of ``definition``. ``plain``: not inside or the test of a conditional form.

    ``alone``: nothing but separators stands right beside it, so the words of its value are whole words there.
    """

    definition: Definition
    plain: bool
    alone: bool


_BRANCH_START, _BRANCH_END = (MappedText.unwritten(f" {mark} ") for mark in (BRANCH_START, BRANCH_END))


def _stands_alone(text: str, span: Span) -> bool:
    """Whether nothing but separators stands right beside ``span``."""
    return not (text[max(0, span.start - 1) : span.start] + text[span.end : span.end + 1]).strip(LIST_SEPARATORS)


def canonical_name(service: ServiceDefinition) -> str:
    """The name by which master(8) tells services of one type apart (src/master/master_ent.c).

    A mail port's number and its name are one, the brackets around an address and the colon without a host go; other
    names are those of sockets below private or public.
    """
    if service.type != "inet":
        private = len(service.fields) > _PRIVATE and service.fields[_PRIVATE].text != "n"
        return f"{'private' if private else 'public'}/{service.name}"
    host, _, port = service.name.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    port = _PORT_NAMES.get(port, port)
    return f"{host}:{port}" if host else port
