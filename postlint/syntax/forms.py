"""The ``$`` forms in brackets that are more than a name, taken apart as src/util/mac_expand.c does."""

import re
from typing import NamedTuple

from postlint.text import FIELD_SEPARATORS, Span

_BLANKS = re.compile(f"[{FIELD_SEPARATORS}]*+")
_NAME = re.compile(r"[A-Za-z0-9_]*+")
_OPERATOR = re.compile(r"[<>!=?+\-*/~&|%]*+")
_SUFFIX = re.compile(r"[A-Za-z0-9]*+")
_OPERATORS = ("==", "!=", "<", "<=", ">=", ">")


class FormError(ValueError):
    """Postfix dies on the form; the text says why, in its words."""


class Comparison(NamedTuple):
    """``{left} operator {right}``; ``level``: the operator compares compatibility levels."""

    left: Span
    operator: str
    level: bool
    right: Span


class Form(NamedTuple):
    """What stands between the brackets: a name, a comparison, or a function that is called with an argument.

    ``when_set`` and ``when_unset`` are what the form becomes when the name's value, or the comparison's "true", is not
    empty, and when it is; both None: the value itself.
    """

    name: str | None
    comparison: Comparison | None = None
    argument: Span | None = None
    when_set: Span | None = None
    when_unset: Span | None = None


def parse_form(text: str) -> Form:
    """The form ``text``, with its ``$`` and both brackets. Raises FormError."""
    end = len(text) - 1
    start = _skip(text, 2)
    name, comparison = None, None
    if text[start] == "{" and start < end:
        comparison, position = _comparison(text, start, end)
        if position < end and text[position] not in "?:":
            raise FormError(f'"?" or ":" expected at: "...}}>>>{text[position:end][:20]}"')
    else:
        match = _NAME.match(text, start, end)
        assert match is not None
        name, position = match[0], _skip(text, match.end())
        if position < end and text[position] == "{":
            return _call(text, name, position, end)
        if position < end and text[position] not in "?:":
            read, rest = text[2 : match.end()], text[match.end() : end]
            raise FormError(f'attribute name syntax error at: "...{read}>>>{rest[:20]}"')
    if position == end:
        return Form(name, comparison)
    when_set = None
    if text[position] == "?":
        when_set, position = _operand(text, position + 1, end)
        if position == end:
            return Form(name, comparison, when_set=when_set)
        if text[position] != ":":
            raise FormError(f'":" expected at: "...{_cut(text, when_set)}}}>>>{text[position:end][:20]}"')
    when_unset, position = _operand(text, position + 1, end)
    if position < end:
        raise FormError(f'unexpected input at: "...{_cut(text, when_unset)}}}>>>{text[position:end][:20]}"')
    return Form(name, comparison, when_set=when_set, when_unset=when_unset)


def _comparison(text: str, start: int, end: int) -> tuple[Comparison, int]:
    left, position = _braced(text, start, end)
    match = _OPERATOR.match(text, position, end)
    assert match is not None
    operator = match[0]
    if operator not in _OPERATORS:
        raise FormError(
            f'"==" or "!=" or "<" or ... expected at: "...{_cut(text, left)}}}>>>{text[position:end][:20]}"'
        )
    suffix = _SUFFIX.match(text, match.end(), end)
    assert suffix is not None
    if suffix[0] not in ("", "level"):
        raise FormError(f'bad operator suffix at: "...{operator}>>>{suffix[0]}"')
    brace = _skip(text, suffix.end())
    if brace == end or text[brace] != "{":
        raise FormError(
            f'"{{expression}}" expected at: "...{{{_cut(text, left)}}} {operator}>>>{text[suffix.end() : end][:20]}"'
        )
    right, position = _braced(text, brace, end)
    return Comparison(left, operator, bool(suffix[0]), right), position


def _call(text: str, name: str, brace: int, end: int) -> Form:
    argument, position = _braced(text, brace, end)
    if position < end:
        raise FormError(f'unexpected input at: "...{_cut(text, argument)}}}>>>{text[position:end][:20]}"')
    return Form(name, argument=argument)


def _operand(text: str, position: int, end: int) -> tuple[Span, int]:
    """A text in braces, else everything that is left, and where what follows starts."""
    brace = _skip(text, position)
    return _braced(text, brace, end) if brace < end and text[brace] == "{" else (Span(position, end), end)


def _braced(text: str, brace: int, end: int) -> tuple[Span, int]:
    """What stands in the braces that open at ``brace``, and where the text behind them and behind blanks starts."""
    length = closing_brace(text[brace:end])
    if length is None:
        raise FormError(f'unbalanced {{}} in attribute expression: "{text[brace:end]}"')
    return Span(brace + 1, brace + length), _skip(text, brace + length + 1)


def _skip(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    assert match is not None
    return match.end()


def _cut(text: str, span: Span) -> str:
    return text[span.start : span.end]


def closing_brace(text: str) -> int | None:
    """Where the brace stands that closes the first one, or None (src/util/balpar.c)."""
    level = 0
    for match in re.finditer("[{}]", text):
        level += 1 if match[0] == "{" else -1
        if level == 0:
            return match.start()
    return None
