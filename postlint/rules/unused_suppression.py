"""unused-suppression: a suppression comment that takes away no finding."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.rules.base import Bad, Context, Good, rule
from postlint.target import Target

_CHECK = "smtpd_helo_restrictions = permit_mynetworks, reject_unknown_helo_hostname\n"
_WARNED = "smtpd_helo_restrictions = permit_mynetworks, warn_if_reject reject_unknown_helo_hostname\n"


@rule(
    name="unused-suppression",
    category="suppression",
    severity=Severity.WARNING,
    summary="a suppression comment suppresses nothing",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad(
            "# postlint: ignore[unknown-helo-rejected]: partners only\n" + _WARNED,
            severity=Severity.WARNING,
            fixed=_WARNED,
        ),
        Bad(
            "# postlint: ignore[dnsbl, unknown-helo-rejected]: partners only\n" + _CHECK,
            target=Target(platform="none"),
            severity=Severity.WARNING,
            fixed="# postlint: ignore[unknown-helo-rejected]: partners only\n" + _CHECK,
        ),
        Bad(
            "# postlint: ignore[unknown-helo-rejected]: partners only\n\n" + _WARNED,
            severity=Severity.WARNING,
            fixed="\n" + _WARNED,
        ),
        Good("# postlint: ignore[unknown-helo-rejected]: partners only\n" + _CHECK),
        Good("# postlint: ignore-file[helo]: partners only\nmydestination = example.com\n" + _CHECK),
        Good(
            "smtpd_helo_restrictions = permit_mynetworks,\n"
            "    # postlint: ignore[unknown-helo-rejected]: partners only\n"
            "    # They all have proper names.\n"
            "    reject_unknown_helo_hostname\n"
        ),
    ),
)
def unused_suppression(context: Context) -> Iterator[Diagnostic]:
    """A comment that suppresses nothing waits for a finding to come, and takes it away for a reason that was given for
    another one. Its line may have been repaired since, or it stands above another line, or a blank line parts it from
    its own. Inside a logical line a comment speaks of the next physical line alone. Of two comments that speak of one
    finding the nearer one takes it.

    A name is judged only when its rule, or each rule of its category, was asked in this run and could speak: where the
    platform is not known, a comment for spamhaus-from-refused-network, or for all rules of dnsbl, is left alone.
    """
    # postlint/engine/suppress.py knows what the comments suppress once the other rules were asked.
    return iter(())
