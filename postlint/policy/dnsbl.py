"""The DNSBL lookups of a configuration, and what an answer of each would do."""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.restrictions import Occurrence, RestrictionLists, Use
from postlint.configuration.rewriting import Obstacle, Rewriter, Rewriting
from postlint.configuration.sites import Site, SiteOccurrence, postscreen_views, site_occurrences, sites
from postlint.facts.dnsbl import Dnsbl, ReplyFilter, dnsbl, parse_filter
from postlint.policy.exposure import uses_in_force
from postlint.policy.reach import unnamed_reason
from postlint.text import Location

# The lookups that refuse what is listed; permit_dnswl_client and its like are another matter.
_REFUSING_LOOKUPS = frozenset(
    {
        "reject_rbl",
        "reject_rbl_client",
        "reject_rhsbl_client",
        "reject_rhsbl_helo",
        "reject_rhsbl_recipient",
        "reject_rhsbl_reverse_client",
        "reject_rhsbl_sender",
    }
)


class Effect(Enum):
    """What happens to a client that a list has an answer for, from nothing to the worst."""

    NOT_USED = "every smtpd service overrides this list"
    NOT_REACHED = "nothing reaches it behind the permit, reject or defer before it"
    UNNAMED = "no list that smtpd evaluates names its class"
    NO_POSTSCREEN = "no service of master.cf runs postscreen"
    ONLY_LOGGED = "warn_if_reject stands before it"
    IGNORED = "postscreen_dnsbl_action is ignore"
    BELOW_THRESHOLD = "its weight alone is below postscreen_dnsbl_threshold"
    PERHAPS_NAMED = "only a table that cannot be read or a policy service can name its class"
    CANNOT_TELL = "postscreen's action or threshold cannot be read"
    REFUSED = "refused"


_ORDER = list(Effect)


def worst(effects: Iterator[Effect]) -> Effect:
    """The worst of several, NOT_USED when there is none."""
    return max(effects, key=_ORDER.index, default=Effect.NOT_USED)


class LookupUse(NamedTuple):
    """Who makes the lookup: a service, or main.cf alone, through the list of ``definition``."""

    view: View
    definition: Definition | None


class Lookup(NamedTuple):
    """One query of a DNSBL, where it is written. ``facts``: what is known of the zone.

    ``filter_text``: what stands behind the zone's ``=``, None without one; ``filter`` the same parsed, None when
    Postfix dies on it. ``relay_views``: the services that let through more mail when the lookup refuses less.
    """

    verb: str
    zone: str
    filter_text: str | None
    location: Location
    occurrence: Occurrence | SiteOccurrence
    effect: Effect
    uses: tuple[LookupUse, ...]
    relay_views: tuple[View, ...]

    @property
    def facts(self) -> Dnsbl | None:
        """What is known of the zone."""
        return dnsbl(self.zone)

    @property
    def filter(self) -> ReplyFilter | None:
        """The reply filter, None without one and for text that Postfix dies on."""
        return parse_filter(self.filter_text) if self.filter_text is not None else None

    @property
    def by_postscreen(self) -> bool:
        """Whether postscreen asks, and not smtpd."""
        return isinstance(self.occurrence, SiteOccurrence)

    @property
    def subject(self) -> str:
        """What is looked up: the client's address, or a domain."""
        return "client" if self.by_postscreen or self.verb in ("reject_rbl", "reject_rbl_client") else "domain"

    def remove(self, rewriter: Rewriter) -> Rewriting | Obstacle:
        """The lookup gone."""
        if isinstance(self.occurrence, SiteOccurrence):
            return rewriter.replace_site(self.occurrence, None)
        return rewriter.remove(self.occurrence)

    def with_filter(self, rewriter: Rewriter, reply_filter: str) -> Rewriting | Obstacle:
        """The lookup with a reply filter."""
        return self.asking(rewriter, f"{self.zone}={reply_filter}")

    def asking(self, rewriter: Rewriter, zone: str) -> Rewriting | Obstacle:
        """The lookup with ``zone``, its reply filter included, in the place of its own."""
        if isinstance(self.occurrence, SiteOccurrence):
            site = self.occurrence.site
            return rewriter.replace_site(self.occurrence, zone + site.word.text[site.lookup_end :])
        return rewriter.replace_argument(self.occurrence, zone)


def lookups(lists: RestrictionLists) -> Iterator[Lookup]:
    """Every DNSBL lookup that refuses what is listed, once for each place where it is written."""
    for occurrence in lists.named(_REFUSING_LOOKUPS):
        argument, location = occurrence.restriction.argument, occurrence.location
        if argument is None or location is None or occurrence.restriction.opaque:
            continue
        zone, equals, reply_filter = argument.text.partition("=")
        live = uses_in_force(lists, occurrence.uses)
        yield Lookup(
            occurrence.restriction.name,
            zone,
            reply_filter if equals else None,
            location,
            occurrence,
            worst(_restriction_effect(lists, use) for use in live),
            tuple(
                dict.fromkeys(
                    LookupUse(use.view, definition) for use in occurrence.uses for definition in lists.written_in(use)
                )
            ),
            tuple(dict.fromkeys(use.view for use in live or occurrence.uses)),
        )
    for site_occurrence in site_occurrences(lists.configuration):
        site = site_occurrence.site
        if site.weight is None or site.weight <= 0:
            continue
        yield Lookup(
            "postscreen_dnsbl_sites",
            site.domain,
            site.filter,
            site_occurrence.location,
            site_occurrence,
            _postscreen_effect(lists.configuration, site_occurrence, frozenset({site.domain.lower()})),
            tuple(LookupUse(use.view, use.definition) for use in site_occurrence.uses),
            _views_behind_postscreen(lists),
        )


def effect_when_answered(lists: RestrictionLists, lookup: Lookup, answered: frozenset[str]) -> Effect:
    """What happens to a client for which all the zones ``answered``, in lower case, have an answer."""
    if isinstance(lookup.occurrence, SiteOccurrence):
        return _postscreen_effect(lists.configuration, lookup.occurrence, answered)
    return lookup.effect


def _postscreen_effect(configuration: Configuration, occurrence: SiteOccurrence, answered: frozenset[str]) -> Effect:
    """postscreen refuses when its action is not ignore and the weights sum up to the threshold (postscreen(8))."""
    if not postscreen_views(configuration):
        return Effect.NO_POSTSCREEN
    views = {use.view for use in occurrence.uses if use.view.service}
    return worst(_postscreen_view_effect(configuration, view, answered) for view in views)


def _postscreen_view_effect(configuration: Configuration, view: View, answered: frozenset[str]) -> Effect:
    action = configuration.plain("postscreen_dnsbl_action", view)
    threshold = configuration.plain("postscreen_dnsbl_threshold", view)
    if action is None or threshold is None or not threshold.isascii() or not threshold.isdigit():
        return Effect.CANNOT_TELL
    if action.lower() == "ignore":
        return Effect.IGNORED
    weight = sum(site.weight or 0 for site in sites(configuration, view) if _answers(site, answered))
    return Effect.REFUSED if weight >= int(threshold) else Effect.BELOW_THRESHOLD


def _answers(site: Site, answered: frozenset[str]) -> bool:
    return site.filter is None and site.domain.lower() in answered


def _restriction_effect(lists: RestrictionLists, use: Use) -> Effect:
    if not use.reachable:
        return Effect.NOT_REACHED
    if use.way.parameter is None:
        return Effect.UNNAMED if unnamed_reason(lists, use) else Effect.PERHAPS_NAMED
    return Effect.ONLY_LOGGED if use.warned else Effect.REFUSED


def _views_behind_postscreen(lists: RestrictionLists) -> tuple[View, ...]:
    passed = tuple(view for view in lists.smtpd_views if view.service and view.service.type == "pass")
    return passed or lists.smtpd_views or (lists.configuration.main_view,)
