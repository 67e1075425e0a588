"""The values of a configuration that some program does not take."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.names import references
from postlint.facts import parameters
from postlint.policy.programs import Programs
from postlint.policy.values import Flaw, flaws, is_looked_at
from postlint.target import PostfixVersion
from postlint.text import OPAQUE, Location, MappedText

_OTHER_NAME = re.compile(r"\$([A-Za-z0-9_]+)")


class Refusal(NamedTuple):
    """A flaw in the value of the parameter ``name``, which ``definition`` sets.

    Where no definition does, its default names another parameter, and ``definition`` is that of the other one.
    ``location``: what is at fault; ``whole``: all of it stands there. ``programs``: those that run and do not take it,
    EVERY for all; empty: none is known to run.
    """

    name: str
    flaw: Flaw
    definition: Definition
    location: Location
    whole: bool
    programs: frozenset[str]


def refusals(configuration: Configuration, version: PostfixVersion | None) -> Iterator[Refusal]:
    """Each place once, with the programs of all services that read it; parameters' own values before defaults, which
    count only where a program runs.
    """
    found: dict[tuple[str, int, int], Refusal] = {}
    for item in sorted(_all(configuration, version), key=lambda item: item.definition.parameter != item.name):
        same = found.setdefault(item.location.key, item)
        if same.name == item.name:
            found[item.location.key] = same._replace(programs=same.programs | item.programs)
    yield from (item for item in found.values() if item.programs or item.definition.parameter == item.name)


def _all(configuration: Configuration, version: PostfixVersion | None) -> Iterator[Refusal]:
    programs = Programs(configuration)
    main = configuration.main_view
    flawed = set()
    for name in _names(configuration, main, version):
        for flaw, definition, location, whole in _flaws(configuration, main, name, version):
            flawed.add(name)
            if _is_looked_at(programs, main, flaw):
                readers = programs.read_without_service(flaw.programs)
                readers |= {
                    program
                    for view, program in programs.views.items()
                    if not view.overrides and programs.reads(view, flaw.programs)
                }
                yield Refusal(name, flaw, definition, location, whole, frozenset(readers))
    for view, program in programs.views.items():
        for name in _names(configuration, view, version) if view.overrides else ():
            if name not in flawed and not _may_differ(configuration, view, name):
                continue
            for flaw, definition, location, whole in _flaws(configuration, view, name, version):
                if programs.reads(view, flaw.programs) and _is_looked_at(programs, view, flaw):
                    yield Refusal(name, flaw, definition, location, whole, frozenset({program}))


def _names(configuration: Configuration, view: View, version: PostfixVersion | None) -> Iterator[str]:
    """The parameters that are set for a view and whose value programs look at, and those whose default is the value of
    one of them.
    """
    pending = [*configuration.definitions, *(name for name in view.overrides if name not in configuration.definitions)]
    for name in pending:
        if _is_judged(name, version):
            yield name
        pending += (
            other
            for other in _followers().get(name, ())
            if other not in configuration.definitions and other not in view.overrides
        )


def _may_differ(configuration: Configuration, view: View, name: str) -> bool:
    """Whether a view's value may be another one than main.cf's."""
    setting = configuration.setting(name, view)
    return name in view.overrides or (setting is not None and "$" in setting.value.text)


@lru_cache(maxsize=4096)
def _is_judged(name: str, version: PostfixVersion | None) -> bool:
    known = is_looked_at(name) and parameters.removed_in(name, version) is None
    return known and (version is None or parameters.came_with(name, version) is None)


@cache
def _followers() -> dict[str, tuple[str, ...]]:
    """By name, the parameters whose default is the value of that one."""
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(parameters.parameter_names()):
        match = _OTHER_NAME.fullmatch(parameters.default(name) or "")
        if match:
            found[match[1]] = (*found.get(match[1], ()), name)
    return found


def _flaws(
    configuration: Configuration, view: View, name: str, version: PostfixVersion | None
) -> Iterator[tuple[Flaw, Definition, Location, bool]]:
    value = _value(configuration, view, name)
    if value is None or value.text == parameters.default(name):
        return
    setting = configuration.setting(name, view)
    for flaw in flaws(name, value.text, version):
        place = value.slice(*flaw.span).location
        definition = setting.definition if setting else None
        if definition is None:
            definition = configuration.definition_of(place) if place else None
        if definition is None:
            continue
        if place is not None and configuration.definition_of(place) == definition:
            yield flaw, definition, place, True
        else:
            yield flaw, definition, (*definition.value.locations, definition.name_location)[0], False


def _value(configuration: Configuration, view: View, name: str) -> MappedText | None:
    """The expanded value; None where part of it is not known."""
    setting = configuration.setting(name, view)
    if setting is None or "$" not in setting.value.text or parameters.is_raw(name):
        return setting.value if setting else None
    value = configuration.expanded(name, view)
    return None if OPAQUE in value.text or not _is_defined(configuration, view, name) else value


def _is_defined(configuration: Configuration, view: View, name: str) -> bool:
    """Whether each name in a value, and in theirs, has a value that is written or built in."""
    pending = {name: None}
    for item in (names := [name]):
        setting = configuration.setting(item, view)
        if setting is None:
            return False
        for reference in references(setting.value.text):
            if reference.name not in pending:
                pending[reference.name] = None
                names.append(reference.name)
    return True


def _is_looked_at(programs: Programs, view: View, flaw: Flaw) -> bool:
    return (not flaw.when or programs.holds(view, flaw.when)) and not programs.holds(view, flaw.unless)
