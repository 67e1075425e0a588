"""Reads the data files, each once and only when asked for."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"


@cache
def json_table(name: str) -> dict[str, dict[str, Any]]:
    """The rows of ``name``.json by their key."""
    table: dict[str, dict[str, Any]] = json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
    return table


@cache
def toml_table(name: str) -> dict[str, list[dict[str, Any]]]:
    """The arrays of tables of ``name``.toml."""
    import tomllib

    return tomllib.loads((_DATA / f"{name}.toml").read_text(encoding="utf-8"))
