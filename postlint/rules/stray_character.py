"""stray-character: a character that is not what it looks like, or means nothing to Postfix."""

from collections.abc import Iterator

from postlint.configuration.deletions import deletion_from
from postlint.configuration.strays import BACKSLASH, CARRIAGE_RETURN, FALSE_BLANK, is_quoted
from postlint.diagnostics import Diagnostic, Severity
from postlint.facts.parameters import value_class
from postlint.facts.restrictions import RESTRICTION_LISTS
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, help_of
from postlint.syntax.nodes import ParameterDefinition, text_lines
from postlint.text import BLANKS, Location, Span

_BOM = "\ufeff"
# A shell reads these values, and it knows quotes and backslashes.
_SHELL = "_command"


@rule(
    name="stray-character",
    category="syntax",
    severity=Severity.ERROR,
    summary="a character of main.cf is not what it looks like, or means nothing to Postfix",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad(
            "mydestination = example.com,\0 example.net\n  # The old name.\n  example.org\nmyorigin = example.com\n",
            fixed="mydestination = example.com,\n  # The old name.\nmyorigin = example.com\n",
        ),
        Bad("mydestination = example.com, \\\n  example.net\n"),
        Bad("myorigin = example.com\0\n", severity=Severity.WARNING, fixed="myorigin = example.com\n"),
        Bad("\ufeffmyhostname = mx.example.com\n"),
        Bad("mynetworks = 127.0.0.0/8,\u00a0192.0.2.0/24\n"),
        Bad("mail_name = Example\u00a0Mail\n", severity=Severity.WARNING),
        Bad("myhostname = mx.example.com\rmyorigin = example.com\r"),
        Bad('smtpd_helo_required = "yes"\n'),
        Bad('smtpd_banner = "$myhostname ESMTP"\n', severity=Severity.WARNING),
        Good('mailbox_command = "/usr/bin/procmail"\nheader_checks = pcre:{ { /a\\.b/ = REJECT "c" } }\n'),
        Good("mydestination = example.com,\r\n\texample.net\r\n"),
        Good("# \ufeff \u00a0 \0 \\\nmyorigin = example.com\n # \0\n"),
    ),
)
def stray_character(context: Context) -> Iterator[Diagnostic]:
    """Postfix reads bytes. A NUL ends the logical line, and what follows is lost, continuation lines included. A byte
    order mark, as some editors write it, belongs to the first name of the file, so that parameter keeps its default. A
    no-break space is no blank and separates nothing. A carriage return ends no line: alone, it makes one value of two
    lines. In front of a line feed it is harmless and is not reported.

    Nor does Postfix have a backslash that continues a line, or quotes: both are part of the value. Values that a shell
    reads, as that of mailbox_command, are left alone; in restriction lists unknown-restriction tells of such words.

    The fix removes a NUL with the text that is lost. For the others there is none: the value would be another one.
    """
    main = context.configuration.main
    if main is None:
        return
    if main.source.text.startswith(_BOM):
        yield _diagnostic(
            Severity.ERROR,
            Location(main.source, Span(0, 1)),
            "the file starts with a byte order mark, which Postfix takes for a part of its first line",
            "save the file as UTF-8 without a byte order mark",
        )
    for node in main.definitions:
        yield from _in_definition(node)


def _in_definition(node: ParameterDefinition) -> Iterator[Diagnostic]:
    lines = text_lines(node.source, node.span)
    for line in lines:
        nul = node.source.text.find("\0", line.start, line.end)
        if nul >= 0:
            yield _nul(node, nul)
            return
    yield from _carriage_return(node, lines)
    yield from _false_blank(node, lines)
    if node.name not in RESTRICTION_LISTS and not node.name.endswith(_SHELL):
        yield from _shell_characters(node, lines)


def _nul(node: ParameterDefinition, nul: int) -> Diagnostic:
    lost = any(
        node.source.text[max(line.start, nul + 1) : line.end].strip(BLANKS + "\0")
        for line in text_lines(node.source, node.span)
    )
    what = "what follows in this logical line is lost" if lost else "the logical line ends here"
    fix = fix_of("remove it with the text that is lost", deletion_from(node, nul))
    return Diagnostic(
        rule="stray-character",
        severity=Severity.ERROR if lost else Severity.WARNING,
        message=f"a NUL stands in the value of {node.name}: {what}",
        location=Location(node.source, Span(nul, nul + 1)),
        help=help_of(fix.title, fix),
        fix=fix,
    )


def _carriage_return(node: ParameterDefinition, lines: list[Span]) -> Iterator[Diagnostic]:
    for line in lines:
        match = CARRIAGE_RETURN.search(node.source.text, line.start, line.end)
        if match is not None:
            at = node.source.text.index("\r", match.start())
            yield _diagnostic(
                Severity.ERROR,
                Location(node.source, Span(at, at + 1)),
                f"a carriage return alone ends no line: what follows it is part of the value of {node.name}",
                "end each line with a line feed",
            )
            return


def _false_blank(node: ParameterDefinition, lines: list[Span]) -> Iterator[Diagnostic]:
    for line in lines:
        match = FALSE_BLANK.search(node.source.text, max(line.start, 1), line.end)
        if match is None:
            continue
        named = f"U+{ord(match[0]):04X}"
        if match.start() < node.name_span.end:
            message = f"{named} is no blank to Postfix: it belongs to the name of the parameter"
            severity, cure = Severity.ERROR, "remove it"
        elif node.name in RESTRICTION_LISTS:
            return
        else:
            message = f"{named} is no blank to Postfix: it is part of a word in the value of {node.name}"
            severity, cure = _severity(node), "write a space there"
        yield _diagnostic(severity, Location(node.source, Span(*match.span())), message, cure)
        return


def _shell_characters(node: ParameterDefinition, lines: list[Span]) -> Iterator[Diagnostic]:
    for line in lines:
        text = node.source.text[line.start : line.end]
        match = BACKSLASH.search(text) if "\\" in text else None
        if match is not None:
            at = line.start + match.start()
            yield _diagnostic(
                _severity(node),
                Location(node.source, Span(at, at + 1)),
                f"a backslash continues no line: it is part of the value of {node.name}",
                "remove it, and start the line below with a blank",
            )
            return
    if is_quoted(node.value):
        yield _diagnostic(
            _severity(node),
            node.value.locations[0],
            f"Postfix has no quotes: they are part of the value of {node.name}",
            "remove the quotes",
        )


def _severity(node: ParameterDefinition) -> Severity:
    """A warning where any text may be a value."""
    return Severity.WARNING if value_class(node.name) is None else Severity.ERROR


def _diagnostic(severity: Severity, location: Location, message: str, cure: str) -> Diagnostic:
    return Diagnostic(rule="stray-character", severity=severity, message=message, location=location, help=cure)
