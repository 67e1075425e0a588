"""retired-dnsbl: a lookup of a list that has shut down."""

from collections.abc import Iterator

from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.facts.dnsbl import RetiredDnsbl, common_misspelling, retirement
from postlint.policy.dnsbl import IDLE, Effect, Lookup
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import help_of, lookup_diagnostic, remove_lookup

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_POSTSCREEN = "postscreen_dnsbl_action = enforce\npostscreen_dnsbl_threshold = 2\n"
_MASTER = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"
_HARMLESS = IDLE | {Effect.ONLY_LOGGED, Effect.IGNORED}


@rule(
    name="retired-dnsbl",
    category="dnsbl",
    severity=Severity.ERROR,
    summary="a DNSBL lookup asks a list that has shut down",
    since="0.1.0",
    manual="postconf.5.html#reject_rbl_client",
    examples=(
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client bl.spamcannibal.org, permit\n",
            fixed=_GUARD + "smtpd_client_restrictions = permit\n",
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions =\n    reject_rbl_client dnsbl.sorbs.net=127.0.0.2,\n    permit\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_client_restrictions =\n    permit\n",
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client dnsbl.proxybl.org\n",
            severity=Severity.WARNING,
        ),
        Bad(
            "mynetworks = 0.0.0.0/0\n" + _GUARD + "smtpd_client_restrictions = reject_rbl_client relays.ordb.org\n",
            fixed="mynetworks = 0.0.0.0/0\n" + _GUARD + "smtpd_client_restrictions =\n",
            unsafe=True,
        ),
        Bad(
            _GUARD + "smtpd_recipient_restrictions = permit_dnswl_client dnswl.inps.de, reject_unverified_sender\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_recipient_restrictions = reject_unverified_sender\n",
            unsafe=True,
        ),
        Bad(
            _GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = bl.spamcop.net=127.0.0.2*2 swl.spamhaus.org*-2\n",
            master=_MASTER,
            severity=Severity.WARNING,
            fixed=_GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = bl.spamcop.net=127.0.0.2*2\n",
            unsafe=True,
        ),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client bl.spamcop.net=127.0.0.2\n"),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client mirror.sorbs.net\n"),
        Good(_GUARD + "maps_rbl_domains = relays.ordb.org\n"),
    ),
)
def retired_dnsbl(context: Context) -> Iterator[Diagnostic]:
    """Many DNSBLs have shut down, and Postfix asks their names for each message all the same. At best nobody answers
    and the lookup costs time. But some operators ended by listing the whole Internet, and an expired domain belongs
    to whoever registers it next: a parking site answers every name, and Postfix takes any answer for "listed". All
    mail is refused from one day to the next.

    postlint does not ask the DNS: what it says is what was last known. Where the end of the list is documented, the
    lookup is removed; else look it up before you remove it. Removing a permit or a negative weight may refuse mail
    that passed, so that is left to you.
    """
    for lookup in (*context.lookups, *context.permitting_lookups):
        zone = retirement(lookup.zone)
        if zone is not None:
            yield _judge(context, lookup, zone)


def _judge(context: Context, lookup: Lookup, zone: RetiredDnsbl) -> Diagnostic:
    fix: Fix | Obstacle | None = None
    if zone.auto_remove:
        fix = remove_lookup(context, lookup)
        help_text = help_of("remove the lookup", fix)
    else:
        meant = common_misspelling(lookup.zone)
        help_text = f"did you mean {meant}?" if meant else "remove the lookup if its operator's pages say the same"
    return lookup_diagnostic(
        context, lookup, "retired-dnsbl", _severity(lookup, zone), _message(lookup, zone), help_text, fix
    )


def _severity(lookup: Lookup, zone: RetiredDnsbl) -> Severity:
    if lookup.effect in IDLE:
        return Severity.INFO
    refuses = zone.answer == "lists_world" and lookup.filter_text is None and lookup.effect is Effect.REFUSED
    return Severity.ERROR if refuses else Severity.WARNING


def _message(lookup: Lookup, zone: RetiredDnsbl) -> str:
    when = f" ({zone.date})" if zone.date else ""
    ended = "is said to have shut down" if zone.answer == "unknown" else "has shut down"
    if common_misspelling(lookup.zone):
        ended = "was never a list"
    answers = {
        "lists_world": "its name was last seen to answer every query",
        "empty": "it lists nobody",
        "nxdomain": "its name is gone",
    }.get(zone.answer)
    message = f"{lookup.zone} {ended}, and {answers}{when}" if answers else f"{lookup.zone} {ended}{when}"
    everybody = zone.answer == "lists_world"
    if lookup.effect in _HARMLESS:
        return f"{message}; {lookup.effect.value}"
    if lookup.permits:
        return f"{message}: {'it' if everybody else 'whoever takes over the name'} may speak for everybody"
    if not everybody:
        return f"{message}; whoever takes over the name can list everybody"
    if lookup.filter_text is not None:
        return f"{message}: only the reply filter may keep those answers out"
    if lookup.effect is not Effect.REFUSED:
        return f"{message}; {lookup.effect.value}"
    whom = "every client" if lookup.subject == "client" else "every message that it is asked about"
    return f"{message}: {whom} is refused if it still does"
