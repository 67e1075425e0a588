"""The built-in defaults release by release, and what else only `show` asks for. `check` does not read these tables."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from postlint.facts.tables import json_table
from postlint.target import PostfixVersion

# Of earlier releases the defaults are not recorded: those of this one stand for them.
OLDEST = PostfixVersion(3, 5)


class Defaults:
    """What a release of Postfix has built in: that of ``version``, the newest when it is None.

    ``programs``: the service name and the program of each entry of master.cf; some programs have parameters that are
    called by the service, such as relay_destination_rate_delay.
    """

    def __init__(self, version: PostfixVersion | None, programs: Iterable[tuple[str, str]] = ()) -> None:
        self._version = version
        self._programs = tuple(programs)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every parameter of the release."""
        known = {name for name, row in json_table("parameters").items() if self._has(name, row)}
        return frozenset(known.union(self._service_parameters))

    def value(self, name: str) -> str | None:
        """The default as written in the source; None when Postfix computes it, or has no parameter of this name."""
        row = json_table("parameters").get(name)
        if row is None:
            return self._service_parameters.get(name)
        by_version = json_table("parameter_details").get(name, {}).get("defaults", {})
        default = by_version.get(f"{max(self._version, OLDEST)}") if self._version else None
        value = row.get("default") if default is None else default
        return value if isinstance(value, str) and self._has(name, row) else None

    def is_computed(self, name: str) -> bool:
        """Whether the default is worked out when a program starts, as that of myhostname."""
        return bool(json_table("parameter_details").get(name, {}).get("computed"))

    def absence(self, name: str) -> str | None:
        """Why this release has no parameter of a name that another one has, as a clause; None when it has, or none."""
        row = json_table("parameters").get(name)
        if row is None or self._has(name, row):
            return None
        since, removed = row["since"], row.get("removed")
        if not _is_version(since):
            return "is older than Postfix 2.0"
        if removed and (self._version is None or _at_least(self._version, removed)):
            return f"was removed in Postfix {removed}"
        return f"came with Postfix {since}"

    def _has(self, name: str, row: dict[str, Any]) -> bool:
        since, removed = row.get("since"), row.get("removed")
        if self._version is None:
            return removed is None
        if removed and _at_least(self._version, removed):
            return False
        backports = row.get("backports", ())
        return since is None or _at_least(self._version, since) or f"{self._version}" in backports

    @cached_property
    def _service_parameters(self) -> dict[str, str]:
        """The default of each parameter that is called by a service."""
        return {
            service + suffix: row["default"]
            for suffix, row in json_table("service_parameters").items()
            if self._version is None or _at_least(self._version, row["since"])
            for service, program in self._programs
            if program in row["programs"]
        }


def _at_least(version: PostfixVersion, text: str) -> bool:
    """Whether ``version`` is ``text`` or later; text that is no version means that it is old."""
    return not _is_version(text) or version >= PostfixVersion.parse(text)


def _is_version(text: str) -> bool:
    return text[:1].isdigit()
