"""spamhaus-from-refused-network: a lookup that Spamhaus answers with an error code, taken for "listed"."""

from collections.abc import Iterator

from postlint.configuration.restrictions import Occurrence
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.policy.dnsbl import IDLE, Effect, Lookup, effect_when_answered
from postlint.policy.network import refused_by_spamhaus, unanswered_by_spamhaus
from postlint.policy.zones import admitted_errors
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import add_filter, help_of, lookup_diagnostic, remove_lookup
from postlint.rules.replies import ask_with_key
from postlint.target import Options, Target

_NAME = "spamhaus-from-refused-network"
_OWN_RESOLVER = "or ask a recursive resolver of your own on a network that Spamhaus does not refuse"
_AWS = Target(platform="aws")
_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"


@rule(
    name="spamhaus-from-refused-network",
    category="dnsbl",
    severity=Severity.ERROR,
    summary="Spamhaus answers this network with an error code, and Postfix takes any answer for listed",
    since="0.1.0",
    manual="postconf.5.html#reject_rbl_client",
    blind=lambda target: target.platform is None and not target.resolvers,
    examples=(
        Bad(
            "smtpd_client_restrictions = permit_mynetworks,permit_sasl_authenticated,"
            "reject_rbl_client sbl.spamhaus.org,\n",
            target=_AWS,
            fixed="smtpd_client_restrictions = permit_mynetworks,permit_sasl_authenticated,\n",
        ),
        Bad(
            _GUARD + "smtpd_recipient_restrictions =\n    reject_unlisted_recipient,\n"
            "    reject_rhsbl_sender dbl.spamhaus.org\n",
            target=_AWS,
            options=Options(dnsbl_fix="filter"),
            fixed=_GUARD + "smtpd_recipient_restrictions =\n    reject_unlisted_recipient,\n"
            "    reject_rhsbl_sender dbl.spamhaus.org=127.0.1.[2..99]\n",
        ),
        Bad(
            "mynetworks = 0.0.0.0/0\n" + _GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n",
            target=_AWS,
            fixed="mynetworks = 0.0.0.0/0\n" + _GUARD + "smtpd_client_restrictions =\n",
            unsafe=True,
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = warn_if_reject reject_rbl_client zen.spamhaus.org\n",
            target=_AWS,
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_client_restrictions =\n",
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n",
            target=_AWS,
            severity=Severity.INFO,
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n",
            target=Target(resolvers=("8.8.8.8",)),
            severity=Severity.INFO,
        ),
        Good(
            _GUARD + "smtpd_client_restrictions = warn_if_reject reject_rbl_client"
            " zen.spamhaus.org=127.255.255.[1..255]\n",
            target=_AWS,
        ),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client bl.spamcop.net\n", target=_AWS),
        Good(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net\n",
            target=_AWS,
        ),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n"),
    ),
)
def spamhaus_from_refused_network(context: Context) -> Iterator[Diagnostic]:
    """Spamhaus' free public mirrors do not serve large hosting networks and public resolvers. They answer each query
    from there with an error code such as 127.255.255.254. Postfix takes any answer for "listed" unless the lookup
    names the answers that count (`zone=d.d.d.d`), so every message is refused with a 554 reply, and nothing that
    only looks at the port notices. What counts is the network that the DNS query comes from, not the mail server's
    own name.

    Removing the lookup lets mail in again and loses a protection that did not exist. With a reply filter mail flows,
    too, but on such a network the list never lists anyone. Spamhaus' Data Query Service, which asks with a key, works
    from anywhere. A lookup that only watches for the error codes (`warn_if_reject` and a filter for 127.255.255.x)
    is left alone.

    The public resolvers of Google, OpenDNS and DNS.SB answer as if nobody were listed: mail flows, and the lookup does
    nothing. Those of Cloudflare, Quad9 and AdGuard bring an error code.
    """
    refused, unanswered = refused_by_spamhaus(context.target), unanswered_by_spamhaus(context.target)
    queries = [query for query in context.lookups if query.facts and query.facts.public_spamhaus]
    if unanswered is not None:
        for query in queries:
            if not _is_canary(query):
                message = (
                    f"{query.zone} answers queries {unanswered} as if nobody were listed: the lookup never lists anyone"
                )
                yield _useless(context, query, queries, message, _OWN_RESOLVER)
    if refused is None:
        return
    answered = frozenset(query.zone.lower() for query in queries)
    for query in queries:
        effect = effect_when_answered(context.lists, query, answered)
        if query.filter_text is None:
            cause = f"{query.zone} answers queries {refused} with an error code"
            yield _unfiltered(context, query, queries, effect, cause)
        elif query.filter is not None and not admitted_errors(query):
            message = (
                f"{query.zone} answers queries {refused} with an error code, which the filter ignores: mail flows, "
                "but the lookup never lists anyone"
            )
            yield _useless(context, query, queries, message, "or remove the lookup")


def _useless(context: Context, query: Lookup, queries: list[Lookup], message: str, otherwise: str) -> Diagnostic:
    """Mail flows, and nobody is ever listed."""
    fix = ask_with_key(context, query, queries) if context.options.dnsbl_fix == "dqs" else None
    action = f"query with a key of Spamhaus' Data Query Service, {otherwise}"
    help_text = help_of(action, fix) if fix else action
    return lookup_diagnostic(context, query, _NAME, Severity.INFO, message, help_text, fix)


def _is_canary(query: Lookup) -> bool:
    """Whether the lookup only watches for error codes."""
    return query.effect is Effect.ONLY_LOGGED and bool(admitted_errors(query))


def _unfiltered(context: Context, query: Lookup, queries: list[Lookup], effect: Effect, cause: str) -> Diagnostic:
    message = f'{cause}, and Postfix takes any answer for "listed"'
    if effect is Effect.REFUSED:
        severity = Severity.ERROR
        whom = "every client" if query.subject == "client" else "every message that it is asked about"
        message += f": {whom} is refused" + (f" where {query.row_key} matches" if query.row_key else "")
    elif effect in (Effect.CANNOT_TELL, Effect.CONDITIONAL, Effect.PERHAPS_NAMED):
        severity = Severity.WARNING
        message += f"; {effect.value}"
    else:
        severity = Severity.INFO if effect in IDLE - {Effect.NO_POSTSCREEN} else Severity.WARNING
        message += f"; no mail is refused by it, because {effect.value}"
    action, fix = _repair(context, query, queries)
    return lookup_diagnostic(context, query, _NAME, severity, message, help_of(action, fix), fix)


def _repair(context: Context, query: Lookup, queries: list[Lookup]) -> tuple[str, Fix | Obstacle]:
    strategy = context.options.dnsbl_fix or "remove"
    if strategy == "dqs":
        return "query with the key of Spamhaus' Data Query Service", ask_with_key(context, query, queries)
    facts = query.facts
    if facts and facts.filter and (strategy == "filter" or _is_all_of_a_class(query, queries)):
        return f"count only the answers {facts.filter}", add_filter(context, query, facts.filter)
    return "remove the lookup", remove_lookup(context, query)


def _is_all_of_a_class(query: Lookup, queries: list[Lookup]) -> bool:
    """Whether a class that smtpd needs would end empty: every element of it goes, and this is the first one."""
    going = {other.location.key for other in queries}
    if not isinstance(query.occurrence, Occurrence):
        return False
    for use in query.occurrence.uses:
        elements = [restriction.location for restriction in use.list.restrictions]
        if use.list.kind == "class" and use.restriction.position == 0:
            return all(place is not None and place.key in going for place in elements)
    return False
