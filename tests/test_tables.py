"""The sources of lookup tables as rows; what the rows mean to Postfix is tested in tests/oracle/test_postmap.py."""

import pytest

from postlint.syntax.tables import (
    TABLE_TYPES,
    Condition,
    SkippedLine,
    TableRow,
    TableSource,
    parse_inline_table,
    parse_table,
    result_text,
    split_names,
)
from postlint.text import OPAQUE, MappedText, Source, Span, decode

KEYED = ("btree", "cdb", "dbm", "hash", "lmdb", "sdbm", "texthash")
Row = tuple[str, str, bool, list[tuple[str, bool]], str]


def parsed(text: str, table_type: str = "hash") -> tuple[list[Row], list[tuple[str, str]]]:
    """The rows as (line, pattern, negated, conditions, result), and the skipped lines as (line, reason)."""
    table = parse_table(Source("table", text), table_type)
    return [shown(row) for row in table.rows], [(text[slice(*line.span)], line.reason) for line in table.skipped]


def shown(row: TableRow) -> Row:
    conditions = [(condition.pattern.text, condition.negated) for condition in row.conditions]
    return row.source.text[slice(*row.span)], row.pattern.text, row.negated, conditions, row.result.text


def main_cf(name: str) -> tuple[Source, MappedText]:
    """main.cf with the name of a table, and where that stands."""
    source = Source("main.cf", f"x = type:{name}\n")
    return source, MappedText.of(source, [Span(9, 9 + len(name))])


def inline(table_type: str, name: str) -> list[Row] | str:
    source, text = main_cf(name)
    table = parse_inline_table(source, table_type, text)
    return table if isinstance(table, str) else [shown(row) for row in table.rows]


# Whole values.


@pytest.mark.parametrize("table_type", KEYED)
def test_row_of_key_and_value(table_type: str) -> None:
    source = Source("table", "# x\na\tREJECT  no \n")
    row = TableRow(
        source=source,
        span=Span(4, 17),
        kind="key",
        pattern=MappedText.of(source, [Span(4, 5)]),
        negated=False,
        conditions=(),
        result=MappedText.of(source, [Span(6, 16)]),
    )
    assert parse_table(source, table_type) == TableSource((row,), ())
    assert result_text(row) == row.result


def test_row_of_addresses_inside_if() -> None:
    source = Source("table", "if ! 192.0.2.0/24\n!::1 x\nendif\n")
    condition = Condition(MappedText.of(source, [Span(5, 17)]), True)
    row = TableRow(
        source=source,
        span=Span(18, 24),
        kind="address",
        pattern=MappedText.of(source, [Span(19, 22)]),
        negated=True,
        conditions=(condition,),
        result=MappedText.of(source, [Span(23, 24)]),
    )
    assert parse_table(source, "cidr") == TableSource((row,), ())


@pytest.mark.parametrize("table_type", ["regexp", "pcre"])
def test_row_of_an_expression_inside_if(table_type: str) -> None:
    source = Source("table", "IF !/a/i\n! /b/m  x$$ \nendif\nendif")
    condition = Condition(MappedText.of(source, [Span(4, 8)]), True)
    row = TableRow(
        source=source,
        span=Span(9, 21),
        kind="pattern",
        pattern=MappedText.of(source, [Span(11, 15)]),
        negated=True,
        conditions=(condition,),
        result=MappedText.of(source, [Span(17, 20)]),
    )
    skipped = SkippedLine(Span(28, 33), "ignoring ENDIF without matching IF")
    assert parse_table(source, table_type) == TableSource((row,), (skipped,))
    assert result_text(row).text == "x$"


def test_result_over_several_lines_knows_where_it_stands() -> None:
    source = Source("table", "a one,\n# two\n\n\tthree \r\n#four\nb\n  five\n")
    first, second = parse_table(source, "hash").rows
    assert (first.span, first.result.text) == (Span(0, 22), "one,\tthree")
    assert [location.text for location in first.result.locations] == ["one,", "\tthree"]
    (found,) = first.result.slice(5, 10).locations
    assert (found.source, found.span) == (source, Span(15, 20))
    assert (second.span, second.pattern.text, second.result.text) == (Span(29, 37), "b", "five")
    assert second.result.location == (source, Span(33, 37))


# Logical lines.


def test_first_line_that_starts_with_a_blank_is_skipped_with_what_continues_it() -> None:
    assert parsed("# x\n  a b\n\n# y\n c d\ne f\n g\n") == (
        [("e f\n g", "e", False, [], "f g")],
        [("  a b\n\n# y\n c d", "logical line must not start with whitespace")],
    )


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n#", "\n# x", "\n \t\r\n", "\r", "\r\n"])
def test_last_row_ends_with_the_file(end: str) -> None:
    (first, second), skipped = parsed(f"a b\nc d{end}")
    assert (first[1:], second[1:], skipped) == (("a", False, [], "b"), ("c", False, [], "d"), [])
    assert second[0] == "c d" + ("\r" if end.startswith("\r") else "")


@pytest.mark.parametrize("table_type", sorted(TABLE_TYPES))
@pytest.mark.parametrize("text", ["", "\n", "#", "# x\n#\n", " \t\v\f\r\n  # x\n\n", " "])
def test_text_without_rows(text: str, table_type: str) -> None:
    assert parse_table(Source("table", text), table_type) == TableSource((), ())


def test_nothing_behind_a_nul_counts() -> None:
    assert parsed("a b\0c\nd\0 e\n\0f g\nh i\0\n j\n") == (
        [("a b\0c", "a", False, [], "b"), ("h i\0\n j", "h", False, [], "i")],
        [("d\0 e", "expected format: key whitespace value"), ("\0f g", "expected format: key whitespace value")],
    )
    assert parsed("\0/a/ b\n/c/ d\0", "regexp") == ([("/c/ d\0", "/c/", False, [], "d")], [])


def test_bytes_that_are_not_utf8() -> None:
    source = Source("table", decode(b"a \xe9\n\xe9 b\nc \xc3\xa9\n"))
    table = parse_table(source, "hash")
    assert [row.result.text for row in table.rows] == ["é"]
    assert [(line.span, line.reason) for line in table.skipped] == [
        (Span(0, 3), "non-UTF-8 input"),
        (Span(4, 7), "non-UTF-8 input"),
    ]
    assert [row.result.text for row in parse_table(source, "hash", utf8=False).rows] == ["\udce9", "b", "é"]
    assert [row.result.text for row in parse_table(Source("", "/\udce9/ \udce9"), "pcre").rows] == ["\udce9"]


# Key and value.


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("a b", "a", "b"),
        ("A:\v\f\r\tb  c ", "A:", "b  c"),
        ('"a b"@c d', '"a b"@c', "d"),
        ('a" "b c', 'a" "b', "c"),
        ('"a\\" b" c "d', '"a\\" b"', 'c "d'),
        ("a\\ b c", "a\\ b", "c"),
        ('\\"a b', '\\"a', "b"),
        ("a\\\\ b", "a\\\\", "b"),
        ('"" a', '""', "a"),
        ("a # b", "a", "# b"),
        ("a \u00a0", "a", "\u00a0"),
        ("a\u2028b c", "a\u2028b", "c"),
    ],
)
def test_key_ends_at_a_blank_outside_quotes(line: str, key: str, value: str) -> None:
    assert parsed(line) == ([(line, key, False, [], value)], [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a", "expected format: key whitespace value"),
        ("a \t\r", "expected format: key whitespace value"),
        ("a\\", "expected format: key whitespace value"),
        ("a\\ b", "expected format: key whitespace value"),
        ('"a b', "unbalanced '\"'"),
        ('a" b c', "unbalanced '\"'"),
        ('"a\\" b', "unbalanced '\"'"),
        ('"a\\', "unbalanced '\"'"),
    ],
)
def test_line_without_key_and_value_is_skipped(line: str, reason: str) -> None:
    assert parsed(f"x y\n{line}\nz z\n") == (
        [("x y", "x", False, [], "y"), ("z z", "z", False, [], "z")],
        [(line, reason)],
    )


# Addresses.


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("192.0.2.1", None),
        ("192.0.2.0/24", None),
        ("192.0.2.1/032", None),
        ("[192.0.2.0/24]", None),
        ("[2001:db8::]/32", None),
        ("::ffff:192.0.2.1", None),
        ("0.0.0.0/0", None),
        ("192.0.2", 'bad address pattern: "192.0.2"'),
        ("192.0.02.1", 'bad address pattern: "192.0.02.1"'),
        ("::1%lo", 'bad address pattern: "::1%lo"'),
        ("[]", 'bad address pattern: ""'),
        ("192.0.2.1/", 'bad mask value in "192.0.2.1/"'),
        ("192.0.2.1/24x", 'bad mask value in "192.0.2.1/24x"'),
        ("192.0.2.0/33", 'bad mask length in "192.0.2.0/33"'),
        ("::/" + "9" * 5000, f'bad mask length in "::/{"9" * 5000}"'),
        ("192.0.2/24", 'bad network value in "192.0.2/24"'),
        ("192.0.2.1/24", 'non-null host address bits in "192.0.2.1/24"'),
        ("[192.0.2.1", "missing ']' character after \"[192.0.2.1\""),
        ("[192.0.2.1]x", 'garbage after "[192.0.2.1]"'),
    ],
)
def test_address_pattern(pattern: str, reason: str | None) -> None:
    line = f"{pattern} x"
    rows, skipped = parsed(line, "cidr")
    assert rows == ([(line, pattern, False, [], "x")] if reason is None else [])
    assert skipped == ([] if reason is None else [(line, reason)])


def test_conditions_and_skipped_lines_of_addresses() -> None:
    text = (
        "endif\nif\nif 192.0.2.1/24\nif 192.0.2.0/24 \n!!! 192.0.2.1 a\nendif x\nIF!::/0\n! !::1 b\n::1\n!\nEndIf\n"
        "::2 c\nif1 d\n"
    )
    assert parsed(text, "cidr") == (
        [
            ("!!! 192.0.2.1 a", "192.0.2.1", True, [("192.0.2.0/24", False)], "a"),
            ("! !::1 b", "::1", False, [("192.0.2.0/24", False), ("::/0", True)], "b"),
            ("::2 c", "::2", False, [("192.0.2.0/24", False)], "c"),
        ],
        [
            ("endif", "ENDIF without IF"),
            ("if", "no address pattern"),
            ("if 192.0.2.1/24", 'non-null host address bits in "192.0.2.1/24"'),
            ("endif x", "garbage after ENDIF"),
            ("::1", "no lookup result"),
            ("!", "no address pattern"),
            ("if1 d", 'bad address pattern: "if1"'),
        ],
    )


# Regular expressions.


def test_expressions_delimiters_and_flags() -> None:
    text = "/a/ b\n|a\\|b|i c d\n!/a/\n,a,mi\te\n!axa f\n/(a)/!/b/x $1\n/a/!!!/b/ g\n/a/ !/b/ h\n"
    assert parsed(text, "regexp") == (
        [
            ("/a/ b", "/a/", False, [], "b"),
            ("|a\\|b|i c d", "|a\\|b|i", False, [], "c d"),
            ("!/a/", "/a/", True, [], ""),
            (",a,mi\te", ",a,mi", False, [], "e"),
            ("!axa f", "axa", True, [], "f"),
            ("/(a)/!/b/x $1", "/(a)/!/b/x", False, [], "$1"),
            ("/a/!!!/b/ g", "/a/!!!/b/", False, [], "g"),
            ("/a/ !/b/ h", "/a/", False, [], "!/b/ h"),
        ],
        [],
    )
    assert parsed("/a/imsxAEUX b\n/a/!/b/ c\n", "pcre") == (
        [("/a/imsxAEUX b", "/a/imsxAEUX", False, [], "b")],
        [("/a/!/b/ c", 'unknown regexp option "!"')],
    )


@pytest.mark.parametrize("table_type", ["regexp", "pcre"])
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a b", "ignoring unrecognized request"),
        ("ifx", "ignoring unrecognized request"),
        ("endif", "ignoring ENDIF without matching IF"),
        ("if", "no regexp"),
        ("!", "no regexp"),
        ("/a b", 'no closing regexp delimiter "/"'),
        ("/a\\/ b", 'no closing regexp delimiter "/"'),
        ("\\a\\ b", 'no closing regexp delimiter "\\"'),
        ("if /a", 'no closing regexp delimiter "/"'),
        ("/a/q b", 'unknown regexp option "q"'),
        ("/a/i1 b", 'unknown regexp option "1"'),
        # The delimiter is a byte; the second byte of the closing character is no option.
        ("\u00a7a\u00a7 b", 'unknown regexp option "?"'),
        ("\u00e4a\u00f6 b", 'unknown regexp option "?"'),
        ("\u00e4a b", 'no closing regexp delimiter "?"'),
        ("/a/ $0", "bad replacement syntax"),
        ("/a/ $", "bad replacement syntax"),
        ("/a/ $x", "bad replacement syntax"),
        ("/a/ $1x", "bad replacement syntax"),
        ("/a/ ${1", "bad replacement syntax"),
        ("/a/ ${ 1 }", "bad replacement syntax"),
        ("/a/ $$$", "bad replacement syntax"),
        ("!/(a)/ $1", "$number found in negative match replacement text"),
    ],
)
def test_expression_that_is_skipped(line: str, reason: str, table_type: str) -> None:
    assert parsed(f"/x/ y\n{line}\n", table_type) == ([("/x/ y", "/x/", False, [], "y")], [(line, reason)])


@pytest.mark.parametrize("table_type", ["regexp", "pcre"])
def test_delimiter_that_is_no_utf8(table_type: str) -> None:
    line = decode("/é/ x\n".encode() + b"!\xe9\xc3\xa4\xe9i \xc3\xa4")
    assert parsed(line, table_type) == (
        [("/é/ x", "/é/", False, [], "x"), ("!\udce9ä\udce9i ä", "\udce9ä\udce9i", True, [], "ä")],
        [],
    )


def test_backslash_at_the_end_is_a_delimiter_for_regexp_only() -> None:
    assert parsed("/a\\", "regexp") == ([("/a\\", "/a\\", False, [], "")], [])
    assert parsed("/a\\", "pcre") == ([], [("/a\\", 'no closing regexp delimiter "/"')])


@pytest.mark.parametrize("table_type", ["regexp", "pcre"])
def test_conditions_of_expressions(table_type: str) -> None:
    text = "if /a/ x\n/b/ c\nIF ! !!|d|i\n/e/ f\nendif y\n/g/ h\nendif\n/i/ j\nif/k/\n/l/ m\n"
    assert parsed(text, table_type) == (
        [
            ("/b/ c", "/b/", False, [("/a/", False)], "c"),
            ("/e/ f", "/e/", False, [("/a/", False), ("|d|i", True)], "f"),
            ("/g/ h", "/g/", False, [("/a/", False)], "h"),
            ("/i/ j", "/i/", False, [], "j"),
            ("/l/ m", "/l/", False, [("/k/", False)], "m"),
        ],
        [],
    )


def test_conditions_deeper_than_64_are_left_out() -> None:
    text = "if /a/\n" * 100 + "/b/ c\n" + "endif\n" * 40 + "/d/ e\n" + "endif\n" * 60 + "/f/ g\n"
    rows, skipped = parsed(text, "pcre")
    assert [(row[1], len(row[3])) for row in rows] == [("/b/", 64), ("/d/", 60), ("/f/", 0)]
    assert skipped == []


def test_result_text_hides_what_the_key_decides() -> None:
    (row,) = parse_table(Source("table", "/(a)(b)/ $1 ${2}x\n $(1)$$1 $$$2\n"), "regexp").rows
    text = result_text(row)
    assert text.text == f"{OPAQUE} {OPAQUE}x {OPAQUE}$1 ${OPAQUE}"
    assert [location.text for location in text.locations] == [" ", "x", " ", "$", "1 $"]


# Tables inside main.cf.


def test_static_table() -> None:
    assert inline("static", "x{y") == [("x{y", "", False, [], "x{y")]
    assert inline("static", "{ x, y }") == [("{ x, y }", "", False, [], "x, y")]
    assert inline("static", "{}") == [("{}", "", False, [], "")]
    assert inline("static", "{x}y") == "bad static:name syntax: syntax error after '}' in \"{x}y\""
    assert inline("static", "") == 'expecting "type:name" form instead of "static:"'


def test_inline_table() -> None:
    assert inline("inline", '{ {a = b c} , d=e,, {"f g"={h} } {i=} }') == [
        ("{a = b c}", "a", False, [], "b c"),
        ("d=e", "d", False, [], "e"),
        ('{"f g"={h} }', '"f g"', False, [], "{h}"),
        ("{i=}", "i", False, [], ""),
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x", "bad syntax"),
        ("{}", "bad syntax"),
        ("{a=b}c", "bad syntax"),
        ("{a=b", "bad syntax"),
        ("{ , }", "empty table"),
        ("{a}", "missing '=' after attribute name"),
        ("{ {} }", "no key found; expected format: key = value"),
        ('{ {"a = b} }', "unbalanced '\"'"),
        ("{ {a=b}c }", "syntax error after '}' in \"{a=b}c\""),
        ("{a=\udce9}", "bad UTF-8 syntax"),
    ],
)
def test_inline_table_that_is_refused(name: str, reason: str) -> None:
    assert inline("inline", name) == f'{reason}: "inline:{name}"; need "inline:{{name=value...}}"'


def test_rules_inside_main_cf() -> None:
    source, name = main_cf("{ {if /a/}, {# b}, { !/c{2}/i  d } {} {endif} {endif} }")
    for table_type in ("regexp", "pcre"):
        table = parse_inline_table(source, table_type, name)
        assert isinstance(table, TableSource)
        assert [shown(row) for row in table.rows] == [("{ !/c{2}/i  d }", "/c{2}/i", True, [("/a/", False)], "d")]
        assert [(source.text[slice(*line.span)], line.reason) for line in table.skipped] == [
            ("{endif}", "ignoring ENDIF without matching IF")
        ]
        assert table.rows[0].result.location == (source, Span(40, 41))
    assert inline("cidr", "{{192.0.2.1 a},{::1 b}}") == [
        ("{192.0.2.1 a}", "192.0.2.1", False, [], "a"),
        ("{::1 b}", "::1", False, [], "b"),
    ]
    assert inline("cidr", "{}") == []
    assert inline("cidr", "{::1 a}") == "cidr map: no '{' at start of text in \"::1\""
    assert inline("pcre", "{{/a/ b}") == "pcre map: missing '}' in \"{{/a/ b}\""
    assert inline("regexp", "{{/a/ b}c}") == "regexp map: syntax error after '}' in \"{/a/ b}c\""


def test_table_that_main_cf_holds_over_several_lines() -> None:
    source = Source("main.cf", "x = inline:{\n  {a =\n  # b\n  c d}\n }\n")
    name = MappedText.of(source, [Span(11, 12), Span(13, 19), Span(26, 32), Span(33, 35)])
    table = parse_inline_table(source, "inline", name)
    assert isinstance(table, TableSource)
    (row,) = table.rows
    assert (row.pattern.text, row.result.text, row.result.location) == ("a", "c d", (source, Span(28, 31)))
    assert source.text[slice(*row.span)] == "{a =\n  # b\n  c d}"
    elsewhere = parse_inline_table(Source("other", ""), "inline", name)
    assert isinstance(elsewhere, TableSource)
    assert elsewhere.rows[0].span == Span(0, 0)


def test_names_inside_a_table_of_tables() -> None:
    def names(name: str) -> list[str] | None:
        words = split_names(main_cf(name)[1])
        return None if words is None else [word.text for word in words]

    assert names("{ hash:/a, inline:{ {b = c} },static:{d e} }") == ["hash:/a", "inline:{ {b = c} }", "static:{d e}"]
    assert [names(name) for name in ("", "{}", "{ , }", "hash:/a", "{hash:/a", "{hash:/a}b")] == [None] * 6
    words = split_names(main_cf("{a:b, c:d}")[1])
    assert words is not None
    assert [location.span for word in words for location in word.locations] == [Span(10, 13), Span(15, 18)]
