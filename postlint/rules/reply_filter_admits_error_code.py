"""reply-filter-admits-error-code: a reply filter that takes an error code of its list for "listed"."""

from collections.abc import Iterator

from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.policy.dnsbl import IDLE, Effect, Lookup, effect_when_answered
from postlint.policy.network import refused_by_spamhaus
from postlint.policy.zones import admitted_errors, documented_filter, is_canary, zone_fault
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import add_filter, help_of, lookup_diagnostic
from postlint.target import Target

# What Spamhaus answers to those that it refuses, and to those that ask too often.
_REFUSALS = "127.255.255."
_AWS = Target(platform="aws")
_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_POSTSCREEN = "postscreen_dnsbl_action = enforce\npostscreen_dnsbl_threshold = 3\n"
_MASTER = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"


@rule(
    name="reply-filter-admits-error-code",
    category="dnsbl",
    severity=Severity.ERROR,
    summary="a reply filter takes an error code of its list for listed",
    since="0.1.0",
    manual="postconf.5.html#reject_rbl_client",
    examples=(
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.[0;255].[0;255].[2..3;254]\n",
            target=_AWS,
            fixed=_GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.0.0.[2..3]\n",
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.[0..255].[0..255].[2..255]\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n",
        ),
        Bad(
            _GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = zen.spamhaus.org=127.[0..255].[0..255].[4..254]*3\n",
            master=_MASTER,
            target=_AWS,
            fixed=_GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[4..11]*3\n",
        ),
        Bad(
            _GUARD + "smtpd_sender_restrictions = reject_rhsbl_sender multi.surbl.org=127.0.0.[1..254]\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_sender_restrictions = reject_rhsbl_sender multi.surbl.org=127.0.0.[2..254]\n",
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.255.255.254\n",
            severity=Severity.WARNING,
        ),
        Bad(
            _GUARD + "rbl_reply_maps = hash:/etc/postfix/replies\n"
            "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.[0;255].[0;255].[2..254]\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "rbl_reply_maps = hash:/etc/postfix/replies\n"
            "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n",
            unsafe=True,
        ),
        Good(
            _GUARD + "smtpd_client_restrictions = warn_if_reject reject_rbl_client"
            " zen.spamhaus.org=127.255.255.[1..255]\n",
            target=_AWS,
        ),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.0.0.[2..255]\n", target=_AWS),
        Good(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client dnsbl.example.com=127.[0..255].[0..255].[1..255]\n"
        ),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.255.255.256\n"),
    ),
)
def reply_filter_admits_error_code(context: Context) -> Iterator[Diagnostic]:
    """A reply filter (`zone=d.d.d.d`) names the answers that count as listed. One that is wide enough to match the
    list's error codes is no protection: when the operator refuses the query, because it comes through a public
    resolver, from a hosting network or too often, Postfix takes the error code for "listed" and refuses all mail.

    The repair keeps of the filter what the list documents, and adds nothing: a narrow filter is often meant. A lookup
    that only watches for error codes, behind `warn_if_reject`, is left alone.
    """
    found = [
        lookup
        for lookup in context.lookups
        if admitted_errors(lookup) and not is_canary(lookup) and not zone_fault(lookup, context.target)
    ]
    refused = refused_by_spamhaus(context.target)
    spamhaus = [lookup for lookup in context.lookups if refused and lookup.facts and lookup.facts.public_spamhaus]
    answered = frozenset(lookup.zone.lower() for lookup in spamhaus)
    for lookup in found:
        if refused and lookup in spamhaus and any(code.startswith(_REFUSALS) for code in admitted_errors(lookup)):
            yield _refused(context, lookup, refused, effect_when_answered(context.lists, lookup, answered))
        else:
            codes = ", ".join(admitted_errors(lookup))
            message = f"the reply filter {lookup.filter_text} admits {codes}, by which {lookup.zone} means an error"
            if lookup.effect is not Effect.REFUSED:
                message += f"; {lookup.effect.value}"
            quiet = lookup.effect in IDLE or lookup.effect in (Effect.ONLY_LOGGED, Effect.IGNORED)
            yield _judge(context, lookup, Severity.INFO if quiet else Severity.WARNING, message)


def _refused(context: Context, lookup: Lookup, refused: str, effect: Effect) -> Diagnostic:
    message = (
        f"{lookup.zone} answers queries {refused} with an error code that the reply filter {lookup.filter_text} admits"
    )
    if effect is Effect.REFUSED:
        whom = "every client" if lookup.subject == "client" else "every message that it is asked about"
        return _judge(context, lookup, Severity.ERROR, f"{message}: {whom} is refused")
    severity = Severity.INFO if effect in IDLE else Severity.WARNING
    return _judge(context, lookup, severity, f"{message}; {effect.value}")


def _judge(context: Context, lookup: Lookup, severity: Severity, message: str) -> Diagnostic:
    wanted = documented_filter(lookup)
    kept = lookup.filter.intersection(wanted) if lookup.filter and wanted else None
    fix: Fix | Obstacle | None = None
    if kept is not None:
        fix = add_filter(context, lookup, str(kept))
        help_text = help_of(f"count only what the list documents: {lookup.zone}={kept}", fix)
    elif wanted is not None:
        help_text = f"the filter admits nothing else that the list documents ({wanted}): remove the lookup"
    else:
        help_text = "its operator's pages tell which answers mean listed; write them behind the zone"
    return lookup_diagnostic(context, lookup, "reply-filter-admits-error-code", severity, message, help_text, fix)
