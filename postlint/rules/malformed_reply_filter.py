"""malformed-reply-filter: a reply filter that smtpd cannot read."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.facts.dnsbl import can_be_read
from postlint.policy.dnsbl import IDLE, Effect, Lookup
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import lookup_diagnostic
from postlint.target import PostfixVersion, Target
from postlint.text import OPAQUE

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_LIST = _GUARD + "smtpd_client_restrictions = permit_mynetworks, "
_UNSURE = frozenset({Effect.PERHAPS_NAMED, Effect.CONDITIONAL})


@rule(
    name="malformed-reply-filter",
    category="dnsbl",
    severity=Severity.ERROR,
    summary="the reply filter of a DNSBL lookup cannot be read: smtpd dies when a message comes to it",
    since="0.1.0",
    manual="postconf.5.html#reject_rbl_client",
    examples=(
        Bad(_LIST + "reject_rbl_client dnsbl.example=127.0.0.2-11\n"),
        Bad(_LIST + "reject_rbl_client dnsbl.example=127.0.0.[2..]\n"),
        Bad(_LIST + "warn_if_reject reject_rhsbl_sender dnsbl.example=127.0.1\n"),
        Bad(_LIST + "reject_rbl_client dnsbl.example=\n"),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject, reject_rbl_client dnsbl.example=127.0.0.x\n",
            severity=Severity.WARNING,
        ),
        Good(_LIST + "reject_rbl_client dnsbl.example=127.0.[0..1].[2;4..11]\n"),
        Good(_LIST + "reject_rbl_client dnsbl.example=all\n", target=Target(PostfixVersion(2, 7))),
        Good(_LIST + "reject_rbl_client dnsbl.example=[127.0.0.[2..11]]\n"),
        Good(_LIST + "reject_rbl_client dnsbl.example=${stress?127.0.0.2}${stress:127.0.0.3}\n"),
    ),
)
def malformed_reply_filter(context: Context) -> Iterator[Diagnostic]:
    """Behind the name of a DNSBL and a = stands what counts as "listed": four fields with dots between them, each a
    number from 0 to 255, or numbers and ranges in brackets, as in `127.0.[0..1].[2;4..11]`. A blank or a comma ends the
    filter, and there is no hyphen and no mask in it.

    smtpd reads the filter only when a message comes to the lookup. One that it cannot read is "fatal: RBL reply error"
    then: smtpd dies amid the session, whoever the client is and also under warn_if_reject. `postfix check` and postconf
    say nothing. postscreen reads its filters at start: those are bad-value's.
    """
    if context.is_older_than(2, 8):
        return  # smtpd compares the text, and reads nothing
    for lookup in (*context.lookups, *context.permitting_lookups):
        text = lookup.filter_text
        if text is not None and OPAQUE not in text and not can_be_read(text) and not lookup.by_postscreen:
            yield _diagnostic(context, lookup)


def _diagnostic(context: Context, lookup: Lookup) -> Diagnostic:
    fault = (
        f'"{lookup.filter_text}" is no reply filter'
        if lookup.filter_text
        else f"the reply filter of {lookup.zone} is empty"
    )
    idle = lookup.effect in IDLE
    consequence = f"; {lookup.effect.value}" if idle else ": smtpd dies at each message that comes to it"
    documented = lookup.facts and lookup.facts.filter
    return lookup_diagnostic(
        context,
        lookup,
        "malformed-reply-filter",
        Severity.WARNING if idle or lookup.effect in _UNSURE else Severity.ERROR,
        fault + consequence,
        f"write right behind the = what counts as listed, as in {documented or '127.0.0.[2..11]'}",
    )
