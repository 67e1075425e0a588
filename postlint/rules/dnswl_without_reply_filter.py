"""dnswl-without-reply-filter: an allowlist lookup that takes an error code for a good reputation."""

from collections.abc import Iterator

from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.policy.dnsbl import IDLE, Effect, Lookup
from postlint.policy.zones import admitted_errors, documented_filter, zone_fault
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import add_filter, help_of, lookup_diagnostic

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_POSTSCREEN = "postscreen_dnsbl_action = enforce\n"
_MASTER = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"


@rule(
    name="dnswl-without-reply-filter",
    category="dnsbl",
    severity=Severity.WARNING,
    summary="an allowlist lookup takes an error code for a good reputation",
    since="0.1.0",
    manual="postconf.5.html#permit_dnswl_client",
    examples=(
        Bad(
            _GUARD + "smtpd_recipient_restrictions = permit_dnswl_client list.dnswl.org, reject_unverified_sender\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_recipient_restrictions ="
            " permit_dnswl_client list.dnswl.org=127.0.[2..9;11..15].[1..3], reject_unverified_sender\n",
            unsafe=True,
        ),
        Bad(
            _GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = list.dnswl.org=127.0.[0..255].[2..3]*-4\n",
            master=_MASTER,
            severity=Severity.WARNING,
            fixed=_GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = list.dnswl.org=127.0.[2..9;11..15].[2..3]*-4\n",
            unsafe=True,
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = permit_dnswl_client hostkarma.junkemailfilter.com\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_client_restrictions = permit_dnswl_client hostkarma.junkemailfilter.com=127.0.0.1\n",
            unsafe=True,
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = permit_rhswl_client dnswl.example.net\n",
            severity=Severity.INFO,
        ),
        Good(_GUARD + "smtpd_client_restrictions = permit_dnswl_client list.dnswl.org=127.0.[0..255].[1..2]\n"),
        Good(_GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = list.dnswl.org=127.0.[0..255].0*-2\n", master=_MASTER),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client bl.spamcop.net\n"),
    ),
)
def dnswl_without_reply_filter(context: Context) -> Iterator[Diagnostic]:
    """An allowlist has error codes, too. list.dnswl.org answers 127.0.0.255 to everybody who asks too often, and
    127.0.10.3, its highest trust, to those who evade the limit. Without `=d.d.d.d` behind the zone, or with a filter
    that is too wide, Postfix then takes every client for a trusted one: spam passes all checks behind
    permit_dnswl_client, and a negative postscreen weight lifts everybody below the threshold. It opens no relay.

    A filter for the documented answers puts that right. It may refuse mail that passes today, so it is left to you.
    """
    for lookup in context.permitting_lookups:
        if zone_fault(lookup, context.target):
            continue
        if lookup.filter_text is None:
            message = f"{lookup.zone} is asked without a reply filter: Postfix takes any answer for trust"
            if lookup.facts and lookup.facts.errors:
                message += f", also the list's error codes ({', '.join(lookup.facts.errors)})"
            yield _judge(context, lookup, message)
        elif codes := admitted_errors(lookup):
            yield _judge(
                context,
                lookup,
                f"the reply filter {lookup.filter_text} of {lookup.zone} admits {', '.join(codes)}, which everybody "
                "gets when the list refuses the query",
            )


def _judge(context: Context, lookup: Lookup, message: str) -> Diagnostic:
    wanted, present = documented_filter(lookup), lookup.filter
    if wanted is not None and present is not None:
        wanted = present.intersection(wanted)
    fix: Fix | Obstacle | None = None
    if wanted is not None:
        fix = add_filter(context, lookup, str(wanted))
        help_text = help_of(f"count only the documented answers: {lookup.zone}={wanted}", fix)
    elif present is not None:
        help_text = "remove the lookup: its filter admits no documented answer"
    else:
        help_text = "its operator's pages tell which answers mean trust; write them behind the zone"
    severity = Severity.WARNING if lookup.facts and lookup.effect not in IDLE else Severity.INFO
    if lookup.effect is not Effect.PERMITTED:
        message += f"; {lookup.effect.value}"
    return lookup_diagnostic(context, lookup, "dnswl-without-reply-filter", severity, message, help_text, fix)
