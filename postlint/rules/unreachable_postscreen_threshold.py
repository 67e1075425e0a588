"""unreachable-postscreen-threshold: a score that no client can reach, or that one failing list reaches alone."""

from collections.abc import Iterator

from postlint.configuration.sites import Site
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.facts.dnsbl import dnsbl, meant_zone, retirement
from postlint.policy.zones import Scoring, scorings
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import service_of
from postlint.text import Location

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_POSTSCREEN = "postscreen_dnsbl_action = enforce\npostscreen_dnsbl_threshold = 3\n"
_MASTER = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"


@rule(
    name="unreachable-postscreen-threshold",
    category="dnsbl",
    severity=Severity.WARNING,
    summary="postscreen_dnsbl_threshold is above what the lists sum to, or one unfiltered list reaches it alone",
    since="0.1.0",
    manual="postconf.5.html#postscreen_dnsbl_threshold",
    examples=(
        Bad(
            _GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[2..11] bl.spamcop.net=127.0.0.2"
            " list.dnswl.org=127.0.[2..9;11..15].[1..3]*-2\n",
            master=_MASTER,
            severity=Severity.WARNING,
        ),
        Bad(
            _GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = dnsbl.example.net*3 bl.spamcop.net=127.0.0.2*2\n",
            master=_MASTER,
            severity=Severity.WARNING,
        ),
        Good(
            _GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = zen.spamhaus.org=127.0.0.[2..3]"
            " zen.spamhaus.org=127.0.0.[4..7] zen.spamhaus.org=127.0.0.[10;11]\n",
            master=_MASTER,
        ),
        Good(
            _GUARD + "postscreen_dnsbl_action = ignore\npostscreen_dnsbl_threshold = 9\n"
            "postscreen_dnsbl_sites = bl.spamcop.net=127.0.0.2\n",
            master=_MASTER,
        ),
        Good(_GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = bl.spamcop.net=127.0.0.2\n"),
        Good(
            _GUARD + _POSTSCREEN + "postscreen_dnsbl_sites = bl.spamcop.net=127.0.0.2 ${stress?psbl.surriel.com*2}\n",
            master=_MASTER,
        ),
        Good(
            _GUARD + "postscreen_dnsbl_action = enforce\npostscreen_dnsbl_sites = dnsbl.example.net\n", master=_MASTER
        ),
    ),
)
def unreachable_postscreen_threshold(context: Context) -> Iterator[Diagnostic]:
    """postscreen adds up the weights of the entries that a client matches, and refuses it from
    postscreen_dnsbl_threshold on. An entry counts once, with a weight of 1 when it has none, and entries of one zone
    with different filters add up. When all positive weights together stay below the threshold, no client is ever
    refused, and nothing says so.

    The opposite is a scoring of several lists in which one entry without a reply filter reaches the threshold alone:
    any answer of that list, an error code too, then refuses everybody. Lists that postlint knows are reported by
    other rules.
    """
    told: set[tuple[str, int, int]] = set()
    for scoring in scorings(context.configuration):
        for diagnostic in _judge(context, scoring):
            if diagnostic.location.key not in told:
                told.add(diagnostic.location.key)
                yield diagnostic


def _judge(context: Context, scoring: Scoring) -> Iterator[Diagnostic]:
    if 0 < scoring.highest < scoring.threshold and scoring.definition is not None:
        place = scoring.location or scoring.definition.name_location
        sites = context.configuration.setting("postscreen_dnsbl_sites", scoring.view)
        related = (Related(sites.definition.name_location, "the weights"),) if sites and sites.definition else ()
        yield _diagnostic(
            context,
            place,
            f"postscreen_dnsbl_threshold is {scoring.threshold}, and the positive weights of postscreen_dnsbl_sites "
            f"sum to {scoring.highest}: no client is ever refused",
            f"lower the threshold to {scoring.highest} or less, or give the lists more weight",
            related,
        )
    if scoring.threshold > 1 and len(scoring.sites) > 1:
        for site in scoring.sites:
            location = site.word.locations[0] if site.word.locations else None
            if location is not None and (site.weight or 0) >= scoring.threshold and _is_told_by_nobody(site):
                yield _diagnostic(
                    context,
                    location,
                    f"{site.domain} reaches the threshold of {scoring.threshold} alone and without a reply filter: "
                    "any answer, an error code too, refuses the client",
                    "write its documented answers behind the zone, as in =127.0.0.2, or give it less weight",
                )


def _is_told_by_nobody(site: Site) -> bool:
    """Whether the other rules say no more than that its answers are not known."""
    known = dnsbl(site.domain) or retirement(site.domain) or meant_zone(site.domain)
    return site.filter is None and known is None


def _diagnostic(
    context: Context, location: Location, message: str, help_text: str, related: tuple[Related, ...] = ()
) -> Diagnostic:
    return Diagnostic(
        rule="unreachable-postscreen-threshold",
        severity=Severity.WARNING,
        message=message,
        location=location,
        service=service_of(context.configuration, location),
        help=help_text,
        related=related,
    )
