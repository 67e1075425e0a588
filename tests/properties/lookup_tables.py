"""Access maps as smtpd reads and asks them, independent of postlint (src/smtpd/smtpd_check.c, src/util/dict_*.c).

Of regular expressions only those that mean the same to Python's re.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .reference import BLANKS, LIST_SEPARATORS, logical_lines, plain, split_words, written

_PATTERNS = frozenset({"cidr", "regexp", "pcre"})


class Row(NamedTuple):
    """A key or pattern, and the right-hand side."""

    key: str
    result: str


class Table(NamedTuple):
    """The rows of a table of type ``kind``."""

    kind: str
    rows: tuple[Row, ...]

    def find(self, key: str, partial: bool) -> str | None:
        """The first result; partial keys are asked for in tables of fixed keys only (maps_find, DICT_FLAG_FIXED)."""
        if partial and self.kind in _PATTERNS:
            return None
        return next((row.result for row in self.rows if self._matches(row.key, key)), None)

    def _matches(self, pattern: str, key: str) -> bool:
        if self.kind == "static":
            return True
        if self.kind == "cidr":
            try:
                return ipaddress.ip_address(key) in ipaddress.ip_network(pattern)
            except ValueError:
                return False  # the key is no address
        if self.kind in _PATTERNS:
            return re.search(pattern[1:-1], key, re.IGNORECASE) is not None
        return pattern.lower() == key.lower()


def read_table(word: str, sources: Mapping[str, str]) -> Table | None:
    """The table ``type:name``; None where its content is not known. ``sources``: by the path in the word."""
    kind, _, name = word.partition(":")
    if kind == "static":
        inside = name[1:-1].strip(BLANKS) if name.startswith("{") else name
        return Table(kind, (Row("", inside),))
    if kind == "inline":
        return Table(kind, tuple(_inline_rows(name)))
    if kind in _PATTERNS and name.startswith("{"):
        # Since 3.7: each {} is a line.
        lines = [item.removeprefix("{").removesuffix("}").strip(BLANKS) for item in _inline_items(name)]
    elif name in sources:
        lines = [plain(line).strip(BLANKS) for line in logical_lines(name, sources[name])]
    else:
        return None
    cut = [re.split(f"[{BLANKS}]+", line, maxsplit=1) for line in lines]
    return Table(kind, tuple(Row(key, result) for key, result in cut))


def _inline_rows(name: str) -> Iterator[Row]:
    for text in _inline_items(name):
        key, _, result = (text[1:-1] if text.startswith("{") else text).partition("=")
        yield Row(key.strip(BLANKS), result.strip(BLANKS))


def _inline_items(name: str) -> list[str]:
    return [plain(item) for item in split_words(written(name.strip(BLANKS)[1:-1]), LIST_SEPARATORS)]


def domain_keys(name: str) -> Iterator[tuple[str, bool]]:
    """check_domain_access: the name and its parents; whether the key is partial."""
    labels = name.split(".")
    for start in range(len(labels)):
        yield ".".join(labels[start:]), start > 0


def address_keys(address: str) -> Iterator[tuple[str, bool]]:
    """check_addr_access: the address and the networks at its dots."""
    parts = address.split(".")
    for end in range(len(parts), 0, -1):
        yield ".".join(parts[:end]), end < len(parts)


def mailbox_keys(address: str) -> Iterator[tuple[str, bool]]:
    """check_mail_access: the address, its domain and the parents of that, the local part with its ``@``."""
    local, _, domain = address.partition("@")
    yield address, False
    for key, _ in domain_keys(domain):
        yield key, True
    yield f"{local}@", True
