"""Values with every ``$`` form replaced, as src/util/mac_expand.c does it."""

import re
from collections.abc import Callable
from typing import NamedTuple

from postlint.syntax.forms import Comparison, Form, FormError, parse_form
from postlint.syntax.numbers import read_level
from postlint.syntax.parse import TemplatePart, parse_template
from postlint.target import PostfixVersion
from postlint.text import FIELD_SEPARATORS, Span, encode

_FIRST_WITH_FUNCTIONS = PostfixVersion(3, 11)
_FIRST_WITH_LEVELS = PostfixVersion(3, 6)

# mac_expand() gives up on what lies deeper.
_DEEPEST = 100
# It starts to count anew inside a comparison; nobody nests those as deep as this.
_DEEPEST_COMPARISONS = 50
# Far beyond any real value; stops a = $b$b, b = $c$c, ... from filling the memory.
_LENGTH_LIMIT = 100_000
_LONGEST_MESSAGE = 300
_LARGEST_NUMBER = 2**63 - 1
_COMPARE: dict[str, Callable[[int], bool]] = {
    "==": lambda difference: difference == 0,
    "!=": lambda difference: difference != 0,
    "<": lambda difference: difference < 0,
    "<=": lambda difference: difference <= 0,
    ">=": lambda difference: difference >= 0,
    ">": lambda difference: difference > 0,
}


class RunTime(NamedTuple):
    """Stands for a value that is known only to the running program, and is not empty."""


class Expansion(NamedTuple):
    """What becomes of a value.

    ``unknown``: the names that only the running program can replace, and the functions that only it can call; what they
    stand in is left in the text. ``error``: why Postfix dies on the value, in its words, or why it is not followed;
    there is no text then.
    """

    text: str
    unknown: frozenset[str] = frozenset()
    error: str | None = None

    @property
    def known(self) -> str | None:
        """The text when all of it is known."""
        return None if self.error or self.unknown else self.text


class _Part(NamedTuple):
    """``height``: how many levels of forms lie above the innermost text; -1 when there is no text at all."""

    text: str
    unknown: frozenset[str]
    height: int


class _Failure(Exception):
    """Why there is no expansion."""


class _TooDeep(_Failure):
    """The value lies too deep, or names itself."""

    def __init__(self, name: str = "") -> None:
        super().__init__(f'unreasonable macro call nesting: "{name}"' if name else "unreasonable macro call nesting")


class Expander:
    """Replaces the ``$`` forms in values.

    ``lookup`` gives the value of a name; None: it has none. ``version``: None for the newest; ``${name{text}}`` calls a
    function from 3.11 on, and compatibility levels are compared from 3.6 on.
    """

    def __init__(self, lookup: Callable[[str], str | RunTime | None], version: PostfixVersion | None = None) -> None:
        self._lookup = lookup
        self._functions = version is None or version >= _FIRST_WITH_FUNCTIONS
        self._levels = version is None or version >= _FIRST_WITH_LEVELS
        self._values: dict[str, _Part] = {}
        self._open: set[str] = set()
        # From which level on a name's value lies too deep.
        self._too_deep: dict[str, int] = {}

    def expand(self, value: str) -> Expansion:
        """The value with its ``$`` forms replaced."""
        self._open.clear()
        try:
            part = self._expanded(value, 0, 0)
        except (_Failure, FormError) as error:
            return Expansion("", error=_shortened(str(error)))
        except RecursionError:
            # Comparisons in a row, each behind a long chain of names, which Postfix would follow.
            return Expansion("", error="too many forms in forms, which is not followed")
        return Expansion(part.text, part.unknown)

    def _expanded(self, value: str, level: int, comparisons: int) -> _Part:
        """``level``: how many forms this value stands in, since the last of so many ``comparisons``."""
        if (value and level > _DEEPEST) or comparisons > _DEEPEST_COMPARISONS:
            raise _TooDeep
        texts: list[str] = []
        unknown: frozenset[str] = frozenset()
        height, length = -1, 0
        for template in parse_template(value):
            if template.kind == "broken":
                raise _Failure(f'{template.name}: "{value}"')
            part = self._replaced(value, template, level, comparisons)
            texts.append(part.text)
            unknown |= part.unknown
            height = max(height, part.height)
            length += len(part.text)
            if length > _LENGTH_LIMIT + len(value):
                raise _Failure(f"it grows by more than {_LENGTH_LIMIT:,} characters")
        if level + height > _DEEPEST:
            raise _TooDeep
        return _Part("".join(texts), unknown, height)

    def _replaced(self, value: str, part: TemplatePart, level: int, comparisons: int) -> _Part:
        text = value[part.span.start : part.span.end]
        if part.kind == "text":
            return _Part(text, frozenset(), 0 if text else -1)
        if part.kind == "reference":
            return self._value_of(part.name, level, comparisons)
        form = parse_form(text)
        if form.argument is not None and form.name is not None:
            if not self._functions:
                raise _Failure(f'attribute name syntax error at: "...{form.name}>>>{{"')
            return _Part(text, frozenset({form.name}), 0)
        return self._form(text, form, level, comparisons)

    def _form(self, text: str, form: Form, level: int, comparisons: int) -> _Part:
        if form.name is not None:
            found = self._lookup(form.name)
            true = bool(found) or isinstance(found, RunTime)
        else:
            assert form.comparison is not None
            if form.comparison.level and not self._levels:
                raise _unknown_operator(text, form.comparison)
            left, right = (
                self._expanded(_cut(text, span), 0, comparisons + 1)
                for span in (form.comparison.left, form.comparison.right)
            )
            if left.unknown or right.unknown:
                return _Part(text, left.unknown | right.unknown, 0)
            compare = _difference_of_levels if form.comparison.level else _difference
            true = _COMPARE[form.comparison.operator](compare(left.text, right.text))
        if form.when_set is form.when_unset is None:
            return self._bare(form, true, level, comparisons)
        branch = form.when_set if true else form.when_unset
        if branch is None:
            return _Part("", frozenset(), 0)
        return _above(self._expanded(_cut(text, branch), level + 1, comparisons))

    def _bare(self, form: Form, true: bool, level: int, comparisons: int) -> _Part:
        """A form without branches, such as ``${{a} == {b}}``."""
        if form.name is not None:
            return self._value_of(form.name, level, comparisons)
        return _Part("true", frozenset(), 1) if true else _Part("", frozenset(), 0)

    def _value_of(self, name: str, level: int, comparisons: int) -> _Part:
        value = self._lookup(name)
        if isinstance(value, RunTime):
            return _Part(f"${name}", frozenset({name}), 0)
        if not value:
            return _Part("", frozenset(), 0)
        if name not in self._values:
            if name in self._open or level >= self._too_deep.get(name, level + 1):
                raise _TooDeep(name)
            self._open.add(name)
            try:
                self._values[name] = self._expanded(value, level + 1, comparisons)
            except _TooDeep:
                self._too_deep[name] = level
                raise
            self._open.remove(name)
        return _above(self._values[name])


def _unknown_operator(text: str, comparison: Comparison) -> _Failure:
    operator = comparison.operator
    rest = text[comparison.left.end + 1 : -1].lstrip(FIELD_SEPARATORS).removeprefix(operator)[:20]
    return _Failure(f'"{{expression}}" expected at: "...{{{_cut(text, comparison.left)}}} {operator}>>>{rest}"')


def _shortened(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}..."


def _above(part: _Part) -> _Part:
    return part._replace(height=part.height + 1)


def _cut(text: str, span: Span) -> str:
    return text[span.start : span.end]


def _difference(left: str, right: str) -> int:
    """Below, at or above 0: of numbers when both sides are all digits, else of bytes."""
    if re.fullmatch("[0-9]+", left) and re.fullmatch("[0-9]+", right):
        return _number(left) - _number(right)
    first, second = encode(left), encode(right)
    return (first > second) - (first < second)


def _number(text: str) -> int:
    # Python refuses to read very long numbers.
    digits = text.lstrip("0")[:20] or "0"
    if int(digits) > _LARGEST_NUMBER:
        raise _Failure(f"mac_exp_eval: bad conversion: {text}")
    return int(digits)


def _difference_of_levels(left: str, right: str) -> int:
    first, second = _level(left), _level(right)
    return (first > second) - (first < second)


def _level(text: str) -> tuple[int, ...]:
    level = read_level(text)
    if level is None:
        raise _Failure(f'malformed compatibility level syntax: "{text}"')
    return level
