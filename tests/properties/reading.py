"""main.cf and master.cf together, on top of the reference reader: who sees which lists."""

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from .configurations import LISTS, SITES
from .reference import (
    BLANKS,
    LIST_SEPARATORS,
    Definition,
    Service,
    Text,
    expand,
    logical_lines,
    overrides,
    plain,
    read_main_cf,
    read_master_cf,
    split_name_value,
    split_words,
)


def replaced_options(services: Iterable[Service], names: Collection[str]) -> set[int]:
    """The characters of the -o options that set one of ``names``, as in ``smtp/inet/myorigin``, where a later option of
    the service sets it, too.
    """
    gone: set[int] = set()
    for service in services:
        last: dict[str, set[int]] = {}
        for option, setting in pairwise(service.arguments):
            name = "/".join(plain(word) for word in service.fields[:2])
            name += "/" + plain(setting).lstrip(BLANKS + "{").partition("=")[0].rstrip(BLANKS)
            if plain(option) == "-o" and name in names:
                gone |= last.get(name, set())
                last[name] = {character.offset for character in (*option, *setting)}
    return gone


# An entry of master.cf has eight, and then its arguments.
_FIELDS = 8


class ReadList(NamedTuple):
    """A list as one program sees it, its ``$`` forms replaced; ``program`` "" for main.cf alone."""

    program: str
    parameter: str
    words: tuple[Text, ...]
    classes: frozenset[str]


class Reading:
    """What a configuration says."""

    def __init__(self, main: str, master: str | None) -> None:
        self.entries = tuple(read_main_cf("main.cf", main))
        self.services = tuple(
            entry for entry in read_master_cf("master.cf", master or "") if isinstance(entry, Service)
        )

    @cached_property
    def definitions(self) -> tuple[Definition, ...]:
        """Every definition as written: those of main.cf, then the overrides."""
        found = [entry for entry in self.entries if isinstance(entry, Definition)]
        return (*found, *(setting for service in self.services for setting in overrides(service)))

    @cached_property
    def programs(self) -> dict[str, tuple[str, dict[str, Text]]]:
        """Each program's command and settings; "" is smtpd and postscreen with main.cf alone."""
        main = {entry.name: entry.value for entry in self.entries if isinstance(entry, Definition)}
        found = {"": ("", main)}
        for service in self.services:
            identity = "/".join(plain(field) for field in service.fields[:2])
            command = plain(service.fields[7]).rpartition("/")[2]
            found[identity] = command, main | {setting.name: setting.value for setting in overrides(service)}
        return found

    @cached_property
    def lists(self) -> tuple[ReadList, ...]:
        """Every list that is set, for every program that reads it; declared classes are lists, too."""
        return tuple(self._lists())

    def _lists(self) -> Iterator[ReadList]:
        for program, (command, settings) in self.programs.items():
            declared = split_words(expand(settings.get("smtpd_restriction_classes", ()), settings), LIST_SEPARATORS)
            classes = frozenset(plain(word) for word in declared)
            read = {"": (*LISTS, SITES), "smtpd": LISTS, "postscreen": (SITES,)}.get(command, ())
            for parameter in (*read, *(sorted(classes) if command != "postscreen" else ())):
                if parameter in settings:
                    value = expand(settings[parameter], settings)
                    words = split_words(value, LIST_SEPARATORS, braces=parameter != SITES)
                    yield ReadList(program, parameter, tuple(words), classes)


def replaced_places(main: str, names: Collection[str]) -> set[int]:
    """The characters of the lines of main.cf that define one of ``names`` and that a later definition replaces."""
    last: dict[str, list[int]] = {}
    gone: list[int] = []
    for line in logical_lines("main.cf", main):
        entry = split_name_value(line)
        if isinstance(entry, Definition) and line[0].text not in BLANKS:
            gone += last.get(entry.name, []) if entry.name in names else []
            last[entry.name] = [character.offset for character in line]
    return {*gone, *(offset + 1 for offset in gone if main[offset + 1] == "\n")}


def replaced_entries(master: str, names: Collection[str]) -> set[int]:
    """The characters of the lines of master.cf that are an entry for one of the services ``names``, as in
    ``smtp/inet``, and that a later one replaces.
    """
    last: dict[str, list[int]] = {}
    gone: list[int] = []
    for line in logical_lines("master.cf", master):
        words = plain(line).split()
        if line[0].text not in BLANKS and len(words) >= _FIELDS:
            name = "/".join(words[:2])
            gone += last.get(name, []) if name in names else []
            last[name] = [character.offset for character in line]
    return {*gone, *(offset + 1 for offset in gone if master[offset + 1] == "\n")}


def words_of(definition: Definition) -> tuple[str, ...]:
    """The words as written."""
    return tuple(plain(word) for word in split_words(definition.value, LIST_SEPARATORS))
