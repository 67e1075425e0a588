"""The Lark parsers. A built package carries their tables, because computing them takes longer than a whole check."""

import hashlib
from functools import cache
from io import BytesIO
from pathlib import Path

import lark

_PACKAGE = Path(__file__).resolve().parent.parent
_STARTS = {"main_cf": ["start"], "master_cf": ["start"], "value": ["words", "template"], "table": ["start"]}


@cache
def grammar(name: str) -> lark.Lark:
    """The parser for grammar/``name``.lark: from its tables when they fit this Lark, else computed."""
    path = _path(name)
    text = path.read_text(encoding="utf-8")
    tables = path.with_suffix(".tables")
    if tables.is_file():
        key, _, data = tables.read_bytes().partition(b"\n")
        if key == _key(text):
            loaded: lark.Lark = lark.Lark.load(BytesIO(data))
            return loaded
    return _computed(name, text)


def save_tables(folder: Path) -> None:
    """Write the tables of all grammars to ``folder``, for the Lark that is running."""
    for name in _STARTS:
        text = _path(name).read_text(encoding="utf-8")
        data = BytesIO()
        _computed(name, text).save(data)
        (folder / f"{name}.tables").write_bytes(_key(text) + b"\n" + data.getvalue())


def _computed(name: str, text: str) -> lark.Lark:
    return lark.Lark(text, parser="lalr", start=_STARTS[name], keep_all_tokens=True, maybe_placeholders=False)


def _key(text: str) -> bytes:
    return hashlib.sha256(f"{lark.__version__}\n{text}".encode()).hexdigest().encode()


def _path(name: str) -> Path:
    # Installed, the grammars stand in the package; in a checkout beside it.
    for folder in (_PACKAGE / "grammar", _PACKAGE.parent / "grammar"):
        path = folder / f"{name}.lark"
        if path.is_file():
            return path
    raise FileNotFoundError(f"grammar {name}.lark is missing from the installation")
