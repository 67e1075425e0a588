"""postlint reads the sources of lookup tables as the installed postmap(1) and the table drivers do."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from real_postmap import COMPILED, Reply, compile_table, look_up, proxymap, table_types, write_table
from table_cases import CASES, KEYED, Case
from table_lookup import is_usable, look_up_in, row_for

from postlint.syntax.tables import (
    TABLE_TYPES,
    TableRow,
    TableSource,
    parse_inline_table,
    parse_table,
    result_text,
    split_names,
)
from postlint.text import OPAQUE, MappedText, Source, Span, decode

pytestmark = pytest.mark.postfix

# Warnings about rows that Postfix takes.
_HARMLESS = re.compile(
    r"duplicate entry: |record is in \"key: value\" format|no replacement text: using empty string$"
    r"|IF has no matching ENDIF$|ignoring extra text after |do not prepend whitespace |ignoring obsolete regexp option "
    r"|non-numeric replacement index |out.of.range replacement index \"[^\"]*\"$"
)


def check_table(path: Path, table_type: str, source: bytes, keys: Collection[str], utf8: bool = True) -> TableSource:
    """Assert that the rows give the answers of ``postmap -q``, and that the same lines are skipped."""
    write_table(path, source)
    table = f"{table_type}:{path}"
    settings = "" if utf8 else "smtputf8_enable = no\n"
    messages = compile_table(table, settings) if table_type in COMPILED else ()
    reply = look_up(table, keys, settings)
    parsed = parse_table(Source(str(path), decode(source)), table_type, utf8=utf8)
    check_answers(parsed.rows, table_type, keys, reply)
    check_warnings(parsed, Source(str(path), decode(source)), table_type, messages or reply.messages)
    return parsed


def check_answers(rows: tuple[TableRow, ...], table_type: str, keys: Collection[str], reply: Reply) -> None:
    assert reply.fatal is None
    rows = tuple(row for row in rows if is_usable(row, table_type))
    found = {key: value for key in keys if (value := look_up_in(rows, table_type, key)) is not None}
    assert found == reply.found
    for key, value in found.items():
        row = row_for(rows, table_type, key)
        assert row is not None
        parts = result_text(row).text.split(OPAQUE)
        assert re.fullmatch("(?s:.*)".join(map(re.escape, parts)), value)


def check_warnings(parsed: TableSource, source: Source, table_type: str, messages: Iterable[str]) -> None:
    """Each skipped line has its warning, with its line number and our reason; there are no others.

    A row with a bad regular expression has a warning, but is not among the skipped lines.
    """
    numbered: dict[int, list[str]] = {}
    stray = 0
    for message in messages:
        if match := re.fullmatch(r"warning: (?:(?:cidr|regexp|pcre) map )?(.*), line (\d+): (.*)", message):
            assert match[1] == source.path
            if not _HARMLESS.search(match[3]):
                numbered.setdefault(int(match[2]), []).append(match[3])
        elif message.startswith(f"warning: {source.path}: logical line must not start with whitespace: "):
            stray += 1
    skipped = [(source.position(line.span.start)[0], line.reason) for line in parsed.skipped]
    assert [reason for _, reason in skipped].count("logical line must not start with whitespace") == stray
    lines = {number: reason for number, reason in skipped if not reason.startswith("logical line")}
    bad = {source.position(row.span.start)[0] for row in parsed.rows if not is_usable(row, table_type)}
    assert lines.keys() | bad == numbered.keys()
    assert not lines.keys() & bad
    for number, reason in lines.items():
        (warning,) = numbered[number]
        assert plain(reason) in plain(warning)


def plain(text: str) -> str:
    """``text`` without what is not printable ASCII, for some of which Postfix writes a question mark."""
    return re.sub(r"[^ -~]|\?", "", text)


@pytest.mark.parametrize(
    ("case", "table_type"),
    [pytest.param(case, table_type, id=f"{case.name}-{table_type}") for case in CASES for table_type in case.types],
)
def test_case(case: Case, table_type: str, tmp_path: Path) -> None:
    if table_type not in table_types():
        pytest.skip(f"this Postfix has no tables of type {table_type}")
    check_table(tmp_path / "table", table_type, case.source, case.keys.split("|"))


# Types that postlint reads inside main.cf.
INLINE_TYPES = frozenset({"inline", "static"})
COMPOSITE_TYPES = frozenset({"pipemap", "randmap", "unionmap"})
# Types without a source: a server, the environment, a compiled file that nothing is the source of, or no table at all.
OTHER_TYPES = frozenset(
    {
        *("environ", "fail", "internal", "ldap", "memcache", "mongodb", "mysql", "netinfo", "nis", "nisplus", "pgsql"),
        *("proxy", "socketmap", "sqlite", "tcp", "unix"),
    }
)


def test_every_type_is_read_or_has_no_source() -> None:
    assert table_types() <= TABLE_TYPES | INLINE_TYPES | COMPOSITE_TYPES | OTHER_TYPES
    assert {table_type for case in CASES for table_type in case.types} == TABLE_TYPES - {"dbm", "sdbm"}
    assert not TABLE_TYPES & OTHER_TYPES
    for table_type in sorted(OTHER_TYPES | INLINE_TYPES | COMPOSITE_TYPES):
        with pytest.raises(KeyError):
            parse_table(Source("table", "a b\n"), table_type)


def test_text_that_is_not_utf8_counts_without_smtputf8(tmp_path: Path) -> None:
    source = b"a one\n\xe9 two\nb \xe9\n"
    for table_type in KEYED:
        if table_type in table_types():
            parsed = check_table(tmp_path / table_type, table_type, source, ("a", "b", decode(b"\xe9")), utf8=False)
            assert [row.result.text for row in parsed.rows] == ["one", "two", decode(b"\xe9")]


PROBES = ("x", "X", "y", "x y", '"x y"', "a", "192.0.2.1", "198.51.100.1", "2001:db8::1")


@pytest.mark.parametrize(
    "table",
    [
        "static:x",
        "static:a=b",
        "static:a{b",
        "static:{ a, b }",
        "static:{}",
        "static:{a}b",
        "static:{a",
        "static:",
        "inline:{x=a}",
        "inline:{ {x = a b} , y=c,, { X = d } }",
        "inline:{x=, y = a}",
        "inline:{ { x = {a b} } y={c d} }",
        'inline:{ {"x y" = a}, "y"=b }',
        "inline:{ {x\\ y = a}, y==b, x\\=c=d }",
        "inline:{=a}",
        "inline:{}",
        "inline:{ , }",
        "inline:x",
        "inline:",
        "inline:{x}",
        "inline:{ {x=a} y }",
        "inline:{ {} }",
        'inline:{ {"x y = a} }',
        "inline:{ {x=a}b }",
        "inline:{{x=a}",
        "inline:{x=a}y",
        "inline:{x=\udce9}",
        "inline:{ {x=\xe9} }",
        "cidr:{ {192.0.2.0/24 a b}, {!192.0.2.0/24 c} }",
        "cidr:{{if 192.0.2.0/24},{192.0.2.1/24 a},{#},{},{192.0.2.1 b},{endif},{endif},{::/0},{::/0 c}}",
        "cidr:{}",
        "cidr:{ }",
        "cidr:{192.0.2.0/24 a}",
        "cidr:{{192.0.2.0/24 a}",
        "cidr:{{192.0.2.0/24 a}b}",
        "cidr:{{192.0.2.0/24 a}}b",
        "regexp:{ {if /x/}, {/ y/ a $$}, {endif}, { # b }, {/^(x)$/ <$1>}, {/y/!/x/ c} {/a/} }",
        "pcre:{ {if /x/}, {/ y/ a $$}, {endif}, { # b }, {/^(x)$/ <$1>}, {/y/!/x/ c} {/a/} }",
        "pcre:{ {/x{1}/ a}, {endif} {/a/ $0} }",
        "regexp:{ {/x{/ a} }",
        "regexp:{ \v{/x/ a} }",
    ],
)
def test_table_inside_main_cf(table: str) -> None:
    table_type, _, name = table.partition(":")
    if table_type not in table_types():
        pytest.skip(f"this Postfix has no tables of type {table_type}")
    source = Source("main.cf", f"x = {table}\n")
    start = len("x = ") + len(table_type) + 1
    parsed = parse_inline_table(source, table_type, MappedText.of(source, [Span(start, start + len(name))]))
    reply = look_up(table, PROBES)
    if isinstance(parsed, str):
        assert plain(parsed) == plain(str(reply.fatal).removeprefix("open dictionary: "))
        return
    check_answers(parsed.rows, table_type, PROBES, reply)
    warnings = [line for line in reply.messages if ", line " in line and not _HARMLESS.search(line)]
    assert len(warnings) == len(parsed.skipped)
    for line, warning in zip(parsed.skipped, warnings, strict=True):
        assert line.reason in warning
        assert source.text[slice(*line.span)].startswith("{")


@pytest.mark.parametrize(
    "table",
    [
        "unionmap:{static:a,inline:{x=b}}",
        "unionmap:{ inline:{ {x = b c} y=d } , static:{ a }, }",
        "unionmap:{regexp:{{/x/ a}} cidr:{{192.0.2.1 b}} inline:{x=c}}",
        "pipemap:{inline:{x=y},inline:{y=z, {a = b}}}",
        "pipemap:{static:y}",
        "unionmap:{}",
        "unionmap:{ , }",
        "unionmap:{a}",
        "unionmap:{static:a}b",
        "pipemap:{static:a",
        "pipemap:static:a",
        "randmap:{one, two}",
        "randmap:{ {a b}, c:d }",
        "randmap:{}",
        "randmap:{one",
        "randmap:one",
    ],
)
def test_table_made_of_others(table: str) -> None:
    table_type, _, name = table.partition(":")
    source = Source("main.cf", f"{name}\n")
    words = split_names(MappedText.of(source, [Span(0, len(name))]))
    reply = look_up(table, PROBES)
    if table_type != "randmap" and words and any(":" not in word.text for word in words):
        words = None
    if words is None:
        assert str(reply.fatal).startswith(f'bad syntax: "{table}"; need ')
        return
    assert reply.fatal is None
    if table_type == "randmap":
        assert reply.found.keys() == set(PROBES)
        assert set(reply.found.values()) <= {word.text for word in words}
        return
    found = {key: value for key in PROBES if (value := look_up_in_all(words, table_type, key)) is not None}
    assert found == reply.found


def look_up_in_all(words: tuple[MappedText, ...], table_type: str, key: str) -> str | None:
    """The value in a unionmap (what the tables say, with commas) or a pipemap (each answer is the next one's key)."""
    values: list[str] = []
    for word in words:
        member, _, _ = word.text.partition(":")
        parsed = parse_inline_table(Source("", ""), member, word.slice(len(member) + 1, len(word.text)))
        assert isinstance(parsed, TableSource)
        value = look_up_in(parsed.rows, member, values[-1] if values and table_type == "pipemap" else key)
        if value is not None:
            values.append(value)
        elif table_type == "pipemap":
            return None
    return values[-1] if table_type == "pipemap" else ",".join(values) or None


@pytest.mark.root
def test_table_behind_the_proxy() -> None:
    """proxymap(8) reads the table itself; what it answers is what postmap answers without it."""
    names = {"hash": "capitals", "texthash": "continuation lines", "cidr": "networks", "regexp": "references"}
    cases = {case.name: case for case in CASES}
    types = [table_type for table_type in names if table_type in table_types()]
    with TemporaryDirectory(prefix="postlint-") as folder, proxymap(Path(folder), types) as configuration:
        for table_type in types:
            case, path = cases[names[table_type]], Path(folder) / table_type
            write_table(path, case.source)
            if table_type in COMPILED:
                compile_table(f"{table_type}:{path}")
            keys = case.keys.split("|")
            reply = look_up(f"proxy:{table_type}:{path}", keys, directory=configuration)
            check_answers(parse_table(Source(str(path), decode(case.source)), table_type).rows, table_type, keys, reply)
            assert reply.found
