"""What values each parameter may take, and which programs look at them."""

from functools import lru_cache
from typing import NamedTuple

from postlint.facts.services import service_of
from postlint.facts.tables import json_table
from postlint.target import PostfixVersion

# What stands for every program, and for those that use TLS.
EVERY = "all"
WITH_TLS = "tls"


class Bounds(NamedTuple):
    """Of the kind boolean, number, time, or text.

    ``least`` and ``most``: of a number, of a time in seconds, or of a text's length in bytes. ``bits``: what a number
    has to fit into. ``unit``: that of a time without one. ``reply_code``: whether it is one of SMTP.
    ``programs``: those that read it.
    """

    kind: str
    least: int | None
    most: int | None
    bits: int
    unit: str
    reply_code: bool
    programs: frozenset[str]


class Words(NamedTuple):
    """The words that a value is one of, or with ``several`` a list of, with ``single`` one that holds one word.

    ``instead``: words that are taken for another one. ``dies``: whether programs die on any other, at "start" or at
    "use"; None: they do not. ``consequence``: what they do then, or when they use it. ``when`` and ``unless``:
    parameters that have to be set, or must not be set, for programs to look at the value; with = to a word.
    ``since``: the release that brought a word, where it is not as old as the parameter.
    """

    words: tuple[str, ...]
    several: bool
    exact: bool
    instead: dict[str, str]
    dies: str | None
    consequence: str
    programs: frozenset[str]
    when: tuple[str, ...]
    unless: tuple[str, ...]
    never_empty: bool
    single: bool
    since: dict[str, str]

    def known_to(self, version: PostfixVersion | None) -> tuple[str, ...]:
        """Those of a release; all when it is not told."""
        if version is None:
            return self.words
        return tuple(word for word in self.words if version >= PostfixVersion.parse(self.since.get(word, "2.0")))


@lru_cache(maxsize=4096)
def bounds(name: str) -> Bounds | None:
    """Those of a parameter, one that is called by a service too; None where any text may be its value."""
    row = json_table("parameter_classes").get(name)
    if row is None:
        return _service_bounds(name)
    if "programs" not in row:
        return None
    kind = row["class"] if row.get("class") in ("boolean", "number", "time") else "text"
    suffix = "_length" if kind == "text" else ""
    return Bounds(
        kind,
        row.get(f"min{suffix}"),
        row.get(f"max{suffix}"),
        row.get("bits", 32),
        row.get("unit", "s"),
        row.get("reply_code", False),
        frozenset(row["programs"]),
    )


def _service_bounds(name: str) -> Bounds | None:
    """Those of the parameter that is the default of all of its kind: src/qmgr/qmgr_transport.c, src/pipe/pipe.c."""
    found = service_of(name)
    if found is None:
        return None
    service, programs = found
    general = bounds(json_table("service_parameters")[name.removeprefix(service)]["default"].removeprefix("$"))
    own_time_limit = general is not None and "spawn" in programs
    return general._replace(unit="s", programs=frozenset(programs)) if general and own_time_limit else general


@lru_cache(maxsize=4096)
def words(name: str) -> Words | None:
    """The words that the value of a parameter may be; None where it may be others, or their mistakes are harmless."""
    row = json_table("words").get(name)
    if row is None:
        return None
    return Words(
        tuple(row["words"]),
        row.get("list", False),
        row.get("exact", False),
        row.get("instead", {}),
        row.get("dies"),
        row.get("consequence", ""),
        frozenset(row["programs"]),
        tuple(row.get("when", ())),
        tuple(row.get("unless", ())),
        row.get("never_empty", False),
        row.get("single", False),
        row.get("since", {}),
    )
