"""inline-comment: a comment behind a value, which is part of the value."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from postlint.configuration.comments import moved_comment
from postlint.configuration.model import Definition
from postlint.configuration.options import options_of
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.facts.parameters import value_class
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.remaking import Remaking, fixes_of, remaking
from postlint.rules.repairs import context_after, help_of
from postlint.syntax.nodes import Override, ParameterDefinition, ServiceDefinition
from postlint.syntax.tables import TableRow
from postlint.text import BLANKS, Location, Span

_Item = ParameterDefinition | ServiceDefinition
_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_REASON = "then what stands beside it counts"

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
    """Where it stands, in which part of a file, and what follows from that. ``more``: others in the same value.

    ``cuts``: words of a list are lost behind it, with which the relay must be closed.
    """

    item: _Item
    location: Location
    severity: Severity
    message: str
    more: tuple[Span, ...] = ()
    cuts: bool = False


@rule(
    name="inline-comment",
    category="syntax",
    severity=Severity.ERROR,
    summary="a # behind a value starts no comment: it is part of the value",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad(
            "smtpd_helo_required = yes # or spam comes in\n",
            fixed="# or spam comes in\nsmtpd_helo_required = yes\n",
            unsafe=True,
        ),
        Bad("message_size_limit = 20480000 # 20 MB\n", fixed="# 20 MB\nmessage_size_limit = 20480000\n", unsafe=True),
        Bad(
            "smtpd_timeout = 5m # was 300s\n",
            severity=Severity.WARNING,
            fixed="# was 300s\nsmtpd_timeout = 5m\n",
            unsafe=True,
        ),
        Bad(
            "mynetworks = 127.0.0.0/8 # this host\n",
            severity=Severity.WARNING,
            fixed="# this host\nmynetworks = 127.0.0.0/8\n",
            unsafe=True,
        ),
        Bad(
            f"{_GUARD}mynetworks =\n  127.0.0.0/8, # this host\n  192.0.2.0/24\n",
            fixed=f"{_GUARD}mynetworks =\n  # this host\n  127.0.0.0/8,\n  192.0.2.0/24\n",
            unsafe=True,
        ),
        Bad("virtual_alias_maps = # none yet\n", fixed="# none yet\nvirtual_alias_maps =\n", unsafe=True),
        Bad(
            _GUARD,
            "smtp inet n - y - - smtpd\n  -o { smtpd_helo_required = yes # always }\n",
            fixed_master="smtp inet n - y - - smtpd\n  # always\n  -o { smtpd_helo_required = yes }\n",
            unsafe=True,
        ),
        Bad(
            _GUARD,
            "smtp inet n - y - - smtpd # the MX\n  -o smtpd_helo_required=yes\n",
            fixed_master="# the MX\nsmtp inet n - y - - smtpd\n  -o smtpd_helo_required=yes\n",
            unsafe=True,
        ),
        Good("smtpd_banner = $myhostname # ESMTP\nsmtp_sasl_password_maps = static:user:pa#ss\n"),
        Good("# this host\nmynetworks = 127.0.0.0/8\n    # and the office\n    192.0.2.0/24\n"),
        Good("", "scan unix - n n - - pipe user=scan argv=/bin/scan # 1\n"),
        Good("header_checks = pcre:{ { /^X-Tag: #/ = REJECT } }\nmyhostname = ##HOSTNAME##\n"),
    ),
)
def inline_comment(context: Context) -> Iterator[Diagnostic]:
    """A comment is a line of its own: its first character that is no blank is `#`. Behind a value the sign and what
    follows are part of the value. A program that expects yes or no, a number, a known word, lookup tables or a host
    name dies on that when it starts, and mail stops; postconf shows the value and says nothing.

    Two kinds of values survive it. Of a time with a unit, as `5m`, Postfix ignores what stands behind. A list of
    domains, hosts or networks ends at the sign with a warning in the log, so the words on the lines below are lost.

    In master.cf the words of a comment are arguments, on which smtpd and most other daemons die; options behind them
    do not count.

    Values that may hold the sign, such as smtpd_banner or a file name, are left alone, and so are the arguments of
    programs that have their own. In restriction lists the words of a comment are unknown-restriction's.

    The fix puts the comments of a value, or of a service, on lines of their own above those that they stand in. It is
    unsafe because a value counts then that was refused or cut. There is none where strangers might relay then.
    """
    found = list(_comments(context))
    items: dict[_Item, list[_Comment]] = {}
    for comment in found:
        if not context.is_suppressed("inline-comment", comment.location):
            items.setdefault(comment.item, []).append(comment)
    fixes = fixes_of(context, {item: _plan(context, item, comments) for item, comments in items.items()}, _REASON)
    for comment in found:
        yield _diagnostic(comment, fixes.get(comment.item, Obstacle("a comment above speaks of it")))


def _comments(context: Context) -> Iterator[_Comment]:
    for definition in context.configuration.live_definitions:
        if "#" in definition.value.text:
            yield from _in_value(definition)
    for service in context.configuration.services:
        for span in options_of(service).comments:
            message = f"the comment is an argument, on which {service.command} dies"
            yield _Comment(service, Location(service.source, span), Severity.ERROR, message)


def _in_value(definition: Definition) -> Iterator[_Comment]:
    """The comments that stand behind other text, or in its place."""
    kind, item = _kind(definition), definition.service or definition.node
    if kind is None or "{" in definition.value.text or isinstance(item, Override | TableRow):
        return  # a table may stand in the value
    found: list[tuple[Location, bool]] = []
    stretches = definition.value.locations
    for number, location in enumerate(stretches, 1):
        match = re.search("#", location.text) if kind in _ONE_WORD else _COMMENT.search(location.text)
        if match is not None:
            start, end = location.span.start + match.start(), location.span.end
            text = location.source.text[start:end]
            place = Location(location.source, Span(start, start + len(text.rstrip(BLANKS))))
            found.append((place, number == len(stretches)))
    for first, is_last in found[:1]:
        more = tuple(place.span for place, _ in found[1:])
        yield _Comment(item, first, *_verdict(definition, kind, is_last), more, kind == "match list" and not is_last)


def _kind(definition: Definition) -> str | None:
    return "host name" if definition.parameter in _HOST_NAMES else value_class(definition.parameter)


def _verdict(definition: Definition, kind: str, is_last: bool) -> tuple[Severity, str]:
    """How bad a comment is, and the message. ``is_last``: no words of the value follow on other lines."""
    name = definition.parameter
    before = "the comment is part of the value of"
    if kind == "time" and (time := re.match(r"[0-9]+[smhdw]", definition.value.text)):
        return Severity.WARNING, f"{before} {name}, of which Postfix takes {time[0]} and ignores the rest"
    if kind == "match list" and is_last:
        return Severity.WARNING, f"{before} {name}, which ends here with a warning in the log"
    if kind == "match list":
        return Severity.ERROR, f"{before} {name}, which ends here: the words on the lines below are lost"
    return Severity.ERROR, f"{before} {name}, {_CONSEQUENCES[kind]}"


def _plan(context: Context, item: _Item, comments: list[_Comment]) -> Remaking | Obstacle:
    places = dict.fromkeys(span for comment in comments for span in (comment.location.span, *comment.more))
    rewrites = [rewrite for place in places for rewrite in moved_comment(item.source, place)]
    if any(comment.cuts for comment in comments):
        after = context_after(context, rewrites)
        views = (after.configuration.main_view, *after.lists.smtpd_views)
        if warning := after.open_relay(views):
            return Obstacle(f"with the words that are lost {warning}")
    return remaking(context, "give the comment a line of its own", item.source, item, rewrites, safe=False)


def _diagnostic(comment: _Comment, fix: Fix | Obstacle) -> Diagnostic:
    return Diagnostic(
        rule="inline-comment",
        severity=comment.severity,
        message=comment.message,
        location=comment.location,
        service=comment.item.identity if isinstance(comment.item, ServiceDefinition) else None,
        help=help_of("give the comment a line of its own that starts with #", fix),
        fix=fix if isinstance(fix, Fix) else None,
    )
