"""Which programs read which parameters."""

import re
from functools import cache

from postlint.facts.services import TAKE_NO_ARGUMENTS
from postlint.facts.tables import json_table

# The daemons whose parameters are known. Others are not Postfix's, or take no parameters of their own.
DAEMONS = TAKE_NO_ARGUMENTS | {"lmtp", "pipe", "postscreen", "smtp", "spawn"}
# The programs that read the parameters of a transport, such as relay_destination_rate_delay.
QUEUE_MANAGERS = ("qmgr", "nqmgr", "oqmgr")


def readers(name: str) -> frozenset[str] | None:
    """The programs that have a parameter of this name; None: all of them, those that use TLS, or it is not known."""
    return _readers().get(name)


def default_users(name: str) -> frozenset[str]:
    """The parameters whose built-in default, in some release, holds a name."""
    return _default_users().get(name, frozenset())


@cache
def _default_users() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, row in json_table("parameters").items():
        older = json_table("parameter_details").get(name, {}).get("defaults", {}).values()
        for default in (row.get("default"), *older):
            if isinstance(default, str) and "$" in default:
                for word in re.findall(r"[A-Za-z0-9_]+", default, re.ASCII):
                    found.setdefault(word, set()).add(name)
    return {name: frozenset(users) for name, users in found.items()}


@cache
def _readers() -> dict[str, frozenset[str]]:
    rows = json_table("parameter_programs").items()
    return {name: frozenset(key.split(" ")) for key, row in rows for name in row["parameters"]}
