"""dnsbl-without-reply-filter: a DNSBL lookup that takes any answer for "listed"."""

import re
from collections.abc import Iterator

from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.edits import Fix
from postlint.policy.dnsbl import Effect, Lookup
from postlint.policy.network import refused_by_spamhaus, refused_networks
from postlint.policy.zones import zone_fault
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import add_filter, help_of, lookup_diagnostic, remove_lookup, service_of
from postlint.rules.replies import ask_with_key
from postlint.target import Options, PostfixVersion, Target

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
# With other lists' answers a client may still reach postscreen's threshold.
_LOUD = frozenset(
    {Effect.REFUSED, Effect.BELOW_THRESHOLD, Effect.CANNOT_TELL, Effect.CONDITIONAL, Effect.PERHAPS_NAMED}
)
_DOMAIN = r"[\w-]+(?:\.[\w-]+)+\.?"
_MASTER = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"


@rule(
    name="dnsbl-without-reply-filter",
    category="dnsbl",
    severity=Severity.WARNING,
    summary="a DNSBL lookup takes any answer for listed, an error code too",
    since="0.1.0",
    manual="postconf.5.html#reject_rbl_client",
    blind=lambda target: refused_by_spamhaus(target) is not None,
    examples=(
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n",
        ),
        Bad(
            "postscreen_dnsbl_action = enforce\npostscreen_dnsbl_sites = bl.spamcop.net*2\n" + _GUARD,
            master=_MASTER,
            severity=Severity.WARNING,
            fixed="postscreen_dnsbl_action = enforce\npostscreen_dnsbl_sites = bl.spamcop.net=127.0.0.2*2\n" + _GUARD,
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org, permit\n",
            severity=Severity.WARNING,
            options=Options(dnsbl_fix="remove"),
            fixed=_GUARD + "smtpd_client_restrictions = permit\n",
        ),
        Bad(
            _GUARD + "rbl_reply_maps = hash:/etc/postfix/replies\n"
            "smtpd_client_restrictions = reject_rbl_client psbl.surriel.com\n",
            severity=Severity.WARNING,
            target=Target(version=PostfixVersion(3, 7)),
            fixed=_GUARD + "rbl_reply_maps = hash:/etc/postfix/replies\n"
            "smtpd_client_restrictions = reject_rbl_client psbl.surriel.com=127.0.0.2\n",
            unsafe=True,
        ),
        Bad(
            "smtpd_client_restrictions = reject_rbl_client dnsbl.example.net, reject_rbl_client dnsbl.example.org\n",
            severity=Severity.INFO,
        ),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n"),
        Bad(
            _GUARD + "maps_rbl_domains = bl.spamcop.net\nsmtpd_client_restrictions = reject_maps_rbl\n",
            target=Target(version=PostfixVersion(3, 8)),
            severity=Severity.WARNING,
            fixed=_GUARD + "maps_rbl_domains = bl.spamcop.net=127.0.0.2\nsmtpd_client_restrictions = reject_maps_rbl\n",
        ),
        Good(
            _GUARD + "maps_rbl_domains = bl.spamcop.net\nsmtpd_client_restrictions = reject_maps_rbl\n",
            target=Target(version=PostfixVersion(3, 9)),
        ),
        Good(_GUARD + "smtpd_client_restrictions = permit_dnswl_client list.dnswl.org\n"),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client dnsbl.sorbs.net\n"),
        Good("postscreen_dnsbl_sites = list.dnswl.org*-2\n", master=_MASTER),
        Good(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n",
            target=Target(platform="aws"),
        ),
    ),
)
def dnsbl_without_reply_filter(context: Context) -> Iterator[Diagnostic]:
    """A DNSBL answers "listed" with documented addresses, and other addresses can mean that the query itself was
    refused or that the list is gone. Without `=d.d.d.d` behind the zone, Postfix takes any answer for
    "listed". When the operator starts to send an error code, or when a parking site takes over an expired
    domain, all mail is refused at once.

    With a filter only the documented answers count. It never refuses more than before. For lists that postlint has no
    documented codes for, it says so in one summary and leaves the lookup to you.
    """
    unknown: list[Lookup] = []
    unfiltered = [item for item in context.lookups if item.filter_text is None and not zone_fault(item, context.target)]
    for lookup in unfiltered:
        facts = lookup.facts
        if facts is None and not re.fullmatch(_DOMAIN, lookup.zone, re.ASCII):
            continue  # a part of a template
        if facts is None and context.is_suppressed("dnsbl-without-reply-filter", lookup.location):
            # A comment takes away whole findings: in the summary this one would take or keep the others with it.
            yield _summary(context, [lookup])
        elif facts is None:
            unknown.append(lookup)
        elif not (facts.public_spamhaus and refused_by_spamhaus(context.target)):
            yield _known(context, lookup, unfiltered)
    if unknown:
        yield _summary(context, unknown)


def _known(context: Context, lookup: Lookup, unfiltered: list[Lookup]) -> Diagnostic:
    facts = lookup.facts
    assert facts is not None
    message = f'{lookup.zone} is asked without a reply filter: Postfix takes any answer for "listed"'
    if facts.public_spamhaus:
        message += f", also the error code that Spamhaus sends to {refused_networks()} and to public resolvers"
    elif facts.errors:
        message += f", also the list's error codes ({', '.join(facts.errors)})"
    elif facts.kind == "mixed":
        message += ", also those that speak well of a client"
    if lookup.effect is not Effect.REFUSED:
        message += f"; {lookup.effect.value}"
    fix: Fix | Obstacle | None = None
    if context.options.dnsbl_fix == "remove":
        fix = remove_lookup(context, lookup)
        help_text = help_of("remove the lookup", fix)
    elif context.options.dnsbl_fix == "dqs" and facts.public_spamhaus:
        fix = ask_with_key(context, lookup, unfiltered)
        help_text = help_of("query with the key of Spamhaus' Data Query Service", fix)
    elif facts.filter is None:
        help_text = "its operator's pages tell which answers mean listed; write them behind the zone, as in =127.0.0.2"
    elif not facts.filter_auto_safe:
        help_text = (
            f"check with its operator that {facts.filter} means listed, then write ={facts.filter} behind the zone"
        )
    else:
        fix = add_filter(context, lookup, facts.filter)
        help_text = help_of(f"count only the documented answers: {lookup.zone}={facts.filter}", fix)
    severity = Severity.WARNING if lookup.effect in _LOUD else Severity.INFO
    return lookup_diagnostic(context, lookup, "dnsbl-without-reply-filter", severity, message, help_text, fix)


def _summary(context: Context, lookups_of_unknown_zones: list[Lookup]) -> Diagnostic:
    first, *others = sorted(lookups_of_unknown_zones, key=lambda lookup: lookup.location.key)
    zones = sorted({lookup.zone for lookup in lookups_of_unknown_zones})
    shown = (
        zones[0] if len(zones) == 1 else f"{len(zones)} lists whose answers postlint does not know ({', '.join(zones)})"
    )
    verb = "is" if len(zones) == 1 else "are"
    return Diagnostic(
        rule="dnsbl-without-reply-filter",
        severity=Severity.INFO,
        message=f'{shown} {verb} asked without a reply filter: Postfix takes any answer for "listed"',
        location=first.location,
        service=service_of(context.configuration, first.location),
        help="check that each list still exists, and write its documented answers behind the zone, as in =127.0.0.2",
        related=tuple(Related(lookup.location, f"{lookup.zone} without a filter") for lookup in others),
    )
