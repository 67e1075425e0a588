"""`postlint show`: which values are wanted, and what keeps some from being shown. No front end stands here."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from postlint.configuration.effective import EffectiveValues, Shown, Value
from postlint.configuration.model import Configuration
from postlint.configuration.restrictions import RestrictionLists
from postlint.configuration.secrets import masked_value, secrets_in_values, secrets_of
from postlint.facts.parameters import is_parameter
from postlint.facts.spelling import closest
from postlint.files import STANDARD_INPUT, InputError
from postlint.host import host_name
from postlint.request import Note, Request, oddities, parsed_version, read_request, version_of
from postlint.target import PostfixVersion
from postlint.text import Source, mask_secrets


class Selection(NamedTuple):
    """What is to be shown. ``names``: empty for everything that is set; ``defaults``: what is not set, too."""

    names: tuple[str, ...] = ()
    service: str | None = None
    defaults: bool = False


class ShowOutcome(NamedTuple):
    """The values, the texts that must not be printed, and what Postfix would die on, a line each."""

    shown: Shown
    secrets: frozenset[str]
    problems: tuple[str, ...]

    def masked(self, name: str | None, text: str) -> str:
        """``text``, the value of the parameter ``name`` or other text, without its secrets."""
        return masked_value(name or "", text, self.secrets)


def path_and_names(words: Sequence[str], stands_for: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words in front of which a path may stand, cut there: a directory, a file, ``-``, or anything with a slash.

    A directory that has the name of a parameter is a path when it is written with a slash.
    """
    first = words[0] if words else ""
    named = os.path.basename(first) in ("main.cf", "master.cf", ".", "..") or first == STANDARD_INPUT
    if first and (stands_for or named or "/" in first or (os.path.isdir(first) and not is_parameter(first))):
        return (first,), tuple(words[1:])
    return (), tuple(words)


def show(request: Request, selection: Selection, note: Note) -> ShowOutcome:
    """The values that hold. Raises InputError for anything that the user has to put right."""
    told = parsed_version(request.version)
    (item,) = read_request(request)
    version = version_of(item, told, note)
    if item.files.master is None:
        note(f"{item.title}: no master.cf; there are no services to show")
    for oddity in oddities(item):
        note(oddity)
    configuration = Configuration(item.files)
    effective = EffectiveValues(configuration, version, host_name() if item.live else None)
    _refuse_unknown_service(selection.service, configuration)
    for name in selection.names:
        _refuse_unknown_name(name, effective, version)
    shown = effective.shown(*selection)
    everything = effective.shown().values
    secrets = secrets_of(RestrictionLists(configuration)) | secrets_in_values((*everything, *shown.values))
    problems = (*_absent_lines(configuration), *_unexpanded(shown.values))
    return ShowOutcome(shown, secrets, tuple(mask_secrets(problem, secrets) for problem in problems))


def run_time_names(shown: Shown) -> tuple[str, ...]:
    """The names in the expanded values that only the running Postfix can replace."""
    return tuple(sorted({name for value in shown.values for name in value.expansion.unknown}))


def _refuse_unknown_service(name: str | None, configuration: Configuration) -> None:
    known = configuration.service_views
    if name is None or name in known:
        return
    alike = [identity for identity in known if name in identity.split("/")] or closest(name, frozenset(known))
    hint = f"did you mean {' or '.join(alike)}?" if alike else f"known: {', '.join(known) or 'none'}"
    raise InputError(f'--service: no service "{name}"; {hint}')


def _refuse_unknown_name(name: str, effective: EffectiveValues, version: PostfixVersion | None) -> None:
    if effective.is_known(name):
        return
    absence = effective.defaults.absence(name)
    if absence is not None:
        raise InputError(f"{name}: {absence}{f', this is {version}' if version else ''}, and is not set")
    known = effective.defaults.names | effective.override_names | set(effective.main_names)
    near = closest(name, frozenset(known))
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise InputError(f'unknown parameter "{name}"{hint}')


def _absent_lines(configuration: Configuration) -> Iterator[str]:
    """The lines that count as absent, because every program, or master(8) alone, dies on them."""
    main, master = configuration.main, configuration.master
    lines = [(main.source, line) for line in main.malformed_lines] if main else []
    for source, line in lines:
        yield f"{_place(source, line.span.start)}: {line.reason}: Postfix dies on this line, which is left out"
    for entry in master.services if master else ():
        if entry.fatal is not None:
            who = "Postfix" if entry.stops_postconf else "master"
            place = _place(entry.source, entry.span.start)
            yield f"{place}: {entry.fatal}: {who} dies on this line, which is left out"


def _unexpanded(values: Iterable[Value]) -> Iterator[str]:
    for value in values:
        if value.expansion.error:
            where = f"{_place(value.location.source, value.location.span.start)}: " if value.location else ""
            yield f"{where}{value.name} cannot be expanded: {value.expansion.error}"


def _place(source: Source, offset: int) -> str:
    return f"{source.path}:{source.position(offset)[0]}"
