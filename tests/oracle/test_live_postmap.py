"""Sources of lookup tables out of the language's pieces: postlint reads in them what the installed postmap(1) reads."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st
from real_postmap import table_types
from table_cases import EXPRESSIONS, KEYED
from table_lookup import is_valid
from test_live_postconf import Bytes, rarely, repeated, sequence, several_examples, some_blanks
from test_postmap import check_table

from postlint.syntax.tables import parse_table
from postlint.text import Source, decode

pytestmark = pytest.mark.postfix

_BLANKS = (b" ", b" ", b"\t", b"\r", b"\v", b"\f")
_ENDS = (b"\n", b"\n", b"\n", b"\n ", b"\n\t", b"\n\n", b"\n#", b"\n #", b"\r\n")
_ODD = (b"\0", b"\xff", "ä".encode(), "\u2028".encode(), "\u00a0".encode(), b"\x1c", b"#", b"!", b"\\", b"$$", b":")


def sources(good: Bytes, *pieces: bytes) -> Bytes:
    """Good lines, some with continuation lines and odd characters, and lines of any pieces."""
    piece = st.sampled_from(pieces)
    other = st.sampled_from(_BLANKS) | st.sampled_from(_ENDS) | piece | st.sampled_from(_ODD)
    bad = sequence(repeated(piece | other, 0, 5), st.sampled_from(_ENDS))
    line = sequence(good, rarely(repeated(other, 1, 3)), st.sampled_from(_ENDS))
    return repeated(line | line | line | bad, 0, 10)


def check(table_type: str, source: bytes, keys: tuple[str, ...], utf8: bool) -> None:
    if table_type not in table_types():
        pytest.skip(f"this Postfix has no tables of type {table_type}")
    with TemporaryDirectory() as folder:
        parsed = check_table(Path(folder) / "table", table_type, source, (*keys, "nothing"), utf8)
    event(f"rows: {min(len(parsed.rows), 5)}")
    for line in parsed.skipped:
        event(re.sub('".*"', '""', line.reason))


@pytest.mark.parametrize("table_type", KEYED)
@several_examples
@given(
    source=sources(
        sequence(
            st.sampled_from((b"a", b"A", b"b", b'"a b"', b"a\\ b", b"c:")), some_blanks, st.sampled_from((b"x", b"y z"))
        ),
        *(b"a", b"A", b"b ", b"c d", b'"', b"\\", b" x"),
    ),
    utf8=st.booleans(),
)
def test_keys_and_values(table_type: str, source: bytes, utf8: bool) -> None:
    # Postfix 3.7 looks for bytes that are not UTF-8 behind a NUL, too.
    assume(b"\0" not in source or b"\xff" not in source)
    text = decode(source)
    keys = {row.pattern.text for row in parse_table(Source("", text), table_type, utf8=utf8).rows}
    keys |= set(re.split("[ \t\r\v\f\n]+", text))
    # postmap cuts a key at a NUL, and prints a TAB behind a key.
    check(table_type, source, tuple(key for key in keys if key.isascii() and not re.search("[\0\t]|^$", key)), utf8)


signs = st.sampled_from((b"", b"", b"", b"!", b"! !", b"!! !"))


@several_examples
@given(
    sources(
        sequence(
            st.sampled_from((b"", b"", b"if ", b"IF", b"endif ")),
            signs,
            st.sampled_from(
                (b"192.0.2.1", b"192.0.2.0/24", b"0.0.0.0/0", b"[2001:db8::1]", b"[2001:db8::]/32", b"[::/0]")
            ),
            st.sampled_from((b" x", b" x", b" y z", b"")),
        )
        | st.just(b"endif"),
        *(b"192.0.2.1", b"192.0.2.0", b"0.0.0.0", b"2001:db8::1", b"2001:db8::", b"::", b"/24", b"/0", b"/32", b"/128"),
        *(b"if ", b"IF", b"\nendif\n", b"!", b"[", b"]", b" x", b" y\n"),
    )
)
def test_addresses(source: bytes) -> None:
    check(
        "cidr",
        source,
        ("192.0.2.0", "192.0.2.1", "192.0.3.1", "2001:db8::1", "2001:db9::", "::", "example.com"),
        utf8=False,
    )


@pytest.mark.parametrize("table_type", EXPRESSIONS)
@several_examples
@given(
    sources(
        sequence(
            st.sampled_from((b"", b"", b"if ", b"IF")),
            signs,
            st.sampled_from((b"/a/", b"/^b$/i", b"/a(b)/", b"/\\//", b"//m", b"/./i", b"/a/!/b/", b"|B|ii")),
            st.sampled_from((b" x", b" y $$1", b" <$1>", b" ${1} $(1)$$", b"")),
        )
        | st.just(b"endif"),
        *(b"/", b"/", b"/a/", b"/b", b"/(b)", b"a", b"b", b"\\/", b" x", b" $1", b"${1}", b"$(1)", b"$2", b"$$", b"$"),
        *(b"if /", b"IF", b"endif", b"!", b"!/", b"/i", b"m", b"q", b" y\n"),
    )
)
def test_expressions(table_type: str, source: bytes) -> None:
    rows = parse_table(Source("", decode(source)), table_type).rows
    # Postfix skips an if with a bad expression, so that its endif ends another one.
    assume(all(is_valid(condition.pattern.text, table_type) for row in rows for condition in row.conditions))
    check(table_type, source, ("a", "b", "ab", "B", "A", "/", "x", "b/", "i"), utf8=False)
