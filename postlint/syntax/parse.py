"""Text to nodes, through the Lark grammars. No Lark type leaves this file."""

import re
from functools import lru_cache
from typing import NamedTuple

from lark import Token, Tree

from postlint.syntax.forms import FormError, closing_brace, parse_form
from postlint.syntax.grammars import grammar
from postlint.syntax.nodes import (
    MainCf,
    MainItem,
    MalformedLine,
    MasterCf,
    MasterItem,
    Override,
    ParameterDefinition,
    ServiceDefinition,
    StrayContinuation,
    Trivia,
    joined,
)
from postlint.text import BLANKS, FIELD_SEPARATORS, LIST_SEPARATORS, MappedText, Source, Span

_GETOPT_LETTERS_WITH_ARGUMENT = "imnst"


def _lines_of(name: str, source: Source) -> list[Token | Tree[Token]]:
    # The grammars want a line feed at the end; spans are cut back to the text.
    text = source.text if source.text.endswith("\n") or not source.text else source.text + "\n"
    return grammar(name).parse(text).children


def _span(source: Source, first: Token, last: Token) -> Span:
    assert first.start_pos is not None
    assert last.end_pos is not None
    return Span(first.start_pos, min(last.end_pos, len(source.text)))


@lru_cache(maxsize=4)
def parse_main_cf(source: Source) -> MainCf:
    """main.cf as nodes. Accepts every text; time and memory are linear in it."""
    items: list[MainItem] = []
    for child in _lines_of("main_cf", source):
        if isinstance(child, Tree):
            key, value = child.children
            assert isinstance(key, Token)
            assert isinstance(value, Token)
            span = _span(source, key, value)
            name = key[:-1].rstrip(BLANKS)
            body = Span(min(span.start + len(key), span.end), span.end)
            items.append(ParameterDefinition(source, span, name, Span(span.start, span.start + len(name)), body))
        elif child.type == "TRIVIA":
            items.append(Trivia(_span(source, child, child)))
        elif child.type == "STRAY":
            items.append(StrayContinuation(_span(source, child, child)))
        else:
            items.append(_parse_other_line(source, _span(source, child, child)))
    return MainCf(source, tuple(items))


def _parse_other_line(source: Source, span: Span) -> ParameterDefinition | MalformedLine:
    """A logical line whose ``=`` is not in its first physical line (src/util/split_nameval.c)."""
    line = joined(source, span)
    match = re.match(r"([^ \t\r\n\v\f=]*)[ \t\r\n\v\f]*(=?)", line.text)
    assert match is not None
    if not match[1]:
        return MalformedLine(span, "missing attribute name")
    if not match[2]:
        return MalformedLine(span, "missing '=' after attribute name")
    name_span = Span(span.start, span.start + len(match[1]))
    equals = line.slice(match.end() - 1, match.end()).locations[0]
    return ParameterDefinition(source, span, match[1], name_span, Span(equals.span.end, span.end))


@lru_cache(maxsize=4)
def parse_master_cf(source: Source) -> MasterCf:
    """master.cf as nodes. Accepts every text; time and memory are linear in it."""
    items: list[MasterItem] = []
    for child in _lines_of("master_cf", source):
        assert isinstance(child, Token)
        span = _span(source, child, child)
        if child.type == "TRIVIA":
            items.append(Trivia(span))
        elif child.type == "STRAY":
            items.append(StrayContinuation(span))
        else:
            items.append(_parse_service(source, span))
    return MasterCf(source, tuple(items))


def _parse_service(source: Source, span: Span) -> ServiceDefinition:
    line = joined(source, span)
    words = [line.slice(word.start, word.end) for word in split_fields(line.text)]
    fields, arguments = tuple(words[:8]), tuple(words[8:])
    overrides, fatal = _parse_overrides(source, arguments)
    return ServiceDefinition(source, span, fields, arguments, overrides, _field_error(fields) or fatal)


# (field number, name in messages, legal values): src/postconf/postconf_master.c.
_FIELD_VALUES = (
    (1, "type", r"inet|unix|unix-dgram|fifo|pass"),
    (2, "private", r"[yn-]"),
    (3, "unprivileged", r"[yn-]"),
    (4, "chroot", r"[yn-]"),
    (5, "wakeup", r"[0-9]+\??|-\??"),
    (6, "process_limit", r"[0-9]+|-"),
)


def _field_error(fields: tuple[MappedText, ...]) -> str | None:
    if len(fields) < 8:
        return "bad field count"
    for index, name, legal in _FIELD_VALUES:
        if not re.fullmatch(legal, fields[index].text):
            return f'invalid {name} field "{fields[index].text}"'
    return None


def _parse_overrides(source: Source, arguments: tuple[MappedText, ...]) -> tuple[tuple[Override, ...], str | None]:
    """The ``-o`` settings among a daemon's arguments, found as getopt(3) finds them, and what master dies on."""
    unpacked = [unpack(argument) for argument in arguments]
    fatal = next((error for _, _, error in unpacked if error), None)
    overrides: list[Override] = []
    remaining = [(word.slice(0, 0) if error else word, braced) for word, braced, error in reversed(unpacked)]
    while remaining:
        word, _ = remaining.pop()
        if not word.text.startswith("-") or word.text in ("-", "--"):
            break
        for position in range(1, len(word.text)):
            letter = word.text[position]
            if letter == "o" or letter in _GETOPT_LETTERS_WITH_ARGUMENT:
                value, braced, error = unpack(word.slice(position + 1, len(word.text)))
                if error:
                    break  # joined to its letter, so master passes it on as it is
                if not value.text and not braced and remaining:
                    value, braced = remaining.pop()
                setting = _parse_setting(source, value, braced) if letter == "o" else None
                if setting is not None:
                    overrides.append(setting)
                break
    return tuple(overrides), fatal


def unpack(word: MappedText) -> tuple[MappedText, bool, str | None]:
    """A word without the braces that protect its blanks (src/util/extpar.c); whether it had some; what is wrong."""
    if not word.text.startswith("{"):
        return word, False, None
    end = closing_brace(word.text)
    if end is None:
        return word, True, f"missing '}}' in \"{word.text}\""
    if end != len(word.text) - 1:
        return word, True, f"syntax error after '}}' in \"{word.text}\""
    return word.slice(1, end).trimmed(), True, None


def _parse_setting(source: Source, word: MappedText, braced: bool) -> Override | None:
    """``name=value``; blanks around the ``=`` only inside braces."""
    match = re.match(r"([^ \t\r\n\v\f=]+)[ \t\r\n\v\f]*=", word.text)
    if match is None:
        return None
    value = word.slice(match.end(), len(word.text)).trimmed()
    name = word.slice(0, len(match[1])).locations[0].span
    equals = word.slice(match.end() - 1, match.end()).locations[0].span
    return Override(source, match[1], name, equals, value, "long" if braced else "short")


@lru_cache(maxsize=4096)
def split_list(text: str) -> tuple[Span, ...]:
    """The words of a list: cut at commas and blanks outside braces (CHARS_COMMA_SP, mystrtokq)."""
    return _words(text, commas_separate=True)


@lru_cache(maxsize=4096)
def split_fields(text: str) -> tuple[Span, ...]:
    """The fields of a master.cf entry: cut at blanks outside braces (CHARS_SPACE, mystrtokq)."""
    return _words(text, commas_separate=False)


def _words(text: str, commas_separate: bool) -> tuple[Span, ...]:
    if "{" not in text and "}" not in text:  # the common case, in a tenth of the time
        separators = LIST_SEPARATORS if commas_separate else FIELD_SEPARATORS
        return tuple(Span(*match.span()) for match in re.finditer(f"[^{separators}]+", text))
    words: list[Span] = []
    start: int | None = None
    for child in grammar("value").parse(text, start="words").children:
        token = child.children[0] if isinstance(child, Tree) else child
        assert isinstance(token, Token)
        assert token.start_pos is not None
        if token.type == "SPACES" or (token.type == "COMMAS" and commas_separate):
            if start is not None:
                words.append(Span(start, token.start_pos))
            start = None
        elif start is None:
            start = token.start_pos
    if start is not None:
        words.append(Span(start, len(text)))
    return tuple(words)


class TemplatePart(NamedTuple):
    """A stretch of a value as written.

    ``kind``: "text"; "reference" to ``name``; "form" for everything in brackets that is more than a name; "broken" for
    what Postfix dies on before it looks into any brackets, and ``name`` is the reason in its words. ``span`` for text
    of ``$$`` is one of the two signs.
    """

    kind: str
    span: Span
    name: str = ""


@lru_cache(maxsize=4096)
def parse_template(text: str) -> tuple[TemplatePart, ...]:
    """The ``$`` forms of a value and the text between them (src/util/mac_parse.c)."""
    if "$" not in text:
        return (TemplatePart("text", Span(0, len(text))),)
    children = grammar("value").parse(text, start="template").children
    starts: list[int] = []
    for child in children:
        token = child.children[0] if isinstance(child, Tree) else child
        assert isinstance(token, Token)
        assert token.start_pos is not None
        starts.append(token.start_pos)
    parts: list[TemplatePart] = []
    for child, start, end in zip(children, starts, [*starts[1:], len(text)], strict=True):
        if isinstance(child, Tree) and child.data in ("open_brace_form", "open_paren_form"):
            parts.append(TemplatePart("broken", Span(start, end), "truncated macro reference"))
        elif isinstance(child, Tree) and end - start > len("${}"):
            parts.append(TemplatePart("form", Span(start, end)))
        elif isinstance(child, Tree) or child.type == "NO_REFERENCE":
            parts.append(TemplatePart("broken", Span(start, end), "empty macro name"))
        elif child.type == "REFERENCE":
            parts.append(TemplatePart("reference", Span(start, end), child.strip("${}()" + FIELD_SEPARATORS)))
        elif child.type == "ESCAPED":
            parts.append(TemplatePart("text", Span(start, start + 1)))
        else:
            parts.append(TemplatePart("text", Span(start, end)))
    return tuple(parts)


def form_branches(form: MappedText) -> tuple[MappedText, ...]:
    """The texts that a conditional form can become besides nothing; none for a form that Postfix dies on."""
    try:
        parsed = parse_form(form.text)
    except FormError:
        return ()
    return tuple(form.slice(*span) for span in (parsed.when_set, parsed.when_unset) if span is not None)
