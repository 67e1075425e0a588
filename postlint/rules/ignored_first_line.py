"""ignored-first-line: a first logical line that starts with a blank."""

from collections.abc import Iterator

from postlint.configuration.rewriting import Obstacle
from postlint.configuration.unindenting import stray_starts, unindented
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.remaking import Remaking, fixes_of, remaking
from postlint.rules.repairs import help_of
from postlint.syntax.nodes import StrayContinuation, text_lines
from postlint.text import BLANKS, Location, Source, Span

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_REASON = "then it counts, which it never did"


@rule(
    name="ignored-first-line",
    category="syntax",
    severity=Severity.ERROR,
    summary="the first logical line of a file starts with a blank: Postfix ignores it",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad(
            "  myhostname = mx.example.com\nmyorigin = example.com\n",
            fixed="myhostname = mx.example.com\nmyorigin = example.com\n",
            unsafe=True,
        ),
        Bad(
            "# The host.\n\n myhostname = mx.example.com\n # The domain.\n myorigin = example.com\n",
            fixed="# The host.\n\nmyhostname = mx.example.com\n # The domain.\nmyorigin = example.com\n",
            unsafe=True,
        ),
        Bad(
            _GUARD,
            "  smtp inet n - y - - smtpd\n  -o smtpd_helo_required=yes\nsmtp unix - - y - - smtp\n",
            fixed_master="smtp inet n - y - - smtpd\n  -o smtpd_helo_required=yes\nsmtp unix - - y - - smtp\n",
            unsafe=True,
        ),
        Bad(" mydestination = example.com,\n example.net\n"),
        Bad(" example.com, example.net\n"),
        Good("  # The host.\n\nmyhostname = mx.example.com\n"),
        Good("\n  \nmydestination =\n  example.com\n", "# smtpd\n\nsmtp inet n - y - - smtpd\n  -v\n"),
    ),
)
def ignored_first_line(context: Context) -> Iterator[Diagnostic]:
    """A line that starts with a blank continues the logical line above. The first one of a file has none above it, and
    Postfix ignores it, together with the indented lines that follow, comments between them or not. postconf warns that
    a "logical line must not start with whitespace" and goes on: a parameter keeps its default, a service does not run.

    The fix takes the blanks away from the first line, and from each line below that is a definition or a service, too.
    It is unsafe: what was never in force counts from then on. There is none where strangers might relay then, and none
    where it is not clear which value a line belongs to.
    """
    configuration = context.configuration
    found = [
        (file.source, item)
        for file in (configuration.main, configuration.master)
        for item in (file.items if file else ())
        if file and isinstance(item, StrayContinuation)
    ]
    fixes = fixes_of(context, {source: _plan(context, source, item) for source, item in found}, _REASON)
    for source, item in found:
        yield _diagnostic(source, item.span, fixes[source])


def _plan(context: Context, source: Source, item: StrayContinuation) -> Remaking | Obstacle:
    starts = stray_starts(source, item, source is context.configuration.files.master)
    if isinstance(starts, Obstacle):
        return starts
    rewrites = unindented(source, item.span, starts)
    if isinstance(rewrites, Obstacle):
        return rewrites
    return remaking(context, "remove the blanks in front of it", source, item, rewrites, safe=False)


def _diagnostic(source: Source, span: Span, fix: Fix | Obstacle) -> Diagnostic:
    first, *others = text_lines(source, span)
    text = source.text[first.start : first.end]
    start = first.end - len(text.lstrip(BLANKS))
    more = f" and the {len(others)} below that continue it" if len(others) > 1 else ""
    more = " and the one below that continues it" if len(others) == 1 else more
    each = " and of each line below that is one of its own" if others else ""
    action = f"remove the blanks in front of it{each}, or put # there if it is not wanted"
    return Diagnostic(
        rule="ignored-first-line",
        severity=Severity.ERROR,
        message=f"Postfix ignores this line{more}: the first logical line of a file must not start with a blank",
        location=Location(source, Span(start, first.start + len(text.rstrip(BLANKS)))),
        help=help_of(action, fix),
        fix=fix if isinstance(fix, Fix) else None,
    )
