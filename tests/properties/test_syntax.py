"""Any bytes can be read, nothing is lost, and what is read is what Postfix reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postlint.syntax.nodes import MalformedLine, ParameterDefinition, ServiceDefinition, StrayContinuation
from postlint.syntax.parse import parse_main_cf, parse_master_cf, parse_template, split_fields, split_list
from postlint.text import MappedText, Piece, Source, Span, decode, encode, split_lines

from .reference import (
    BLANKS,
    FIELD_SEPARATORS,
    LIST_SEPARATORS,
    Definition,
    Service,
    closing,
    name_at,
    overrides,
    plain,
    read_main_cf,
    read_master_cf,
    split_words,
    trimmed,
    written,
)

# What Postfix takes for special, and what Python takes for blank or for a line end and Postfix does not.
_PIECES = [
    *(b" ", b"\t", b"\v", b"\f", b"\r", b"\n", b"\r\n", b"\n ", b"\n\t", b"\n\n"),
    *(b"#", b"\n# comment\n", b"\n  # comment = x\n", b"=", b" = ", b"==", b"\0", b",", b", "),
    *(b"{", b"}", b"{ ", b" }", b"${", b"$(", b"(", b")", b"$", b"$$", b"?", b":", b"$name", b"${name}"),
    *(b"$(name)", b"${ name }", b"${name?text}", b"${name:text}", b"${{a} == {b}?{c}:{d}}", b"$name.x"),
    *(b"name", b"myhostname", b"\nname = value", b"\nother=", b"smtp inet n - y - - smtpd", b" -o ", b" -v", b"-"),
    *(b"\x1c", b"\x1d", b"\x85", b"\xa0", "\u2028".encode(), "\u0085".encode(), "\xa0".encode(), "\u3000".encode()),
    *(b"\xff", b"\xc3", b"\xed\xa0\x80", "\u00e9".encode(), "\u65e5\u672c".encode(), "\ufeff".encode(), b"\x7f"),
]
file_bytes = st.lists(st.sampled_from(_PIECES) | st.binary(max_size=3), max_size=40).map(b"".join)
texts = file_bytes.map(decode)

_SERVICE_PIECES = [
    *(
        "\nsmtp inet n - y - - smtpd",
        "\n587 inet n - n - - /usr/lib/postfix/smtpd",
        " ",
        "\n  ",
        "\n# comment\n\t",
        "\r\n ",
    ),
    *(" -o a=b", " -o", " -v", " -oc=d", " -vo e=f", " -o { g = h, i }", " -o { j =\n  k\n }", " -o l={ m, n }", " --"),
    *(" -", " -o =x", " -o x", " -o { =x }", " x", ",", "\f", " # x"),
]
services = st.lists(st.sampled_from(_SERVICE_PIECES), max_size=12).map("".join)


@given(file_bytes | st.binary())
def test_bytes_come_back_from_their_text(data: bytes) -> None:
    assert encode(decode(data)) == data


@given(texts)
def test_only_line_feeds_end_lines(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(line.index("\n") == len(line) - 1 for line in lines[:-1])
    assert [line for line in lines if not line] == []


@given(texts)
def test_main_cf_items_tile_the_text(text: str) -> None:
    assert_tiles([item.span for item in parse_main_cf(Source("main.cf", text)).items], len(text))


@given(texts | services)
def test_master_cf_items_tile_the_text(text: str) -> None:
    assert_tiles([item.span for item in parse_master_cf(Source("master.cf", text)).items], len(text))


def assert_tiles(spans: list[Span], length: int) -> None:
    assert [span.start for span in spans] == [0, *(span.end for span in spans)][: len(spans)]
    assert all(span.start < span.end for span in spans)
    assert (spans[-1].end if spans else 0) == length


@given(texts)
def test_main_cf_reads_as_one_character_at_a_time(text: str) -> None:
    found: list[tuple[str, ...]] = []
    for item in parse_main_cf(Source("main.cf", text)).items:
        if isinstance(item, ParameterDefinition):
            found.append((item.name, item.value.text))
            assert text[item.name_span.start : item.name_span.end] == item.name
        elif isinstance(item, MalformedLine):
            found.append((item.reason,))
        elif isinstance(item, StrayContinuation):
            found.append(("stray",))
    entries = read_main_cf("main.cf", text)
    assert found == [
        (entry.name, plain(entry.value)) if isinstance(entry, Definition) else (entry,) for entry in entries
    ]


@given(texts | services)
def test_master_cf_reads_as_one_character_at_a_time(text: str) -> None:
    found: list[object] = []
    for item in parse_master_cf(Source("master.cf", text)).items:
        if isinstance(item, ServiceDefinition):
            found.append(([word.text for word in item.fields], [word.text for word in item.arguments]))
        elif isinstance(item, StrayContinuation):
            found.append("stray")
    assert found == [
        ([plain(word) for word in entry.fields], [plain(word) for word in entry.arguments])
        if isinstance(entry, Service)
        else entry
        for entry in read_master_cf("master.cf", text)
    ]


@given(services)
def test_overrides_read_as_getopt_reads_them(text: str) -> None:
    entries = [entry for entry in read_master_cf("master.cf", text) if isinstance(entry, Service)]
    for node, entry in zip(parse_master_cf(Source("master.cf", text)).services, entries, strict=True):
        found = [(override.name, override.value.text) for override in node.overrides]
        assert found == [(override.name, plain(override.value)) for override in overrides(entry)]


@given(texts)
def test_every_character_of_a_value_knows_where_it_is_written(text: str) -> None:
    main = Source("main.cf", text)
    values = [item.value for item in parse_main_cf(main).definitions]
    expected = [entry.value for entry in read_main_cf("main.cf", text) if isinstance(entry, Definition)]
    assert [offsets(value) for value in values] == [[one.offset for one in value] for value in expected]
    for value in values:
        assert "".join(location.text for location in value.locations) == value.text


@given(services)
def test_every_character_of_an_override_knows_where_it_is_written(text: str) -> None:
    master = parse_master_cf(Source("master.cf", text))
    values = [override.value for service in master.services for override in service.overrides]
    entries = [entry for entry in read_master_cf("master.cf", text) if isinstance(entry, Service)]
    expected = [override.value for entry in entries for override in overrides(entry)]
    assert [offsets(value) for value in values] == [[one.offset for one in value] for value in expected]


def offsets(value: MappedText) -> list[int]:
    found: list[int] = []
    for index, character in enumerate(value.text):
        location = value.slice(index, index + 1).location
        assert location is not None
        assert location.text == character
        found.append(location.span.start)
    return found


@given(texts, st.data())
def test_slices_and_joins_keep_the_places(text: str, data: st.DataObject) -> None:
    source = Source("main.cf", text)
    cuts = st.integers(0, len(text))
    spans = [Span(*sorted(pair)) for pair in data.draw(st.lists(st.tuples(cuts, cuts), max_size=5))]
    whole = MappedText.join(
        [MappedText.of(source, spans), MappedText.unwritten("$x"), MappedText.of(source, spans[:2])]
    )
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(whole.text)), st.integers(0, len(whole.text)))))
    part = whole.slice(start, end)
    assert part.text == whole.text[start:end]
    assert [places(part, index) for index in range(end - start)] == [
        places(whole, index) for index in range(start, end)
    ]
    assert all(piece.offset < len(part.text) for piece in part.pieces)
    assert part.pieces[:1] == tuple(Piece(0, piece.source, piece.start) for piece in part.pieces[:1])


def places(value: MappedText, index: int) -> list[tuple[str, int, int]]:
    return [location.key for location in value.slice(index, index + 1).locations]


@given(texts)
def test_lists_are_cut_as_mystrtokq_cuts_them(text: str) -> None:
    assert [(word.start, word.end) for word in split_list(text)] == reference_words(text, LIST_SEPARATORS)


@given(texts)
def test_fields_are_cut_at_blanks_alone(text: str) -> None:
    assert [(word.start, word.end) for word in split_fields(text)] == reference_words(text, FIELD_SEPARATORS)


def reference_words(text: str, separators: str) -> list[tuple[int, int]]:
    return [(word[0].offset, word[-1].offset + 1) for word in split_words(written(text), separators)]


@given(texts)
def test_templates_are_cut_as_mac_parse_cuts_them(text: str) -> None:
    found: list[tuple[str, str]] = []
    for part in parse_template(text):
        shown = text[part.span.start : part.span.end]
        if part.kind == "text" and found and found[-1][0] == "text":
            found[-1] = ("text", found[-1][1] + shown)
        elif part.kind == "text" and shown:
            found.append(("text", shown))
        elif part.kind != "text":
            found.append((part.kind, part.name if part.kind == "reference" else shown))
    assert found == reference_template(text)


@given(texts.filter(bool))
def test_template_parts_tile_the_text(text: str) -> None:
    position = 0
    for part in parse_template(text):
        assert part.span.start == position < part.span.end
        position = part.span.end
        if part.kind == "text" and text[part.span.start] == "$":
            # One of the two signs of "$$" is the text.
            assert text[part.span.start : part.span.end + 1] == "$$"
            position += 1
    assert position == len(text)


def reference_template(text: str) -> list[tuple[str, str]]:
    """Text, references by their names, and everything else that starts with ``$`` as written: a form, or broken."""
    value = written(text)
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        start = position
        opening = text[start + 1 : start + 2]
        position += 1
        if text[start] != "$" or opening == "$":
            position = start + (2 if text[start] == "$" else 1)
            before = found.pop()[1] if found and found[-1][0] == "text" else ""
            found.append(("text", before + text[start]))
        elif opening in ("{", "("):
            end = closing(value, start + 1)
            inside = trimmed(value[start + 2 : end], FIELD_SEPARATORS)
            position = min(end + 1, len(text))
            if inside and name_at(inside, 0) == plain(inside) and end < len(text):
                found.append(("reference", plain(inside)))
            elif end == len(text) or end == start + 2:
                found.append(("broken", text[start:position]))
            else:
                found.append(("form", text[start:position]))
        elif name := name_at(value, start + 1):
            position += len(name)
            found.append(("reference", name))
        else:
            found.append(("broken", "$"))
    return found


@pytest.mark.long
@pytest.mark.parametrize("opening", ["{", "${", "$(", "(", "x{ ", "}{", "${x?{", "$({"])
@pytest.mark.parametrize("ending", ["", "}", ")"])
def test_deep_nesting_is_read(opening: str, ending: str) -> None:
    text = opening * 10_000 + ending * 10_000
    assert [(word.start, word.end) for word in split_list(text)] == reference_words(text, LIST_SEPARATORS)
    assert parse_template(text)[0].span.start == 0
    main = Source("main.cf", f"a = {text}\n")
    assert [definition.value.text for definition in parse_main_cf(main).definitions] == [text.rstrip(BLANKS)]
    master = Source("master.cf", f"smtp inet n - y - - smtpd -o a={text} -o {{ b = {text} }}\n")
    assert len(list(parse_master_cf(master).services)) == 1
