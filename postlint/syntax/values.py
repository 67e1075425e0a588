"""The ``$`` forms of a value, those that Postfix dies on, and the names in them (src/util/mac_expand.c)."""

import re
from collections import deque
from functools import lru_cache
from typing import Literal, NamedTuple

from postlint.syntax.forms import Form, FormError, parse_form
from postlint.syntax.parse import parse_template
from postlint.text import FIELD_SEPARATORS, Span

# Almost every value holds no other form than these; the parser would take twenty times as long to say so.
_NAME = rf"[{FIELD_SEPARATORS}]*+[A-Za-z0-9_]++[{FIELD_SEPARATORS}]*+"
_PLAIN = re.compile(rf"\$(?:\$|[A-Za-z0-9_]++|\{{{_NAME}\}}|\({_NAME}\))")
# Characters in forms that are looked into in all; forms in forms are read once for each level.
READ_LIMIT = 200_000
# inline:{...} is a table, not the second half of ${name?a:{b}}.
_TABLE = re.compile(r"(?:^|[, \t\r\n])(?:cidr|inline|pcre|pipemap|randmap|regexp|unionmap):$")


class Fault(NamedTuple):
    """A form in a value.

    ``kind``: Postfix dies on a "broken" one; a "function" is known from 3.11 on, and a comparison of compatibility
    levels, a "level", from 3.6 on; a "nameless" one is always empty, and a "ternary" is none. ``reason`` for a broken
    one: in Postfix's words. ``certain``: it stands in no branch.
    """

    kind: Literal["broken", "function", "level", "nameless", "ternary"]
    span: Span
    reason: str
    certain: bool


class Reference(NamedTuple):
    """Where a value names another one. ``certain``: it stands in no branch. ``shown``: nor is it only compared."""

    name: str
    span: Span
    certain: bool = True
    shown: bool = True


class _Text(NamedTuple):
    """A value, or a text in one of its forms; ``certain`` and ``shown`` as in Reference."""

    span: Span
    certain: bool = True
    shown: bool = True


class Forms(NamedTuple):
    """The forms of one value. ``length``: the characters outside them. ``comparison``: the first one that stands in no
    branch. ``read``: the characters in forms that were looked into. ``complete``: whether those are all.
    """

    faults: tuple[Fault, ...]
    references: tuple[Reference, ...]
    length: int
    comparison: Span | None = None
    read: int = 0
    complete: bool = True


@lru_cache(maxsize=4096)
def read_forms(text: str, limit: int = READ_LIMIT) -> Forms:
    """The ``$`` forms of a value. ``limit``: the characters in forms that may be looked into."""
    rest = _PLAIN.sub("", text)
    if "$" not in rest:
        names = (
            Reference(match[0].strip("${}()" + FIELD_SEPARATORS), Span(*match.span()))
            for match in _PLAIN.finditer(text)
            if match[0] != "$$"
        )
        return Forms((), tuple(names), len(rest))
    faults: list[Fault] = []
    references: list[Reference] = []
    comparison: Span | None = None
    length, read = 0, 0
    pending = deque([_Text(Span(0, len(text)))])
    while pending:
        inner = pending.popleft()
        start, end = inner.span
        read += end - start if end - start < len(text) else 0
        if read > limit:
            return Forms(tuple(faults), tuple(references), length, comparison, limit, complete=False)
        for part in parse_template(text[start:end]):
            span = Span(start + part.span.start, start + part.span.end)
            if part.kind == "text":
                length += span.end - span.start if inner.shown else 0
            elif part.kind == "reference":
                references.append(Reference(part.name, span, inner.certain, inner.shown))
            elif part.kind == "broken":
                # mac_parse() goes no further.
                faults.append(Fault("broken", span, part.name, inner.certain))
                break
            else:
                found, texts = _read_form(text, span, inner.certain)
                faults += found
                pending += texts
                if comparison is None and any(item.certain for item in texts):
                    comparison = span
    return Forms(tuple(faults), tuple(references), length, comparison, read)


def _read_form(text: str, span: Span, certain: bool) -> tuple[list[Fault], list[_Text]]:
    """The faults of a form itself, and the texts in it."""
    written = text[span.start : span.end]
    try:
        form = parse_form(written)
    except FormError as error:
        return [Fault("broken", span, re.split(r'(?: at)?: "', str(error))[0], certain)], []
    if form.argument is not None:
        return [Fault("function", span, form.name or "", certain)], []

    def inner(part: Span, certain: bool) -> _Text:
        return _Text(Span(span.start + part.start, span.start + part.end), certain, shown=False)

    operands = (form.comparison.left, form.comparison.right) if form.comparison else ()
    branches = (branch for branch in (form.when_set, form.when_unset) if branch is not None)
    texts = [*(inner(part, certain) for part in operands), *(inner(part, False) for part in branches)]
    if form.name == "":
        return [Fault("nameless", span, "", certain)], texts
    if _is_no_ternary(written, form):
        return [Fault("ternary", span, "", certain)], texts
    if form.comparison and form.comparison.level:
        return [Fault("level", span, f"{form.comparison.operator}level", certain)], texts
    return [], texts


def _is_no_ternary(written: str, form: Form) -> bool:
    """Whether it looks like ``${name?a:{b}}``, where all of ``a:{b}`` is one text."""
    branch = form.when_set
    if branch is None or branch.end < len(written) - 1:
        return False
    first, brace, rest = written[branch.start : branch.end].rstrip(FIELD_SEPARATORS).partition("{")
    first = first.rstrip(FIELD_SEPARATORS)
    return bool(brace) and first.endswith(":") and rest.endswith("}") and not _TABLE.search(first)
