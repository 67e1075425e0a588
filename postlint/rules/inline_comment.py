"""inline-comment: a comment behind a value, which is part of the value."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from postlint.configuration.model import Definition
from postlint.diagnostics import Diagnostic, Severity
from postlint.facts.parameters import value_class
from postlint.rules.base import Bad, Context, Good, rule
from postlint.text import BLANKS, Location, Span

# A word that starts with the sign. Words like ##HOSTNAME## are a template's.
_COMMENT = re.compile(r"(?<![^ \t\r\v\f,])#(?!#*+[A-Za-z0-9_]++#)")
_ONE_WORD = ("boolean", "keyword", "number", "time")
_HOST_NAMES = ("mydomain", "myhostname", "myorigin")
_CONSEQUENCES = {
    "boolean": "which is neither yes nor no: programs that read it do not start",
    "number": "which is no number: programs that read it do not start",
    "time": "which is no time: programs that read it do not start",
    "keyword": "which is none of the words that it can be: programs that read it refuse it",
    "lookup tables": "where each word has to be a lookup table, type:name: programs that open it do not start",
    "host name": "which is no name: programs that read it do not start",
}


class _Comment(NamedTuple):
    """Where it stands, and whether words of the value follow on other lines."""

    location: Location
    is_last: bool


@rule(
    name="inline-comment",
    category="syntax",
    severity=Severity.ERROR,
    summary="a # behind a value starts no comment: it is part of the value",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad("smtpd_helo_required = yes # or spam comes in\n"),
        Bad("message_size_limit = 20480000 # 20 MB\n"),
        Bad("smtpd_timeout = 5m # was 300s\n", severity=Severity.WARNING),
        Bad("mynetworks = 127.0.0.0/8 # this host\n", severity=Severity.WARNING),
        Bad("mynetworks = 127.0.0.0/8, # this host\n  192.0.2.0/24\n"),
        Bad("virtual_alias_maps = # none yet\n"),
        Bad("", "smtp inet n - y - - smtpd\n  -o { smtpd_helo_required = yes # always }\n"),
        Good("smtpd_banner = $myhostname # ESMTP\nsmtp_sasl_password_maps = static:user:pa#ss\n"),
        Good("# this host\nmynetworks = 127.0.0.0/8\n    # and the office\n    192.0.2.0/24\n"),
        Good("header_checks = pcre:{ { /^X-Tag: #/ = REJECT } }\nmyhostname = ##HOSTNAME##\n"),
    ),
)
def inline_comment(context: Context) -> Iterator[Diagnostic]:
    """A comment is a line of its own: its first character that is no blank is `#`. Behind a value the sign and what
    follows are part of the value. A program that expects yes or no, a number, a known word, lookup tables or a host
    name dies on that when it starts, and mail stops; postconf shows the value and says nothing.

    Two kinds of values survive it. Of a time with a unit, as `5m`, Postfix ignores what stands behind. A list of
    domains, hosts or networks ends at the sign with a warning in the log, so the words on the lines below are lost.

    Values that may hold the sign, such as smtpd_banner or a file name, are left alone. In restriction lists the words
    of a comment are unknown-restriction's. There is no fix.
    """
    for definition in context.configuration.live_definitions:
        comment = _comment_in(definition) if "#" in definition.value.text else None
        if comment is not None:
            yield _diagnostic(definition, comment)


def _comment_in(definition: Definition) -> _Comment | None:
    """The first comment that stands behind other text, or in its place."""
    kind = _kind(definition)
    if kind is None:
        return None
    stretches = definition.value.locations
    for number, location in enumerate(stretches, 1):
        match = re.search("#", location.text) if kind in _ONE_WORD else _COMMENT.search(location.text)
        if match is None:
            continue
        if "{" in definition.value.text:
            return None  # a table may stand in the value
        start, end = location.span.start + match.start(), location.span.end
        text = location.source.text[start:end]
        return _Comment(
            Location(location.source, Span(start, start + len(text.rstrip(BLANKS)))), number == len(stretches)
        )
    return None


def _kind(definition: Definition) -> str | None:
    return "host name" if definition.parameter in _HOST_NAMES else value_class(definition.parameter)


def _diagnostic(definition: Definition, comment: _Comment) -> Diagnostic:
    kind, name = _kind(definition) or "", definition.parameter
    severity = Severity.ERROR
    before = "the comment is part of the value of"
    if kind == "time" and (time := re.match(r"[0-9]+[smhdw]", definition.value.text)):
        severity = Severity.WARNING
        message = f"{before} {name}, of which Postfix takes {time[0]} and ignores the rest"
    elif kind == "match list" and comment.is_last:
        severity = Severity.WARNING
        message = f"{before} {name}, which ends here with a warning in the log"
    elif kind == "match list":
        message = f"{before} {name}, which ends here: the words on the lines below are lost"
    else:
        message = f"{before} {name}, {_CONSEQUENCES[kind]}"
    return Diagnostic(
        rule="inline-comment",
        severity=severity,
        message=message,
        location=comment.location,
        service=definition.service.identity if definition.service else None,
        help="give the comment a line of its own that starts with #",
    )
