"""missing-equals-sign: a logical line that Postfix dies on."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.rules.base import Bad, Context, Good, rule
from postlint.text import BLANKS, Location, Span

# A file of another kind has thousands of such lines; the first ones tell as much.
_SHOWN = 50


@rule(
    name="missing-equals-sign",
    category="syntax",
    severity=Severity.ERROR,
    summary="a line of main.cf is no name = value: every Postfix program dies on it",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad("myhostname = mx.example.com\nsmtpd_helo_required yes\n"),
        Bad("smtpd_client_restrictions = permit_mynetworks,\nreject_unknown_client_hostname\n"),
        Bad("= yes\n"),
        Good("myhostname\n  = mx.example.com\n"),
        Good("# smtpd_helo_required yes\n\nsmtpd_helo_required =\n"),
    ),
)
def missing_equals_sign(context: Context) -> Iterator[Diagnostic]:
    """Each logical line of main.cf is `name = value`. A line without `=`, with a blank inside its name, or
    with no name is fatal: the mail system does not start, running services stop as soon as they read the file
    again, and even `postconf` refuses to answer.

    The usual causes are a continuation line that lost its indentation, a comment that lost its `#`, and an editor's
    merge marker. postlint takes such a line for absent, judges the rest, and repairs nothing in the file until the
    line is right.
    """
    main = context.configuration.main
    if main is None:
        return
    lines = main.malformed_lines
    for number, line in enumerate(lines[:_SHOWN], 1):
        first = main.source.line_span(line.span.start)
        end = first.start + len(main.source.text[first.start : first.end].rstrip(BLANKS))
        rest = len(lines) - _SHOWN
        more = f"; {rest} more such lines follow" if number == _SHOWN and rest > 0 else ""
        yield Diagnostic(
            rule="missing-equals-sign",
            severity=Severity.ERROR,
            message=f"{line.reason}: every Postfix program dies on this line",
            location=Location(main.source, Span(line.span.start, end)),
            help=f"write name = value, indent the line if it continues the one above, or put # in front{more}",
        )
