"""Every text is the source of a table, and is read in time that is linear in its size."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postlint.syntax.tables import TABLE_TYPES, parse_inline_table, parse_table, split_names
from postlint.text import MappedText, Source, Span

_pieces = st.sampled_from(
    [
        *'ab"\\!/|{}[]$#:= \t\r\v\f\n\0',
        "\n",
        "\n ",
        "if ",
        "endif",
        "192.0.2.1",
        "::1",
        "/24",
        "$1",
        "é",
        "\udce9",
        "\u2028",
    ]
)


@pytest.mark.parametrize("table_type", sorted(TABLE_TYPES))
@given(st.lists(_pieces, max_size=60).map("".join) | st.text())
def test_every_text_is_accepted(table_type: str, text: str) -> None:
    source = Source("table", text)
    table = parse_table(source, table_type)
    assert list(table.rows) == sorted(table.rows, key=lambda row: row.span)
    assert list(table.skipped) == sorted(table.skipped)
    spans = sorted([*(row.span for row in table.rows), *(line.span for line in table.skipped)])
    for span, following in zip(spans, [*spans[1:], Span(len(text), len(text))][: len(spans)], strict=True):
        assert 0 <= span.start < span.end <= following.start
        assert text[span.end : span.end + 1] in ("", "\n")
    for row in table.rows:
        for part in (row.pattern, row.result):
            assert "".join(location.text for location in part.locations) == part.text
            assert all(row.span.start <= location.span.start for location in part.locations)
            assert all(location.span.end <= row.span.end for location in part.locations)


@pytest.mark.parametrize("table_type", ["cidr", "inline", "pcre", "regexp", "static"])
@given(st.lists(_pieces, max_size=60).map("".join) | st.text())
def test_every_name_is_accepted(table_type: str, text: str) -> None:
    for name in (text, f"{{{text}}}", f"{{ {{{text}}} }}"):
        source = Source("main.cf", f"x = {name}\n")
        mapped = MappedText.of(source, [Span(4, 4 + len(name))])
        table = parse_inline_table(source, table_type, mapped)
        if not isinstance(table, str):
            for row in table.rows:
                assert source.text[slice(*row.span)] in name
        split_names(mapped)


SHAPES: dict[str, tuple[str, Callable[[int], str]]] = {
    "rows": ("hash", lambda size: "client.example.com REJECT no mail\n" * (size // 34)),
    "rows with comments": ("hash", lambda size: "# x\na b\n\n" * (size // 9)),
    "continuation lines": ("hash", lambda size: "a\n b\n" * (size // 5)),
    "one row": ("hash", lambda size: "a\n" + " b\n" * (size // 3)),
    "comments in one row": ("hash", lambda size: "a\n" + "#\n" * (size // 2) + " b"),
    "comments behind each row": ("hash", lambda size: ("a b\n" + "#\n" * 500) * (size // 1004)),
    "blank lines": ("hash", lambda size: "\n" * size),
    "blanks": ("hash", lambda size: " " * size),
    "blanks behind a row": ("hash", lambda size: "a b\n" + " " * size),
    "blanks inside a row": ("hash", lambda size: "a" + " " * size + "b"),
    "blanks on each line": ("hash", lambda size: ("a b\n" + " " * 500 + "\n") * (size // 505)),
    "quotes": ("hash", lambda size: '"' * (size + 1)),
    "backslashes": ("hash", lambda size: "\\" * size),
    "networks": ("cidr", lambda size: "192.0.2.0/24 REJECT no mail\n" * (size // 28)),
    "conditions": ("cidr", lambda size: "if ::/0\n::1 a\n" * (size // 14)),
    "negations": ("cidr", lambda size: "! " * (size // 2)),
    "expressions": ("regexp", lambda size: "/^(client)\\.example\\.com$/ REJECT $1\n" * (size // 37)),
    "nested": ("pcre", lambda size: "if /a/\n" * (size // 7) + "/b/ c"),
    "delimiters": ("regexp", lambda size: "/\n" * (size // 2)),
    "dollars": ("pcre", lambda size: "/a/ " + "$" * size),
    "references": ("pcre", lambda size: "/a/ " + "$1" * (size // 2)),
}


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_time_is_linear(shape: str) -> None:
    table_type, text = SHAPES[shape]

    def seconds(size: int) -> float:
        source = Source("table", text(size))
        times = []
        for _ in range(2):
            start = time.process_time()
            parse_table(source, table_type)
            times.append(time.process_time() - start)
        return min(times)

    # Four times the text. A quadratic parser takes sixteen times as long, and minutes.
    assert seconds(400_000) <= 8 * seconds(100_000) + 2
