"""misspelt-dnsbl: a lookup of a name that is no list, but nearly one."""

from collections.abc import Iterator

from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.facts.dnsbl import dnsbl, meant_zone, retirement
from postlint.policy.dnsbl import IDLE, Effect, Lookup
from postlint.policy.zones import documented_filter
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, help_of, lookup_diagnostic

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_MASTER = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"


@rule(
    name="misspelt-dnsbl",
    category="dnsbl",
    severity=Severity.ERROR,
    summary="a DNSBL lookup asks a misspelt name",
    since="0.1.0",
    manual="postconf.5.html#reject_rbl_client",
    examples=(
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client bl.spamcop.com\n",
            fixed=_GUARD + "smtpd_client_restrictions = reject_rbl_client bl.spamcop.net=127.0.0.2\n",
            unsafe=True,
        ),
        Bad(
            _GUARD + "postscreen_dnsbl_action = enforce\npostscreen_dnsbl_sites = zen.spamhuas.org=127.0.0.[4..7]*2\n",
            master=_MASTER,
            fixed=_GUARD
            + "postscreen_dnsbl_action = enforce\npostscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[4..7]*2\n",
            unsafe=True,
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client dnsbl.njabl.or, permit\n",
            fixed=_GUARD + "smtpd_client_restrictions = permit\n",
            unsafe=True,
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = warn_if_reject reject_rbl_client zne.spamhaus.org=127.0.0.[2..11]\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_client_restrictions ="
            " warn_if_reject reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n",
            unsafe=True,
        ),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client dnsbl-4.uceprotect.net\n"),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client l1.apews.org, reject_rbl_client l2.apews.org\n"),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org.dnsbl.example.com\n"),
    ),
)
def misspelt_dnsbl(context: Context) -> Iterator[Diagnostic]:
    """Postfix asks whatever name it is given. A misspelt one answers nothing, so nothing is ever listed and nobody
    notices; or it belongs to somebody else, who answers every name, and all mail is refused, as Postfix takes any
    answer for "listed".

    postlint speaks only of known slips (`bl.spamcop.com`) and of names that a single typing error keeps from one
    known list, and stays silent where the result may be another list: `l1` and `l2`, `sbl` and `xbl`. The name that
    is meant refuses mail that passes today, so the repair is left to you.
    """
    for lookup in (*context.lookups, *context.permitting_lookups):
        meant = meant_zone(lookup.zone)
        if meant is not None:
            yield _judge(context, lookup, meant)


def _judge(context: Context, lookup: Lookup, meant: str) -> Diagnostic:
    retired = retirement(meant) is not None
    message = f'"{lookup.zone}" is not {meant}'
    if retired:
        message += ", which has shut down"
    if lookup.effect in (Effect.REFUSED, Effect.PERMITTED):
        severity = Severity.ERROR
        verb = "speaks for" if lookup.permits else "lists"
        message += f": it {verb} nobody, or everybody if its owner answers every query"
    else:
        severity = Severity.INFO if lookup.effect in IDLE else Severity.WARNING
        message += f"; {lookup.effect.value}"
    if retired:
        unsafe = context.open_relay(lookup.relay_views) or "what is meant is a guess"
        fix = _fix(f"remove the lookup of {lookup.zone}", lookup.remove(context.rewriter), unsafe)
        help_text = help_of("remove the lookup", fix)
    else:
        text = _filter_for(context, lookup, meant)
        written = f"{meant}={text}" if text else meant
        unsafe = "mail that passes today may then be refused"
        fix = _fix(f"ask {written}", lookup.with_zone(context.rewriter, meant, text), unsafe)
        help_text = help_of(f"did you mean {meant}? Write {written}", fix)
    return lookup_diagnostic(context, lookup, "misspelt-dnsbl", severity, message, help_text, fix)


def _filter_for(context: Context, lookup: Lookup, meant: str) -> str | None:
    """The filter that the lookup has; for one without the documented answers of the zone that is meant."""
    known = dnsbl(meant)
    if lookup.filter_text is not None or known is None or context.is_older_than(2, 8):
        return lookup.filter_text
    if not (known.filter_auto_safe or lookup.permits):
        return None
    wanted = documented_filter(lookup._replace(zone=meant))
    return str(wanted) if wanted else None


def _fix(title: str, rewriting: Rewriting | Obstacle, unsafe: str) -> Fix | Obstacle:
    # Under its right name the lookup is judged again.
    return rewriting if isinstance(rewriting, Obstacle) else fix_of(title, rewriting, unsafe, announces=True)
