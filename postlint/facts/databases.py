"""The parameters of lookup tables in a database, as main.cf holds them for ``ldap:NAME`` and its like."""

from postlint.facts.tables import json_table


def database_types() -> tuple[str, ...]:
    """The table types that have such parameters."""
    return tuple(json_table("database_parameters"))


def database_suffixes(kind: str) -> tuple[str, ...]:
    """What follows ``NAME_``, such as server_host for ldap."""
    return tuple(json_table("database_parameters")[kind]["suffixes"])
