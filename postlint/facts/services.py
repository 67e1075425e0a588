"""The programs that master.cf names, and the parameters that are called by a service, such as
relay_destination_rate_delay.
"""

from collections.abc import Iterable

from postlint.facts.tables import json_table

# Those that die on any argument that is no option ("unexpected command-line argument" in src/*/*.c).
TAKE_NO_ARGUMENTS = frozenset(
    (
        "anvil",
        "bounce",
        "cleanup",
        "discard",
        "dnsblog",
        "error",
        "flush",
        "local",
        "nqmgr",
        "oqmgr",
        "pickup",
        "postlogd",
        "proxymap",
        "qmgr",
        "qmqpd",
        "scache",
        "showq",
        "smtpd",
        "tlsmgr",
        "tlsproxy",
        "trivial-rewrite",
        "verify",
        "virtual",
    )
)


def takes_no_arguments(program: str) -> bool:
    """Whether a daemon dies on an argument that is no option."""
    return program in TAKE_NO_ARGUMENTS


def service_parameters(programs: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Those of services, given as the service name and the program of each."""
    rows = json_table("service_parameters").items()
    return frozenset(name + suffix for name, program in programs for suffix, row in rows if program in row["programs"])


def service_of(name: str) -> tuple[str, tuple[str, ...]] | None:
    """The service that a parameter is called by, and the programs that have one of this kind; None for others."""
    rows = json_table("service_parameters")
    suffix = max((suffix for suffix in rows if name.endswith(suffix)), key=len, default=None)
    return (name.removesuffix(suffix), tuple(rows[suffix]["programs"])) if suffix else None
