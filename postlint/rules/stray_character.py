"""stray-character: a character that is not what it looks like, or means nothing to Postfix."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from postlint.configuration.deletions import deletion_from
from postlint.configuration.options import options_of
from postlint.configuration.outcomes import items_after
from postlint.configuration.rewriting import Obstacle
from postlint.configuration.strays import BACKSLASH, CARRIAGE_RETURN, FALSE_BLANK, is_quoted
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix, Rewrite
from postlint.facts.parameters import value_class
from postlint.facts.restrictions import RESTRICTION_LISTS
from postlint.facts.services import takes_no_arguments
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.remaking import Remaking, fixes_of, remaking
from postlint.rules.repairs import help_of
from postlint.syntax.nodes import Override, ParameterDefinition, ServiceDefinition, text_lines
from postlint.text import BLANKS, Location, Source, Span

_Item = ParameterDefinition | ServiceDefinition
_BOM = "\ufeff"
# Of any of the characters that this rule looks for one has to be there.
_SUSPECT = re.compile(rf"[\0\r\\'\"{FALSE_BLANK.pattern[1:-1]}]")
_ZERO_WIDTH = "\u200b\u2060\ufeff"
# Those in front of a text that starts a line of its own. In master.cf the others are blanks and do no harm.
_RETURN_BEFORE_LINE = re.compile(r"(?<=[^ \t\r\n\v\f])[ \t\v\f]*+\r(?:[ \t\r\v\f]*\r)?(?=[^ \t\r\n\v\f])")
# A shell reads these values, and it knows quotes and backslashes.
_SHELL = "_command"
# Values that reach a client, a sender or a shell with the carriage returns between their lines.
_SHOWN = frozenset(
    (
        "default_rbl_reply",
        "mailbox_command",
        "postscreen_greet_banner",
        "postscreen_reject_footer",
        "smtpd_banner",
        "smtpd_reject_footer",
    )
)
_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_REASON = "then another value is in force"


class _Found(NamedTuple):
    """A stray character, and the rewrites that would mend what it stands in; ``item`` None: Postfix dies on that."""

    item: _Item | None
    severity: Severity
    location: Location
    message: str
    cure: str
    rewrites: tuple[Rewrite, ...]
    safe: bool = False


@rule(
    name="stray-character",
    category="syntax",
    severity=Severity.ERROR,
    summary="a character is not what it looks like, or means nothing to Postfix",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad(
            "mydestination = example.com,\0 example.net\n  # The old name.\n  example.org\nmyorigin = example.com\n",
            fixed="mydestination = example.com,\n  # The old name.\nmyorigin = example.com\n",
        ),
        Bad(
            "mydestination = example.com, \\\n  example.net\n",
            fixed="mydestination = example.com,\n  example.net\n",
            unsafe=True,
        ),
        Bad("myorigin = example.com\0\n", severity=Severity.WARNING, fixed="myorigin = example.com\n"),
        Bad("\ufeffmyhostname = mx.example.com\n", fixed="myhostname = mx.example.com\n", unsafe=True),
        Bad("\ufeff# main.cf\nmyhostname = mx.example.com\n"),
        Bad(
            f"{_GUARD}mynetworks = 127.0.0.0/8,\u00a0192.0.2.0/24\n",
            fixed=f"{_GUARD}mynetworks = 127.0.0.0/8, 192.0.2.0/24\n",
            unsafe=True,
        ),
        Bad(
            "mail_name = Example\u00a0Mail\n",
            severity=Severity.WARNING,
            fixed="mail_name = Example Mail\n",
            unsafe=True,
        ),
        Bad(
            "myhostname = mx.example.com\rmyorigin = example.com\r",
            fixed="myhostname = mx.example.com\nmyorigin = example.com\r",
            unsafe=True,
        ),
        Bad(
            "smtpd_banner = mx.example.com\r\n  ESMTP\r\n",
            severity=Severity.WARNING,
            fixed="smtpd_banner = mx.example.com\n  ESMTP\r\n",
        ),
        Bad('smtpd_helo_required = "yes"\n', fixed="smtpd_helo_required = yes\n", unsafe=True),
        Bad(
            'smtpd_banner = "$myhostname ESMTP"\n',
            severity=Severity.WARNING,
            fixed="smtpd_banner = $myhostname ESMTP\n",
            unsafe=True,
        ),
        Bad(
            _GUARD,
            "smtp inet n - y - - smtpd \\\n  -o smtpd_helo_required=yes\n",
            fixed_master="smtp inet n - y - - smtpd\n  -o smtpd_helo_required=yes\n",
            unsafe=True,
        ),
        Bad(
            _GUARD,
            "smtp inet n - y - - smtpd -o\u00a0smtpd_helo_required=yes\n",
            fixed_master="smtp inet n - y - - smtpd -o smtpd_helo_required=yes\n",
            unsafe=True,
        ),
        Good('mailbox_command = "/usr/bin/procmail"\nheader_checks = pcre:{ { /a\\.b/ = REJECT "c" } }\n'),
        Good("mydestination = example.com,\r\n\texample.net\r\n", "smtp inet n - y - - smtpd\r\n  -o a=b\r\n"),
        Good("# \ufeff \u00a0 \0 \\\nmyorigin = example.com\n # \0\n"),
    ),
)
def stray_character(context: Context) -> Iterator[Diagnostic]:
    """Postfix reads bytes. A NUL ends the logical line, and what follows is lost, continuation lines included. A byte
    order mark, as some editors write it, belongs to the first word of the file: that parameter keeps its default, and
    master dies on that service. A no-break space is no blank and separates nothing; in `-o name=value` it becomes part
    of the name, and the setting is silently lost. A carriage return ends no line: alone, it makes one value of two
    lines. In front of a line feed it is a blank and harmless, except between the lines of a text that is shown or run,
    such as smtpd_banner: clients get it in the middle of the greeting.

    Nor does Postfix have a backslash that continues a line, or quotes: both are part of the value, and in master.cf the
    backslash is an argument, on which smtpd dies. Values that a shell reads, as that of mailbox_command, are left
    alone; in restriction lists unknown-restriction tells of such words.

    The fix removes a NUL with the text that is lost, and the carriage returns of a shown text; no message is refused
    or accepted for that. For the others it is unsafe: another value is in force then. There is none where strangers
    might relay then, and none for a byte order mark in front of a comment: Postfix dies on that line.
    """
    for file in (context.configuration.main, context.configuration.master):
        if file is not None and file.source.text.startswith(_BOM) and not isinstance(file.items[0], _Item):
            yield _diagnostic(_byte_order_mark(file.source, None), Obstacle("Postfix dies on that line"))
    services = context.configuration.services
    definitions = context.configuration.main.definitions if context.configuration.main else ()
    found: list[_Found] = []
    for item in (*definitions, *services):
        if not _SUSPECT.search(item.source.text, *item.span):
            continue
        nul = _nul_in(item)
        if nul is not None:
            found.append(_nul(item, nul))
        found.extend(_in_item(item, nul))
    # One fix for all that is mended in one way in one place, so that none has to wait for another.
    groups: dict[tuple[_Item | None, bool], list[_Found]] = {}
    for stray in found:
        if not context.is_suppressed("stray-character", stray.location):
            groups.setdefault((stray.item, stray.safe), []).append(stray)
    fixes = fixes_of(context, {key: _plan(context, strays) for key, strays in groups.items()}, _REASON)
    for stray in found:
        yield _diagnostic(stray, fixes.get((stray.item, stray.safe), Obstacle("a comment speaks of it")))


def _nul_in(item: _Item) -> int | None:
    places = (item.source.text.find("\0", *line) for line in text_lines(item.source, item.span))
    return next((place for place in places if place >= 0), None)


def _nul(item: _Item, nul: int) -> _Found:
    lost = any(
        item.source.text[max(line.start, nul + 1) : line.end].strip(BLANKS + "\0")
        for line in text_lines(item.source, item.span)
    )
    what = "what follows in this logical line is lost" if lost else "the logical line ends here"
    return _Found(
        item,
        Severity.ERROR if lost else Severity.WARNING,
        Location(item.source, Span(nul, nul + 1)),
        f"a NUL stands in {_whole(item)}: {what}",
        "remove it with the text that is lost",
        (deletion_from(item, nul).rewrite,),
        safe=True,
    )


def _whole(item: _Item) -> str:
    return f"the value of {item.name}" if isinstance(item, ParameterDefinition) else f"the entry of {item.identity}"


def _in_item(item: _Item, nul: int | None) -> Iterator[_Found]:
    lines = text_lines(item.source, item.span)
    if nul is not None:
        lines = [Span(line.start, min(line.end, nul)) for line in lines if line.start <= nul]
    if item.span.start == 0 and item.source.text.startswith(_BOM):
        yield _byte_order_mark(item.source, item)
    yield from _carriage_return(item, lines)
    yield from _false_blank(item, lines)
    if isinstance(item, ServiceDefinition):
        yield from _backslash(item, lines)
        for override in item.overrides:
            yield from _in_value(item, override)
        return
    if item.name not in RESTRICTION_LISTS and not item.name.endswith(_SHELL):
        yield from _backslash(item, lines)
    yield from _in_value(item, item)


def _byte_order_mark(source: Source, item: _Item | None) -> _Found:
    text = source.text[1:]
    end = 1 + len(text) - len(text.lstrip(" \t"))
    return _Found(
        item,
        Severity.ERROR,
        Location(source, Span(0, 1)),
        "the file starts with a byte order mark, which Postfix takes for a part of its first line",
        "save the file as UTF-8 without a byte order mark",
        (_rewrite(source, 0, end),),
    )


def _carriage_return(item: _Item, lines: list[Span]) -> Iterator[_Found]:
    pattern = CARRIAGE_RETURN if isinstance(item, ParameterDefinition) else _RETURN_BEFORE_LINE
    matches = [match for line in lines for match in pattern.finditer(item.source.text, *line)]
    if matches:
        places = [match.start() + index for match in matches for index, sign in enumerate(match[0]) if sign == "\r"]
        yield _Found(
            item,
            Severity.ERROR,
            Location(item.source, Span(places[0], places[0] + 1)),
            f"a carriage return alone ends no line: what follows it is part of {_whole(item)}",
            "end each line with a line feed",
            tuple(_rewrite(item.source, place, place + 1, "\n") for place in places),
        )


def _false_blank(item: _Item, lines: list[Span]) -> Iterator[_Found]:
    matches = [
        match for line in lines for match in FALSE_BLANK.finditer(item.source.text, max(line.start, 1), line.end)
    ]
    if not matches:
        return
    first = matches[0]
    named = f"U+{ord(first[0]):04X}"
    cure, severity = "remove it" if first[0] in _ZERO_WIDTH else "write a space there", Severity.ERROR
    if isinstance(item, ServiceDefinition):
        message = f"{named} is no blank to Postfix: it is part of a word in the entry of {item.identity}"
    elif first.start() < item.name_span.end:
        message, cure = f"{named} is no blank to Postfix: it belongs to the name of the parameter", "remove it"
        matches = [match for match in matches if match.start() < item.name_span.end]
    elif item.name in RESTRICTION_LISTS:
        return
    else:
        message = f"{named} is no blank to Postfix: it is part of a word in the value of {item.name}"
        severity = _severity(item)
    rewrites = tuple(
        _rewrite(item.source, *match.span(), "" if cure == "remove it" or match[0] in _ZERO_WIDTH else " ")
        for match in matches
    )
    yield _Found(item, severity, Location(item.source, Span(*first.span())), message, cure, rewrites)


def _backslash(item: _Item, lines: list[Span]) -> Iterator[_Found]:
    text = item.source.text
    places = [
        line.start + match.start()
        for line in lines
        if "\\" in text[line.start : line.end] and (match := BACKSLASH.search(text[line.start : line.end]))
    ]
    if not places:
        return
    severity = Severity.WARNING
    if isinstance(item, ParameterDefinition):
        message, severity = f"it is part of the value of {item.name}", _severity(item)
    elif takes_no_arguments(item.command):
        message, severity = f"it is an argument, on which {item.command} dies", Severity.ERROR
    else:
        message = f"it is an argument of {item.command}"
    yield _Found(
        item,
        severity,
        Location(item.source, Span(places[0], places[0] + 1)),
        f"a backslash continues no line: {message}",
        "remove it, and start the line below with a blank",
        tuple(_without_blanks_before(item.source, place) for place in places),
    )


def _without_blanks_before(source: Source, place: int) -> Rewrite:
    line = source.line_span(place)
    if not source.text[line.start : place].strip(BLANKS):
        return _rewrite(source, *line)  # nothing else stands there
    start = place
    while source.text[start - 1] in " \t":
        start -= 1
    return _rewrite(source, start, place + 1)


def _in_value(item: _Item, node: ParameterDefinition | Override) -> Iterator[_Found]:
    """Quotes around a value, and carriage returns between its lines."""
    value = node.value
    places = [span.end - 1 for _, span in value.locations if node.source.text[span.end - 1] == "\r"]
    if node.name in _SHOWN and places:
        yield _Found(
            item,
            Severity.WARNING,
            Location(node.source, Span(places[0], places[0] + 1)),
            f"the carriage return between the lines is part of the value of {node.name}",
            "end the line with a line feed alone",
            tuple(_rewrite(node.source, place, place + 1) for place in places),
            safe=True,
        )
    if node.name in RESTRICTION_LISTS or node.name.endswith(_SHELL):
        return
    if is_quoted(value):
        first, last = value.locations[0], value.locations[-1].span.end
        yield _Found(
            item,
            _severity(node),
            first,
            f"Postfix has no quotes: they are part of the value of {node.name}",
            "remove the quotes",
            (
                _rewrite(node.source, first.span.start, first.span.start + 1),
                _rewrite(node.source, last - 1, last),
            ),
        )


def _severity(node: ParameterDefinition | Override) -> Severity:
    """A warning where any text may be a value."""
    return Severity.WARNING if value_class(node.name) is None else Severity.ERROR


def _rewrite(source: Source, start: int, end: int, text: str = "") -> Rewrite:
    return Rewrite(source, Span(start, end), (Span(start, end),), text)


def _plan(context: Context, strays: list[_Found]) -> Remaking | Obstacle:
    item = strays[0].item
    if item is None:
        return Obstacle("Postfix dies on that line")
    rewrites = tuple(rewrite for stray in strays for rewrite in stray.rewrites)
    master = isinstance(item, ServiceDefinition)
    known = _arguments(item)
    for service in items_after(item.source, item.span, rewrites, master):
        for word in _arguments(service) if master else ():
            if word not in known:
                return Obstacle(f"the daemon would die on the argument {word}")
    title = " and ".join(dict.fromkeys(stray.cure for stray in strays))
    return remaking(context, title, item.source, item, rewrites, strays[0].safe)


def _arguments(item: object) -> list[str]:
    """What a daemon that takes no arguments dies on."""
    if not isinstance(item, ServiceDefinition) or not takes_no_arguments(item.command):
        return []
    options = options_of(item)
    following = (word for setting in options.settings for word in setting.following)
    return [word.text for word in (*options.others, *following) if not word.text.startswith("-")]


def _diagnostic(stray: _Found, fix: Fix | Obstacle) -> Diagnostic:
    return Diagnostic(
        rule="stray-character",
        severity=stray.severity,
        message=stray.message,
        location=stray.location,
        service=stray.item.identity if isinstance(stray.item, ServiceDefinition) else None,
        help=help_of(stray.cure, fix),
        fix=fix if isinstance(fix, Fix) else None,
    )
