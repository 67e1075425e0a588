"""dqs-key-placeholder: an example's word still stands where the DQS key belongs."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.facts.dqs import keyed_zone
from postlint.policy.zones import ZoneFault, zone_fault
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import lookup_diagnostic

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"


@rule(
    name="dqs-key-placeholder",
    category="dnsbl",
    severity=Severity.ERROR,
    summary="a word of an example stands where the key of Spamhaus' Data Query Service belongs",
    since="0.1.0",
    manual="postconf.5.html#reject_rbl_client",
    examples=(
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_rbl_client your_DQS_key.zen.dq.spamhaus.net=127.0.0.[2..11]\n"
        ),
        Good(
            _GUARD + "smtpd_client_restrictions =\n"
            "    reject_rbl_client abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net=127.0.0.[2..11]\n"
        ),
        Good(_GUARD + "smtpd_client_restrictions = reject_rbl_client ${key}.zen.dq.spamhaus.net=127.0.0.[2..11]\n"),
    ),
)
def dqs_key_placeholder(context: Context) -> Iterator[Diagnostic]:
    """Spamhaus' Data Query Service answers queries that carry a customer's key as the first part of the name. An
    example such as `your_DQS_key.zen.dq.spamhaus.net` is a valid name to Postfix: nothing warns, each query costs time
    and nobody is ever listed. The key of 26 small letters and digits stands in the customer portal of Spamhaus.
    """
    for lookup in context.lookups:
        zone = keyed_zone(lookup.zone)
        if zone is not None and zone_fault(lookup, context.target) is ZoneFault.PLACEHOLDER:
            # The word is no secret, and masked all the same where it looks like one.
            yield lookup_diagnostic(
                context,
                lookup,
                "dqs-key-placeholder",
                Severity.ERROR,
                f"an example's word stands for the key of {zone.name}.dq.spamhaus.net: nobody is ever listed",
                "write the key that Spamhaus' customer portal shows, or remove the lookup",
            )
