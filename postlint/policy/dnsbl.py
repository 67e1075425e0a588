"""The DNSBL lookups of a configuration, and what an answer of each would do."""

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from typing import NamedTuple

from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.restrictions import Occurrence, RestrictionLists, Use
from postlint.configuration.rewriting import Obstacle, Rewriter, Rewriting
from postlint.configuration.sites import (
    Site,
    SiteOccurrence,
    old_zone_occurrences,
    postscreen_views,
    site_occurrences,
    sites,
)
from postlint.facts.dnsbl import Dnsbl, ReplyFilter, dnsbl, parse_filter
from postlint.policy.exposure import uses_in_force
from postlint.policy.reach import unnamed_reason
from postlint.target import PostfixVersion
from postlint.text import Location

# The lookups that refuse what is listed. reject_maps_rbl, which takes its zones from a parameter, is apart.
REFUSING_LOOKUPS = frozenset(
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
_PERMITTING_LOOKUPS = frozenset({"permit_dnswl_client", "permit_rhswl_client"})
_POSTSCREEN = "postscreen_dnsbl_sites"
_MAPS_RBL = "reject_maps_rbl"


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
    CONDITIONAL = "it stands in a conditional form"
    CANNOT_TELL = "postscreen's action or threshold cannot be read"
    PERMITTED = "let through"
    REFUSED = "refused"


# Nobody meets the lookup.
IDLE = frozenset({Effect.NOT_USED, Effect.NOT_REACHED, Effect.UNNAMED, Effect.NO_POSTSCREEN})
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
        return self.verb == _POSTSCREEN

    @property
    def permits(self) -> bool:
        """Whether it speaks for what is listed: a permit, or a negative weight."""
        if isinstance(self.occurrence, SiteOccurrence):
            return (self.occurrence.site.weight or 0) < 0
        return self.verb in _PERMITTING_LOOKUPS

    @property
    def subject(self) -> str:
        """What is looked up: the client's address, or a domain."""
        return "domain" if self.verb.startswith(("reject_rhsbl", "permit_rhswl")) else "client"

    @property
    def row_key(self) -> str | None:
        """The key of the access map's row that it stands in, None where it stands in any other list, too."""
        if isinstance(self.occurrence, SiteOccurrence):
            return None
        written = {use.list.definition for use in self.occurrence.uses if use.list.kind == "row"}
        alone = all(use.list.kind == "row" for use in self.occurrence.uses)
        return next((row.parameter for row in written if row is not None and alone), None)

    def remove(self, rewriter: Rewriter) -> Rewriting | Obstacle:
        """The lookup gone."""
        if isinstance(self.occurrence, SiteOccurrence):
            return rewriter.replace_site(self.occurrence, None)
        return rewriter.remove(self.occurrence)

    def with_filter(self, rewriter: Rewriter, reply_filter: str) -> Rewriting | Obstacle:
        """The lookup with a reply filter, in place of the one that it has."""
        return self.with_zone(rewriter, self.zone, reply_filter)

    def with_zone(self, rewriter: Rewriter, zone: str, reply_filter: str | None) -> Rewriting | Obstacle:
        """The lookup of another zone, or with another reply filter."""
        text = f"{zone}={reply_filter}" if reply_filter is not None else zone
        if isinstance(self.occurrence, SiteOccurrence):
            return rewriter.replace_site(self.occurrence, text + self.occurrence.site.factor)
        return rewriter.replace_argument(self.occurrence, text)


def lookups(lists: RestrictionLists, version: PostfixVersion | None = None) -> Iterator[Lookup]:
    """Every DNSBL lookup that refuses what is listed, once for each place where it is written.

    The zones of maps_rbl_domains, which Postfix asks before 3.9, are left out for a later ``version``.
    """
    yield from _lookups(lists, permitting=False)
    yield from _old_lookups(lists, version)


def permitting_lookups(lists: RestrictionLists) -> Iterator[Lookup]:
    """Every lookup that speaks for what is listed: permits, and negative weights."""
    return _lookups(lists, permitting=True)


def _lookups(lists: RestrictionLists, permitting: bool) -> Iterator[Lookup]:
    for occurrence in lists.named(_PERMITTING_LOOKUPS if permitting else REFUSING_LOOKUPS):
        argument, location = occurrence.restriction.argument, occurrence.location
        if argument is None or occurrence.restriction.opaque:
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
            _lookup_uses(lists, occurrence.uses),
            tuple(dict.fromkeys(use.view for use in live or occurrence.uses)),
        )
    for site_occurrence in site_occurrences(lists.configuration):
        site = site_occurrence.site
        if site.weight is None or site.weight == 0 or (site.weight < 0) != permitting:
            continue
        effect = _postscreen_effect(lists.configuration, site_occurrence, partial(_is_listed_with, site))
        yield Lookup(
            _POSTSCREEN,
            site.domain,
            site.filter,
            site_occurrence.location,
            site_occurrence,
            Effect.PERMITTED if permitting and effect is not Effect.NO_POSTSCREEN else effect,
            tuple(LookupUse(use.view, use.definition) for use in site_occurrence.uses),
            _views_behind_postscreen(lists),
        )


def _old_lookups(lists: RestrictionLists, version: PostfixVersion | None) -> Iterator[Lookup]:
    """The zones of maps_rbl_domains, each as if reject_rbl_client asked it (reject_maps_rbl of Postfix 3.8)."""
    uses = [
        use
        for occurrence in lists.named(frozenset({_MAPS_RBL}))
        for use in occurrence.uses
        if not (version and use.restriction.known and use.restriction.known.is_removed_in(version))
    ]
    for zone in old_zone_occurrences(lists.configuration, dict.fromkeys(use.view for use in uses)):
        views = [use.view for use in zone.uses]
        asking = [use for use in uses if use.view in views]
        live = uses_in_force(lists, asking)
        yield Lookup(
            _MAPS_RBL,
            zone.site.domain,
            zone.site.filter,
            zone.location,
            zone,
            worst(_restriction_effect(lists, use) for use in live),
            _lookup_uses(lists, asking),
            tuple(dict.fromkeys(use.view for use in live or asking)),
        )


def _lookup_uses(lists: RestrictionLists, uses: Iterable[Use]) -> tuple[LookupUse, ...]:
    return tuple(dict.fromkeys(LookupUse(use.view, written) for use in uses for written in lists.written_in(use)))


def effect_when_answered(lists: RestrictionLists, lookup: Lookup, answered: frozenset[str]) -> Effect:
    """What happens to a client for which all the zones ``answered``, in lower case, have an error code."""
    if lookup.by_postscreen and isinstance(lookup.occurrence, SiteOccurrence):
        return _postscreen_effect(lists.configuration, lookup.occurrence, partial(_takes_error, answered))
    return lookup.effect


def _postscreen_effect(
    configuration: Configuration, occurrence: SiteOccurrence, counts: Callable[[Site], bool]
) -> Effect:
    """postscreen refuses when its action is not ignore and the weights sum up to the threshold (postscreen(8))."""
    if not postscreen_views(configuration):
        return Effect.NO_POSTSCREEN
    views = {use.view for use in occurrence.uses if use.view.service}
    return worst(_postscreen_view_effect(configuration, view, counts) for view in views)


def _postscreen_view_effect(configuration: Configuration, view: View, counts: Callable[[Site], bool]) -> Effect:
    action = configuration.plain("postscreen_dnsbl_action", view)
    threshold = configuration.plain("postscreen_dnsbl_threshold", view)
    if action is None or threshold is None or not threshold.isascii() or not threshold.isdigit():
        return Effect.CANNOT_TELL
    if action.lower() == "ignore":
        return Effect.IGNORED
    weight = sum(site.weight or 0 for site in sites(configuration, view) if counts(site))
    return Effect.REFUSED if weight >= int(threshold) else Effect.BELOW_THRESHOLD


def _is_listed_with(listed: Site, site: Site) -> bool:
    """Whether ``site`` counts for a client that ``listed`` counts for: it is that one, or takes any answer."""
    return site.word == listed.word or (site.filter is None and site.domain.lower() == listed.domain.lower())


def _takes_error(answered: frozenset[str], site: Site) -> bool:
    if site.domain.lower() not in answered or site.filter is None:
        return site.domain.lower() in answered
    facts, reply_filter = dnsbl(site.domain), parse_filter(site.filter)
    return bool(facts and reply_filter and any(reply_filter.matches(code) for code in facts.errors))


def _restriction_effect(lists: RestrictionLists, use: Use) -> Effect:
    if not use.reachable:
        return Effect.NOT_REACHED
    if use.way.parameter is None:
        return Effect.UNNAMED if unnamed_reason(lists, use) else Effect.PERHAPS_NAMED
    if use.restriction.name in _PERMITTING_LOOKUPS:
        return Effect.PERMITTED  # warn_if_reject softens refusals alone
    if use.warned:
        return Effect.ONLY_LOGGED
    return Effect.CONDITIONAL if use.restriction.conditional else Effect.REFUSED


def _views_behind_postscreen(lists: RestrictionLists) -> tuple[View, ...]:
    passed = tuple(view for view in lists.smtpd_views if view.service and view.service.type == "pass")
    return passed or lists.smtpd_views or (lists.configuration.main_view,)
