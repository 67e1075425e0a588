"""unknown-suppression: a comment for postlint that cannot be read, or names no rule."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.rules.base import Bad, Context, Good, rule

_CHECK = "smtpd_helo_restrictions = permit_mynetworks, reject_unknown_helo_hostname\n"


@rule(
    name="unknown-suppression",
    category="suppression",
    severity=Severity.WARNING,
    summary="a suppression comment gives no reason, names no rule, or is written in another way",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad("# postlint: ignore[unknown-helo-rejected]\n" + _CHECK, severity=Severity.WARNING),
        Bad("# postlint: ignore[unknown-hello-rejected]: partners only\n" + _CHECK, severity=Severity.WARNING),
        Bad("# postlint: ignore unknown-helo-rejected: partners only\n" + _CHECK, severity=Severity.WARNING),
        Bad("# postlint: ignore[unused-suppression]: kept for another host\n", severity=Severity.WARNING),
        Good("# postlint: ignore[unknown-helo-rejected]: partners only\n" + _CHECK),
        Good("#postlint:ignore[helo,dnsbl]:partners only\n" + _CHECK),
        Good("# postlint: ignored on the other hosts, see the wiki\n" + _CHECK),
    ),
)
def unknown_suppression(context: Context) -> Iterator[Diagnostic]:
    """A comment line `# postlint: ignore[rule]: reason` takes away what the rule finds in the logical line right below
    it; inside a logical line, what it finds in the next physical line. `# postlint: ignore-file[rule]: reason` does so
    for the whole file. Several rules are separated by commas, a category stands for all its rules, and the reason is
    for whoever reads the file next.

    A comment that is meant for postlint and written in another way suppresses nothing, and neither does a name that is
    no rule; the findings below it are reported as if it were not there. Postfix has no comments behind other text, so
    the comment needs a line of its own. What postlint says about the comments themselves cannot be suppressed by one.
    """
    # postlint/engine/suppress.py reads the comments.
    return iter(())
