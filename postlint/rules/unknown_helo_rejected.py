"""unknown-helo-rejected: clients are refused because their HELO name does not resolve."""

from collections.abc import Iterator

from postlint.configuration.restrictions import Occurrence
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.policy.reach import softened
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, help_of, name_check_diagnostic, relax
from postlint.target import Options

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_SUBMISSION = "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"


@rule(
    name="unknown-helo-rejected",
    category="helo",
    severity=Severity.ERROR,
    summary="clients whose HELO name has no A or MX record are refused, large providers' relays among them",
    since="0.1.0",
    manual="postconf.5.html#reject_unknown_helo_hostname",
    examples=(
        Bad(
            _GUARD + "smtpd_helo_restrictions = permit_mynetworks, reject_unknown_helo_hostname\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_helo_restrictions = permit_mynetworks, warn_if_reject reject_unknown_helo_hostname\n",
        ),
        Bad(
            _GUARD + "smtpd_helo_restrictions =\n    permit_mynetworks,\n    reject_unknown_hostname,\n    permit\n",
            severity=Severity.WARNING,
            options=Options(helo_fix="remove"),
            fixed=_GUARD + "smtpd_helo_restrictions =\n    permit_mynetworks,\n    permit\n",
        ),
        Bad(
            _GUARD + "smtpd_helo_restrictions = permit_mynetworks, reject_unknown_helo_hostname\n",
            severity=Severity.WARNING,
            options=Options(helo_fix="weaken"),
            fixed=_GUARD + "smtpd_helo_restrictions = permit_mynetworks, reject_invalid_helo_hostname\n",
            unsafe=True,
        ),
        Bad(
            _GUARD + "smtpd_helo_restrictions = reject_unknown_helo_hostname\n",
            master=_SUBMISSION,
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_helo_restrictions = warn_if_reject reject_unknown_helo_hostname\n",
        ),
        Bad(
            _GUARD + "smtpd_helo_restrictions = reject_unknown_helo_hostname, permit_mynetworks\n",
            fixed=_GUARD + "smtpd_helo_restrictions = warn_if_reject reject_unknown_helo_hostname, permit_mynetworks\n",
        ),
        Bad(
            _GUARD,
            master="smtp inet n - y - - smtpd"
            " -o smtpd_helo_restrictions=permit_mynetworks,reject_unknown_helo_hostname\n",
            severity=Severity.WARNING,
            fixed_master="smtp inet n - y - - smtpd"
            " -o smtpd_helo_restrictions=permit_mynetworks,warn_if_reject,reject_unknown_helo_hostname\n",
        ),
        Good(_GUARD + "smtpd_helo_restrictions = warn_if_reject reject_unknown_helo_hostname\n"),
        Good(_GUARD + "smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname\n"),
    ),
)
def unknown_helo_rejected(context: Context) -> Iterator[Diagnostic]:
    """`reject_unknown_helo_hostname` looks up the name that a client gives in HELO or EHLO, and refuses it with 450
    when there is neither an address nor an MX record. Relays of large providers announce names without any. Their
    mail waits for days and then bounces, and a DNS failure on this side looks the same in the log.

    With `warn_if_reject` in front the check logs `reject_warning` and lets the mail in, so the log shows what it would
    have refused. `--helo-fix remove` deletes it. `--helo-fix weaken` puts `reject_invalid_helo_hostname` in its place,
    which is not weaker for every name: it refuses malformed names for good with 501, and a `*.name` that a DNS
    wildcard resolves. Leave the check alone where you know every client, and say so. That it also
    stands in the way of mail clients is left to helo-check-on-submission.
    """
    for occurrence in context.lists.named(frozenset({"reject_unknown_helo_hostname", "reject_unknown_hostname"})):
        if softened(occurrence):
            continue
        action, outcome = _repair(context, occurrence)
        yield name_check_diagnostic(
            context,
            occurrence,
            "unknown-helo-rejected",
            f"{occurrence.restriction.name} refuses every client whose HELO name has neither an address nor an MX "
            "record, relays of large providers among them",
            help_of(action, outcome),
            outcome,
        )


def _repair(context: Context, occurrence: Occurrence) -> tuple[str, Fix | Obstacle]:
    if context.options.helo_fix != "weaken":
        return relax(context, occurrence, context.options.helo_fix or "warn")
    action = "put reject_invalid_helo_hostname in its place"
    rewriting = context.rewriter.replace_keyword(occurrence, "reject_invalid_helo_hostname")
    if isinstance(rewriting, Obstacle):
        return action, rewriting
    reason = "it refuses malformed names for good with 501, and a *.name that resolves"
    return action, fix_of(action, rewriting, reason)
