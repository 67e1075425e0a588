"""The effective values: for people one line each with its origin, for programs a versioned JSON document."""

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

from postlint.configuration.effective import Shown, ShownService, Value
from postlint.output.text import printable
from postlint.syntax.nodes import ServiceDefinition
from postlint.text import FIELD_SEPARATORS, Location, MappedText

VERSION = 1
# Takes the name of a parameter, None for other text, and a text that may hold a key or a password.
Mask = Callable[[str | None, str], str]

_BOLD, _FAINT, _PLAIN = "\033[1m", "\033[2m", "\033[0m"
_FIELDS = ("name", "type", "private", "unprivileged", "chroot", "wakeup", "process_limit", "command")


def render(shown: Shown, mask: Mask, expand: bool = False, colour: bool = False) -> str:
    """One line a parameter, its origin in front, and below each service its overrides.

    Values are on one line, as postconf(1) shows them. Control characters are shown as ``\\xNN``.
    """
    lines = [(_origin(value), *_words(value, mask, expand)) for value in shown.main]
    if shown.main and shown.services:
        lines.append(("", "", ""))
    for service in shown.services:
        lines.append((_place(service.definition.location), _service_line(service, mask), ""))
        for value in service.overrides:
            name, rest = _words(value, mask, expand)
            lines.append((_origin(value), f"    {name}", rest))
    width = max((len(origin) for origin, _, _ in lines), default=0)
    return "".join(_line(*line, width, colour) for line in lines)


def render_json(shown: Shown, mask: Mask) -> str:
    """The document, with a line feed. Values are exact; ``expanded`` is null when it is not known here."""
    document = {
        "version": VERSION,
        "main": {value.name: _value(value, mask) for value in shown.main},
        "services": [_service(service, mask) for service in shown.services],
    }
    return json.dumps(document, indent=2) + "\n"


def _line(origin: str, name: str, rest: str, width: int, colour: bool) -> str:
    padding = " " * (width - len(origin))
    if not colour or not name:
        return f"{origin}{padding}  {name}{rest}".rstrip(" ") + "\n"
    return f"{_FAINT}{origin}{_PLAIN}{padding}  {_BOLD}{name}{_PLAIN}{rest}\n"


def _words(value: Value, mask: Mask, expand: bool) -> tuple[str, str]:
    """The name, and `` = value``."""
    if value.text is None and not (expand and value.expansion.known):
        return printable(value.name), " (worked out when Postfix starts)"
    text = value.expansion.text if expand and not value.expansion.error else value.text or ""
    return printable(value.name), f" = {_on_one_line(mask(value.name, text))}".rstrip(" ")


def _service_line(service: ShownService, mask: Mask) -> str:
    """The entry of master.cf without its overrides."""
    words = [field.text for field in service.definition.fields]
    texts = [argument.text for argument in _other_arguments(service.definition)]
    return _on_one_line(mask(None, " ".join([*words, *texts])))


def _other_arguments(definition: ServiceDefinition) -> Iterator[MappedText]:
    """The arguments that hold no override, without the -o in front of one."""
    starts = sorted(override.name_span.start for override in definition.overrides)
    holds = [
        any(bisect_left(starts, at.span.start) < bisect_left(starts, at.span.end) for at in argument.locations)
        for argument in definition.arguments
    ]
    for argument, held, following in zip(definition.arguments, holds, [*holds[1:], False], strict=False):
        if not held and not (following and argument.text == "-o"):
            yield argument


def _on_one_line(text: str) -> str:
    """Runs of blanks are one space, as postconf(1) shows them."""
    return printable(re.sub(f"[{FIELD_SEPARATORS}]+", " ", text)).strip(" ")


def _origin(value: Value) -> str:
    return _place(value.location) if value.location is not None else "default"


def _place(location: Location) -> str:
    return printable(f"{location.source.path}:{location.source.position(location.span.start)[0]}")


def _value(value: Value, mask: Mask) -> dict[str, Any]:
    def masked(text: str | None) -> str | None:
        return None if text is None else mask(value.name, text)

    return {
        "value": masked(value.text),
        "expanded": masked(value.expansion.known),
        "layer": value.layer,
        **_where(value.location),
    }


def _service(service: ShownService, mask: Mask) -> dict[str, Any]:
    definition = service.definition
    return {
        **{name: field.text for name, field in zip(_FIELDS, definition.fields, strict=True)},
        "arguments": [mask(None, argument.text) for argument in definition.arguments],
        **_where(definition.location),
        "overrides": {value.name: _value(value, mask) for value in service.overrides},
    }


def _where(location: Location | None) -> dict[str, Any]:
    if location is None:
        return {"path": None, "line": None}
    return {"path": location.source.path, "line": location.source.position(location.span.start)[0]}
