"""Definitions that are no definitions, because a blank in front makes them part of the value above."""

import re
from collections.abc import Iterator

from postlint.facts.parameters import is_parameter, is_service_parameter
from postlint.syntax.nodes import ParameterDefinition
from postlint.text import Span

# A continuation line cannot start with the name of a parameter and " =" by chance: debugger_command has PATH=..., and
# in postscreen_dnsbl_sites the sign stands right behind the name.
_DEFINITION = re.compile(r"\n[ \t\r\v\f]++([A-Za-z0-9_.-]++)[ \t\r\v\f]++=")


def swallowed_names(node: ParameterDefinition) -> Iterator[Span]:
    """Where the names of parameters stand that lines of a value set as if they were logical lines of their own.

    Lines inside ``{...}`` are left out.
    """
    start = node.body.start
    text = node.source.text[start : node.body.end]
    depth, position = 0, 0
    for match in _DEFINITION.finditer(text) if "=" in text else ():
        # mystrtokq() counts this way (src/util/mystrtok.c).
        for brace in re.findall("[{}]", text[position : match.start()]):
            depth = depth + 1 if brace == "{" else max(depth - 1, 0)
        position = match.start()
        if depth == 0 and (is_parameter(match[1]) or is_service_parameter(match[1])):
            yield Span(start + match.start(1), start + match.end(1))
