"""The parameters that Postfix programs know, and their defaults."""

from postlint.facts.tables import json_table


def is_parameter(name: str) -> bool:
    """Whether some Postfix from 2.0 on has a parameter of this name."""
    return name in json_table("parameters")


def is_service_parameter(name: str) -> bool:
    """Whether a program would read it for a service of the right name, as in relay_destination_rate_delay."""
    return name.endswith(tuple(json_table("service_parameters")))


def value_class(name: str) -> str | None:
    """boolean, number, time, keyword, match list or lookup tables; None where the value may be any text."""
    row = json_table("parameter_classes").get(name)
    return row["class"] if row else None


def default(name: str) -> str | None:
    """The built-in default as written in the source, ``$`` forms included; None when it is computed or unknown."""
    row = json_table("parameters").get(name)
    value = row.get("default") if row else None
    return value if isinstance(value, str) else None
