"""Look keys up in rows that postlint has read, as Postfix does."""

import ipaddress
import re
from collections.abc import Callable, Iterable

from postlint.syntax.tables import Condition, TableRow

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def look_up_in(rows: Iterable[TableRow], table_type: str, key: str) -> str | None:
    """The value for ``key``, or None."""
    row = row_for(rows, table_type, key)
    return None if row is None else value_of(row, table_type, key)


def row_for(rows: Iterable[TableRow], table_type: str, key: str) -> TableRow | None:
    """The row that decides about ``key``."""
    if table_type == "static":
        return next(iter(rows))
    if table_type == "inline":
        return next((row for row in reversed(tuple(rows)) if folded(row.pattern.text) == folded(key)), None)
    for row in rows:
        if row.kind == "key":
            if folded(row.pattern.text) == folded(key):
                return row
        else:
            holds = address_holds if row.kind == "address" else expression_holds(table_type)
            if all(holds(condition, key) for condition in row.conditions) and holds(
                Condition(row.pattern, row.negated), key
            ):
                return row
    return None


def folded(key: str) -> str:
    return key.casefold()


def address_holds(condition: Condition, key: str) -> bool:
    """Whether the address ``key`` passes; one of the other family never does, negated or not."""
    try:
        address = ipaddress.ip_address(key)
        network = ipaddress.ip_network(re.sub(r"[][]", "", condition.pattern.text))
    except ValueError:
        return False
    return address.version == network.version and (address in network) != condition.negated


def expression_holds(table_type: str) -> Callable[[Condition, str], bool]:
    def holds(condition: Condition, key: str) -> bool:
        return all(
            (search(expression, table_type, key) is not None) != (negated or (number == 0 and condition.negated))
            for number, (expression, negated) in enumerate(expressions(condition.pattern.text))
        )

    return holds


def expressions(pattern: str) -> list[tuple[str, bool]]:
    """``/one/i`` and ``/two/`` of ``/one/i!/two/``, the second one negated."""
    match = re.fullmatch(r"(?s)((.)(?:\\.|(?!\2).)*(?:\2|\\)[a-zA-Z]*)(?:([! \t\r\v\f]+)(.+))?", pattern)
    assert match is not None, pattern
    first = (match[1], False)
    return [first] if match[4] is None else [first, (match[4], match[3].count("!") % 2 == 1)]


def search(expression: str, table_type: str, key: str) -> re.Match[str] | None:
    pattern = compiled(expression, table_type)
    return pattern.match(key) if "A" in expression[expression.rfind(expression[0]) :] else pattern.search(key)


def compiled(expression: str, table_type: str) -> re.Pattern[str]:
    """A pattern that means the same to Python as to POSIX and PCRE."""
    delimiter = expression[0]
    end = expression.rfind(delimiter)
    body, letters = (expression[1:-1], "") if end == 0 else (expression[1:end], expression[end + 1 :])
    flags = re.IGNORECASE | (re.DOTALL if table_type == "pcre" else re.NOFLAG)
    for letter in letters:
        # E, U and X make no difference to whether the patterns of the tests match.
        flags ^= {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}.get(letter, re.NOFLAG)
    return re.compile(body, flags)


def is_usable(row: TableRow, table_type: str) -> bool:
    """Whether the row's expressions are valid and have the groups that its result names."""
    if row.kind != "pattern":
        return True
    groups = max([0, *map(int, re.findall(r"\$[({]?(\d+)", row.result.text.replace("$$", "")))])
    return is_valid(row.pattern.text, table_type, groups)


def is_valid(pattern: str, table_type: str, groups: int = 0) -> bool:
    """Whether the expressions are valid, and the first one has that many groups."""
    try:
        found = [compiled(expression, table_type).groups for expression, _ in expressions(pattern)]
    except re.error:
        return False
    return groups <= found[0]


def value_of(row: TableRow, table_type: str, key: str) -> str:
    """The result with $1 replaced."""
    if row.kind != "pattern":
        return row.result.text
    match = None if row.negated else search(expressions(row.pattern.text)[0][0], table_type, key)

    def replacement(form: re.Match[str]) -> str:
        if form[0] == "$$":
            return "$"
        assert match is not None
        return match[int(form[1])] or ""

    return re.sub(r"\$[({]?(\d+)[)}]?|\$\$", replacement, row.result.text)
