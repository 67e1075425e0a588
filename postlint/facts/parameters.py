"""The parameters that Postfix programs know, and their defaults."""

from typing import NamedTuple

from postlint.facts.tables import json_table
from postlint.target import PostfixVersion

# What holds of each release from this one on holds of every Postfix whose version is not told.
_OLDEST_ASSUMED = PostfixVersion(3, 5)


class Deprecation(NamedTuple):
    """A parameter that postconf(1) warns of from the release ``warns`` on. ``replacement``: None: there is none."""

    warns: str
    replacement: str | None


def is_parameter(name: str) -> bool:
    """Whether some Postfix from 2.0 on has a parameter of this name."""
    return name in json_table("parameters")


def is_service_parameter(name: str) -> bool:
    """Whether a program would read it for a service of the right name, as in relay_destination_rate_delay."""
    return name.endswith(tuple(json_table("service_parameters")))


def parameter_names() -> frozenset[str]:
    """The parameters of the newest Postfix."""
    return frozenset(name for name, row in json_table("parameters").items() if "removed" not in row)


def value_class(name: str) -> str | None:
    """boolean, number, time, keyword, match list or lookup tables; None where the value may be any text."""
    kind: str | None = json_table("parameter_classes").get(name, {}).get("class")
    return kind


def default(name: str) -> str | None:
    """The built-in default as written in the source, ``$`` forms included; None when it is computed or unknown."""
    row = json_table("parameters").get(name)
    value = row.get("default") if row else None
    return value if isinstance(value, str) else None


def is_raw(name: str) -> bool:
    """Whether ``$names`` stay in the value until it is used: they may be those of a message or a recipient."""
    return bool(json_table("parameters").get(name, {}).get("raw"))


def is_read_only(name: str) -> bool:
    """Whether programs set the value themselves and postconf(1) ignores any other."""
    return bool(json_table("parameters").get(name, {}).get("read_only"))


def deprecation(name: str) -> Deprecation | None:
    """What postconf(1) says of a parameter that is to go, or None."""
    row = json_table("parameters").get(name, {}).get("deprecated")
    return Deprecation(row["version"], row["replacement"]) if row else None


def is_renamed(name: str) -> bool:
    """Whether a name is an old one, which gives its replacement the default and means the same."""
    row = json_table("parameters").get(name, {})
    return "removed" in row and row.get("deprecated", {}).get("version", row["removed"]) != row["removed"]


def removed_in(name: str, version: PostfixVersion | None) -> str | None:
    """The release that removed a parameter, when ``version`` is it or later; of an unknown version, when all since 3.5
    are. None also for the old names that still set the default of their replacement.
    """
    row = json_table("parameters").get(name, {})
    removed: str | None = row.get("removed")
    if removed is None or is_renamed(name) or PostfixVersion.parse(removed) > (version or _OLDEST_ASSUMED):
        return None
    return removed


def came_with(name: str, version: PostfixVersion) -> str | None:
    """The release that brought a parameter, when ``version`` is older and no patch release of it brought it, too."""
    row = json_table("parameters").get(name, {})
    since: str | None = row.get("since")
    if since is None or not since[0].isdigit() or version >= PostfixVersion.parse(since):
        return None
    return None if f"{version}" in row.get("backports", ()) else since
