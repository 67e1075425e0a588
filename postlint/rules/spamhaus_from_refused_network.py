"""spamhaus-from-refused-network: a lookup that Spamhaus answers with an error code, taken for "listed"."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.policy.dnsbl import Effect, Lookup, effect_when_answered, lookups
from postlint.policy.network import refused_by_spamhaus, unanswered_by_spamhaus
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import add_filter, help_of, related_lists, remove_lookup, service_of
from postlint.target import Options, Target

_AWS = Target(platform="aws")
_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"


@rule(
    name="spamhaus-from-refused-network",
    category="dnsbl",
    severity=Severity.ERROR,
    summary="Spamhaus answers this network with an error code, and Postfix takes any answer for listed",
    since="0.1.0",
    manual="postconf.5.html#reject_rbl_client",
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
    queries = [query for query in lookups(context.lists) if query.facts and query.facts.public_spamhaus]
    if unanswered is not None:
        yield from (_unanswered(context, query, unanswered) for query in queries if not _is_canary(query))
    if refused is None:
        return
    answered = frozenset(query.zone.lower() for query in queries)
    for query in queries:
        effect = effect_when_answered(context.lists, query, answered)
        if query.filter_text is None:
            yield _unfiltered(context, query, effect, f"{query.zone} answers queries {refused} with an error code")
        elif query.filter is not None and _admits_error(query):
            if effect is not Effect.ONLY_LOGGED:  # that would be the canary
                yield _unfiltered(
                    context,
                    query,
                    effect,
                    f"{query.zone} answers queries {refused} with an error code that {query.filter_text} admits",
                )
        elif query.filter is not None:
            yield _diagnostic(
                context,
                query,
                Severity.INFO,
                f"{query.zone} answers queries {refused} with an error code, which the filter ignores: mail flows, "
                "but the lookup never lists anyone",
                "query with a key of Spamhaus' Data Query Service, or remove the lookup",
            )


def _unanswered(context: Context, query: Lookup, route: str) -> Diagnostic:
    return _diagnostic(
        context,
        query,
        Severity.INFO,
        f"{query.zone} answers queries {route} as if nobody were listed: the lookup never lists anyone",
        "query with a key of Spamhaus' Data Query Service, or ask a recursive resolver of your own on a network that "
        "Spamhaus does not refuse",
    )


def _is_canary(query: Lookup) -> bool:
    """Whether the lookup only watches for error codes."""
    return query.effect is Effect.ONLY_LOGGED and query.filter is not None and _admits_error(query)


def _unfiltered(context: Context, query: Lookup, effect: Effect, cause: str) -> Diagnostic:
    if effect is Effect.REFUSED:
        severity = Severity.ERROR
        outcome = (
            "every client is refused"
            if query.subject == "client"
            else "every message that it is asked about is refused"
        )
        message = f'{cause}, and Postfix takes any answer for "listed": {outcome}'
    else:
        severity = Severity.INFO if effect in (Effect.NOT_USED, Effect.NOT_REACHED) else Severity.WARNING
        message = (
            f'{cause}, and Postfix takes any answer for "listed"; no mail is refused by it, because {effect.value}'
        )
    if effect is Effect.CANNOT_TELL:
        message = f'{cause}, and Postfix takes any answer for "listed"; {effect.value}'
    if context.options.dnsbl_fix == "filter" and query.facts and query.facts.filter and query.filter_text is None:
        fix = add_filter(context, query, query.facts.filter)
        action = f"count only the answers {query.facts.filter}"
    else:
        fix = remove_lookup(context, query)
        action = "remove the lookup"
    return _diagnostic(context, query, severity, message, help_of(action, fix), fix if isinstance(fix, Fix) else None)


def _diagnostic(
    context: Context, query: Lookup, severity: Severity, message: str, help_text: str, fix: Fix | None = None
) -> Diagnostic:
    uses = ((use.view, use.definition) for use in query.uses)
    return Diagnostic(
        rule="spamhaus-from-refused-network",
        severity=severity,
        message=message,
        location=query.location,
        service=service_of(context.configuration, query.location),
        help=help_text,
        related=related_lists(context.configuration, query.location, uses),
        fix=fix,
    )


def _admits_error(query: Lookup) -> bool:
    facts, reply_filter = query.facts, query.filter
    return bool(facts and reply_filter and any(reply_filter.matches(code) for code in facts.errors))
