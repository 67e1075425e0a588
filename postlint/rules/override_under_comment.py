"""override-under-comment: options below a service that is commented out belong to the service above."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from postlint.configuration.model import canonical_name
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.rules.base import Bad, Context, Good, rule
from postlint.syntax.nodes import ServiceDefinition
from postlint.syntax.parse import parse_master_cf
from postlint.text import BLANKS, Location, Source, Span

# An entry of master.cf, as in master(5), behind one or more #.
_ENTRY = re.compile(
    r"#[# \t]*([^# \t\r\v\f][^ \t\r\v\f]*[ \t]+(?:inet|unix|unix-dgram|fifo|pass)(?:[ \t]+[yn-]){3}"
    r"[ \t]+(?:[0-9]+|-)\??[ \t]+(?:[0-9]+|-)[ \t]+[A-Za-z][^ \t\r\v\f]*)(?![^ \t])"
)
_OPTION = re.compile(r"#[# \t]*-")
_SMTP = "smtp inet n - y - - smtpd\n"


class _Comment(NamedTuple):
    """A service that is commented out, where, and whether commented options of its own follow."""

    service: ServiceDefinition
    location: Location
    has_options: bool = False


@rule(
    name="override-under-comment",
    category="master.cf",
    severity=Severity.ERROR,
    summary="a service of master.cf is commented out, its options are not: they belong to the service above it",
    since="0.1.0",
    manual="master.5.html",
    examples=(
        Bad("", _SMTP + "#submission inet n - y - - smtpd\n  -o smtpd_tls_security_level=encrypt\n"),
        Bad("", "smtp unix - - y - - smtp\n# scan unix - n n - - pipe\n  user=scan\n  argv=/usr/bin/scan\n"),
        Bad(
            "",
            _SMTP + "#smtps inet n - y - - smtpd\n#  -o syslog_name=smtps\n  -o smtpd_tls_wrappermode=yes\n",
            severity=Severity.WARNING,
        ),
        Good("", _SMTP + "#submission inet n - y - - smtpd\n#  -o smtpd_tls_security_level=encrypt\n"),
        Good("", _SMTP + "#smtp inet n - y - 1 postscreen\n  -o smtpd_helo_required=yes\n"),
        Good("", _SMTP + "#smtpd pass - - y - - smtpd\n  -o smtpd_helo_required=yes\n"),
        Good("", _SMTP + "# for all of them\n  -o smtpd_helo_required=yes\n#smtps inet n - y - - smtpd\n"),
    ),
)
def override_under_comment(context: Context) -> Iterator[Diagnostic]:
    """A line of master.cf that starts with a blank continues the entry above it, whatever comments and empty lines
    stand between them. When only the first line of an entry is commented out, its options are read as those of the
    last entry before: `-o smtpd_tls_security_level=encrypt` of a submission service that was switched off makes port 25
    demand TLS, and `-o smtpd_client_restrictions=permit_sasl_authenticated,reject` there refuses all mail from outside.
    Arguments of another program's make the daemon die. postconf says nothing, but `postconf -M` shows the whole entry.

    Where options of the entry are commented out, too, and a later one is not, that is a warning. A commented entry for
    the same service, or for the same daemon behind postscreen, is taken for another way to write its first line. An
    option without a blank in front starts an entry of its own: see bad-service-field.
    """
    master = context.configuration.master
    for service in master.services if master else ():
        if service.fatal is None:
            yield from _attached(service)


def _attached(service: ServiceDefinition) -> Iterator[Diagnostic]:
    """The runs of continuation lines below a commented entry."""
    comment: _Comment | None = None
    lines: list[Location] = []
    for line in _lines(service):
        text = line.text
        if not text.startswith("#"):
            lines.append(line)
            continue
        entry = _ENTRY.match(text)
        if entry and comment and lines:
            yield _diagnostic(service, comment, lines)
        if entry:
            comment, lines = _commented(service, line, entry[1]), []
        elif comment and not lines and _OPTION.match(text):
            comment = comment._replace(has_options=True)
    if comment and lines:
        yield _diagnostic(service, comment, lines)


def _commented(service: ServiceDefinition, line: Location, text: str) -> _Comment | None:
    (commented,) = parse_master_cf(Source(service.source.path, text + "\n")).services
    same = (commented.type, canonical_name(commented)) == (service.type, canonical_name(service))
    behind_postscreen = commented.type == "pass" and commented.command == service.command
    return None if same or behind_postscreen else _Comment(commented, line)


def _lines(service: ServiceDefinition) -> Iterator[Location]:
    """The lines behind the first one that are not empty, without the blanks around them."""
    source = service.source
    start = source.text.find("\n", *service.span) + 1
    while 0 < start < service.span.end:
        end = source.text.find("\n", start, service.span.end)
        end = service.span.end if end < 0 else end
        text = source.text[start:end]
        stripped = text.strip(BLANKS)
        if stripped:
            first = start + len(text) - len(text.lstrip(BLANKS))
            yield Location(source, Span(first, first + len(stripped)))
        start = end + 1


def _diagnostic(service: ServiceDefinition, comment: _Comment, lines: list[Location]) -> Diagnostic:
    number = service.source.position(comment.location.span.start)[0]
    what = "this line belongs" if len(lines) == 1 else f"these {len(lines)} lines belong"
    identity = comment.service.identity
    some = ", and so are options of it" if comment.has_options else ""
    return Diagnostic(
        rule="override-under-comment",
        severity=Severity.WARNING if comment.has_options else Severity.ERROR,
        message=f"{what} to {service.identity}, as the line of {identity} above is commented out{some}",
        location=lines[0],
        service=service.identity,
        help=f"take the # from line {number} away, or comment its options out, too; what is meant for "
        f"{service.identity} belongs above that line",
        related=(Related(comment.location, f"{identity} is commented out"),),
    )
