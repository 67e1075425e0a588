"""wrong-kind-of-dnsbl: a list asked for what it does not list, or used for the opposite of what it says."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.policy.dnsbl import IDLE, Effect, Lookup, effect_when_answered
from postlint.policy.zones import Mismatch, ZoneFault, answers_every_address, mismatch, zone_fault
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import lookup_diagnostic
from postlint.target import Target

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_POSTSCREEN = "postscreen_dnsbl_action = enforce\npostscreen_dnsbl_threshold = 3\n"
_MASTER = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"


@rule(
    name="wrong-kind-of-dnsbl",
    category="dnsbl",
    severity=Severity.ERROR,
    summary="a list is asked for what it does not list, or used for the opposite of what it says",
    since="0.1.0",
    manual="postconf.5.html#reject_rhsbl_client",
    examples=(
        Bad(_GUARD + "smtpd_client_restrictions = reject_rbl_client dbl.spamhaus.org\n"),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client dbl.spamhaus.org=127.0.1.[2..99]\n",
            severity=Severity.WARNING,
        ),
        Bad(
            _GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = dbl.spamhaus.org*3 zen.spamhaus.org=127.0.0.[2..11]*2\n",
            master=_MASTER,
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client multi.uribl.com\n",
            severity=Severity.WARNING,
        ),
        Bad(
            _GUARD + "smtpd_sender_restrictions = reject_rhsbl_sender zen.spamhaus.org=127.0.0.[2..11]\n",
            severity=Severity.WARNING,
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client list.dnswl.org\n",
            severity=Severity.WARNING,
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = permit_dnswl_client bl.spamcop.net=127.0.0.2\n",
            severity=Severity.WARNING,
        ),
        Good(_GUARD + "smtpd_sender_restrictions = reject_rhsbl_sender dbl.spamhaus.org=127.0.1.[2..99]\n"),
        Good(_GUARD + "smtpd_client_restrictions = reject_rhsbl_client hostkarma.junkemailfilter.com=127.0.0.2\n"),
        Good(
            _GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[2..11]*3"
            " zen.spamhaus.org=127.0.0.[10;11]*-1\n",
            master=_MASTER,
        ),
        Good(_GUARD + "smtpd_client_restrictions = warn_if_reject reject_rbl_client list.dnswl.org=127.0.0.255\n"),
        Good(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client dbl.spamhaus.org\n",
            target=Target(platform="aws"),
        ),
    ),
)
def wrong_kind_of_dnsbl(context: Context) -> Iterator[Diagnostic]:
    """reject_rbl_client, permit_dnswl_client and postscreen ask a list for the client's address; reject_rhsbl_* and
    permit_rhswl_client ask for a domain. A list of domains knows no addresses: it lists nobody, and Spamhaus' domain
    list answers each address with 127.0.1.255, which without a reply filter refuses everybody. A list of addresses
    asked for a domain lists nobody. An allowlist behind a reject refuses the best senders, and a blocklist behind a
    permit lets the worst ones past all checks that follow.

    A list that holds good and bad clients under different answers can be used either way, with a reply filter.
    """
    candidates = [*context.lookups, *context.permitting_lookups]
    faulty = [lookup for lookup in candidates if zone_fault(lookup, context.target) is ZoneFault.WRONG_KIND]
    answered = frozenset(lookup.zone.lower() for lookup in faulty if answers_every_address(lookup))
    for lookup in faulty:
        found = mismatch(lookup)
        if found is not None:
            answers = answers_every_address(lookup)
            effect = effect_when_answered(context.lists, lookup, answered) if answers else lookup.effect
            yield _judge(context, lookup, found, effect, answers)


def _judge(context: Context, lookup: Lookup, found: Mismatch, effect: Effect, answers: bool) -> Diagnostic:
    message, help_text = _words(lookup, found)
    severity = Severity.INFO if effect in IDLE else Severity.WARNING
    if answers:
        message += f", and answers every address with {lookup.facts.address_answer if lookup.facts else None}"
    if answers and effect is Effect.REFUSED:
        severity = Severity.ERROR
        message += ": every client is refused"
    elif answers or effect in IDLE:
        message += f"; {effect.value}"
    return lookup_diagnostic(context, lookup, "wrong-kind-of-dnsbl", severity, message, help_text)


def _words(lookup: Lookup, found: Mismatch) -> tuple[str, str]:
    """Message and help."""
    asker = "postscreen" if lookup.by_postscreen else lookup.verb
    asks = f"{asker} asks {lookup.zone}"
    remove = "remove the lookup"
    if found is Mismatch.DOMAIN_LIST_BY_ADDRESS:
        wanted = f"{lookup.zone}={lookup.facts.filter}" if lookup.facts and lookup.facts.filter else lookup.zone
        return (
            f"{asks} for the client's address, but it lists domains",
            f"{remove}, or ask for domains, as in reject_rhsbl_sender {wanted}",
        )
    if found is Mismatch.ADDRESS_LIST_BY_DOMAIN:
        verb = "permit_dnswl_client" if lookup.permits else "reject_rbl_client"
        return f"{asks} for a domain, but it lists addresses", f"{remove}, or ask for the client's address: {verb}"
    if found is Mismatch.HASH_LIST:
        return f"{asks}, but it lists hashes, which Postfix does not ask for", remove
    if found is Mismatch.ALLOWLIST_REFUSES:
        verb = "a negative weight" if lookup.by_postscreen else "permit_dnswl_client"
        return (
            f"{asker} refuses what {lookup.zone} lists, but it lists clients that are trusted",
            f"{remove}, or use {verb} with a reply filter",
        )
    verb = "a positive weight" if lookup.by_postscreen else "reject_rbl_client"
    return (
        f"{asker} lets through what {lookup.zone} lists, but it lists clients that send spam",
        f"{remove}, or use {verb}",
    )
