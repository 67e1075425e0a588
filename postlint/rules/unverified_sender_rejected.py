"""unverified-sender-rejected: mail is refused because the sender's server does not confirm the address in time."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.policy.reach import for_some_only, softened
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import check_diagnostic, help_of, relax
from postlint.target import Options

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_CHECK = "reject_unverified_sender"


@rule(
    name="unverified-sender-rejected",
    category="helo",
    severity=Severity.WARNING,
    summary="mail is refused unless the sender's own mail server confirms the address",
    since="0.1.0",
    manual="postconf.5.html#reject_unverified_sender",
    examples=(
        Bad(
            _GUARD + f"smtpd_sender_restrictions = permit_mynetworks, {_CHECK}\n",
            severity=Severity.WARNING,
            fixed=_GUARD + f"smtpd_sender_restrictions = permit_mynetworks, warn_if_reject {_CHECK}\n",
        ),
        Bad(
            _GUARD + f"smtpd_sender_restrictions = permit_mynetworks, {_CHECK}\n",
            severity=Severity.WARNING,
            options=Options(helo_fix="remove"),
            fixed=_GUARD + "smtpd_sender_restrictions = permit_mynetworks,\n",
        ),
        Bad(
            _GUARD + f"smtpd_restriction_classes = strict\nstrict = {_CHECK}\n"
            "smtpd_sender_restrictions = permit_mynetworks, strict\n",
            severity=Severity.WARNING,
            fixed=_GUARD + f"smtpd_restriction_classes = strict\nstrict = warn_if_reject {_CHECK}\n"
            "smtpd_sender_restrictions = permit_mynetworks, strict\n",
        ),
        Bad(
            "mynetworks = 0.0.0.0/0\n" + _GUARD + f"smtpd_sender_restrictions = {_CHECK}\n",
            severity=Severity.WARNING,
            fixed="mynetworks = 0.0.0.0/0\n" + _GUARD + f"smtpd_sender_restrictions = warn_if_reject {_CHECK}\n",
            unsafe=True,
        ),
        Good(_GUARD + f"smtpd_sender_restrictions = permit_mynetworks, warn_if_reject {_CHECK}\n"),
        Good(
            _GUARD + "smtpd_sender_restrictions = check_sender_access texthash:/etc/postfix/forged\n",
            tables=(("forged", f"example.com {_CHECK}\n"),),
        ),
        Good(
            _GUARD + f"smtpd_restriction_classes = verify\nverify = {_CHECK}\n"
            "smtpd_sender_restrictions = check_sender_access texthash:/etc/postfix/forged\n",
            tables=(("forged", "example.com verify\n"),),
        ),
    ),
)
def unverified_sender_rejected(context: Context) -> Iterator[Diagnostic]:
    """`reject_unverified_sender` connects to the mail server of each sender's domain and asks it about the address. It
    refuses the mail with 450 when that server refuses the question, greylists it, limits it or does not answer within
    `address_verify_poll_count` times `address_verify_poll_delay` (9 seconds). Real senders at such servers wait for
    days and then get a bounce. Probes for forged senders reach servers that have nothing to do with the mail; some of
    them list the host that sends them (ADDRESS_VERIFICATION_README).

    With `warn_if_reject` in front the check logs `reject_warning` and lets the mail in. The probes and the waiting go
    on; `--helo-fix remove` ends them, too. Where a domain is forged often, name it in an access map
    (`check_sender_access`, right-hand side `reject_unverified_sender`): this rule is silent about a check that an
    access map restricts to some senders, clients or recipients.
    """
    for occurrence in context.lists.named(frozenset({_CHECK})):
        if softened(occurrence) or for_some_only(context.lists, occurrence.uses):
            continue
        # No other check is weaker, so --helo-fix weaken has nothing to put in its place.
        strategy = "remove" if context.options.helo_fix == "remove" else "warn"
        action, outcome = relax(context, occurrence, strategy)
        if strategy == "warn":
            action += ", the probes and the waiting go on"
        yield check_diagnostic(
            context,
            occurrence,
            "unverified-sender-rejected",
            Severity.WARNING,
            f"{_CHECK} refuses mail when the sender's own mail server does not confirm the address within seconds, "
            "as servers that greylist or refuse such questions do",
            help_of(action, outcome),
            outcome,
        )
