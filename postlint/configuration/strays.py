"""Characters in a definition of main.cf that are not what they look like, or mean nothing to Postfix."""

import re

from postlint.syntax.nodes import ParameterDefinition, text_lines
from postlint.text import MappedText

# What editors and web pages put where a space belongs, and what cannot be seen at all.
FALSE_BLANK = re.compile("[\u00a0\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]")
# One that is followed by text of the same line.
CARRIAGE_RETURN = re.compile(r"(?<=[^ \t\r\n\v\f])[ \t\v\f]*+\r[ \t\r\v\f]*+(?=[^ \t\r\n\v\f])")
# At the end of a line, where a shell would continue it.
BACKSLASH = re.compile(r"(?<=[ \t,=])\\(?=[ \t\r\v\f]*+\Z)")


def is_quoted(value: MappedText) -> bool:
    """Whether quotes stand around the whole of a value, and nowhere else in it."""
    quote = value.text[:1]
    return len(value.text) > 1 and quote in ("'", '"') and value.text.endswith(quote) and value.text.count(quote) == 2


def has_stray_character(node: ParameterDefinition) -> bool:
    """Whether any of these stands in a value that holds no restrictions and is read by no shell. A NUL only ends it."""
    if is_quoted(node.value):
        return True
    for line in text_lines(node.source, node.span):
        text, nul, _ = node.source.text[line.start : line.end].partition("\0")
        if any(shape.search(text) for shape in (FALSE_BLANK, CARRIAGE_RETURN, BACKSLASH)):
            return True
        if nul:
            break
    return False
