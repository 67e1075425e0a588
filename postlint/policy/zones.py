"""Whether a lookup asks a zone that can answer it: one that lives, is spelt right, and is asked for what it lists."""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.sites import Site, postscreen_views, sites
from postlint.facts.dnsbl import ReplyFilter, meant_zone, parse_filter, retirement
from postlint.facts.dqs import is_placeholder, keyed_zone
from postlint.policy.dnsbl import Effect, Lookup
from postlint.policy.network import refused_by_spamhaus
from postlint.target import Target
from postlint.text import OPAQUE, Location


class ZoneFault(Enum):
    """Why no answer of the zone can mean what the lookup takes it for."""

    RETIRED = "the list has shut down"
    MISSPELT = "the name is misspelt"
    WRONG_KIND = "the list is of another kind"
    PLACEHOLDER = "a word of an example stands for its key"


class Mismatch(Enum):
    """How a list and a lookup do not fit."""

    DOMAIN_LIST_BY_ADDRESS = "a domain list is asked for an address"
    ADDRESS_LIST_BY_DOMAIN = "an address list is asked for a domain"
    HASH_LIST = "Postfix cannot ask a list of hashes"
    ALLOWLIST_REFUSES = "an allowlist is used to refuse"
    BLOCKLIST_PERMITS = "a blocklist is used to permit"


def zone_fault(lookup: Lookup, target: Target) -> ZoneFault | None:
    """What is wrong with the zone itself, so that a reply filter is beside the point.

    On a network that Spamhaus refuses, its zones answer neither addresses nor domains: no fault of the kind.
    """
    zone = keyed_zone(lookup.zone)
    if zone is not None and is_placeholder(zone.key):
        return ZoneFault.PLACEHOLDER
    if lookup.facts is None:
        if retirement(lookup.zone) is not None:
            return ZoneFault.RETIRED
        return ZoneFault.MISSPELT if meant_zone(lookup.zone) is not None else None
    if lookup.facts.public_spamhaus and not lookup.permits and refused_by_spamhaus(target):
        return None
    return ZoneFault.WRONG_KIND if mismatch(lookup) is not None else None


def mismatch(lookup: Lookup) -> Mismatch | None:
    """How the lookup does not fit what the zone is; None when it fits, and for zones that are not known.

    A mixed list is asked for addresses and domains, to refuse and to permit: its reply filter decides.
    """
    facts = lookup.facts
    if facts is None or facts.kind == "mixed" or is_canary(lookup):
        return None
    if facts.kind == "allow" and not lookup.permits:
        return Mismatch.ALLOWLIST_REFUSES
    if facts.kind == "block" and lookup.permits and not (lookup.by_postscreen and lookup.filter):
        # A negative weight for some answers of a blocklist takes back part of what it counts for others.
        return Mismatch.BLOCKLIST_PERMITS
    if facts.subject == "hash":
        return Mismatch.HASH_LIST
    if facts.subject == "domain" and lookup.subject == "client":
        return Mismatch.DOMAIN_LIST_BY_ADDRESS
    if facts.subject == "address" and lookup.subject == "domain":
        return Mismatch.ADDRESS_LIST_BY_DOMAIN
    return None


def answers_every_address(lookup: Lookup) -> bool:
    """Whether a domain list's answer to any address counts as listed."""
    answer = lookup.facts.address_answer if lookup.facts else None
    if answer is None or lookup.subject != "client":
        return False
    return lookup.filter_text is None or (lookup.filter is not None and lookup.filter.matches(answer))


def documented_filter(lookup: Lookup) -> ReplyFilter | None:
    """The answers that the lookup is for: that mean listed, or for a permit that speak well of the client."""
    facts = lookup.facts
    text = (facts.allow_filter if lookup.permits else facts.filter) if facts else None
    return parse_filter(text) if text is not None else None


def admitted_errors(lookup: Lookup) -> tuple[str, ...]:
    """The zone's documented error codes that the reply filter takes for an answer; none without a filter."""
    facts, reply_filter = lookup.facts, lookup.filter
    if facts is None or reply_filter is None:
        return ()
    return tuple(code for code in facts.errors if reply_filter.matches(code))


def is_canary(lookup: Lookup) -> bool:
    """Whether the lookup only watches for error codes: behind warn_if_reject, and for nothing that means listed."""
    if lookup.effect is not Effect.ONLY_LOGGED or lookup.filter is None or not admitted_errors(lookup):
        return False
    wanted = documented_filter(lookup)
    return wanted is None or lookup.filter.intersection(wanted) is None


class Scoring(NamedTuple):
    """How one postscreen service scores its clients: refused from ``threshold`` on.

    ``definition``: where the threshold is written, None for the default; ``location`` the number itself.
    """

    view: View
    threshold: int
    definition: Definition | None
    location: Location | None
    sites: tuple[Site, ...]

    @property
    def highest(self) -> int:
        """What the positive weights sum to: an entry counts once, however many answers match its filter."""
        return sum(site.weight for site in self.sites if site.weight and site.weight > 0)


def scorings(configuration: Configuration) -> Iterator[Scoring]:
    """The scoring of each postscreen service that refuses by it, where all of it can be read."""
    for view in postscreen_views(configuration):
        action = configuration.plain("postscreen_dnsbl_action", view)
        threshold = configuration.plain("postscreen_dnsbl_threshold", view)
        if action is None or action.lower() == "ignore" or threshold is None:
            continue
        found = sites(configuration, view)
        unreadable = OPAQUE in configuration.expanded("postscreen_dnsbl_sites", view).text
        if unreadable or any(site.weight is None for site in found):
            continue
        if threshold.isascii() and threshold.isdigit():
            setting = configuration.setting("postscreen_dnsbl_threshold", view)
            location = configuration.expanded("postscreen_dnsbl_threshold", view).location
            yield Scoring(view, int(threshold), setting.definition if setting else None, location, found)
