"""The sources of lookup tables as rows: files that postmap(1) compiles or that Postfix reads, and tables in main.cf;
the files of match lists as lines.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from lark import Token

from postlint.syntax.forms import closing_brace
from postlint.syntax.grammars import grammar
from postlint.syntax.nodes import joined, text_lines
from postlint.syntax.parse import parse_template, split_list, unpack
from postlint.syntax.table_lines import (
    NOTHING,
    Statement,
    is_utf8,
    read_address,
    read_expression,
    read_key_value,
    read_pair,
)
from postlint.text import BLANKS, OPAQUE, MappedText, Source, Span

Kind = Literal["key", "address", "pattern"]
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("btree", "cdb", "dbm", "hash", "lmdb", "sdbm", "texthash"), "key"),
    "cidr": "address",
    **dict.fromkeys(("pcre", "regexp"), "pattern"),
}
# Whose source `parse_table` reads.
TABLE_TYPES = frozenset(_KINDS)

# The deepest if rows of a table whose conditions are kept: a row holds all of its conditions, so without a limit a
# hostile table would need memory in the square of its size.
_DEEPEST = 64


class Condition(NamedTuple):
    """An ``if`` row: what stands behind the ``if`` and its ``!``, as written."""

    pattern: MappedText
    negated: bool


class TableRow(NamedTuple):
    """One entry of a lookup table, where it is written.

    ``source``: the file it stands in; for a table inside main.cf, that file. ``span``: the whole logical line without
    its line feed; for a table inside main.cf, the item with its braces. ``pattern``: the key as written (empty in a
    static table), the address pattern with its brackets, or the regular expression with delimiters and flags, also
    both of ``/one/!/two/``. ``negated``: an odd number of ``!`` stands in front. ``conditions``: the ``if`` rows
    around it, outermost first; an ``if`` without ``endif`` holds up to the end. ``result``: the right-hand side as
    Postfix takes it.

    postmap(1) and lookups fold keys to lower case. Of rows with equal keys the first one counts, in an inline table the
    last one; a texthash table that has any is good enough for postmap(1), but smtpd(8) refuses the whole of it
    (src/util/dict_thash.c, DICT_FLAG_DUP_WARN).
    """

    source: Source
    span: Span
    kind: Kind
    pattern: MappedText
    negated: bool
    conditions: tuple[Condition, ...]
    result: MappedText


class SkippedLine(NamedTuple):
    """A logical line that Postfix skips with a warning; ``reason`` in Postfix's words."""

    span: Span
    reason: str


class TableSource(NamedTuple):
    """The rows of a table and the lines that are none, in order."""

    rows: tuple[TableRow, ...]
    skipped: tuple[SkippedLine, ...]


def parse_table(source: Source, table_type: str, *, utf8: bool = True) -> TableSource:
    """A table that stands in a file of its own. Accepts every text; time and memory are linear in it.

    ``table_type``: one of `TABLE_TYPES`, else KeyError. ``utf8``: smtputf8_enable, with which key-value lines that are
    not UTF-8 are skipped. Whether a regular expression is valid, and has the groups that the result names, is not
    looked at: if not, Postfix skips the row, here it is one.
    """
    skipped: list[SkippedLine] = []
    lines = _logical_lines(source, skipped)
    return _table(source, ((span, joined(source, span)) for span in lines), table_type, utf8, skipped)


class ListLine(NamedTuple):
    """A logical line of a file that a match list names. ``parts``: its physical lines, without comments and empty ones.

    ``stray``: it starts with a blank. Postfix since 3.8 warns and skips it. Before, each physical line stood for
    itself, and the blank meant nothing (src/util/match_list.c).
    """

    parts: tuple[MappedText, ...]
    stray: bool


def parse_list_file(source: Source) -> tuple[ListLine, ...]:
    """The lines of a file that a match list names, in order."""
    skipped: list[SkippedLine] = []
    lines = [(span, False) for span in _logical_lines(source, skipped)]
    lines += [(line.span, True) for line in skipped]
    return tuple(
        ListLine(tuple(MappedText.of(source, [part]) for part in text_lines(source, span)), stray)
        for span, stray in sorted(lines)
    )


def _logical_lines(source: Source, skipped: list[SkippedLine]) -> Iterator[Span]:
    """The logical lines without their last line feed (src/util/readlline.c)."""
    # The grammar wants a line feed at the end.
    text = source.text if source.text.endswith("\n") or not source.text else source.text + "\n"
    for token in grammar("table").parse(text).children:
        assert isinstance(token, Token)
        assert token.start_pos is not None
        start = token.start_pos
        if token.type == "CONTINUED":
            yield Span(start, start + len(token) - 1)
        elif token.type == "STRAY":
            span = Span(start, start + len(token) - 1)
            skipped.append(SkippedLine(span, "logical line must not start with whitespace"))
        else:
            for line in token.split("\n"):
                if line.lstrip(BLANKS)[:1] not in ("", "#"):
                    yield Span(start, start + len(line))
                start += len(line) + 1


def _table(
    source: Source,
    lines: Iterable[tuple[Span, MappedText]],
    table_type: str,
    utf8: bool,
    skipped: list[SkippedLine],
) -> TableSource:
    kind = _KINDS[table_type]
    rows: list[TableRow] = []
    depth = 0
    conditions: tuple[Condition, ...] = ()
    for span, line in lines:
        statement: Statement | str | None
        if kind == "key":
            statement = read_key_value(line, utf8)
        elif kind == "address":
            statement = read_address(line, depth > 0)
        else:
            statement = read_expression(line, depth > 0, table_type == "regexp")
        if isinstance(statement, str):
            skipped.append(SkippedLine(span, statement))
        elif statement is None:
            continue
        elif statement.keyword == "if":
            depth += 1
            if depth <= _DEEPEST:
                conditions = (*conditions, Condition(statement.pattern, statement.negated))
        elif statement.keyword == "endif":
            depth -= 1
            conditions = conditions[:depth]
        else:
            rows.append(
                TableRow(source, span, kind, statement.pattern, statement.negated, conditions, statement.result)
            )
    return TableSource(tuple(rows), tuple(skipped))


def parse_inline_table(source: Source, table_type: str, name: MappedText, *, utf8: bool = True) -> TableSource | str:
    """A table that main.cf holds itself, or Postfix's reason for refusing it: then every lookup fails.

    ``name``: what stands behind ``inline:`` or ``static:``, or the ``{...}`` behind ``cidr:``, ``pcre:`` or
    ``regexp:`` (since Postfix 3.7, src/util/dict_stream.c). ``utf8``: smtputf8_enable.
    """
    if not name.text:
        return f'expecting "type:name" form instead of "{table_type}:"'
    if table_type == "static":
        return _static_table(source, name)
    if table_type == "inline":
        return _inline_table(source, name, utf8)
    items = _items(name)
    if isinstance(items, str):
        return f"{table_type} map: {items}"
    lines: list[tuple[Span, MappedText]] = []
    for item in items:
        rule, braced, error = unpack(item)
        if not braced:
            error = f"no '{{' at start of text in \"{item.text}\""
        if error:
            return f"{table_type} map: {error}"
        if rule.text[:1] not in ("", "#"):
            lines.append((_span(source, item), rule))
    return _table(source, lines, table_type, utf8, [])


def _static_table(source: Source, name: MappedText) -> TableSource | str:
    """One row for every key (src/util/dict_static.c)."""
    value, _, error = unpack(name)
    if error:
        return f"bad static:name syntax: {error}"
    return TableSource((TableRow(source, _span(source, name), "key", NOTHING, False, (), value),), ())


def _inline_table(source: Source, name: MappedText, utf8: bool) -> TableSource | str:
    """``{ {key = value}, key=value }`` (src/util/dict_inline.c)."""
    shown = f'"inline:{name.text}"; need "inline:{{name=value...}}"'
    if utf8 and not is_utf8(name.text):
        return f"bad UTF-8 syntax: {shown}"
    items = _items(name)
    if isinstance(items, str) or len(name.text) == 2:
        return f"bad syntax: {shown}"
    rows: list[TableRow] = []
    for item in items:
        pair, _, error = unpack(item)
        parts = error or read_pair(pair)
        if isinstance(parts, str):
            return f"{parts}: {shown}"
        rows.append(TableRow(source, _span(source, item), "key", parts[0], False, (), parts[1]))
    return TableSource(tuple(rows), ()) if rows else f"empty table: {shown}"


def split_names(name: MappedText) -> tuple[MappedText, ...] | None:
    """The words inside ``{...}``, or None for bad syntax.

    ``name``: what stands behind ``unionmap:`` and ``pipemap:``, where the words are ``type:name`` (a word without a
    colon is bad syntax, too), or behind ``randmap:``, where they are results. Source: src/util/dict_union.c,
    dict_pipe.c, dict_random.c.
    """
    words = _items(name)
    return None if isinstance(words, str) else words or None


def _items(name: MappedText) -> tuple[MappedText, ...] | str:
    """The words inside the braces, or what is wrong with these."""
    text = name.text
    if not text.startswith("{"):
        return f"no '{{' at start of text in \"{text}\""
    end = closing_brace(text)
    if end is None:
        return f"missing '}}' in \"{text}\""
    if end != len(text) - 1:
        return f"syntax error after '}}' in \"{text}\""
    return tuple(name.slice(word.start + 1, word.end + 1) for word in split_list(text[1:end]))


def _span(source: Source, text: MappedText) -> Span:
    """From the first to the last character of ``text`` that stands in ``source``."""
    spans = [location.span for location in text.locations if location.source is source]
    if not spans:
        return Span(0, 0)
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def result_text(row: TableRow) -> MappedText:
    """The result with OPAQUE for ``$1`` and its like in regexp and pcre tables, and one ``$`` for ``$$``."""
    if row.kind != "pattern":
        return row.result
    return MappedText.join(
        row.result.slice(*part.span) if part.kind == "text" else MappedText.unwritten(OPAQUE)
        for part in parse_template(row.result.text)
    )
