"""ignored-first-line: a first logical line that starts with a blank."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.rules.base import Bad, Context, Good, rule
from postlint.syntax.nodes import StrayContinuation, text_lines
from postlint.text import BLANKS, Location, Source, Span


@rule(
    name="ignored-first-line",
    category="syntax",
    severity=Severity.ERROR,
    summary="the first logical line of a file starts with a blank: Postfix ignores it",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad("  myhostname = mx.example.com\nmyorigin = example.com\n"),
        Bad("# The host.\n\n myhostname = mx.example.com\n # The domain.\n myorigin = example.com\n"),
        Bad("", "  smtp inet n - y - - smtpd\n  -o smtpd_helo_required=yes\nsmtp unix - - y - - smtp\n"),
        Good("  # The host.\n\nmyhostname = mx.example.com\n"),
        Good("\n  \nmydestination =\n  example.com\n", "# smtpd\n\nsmtp inet n - y - - smtpd\n  -v\n"),
    ),
)
def ignored_first_line(context: Context) -> Iterator[Diagnostic]:
    """A line that starts with a blank continues the logical line above. The first one of a file has none above it, and
    Postfix ignores it, together with the indented lines that follow, comments between them or not. postconf warns that
    a "logical line must not start with whitespace" and goes on: a parameter keeps its default, a service does not run.

    There is no fix: a parameter or a service that was never in force can change who gets through.
    """
    configuration = context.configuration
    for file in (configuration.main, configuration.master):
        for item in file.items if file else ():
            if file and isinstance(item, StrayContinuation):
                yield _diagnostic(file.source, item.span)


def _diagnostic(source: Source, span: Span) -> Diagnostic:
    first, *others = text_lines(source, span)
    text = source.text[first.start : first.end]
    start = first.end - len(text.lstrip(BLANKS))
    more = f" and the {len(others)} below that continue it" if len(others) > 1 else ""
    more = " and the one below that continues it" if len(others) == 1 else more
    each = " and of each line below that is one of its own" if others else ""
    return Diagnostic(
        rule="ignored-first-line",
        severity=Severity.ERROR,
        message=f"Postfix ignores this line{more}: the first logical line of a file must not start with a blank",
        location=Location(source, Span(start, first.start + len(text.rstrip(BLANKS)))),
        help=f"remove the blanks in front of it{each}, or put # there if it is not wanted",
    )
