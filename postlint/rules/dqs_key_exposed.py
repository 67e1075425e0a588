"""dqs-key-exposed: the reply to a refused client shows the key of Spamhaus' Data Query Service."""

from collections.abc import Iterator

from postlint.configuration.model import View
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.facts.dqs import is_key, keyed_zone
from postlint.policy.dnsbl import Effect, Lookup
from postlint.policy.replies import POSTSCREEN_MAP, SMTPD_MAPS, default_shows_zone, reply, shows_zone
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import help_of, lookup_diagnostic
from postlint.rules.replies import NEW_MAPS, fix_of_all, keyed_entries

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_KEY = "abcdefghijklmnopqrstuvwxyz"
_ZEN = f"{_KEY}.zen.dq.spamhaus.net"
_LOOKUP = f"smtpd_client_restrictions = reject_rbl_client {_ZEN}=127.0.0.[2..11]\n"
_MAP = "rbl_reply_maps = texthash:/etc/postfix/replies\n"
_REPLY = "$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using zen.spamhaus.org"
_ENTRY = f"{_ZEN}=127.0.0.[2..11]\t{_REPLY}" + "${rbl_reason?; $rbl_reason}\n"
_MASTER = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"
_SITES = f"postscreen_dnsbl_action = enforce\npostscreen_dnsbl_sites = {_ZEN}=127.0.0.[2..11]\n"
_TOLD = frozenset(
    {Effect.REFUSED, Effect.BELOW_THRESHOLD, Effect.CANNOT_TELL, Effect.CONDITIONAL, Effect.PERHAPS_NAMED}
)


@rule(
    name="dqs-key-exposed",
    category="dnsbl",
    severity=Severity.WARNING,
    summary="the reply to a refused client shows the key of Spamhaus' Data Query Service",
    since="0.1.0",
    manual="postconf.5.html#rbl_reply_maps",
    examples=(
        Bad(
            _GUARD + _MAP + _LOOKUP,
            severity=Severity.WARNING,
            tables=(("replies", "# none yet\n"),),
            fixed_tables=(("replies", "# none yet\n" + _ENTRY),),
            unsafe=True,
        ),
        Bad(
            _GUARD + _LOOKUP,
            severity=Severity.WARNING,
            fixed=_GUARD + _LOOKUP + "rbl_reply_maps = texthash:$config_directory/dnsbl-reply-map\n",
            fixed_tables=(("dnsbl-reply-map", _ENTRY),),
            unsafe=True,
        ),
        Bad(
            _SITES + _GUARD,
            master=_MASTER,
            severity=Severity.WARNING,
            fixed=_SITES
            + _GUARD
            + "postscreen_dnsbl_reply_map = texthash:$config_directory/postscreen-dnsbl-reply-map\n",
            fixed_tables=(("postscreen-dnsbl-reply-map", f"{_ZEN}\tzen.spamhaus.org\n"),),
            unsafe=True,
        ),
        Bad(
            _GUARD + _MAP + _LOOKUP,
            severity=Severity.WARNING,
            tables=(("replies", f"{_ZEN}=127.0.0.[2..11] 554 listed by $rbl_domain\n"),),
        ),
        Good(_GUARD + _MAP + _LOOKUP, tables=(("replies", f"{_ZEN}=127.0.0.[2..11] {_REPLY}\n"),)),
        Good(_GUARD + "default_rbl_reply = $rbl_code $rbl_class [$rbl_what] is on a block list\n" + _LOOKUP),
        Good(_GUARD + "rbl_reply_maps = ldap:/etc/postfix/replies.cf\n" + _LOOKUP),
        Good(
            _SITES + "postscreen_dnsbl_reply_map = texthash:/etc/postfix/replies\n" + _GUARD,
            master=_MASTER,
            tables=(("replies", f"{_ZEN} zen.spamhaus.org\n"),),
        ),
    ),
)
def dqs_key_exposed(context: Context) -> Iterator[Diagnostic]:
    """Whoever is refused because of a DNSBL is told the zone that was asked, and a zone of Spamhaus' Data Query Service
    begins with the customer's key. Anybody who sends from a listed address can read it, and use it up.

    smtpd takes the text from `rbl_reply_maps` where that has an entry for the lookup, spelt with its reply filter
    (`zone=filter`; from Postfix 3.10 on the zone alone does, too), postscreen from `postscreen_dnsbl_reply_map`, spelt
    without it. The key also stands in main.cf, which every local user may read, and in the mail log.
    """
    told = [lookup for lookup in context.lookups if _shows_key(context, lookup)]
    for lookup in told:
        yield _diagnostic(context, lookup, told)


def _asked(lookup: Lookup) -> str:
    return lookup.zone if lookup.filter_text is None else f"{lookup.zone}={lookup.filter_text}"


def _shows_key(context: Context, lookup: Lookup) -> bool:
    zone = keyed_zone(lookup.zone)
    if zone is None or not is_key(zone.key.lower()) or lookup.effect not in _TOLD:
        return False
    return any(_reply_shows_zone(context, lookup, use.view) for use in lookup.uses)


def _reply_shows_zone(context: Context, lookup: Lookup, view: View) -> bool:
    lists = context.lists
    if lookup.by_postscreen:
        found = reply(lists, view, POSTSCREEN_MAP, lookup.zone)
        return found.row is None and found.unread is None
    found = reply(lists, view, SMTPD_MAPS, _asked(lookup))
    if found.row is None and found.unread is None:
        # Before 3.10 that is another defect, reply-map-key-without-filter.
        found = reply(lists, view, SMTPD_MAPS, lookup.zone)
    if found.unread is not None:
        return False
    return shows_zone(found.row.result.text) if found.row else default_shows_zone(lists, view)


def _diagnostic(context: Context, lookup: Lookup, told: list[Lookup]) -> Diagnostic:
    parameter = POSTSCREEN_MAP if lookup.by_postscreen else SMTPD_MAPS
    outcome = keyed_entries(context, lookup, ((_asked(other), other) for other in told))
    fix: Fix | Obstacle
    if isinstance(outcome, Obstacle):
        fix = outcome
    elif not outcome.rewritings:
        fix = Obstacle(f"{parameter} has an entry that names $rbl_domain, which is the zone with its key")
    else:
        fix = fix_of_all(
            f"answer without the key through {parameter}",
            outcome.rewritings,
            "listed clients get the reply of a new entry",
            creations=outcome.creations,
        )
    action = f"give the lookup an entry in {parameter} that names the list without its key"
    if isinstance(fix, Fix) and fix.creations:
        action += f", in a new file {NEW_MAPS[parameter]} beside main.cf"
    message = f"the reply to a listed client names {lookup.zone}, and with it the key"
    return lookup_diagnostic(context, lookup, "dqs-key-exposed", Severity.WARNING, message, help_of(action, fix), fix)
