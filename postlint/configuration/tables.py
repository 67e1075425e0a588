"""Lookup tables: what type:name says, and the rows of those whose source can be read."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from postlint.facts.access import Action, action_of
from postlint.syntax.tables import TableRow, TableSource, parse_inline_table, parse_table, result_text, split_names
from postlint.text import OPAQUE, MappedText, Source

# postmap(1) builds a file of its own out of the source of these, and nothing changes before it has run.
INDEXED_TYPES = frozenset({"btree", "cdb", "dbm", "hash", "lmdb", "sdbm"})
_FILE_TYPES = INDEXED_TYPES | {"cidr", "pcre", "regexp", "texthash"}
_INLINE_TYPES = frozenset({"cidr", "inline", "pcre", "regexp", "static"})
# Made of other tables. unionmap puts their results together, the others answer with one of them.
_COMPOSED_TYPES = frozenset({"pipemap", "randmap", "unionmap"})
# Tables inside of tables that are followed; far beyond any real value.
_NESTING_LIMIT = 10
# Rows with restrictions that are followed in one access map; each of them is a list of its own.
_ROW_LIMIT = 20_000


class TableFile(NamedTuple):
    """A source in a file. ``type``: the type that it is built for."""

    type: str
    path: str
    source: Source

    @property
    def rebuild_command(self) -> str | None:
        """What puts a change of the source into force; None where Postfix reads the source itself."""
        return f"postmap {self.type}:{self.path}" if self.type in INDEXED_TYPES else None


class LookupTable(NamedTuple):
    """A table and every row that can answer. ``unread``: why its content is not known, as in "is not there".

    ``files``: the sources it was read from. ``editable``: each row stands in a file of its own and answers alone.
    """

    name: str
    rows: tuple[TableRow, ...]
    unread: str | None
    files: tuple[TableFile, ...]
    editable: bool

    @property
    def restriction_rows(self) -> Iterator[TableRow]:
        """The rows that make smtpd evaluate restrictions when the table is an access map."""
        return (row for row in self.rows if action_of(row.result.text) is Action.RESTRICTIONS)


class Tables:
    """The lookup tables of one configuration."""

    def __init__(self, sources: Mapping[str, Source | str]) -> None:
        self._sources = sources
        self._tables: dict[str, LookupTable] = {}
        self._access_maps: dict[str, LookupTable] = {}
        self._by_path: dict[str, Source] = {}

    def table(self, name: MappedText) -> LookupTable:
        """The table that the word ``type:name`` means."""
        found = self._tables.get(name.text)
        if found is None:
            found = self._tables[name.text] = self._read(name, name.text)
        return found

    def access_map(self, name: MappedText) -> LookupTable:
        """The same where its rows are followed as restriction lists: unread when there are too many of those."""
        found = self._access_maps.get(name.text)
        if found is None:
            found = self.table(name)
            rows = sum(1 for _ in found.restriction_rows) if len(found.rows) > _ROW_LIMIT else 0
            if rows > _ROW_LIMIT:
                reason = f"holds {rows:,} rows with restrictions, more than the {_ROW_LIMIT:,} that are read"
                found = _unread(name.text, reason)
            self._access_maps[name.text] = found
        return found

    def rows_in(self, source: Source) -> tuple[TableRow, ...]:
        """The rows of a file that some table was read from."""
        return next((parsed.rows for (path, _), parsed in self._parsed.items() if path == source.path), ())

    @property
    def read_rows(self) -> tuple[tuple[Source, str, tuple[TableRow, ...]], ...]:
        """Every source that some table was read from so far, the type it was read as, and its rows."""
        return tuple((self._by_path[path], kind, parsed.rows) for (path, kind), parsed in self._parsed.items())

    @cached_property
    def _parsed(self) -> dict[tuple[str, str], TableSource]:
        return {}

    def _read(self, name: MappedText, shown: str, depth: int = 0) -> LookupTable:
        kind, rest = _parts(name)
        if OPAQUE in name.text:
            return _unread(shown, "has a name that is not known")
        if kind in _COMPOSED_TYPES:
            if depth == _NESTING_LIMIT:
                return _unread(shown, f"holds tables in tables more than {_NESTING_LIMIT} deep")
            return self._composed(kind, rest, shown, depth)
        if kind in _INLINE_TYPES and (rest.text.startswith("{") or kind == "static"):
            parsed = parse_inline_table(rest.locations[0].source if rest.locations else _NOWHERE, kind, rest)
            if isinstance(parsed, str):
                return _unread(shown, f"is refused by Postfix ({parsed})")
            return LookupTable(shown, parsed.rows, None, (), editable=False)
        if kind not in _FILE_TYPES:
            return _unread(shown, f"is of type {kind}, which is not read")
        source = self._sources.get(rest.text, "is not there")
        if isinstance(source, str):
            return _unread(shown, source)
        key = source.path, kind
        self._by_path[source.path] = source
        if key not in self._parsed:
            self._parsed[key] = parse_table(source, kind)
        return LookupTable(shown, self._parsed[key].rows, None, (TableFile(kind, rest.text, source),), editable=True)

    def _composed(self, kind: str, rest: MappedText, shown: str, depth: int) -> LookupTable:
        names = split_names(rest)
        if names is None:
            return _unread(shown, "is refused by Postfix")
        # What a pipemap answers comes out of its last table.
        parts = [self._read(name, shown, depth + 1) for name in (names[-1:] if kind == "pipemap" else names)]
        unread = next((part.unread for part in parts if part.unread), None)
        rows = tuple(row for part in parts for row in part.rows)
        files = tuple(file for part in parts for file in part.files)
        alone = all(part.editable for part in parts) and (kind != "unionmap" or len(parts) == 1)
        if kind == "unionmap" and len(parts) > 1 and unread is None:
            unread = "puts the results of several tables together"
        return LookupTable(shown, rows, unread, files, alone)


def file_paths(name: MappedText) -> Iterator[str]:
    """The paths of the sources that the table ``type:name`` is made of, as Postfix knows them."""
    pending = [(name, 0)]
    while pending:
        part, depth = pending.pop()
        kind, rest = _parts(part)
        if kind in _COMPOSED_TYPES:
            pending.extend((inner, depth + 1) for inner in split_names(rest) or () if depth < _NESTING_LIMIT)
        elif kind in _FILE_TYPES and not rest.text.startswith("{") and OPAQUE not in rest.text:
            yield rest.text


def is_table(word: str) -> bool:
    """Whether smtpd takes a word of a restriction list for a lookup table."""
    return ":" in word


def _parts(name: MappedText) -> tuple[str, MappedText]:
    """The type and what stands behind it, without a ``proxy:`` (proxymap(8)) or ``debug:`` (3.11) in front."""
    match = re.match(r"(?:proxy:|debug:)*([^:]*):?", name.text)
    assert match is not None
    return match[1], name.slice(match.end(), len(name.text))


def _unread(name: str, reason: str) -> LookupTable:
    return LookupTable(name, (), reason, (), editable=False)


_NOWHERE = Source("", "")

__all__ = ["LookupTable", "TableFile", "TableRow", "Tables", "file_paths", "is_table", "result_text"]
