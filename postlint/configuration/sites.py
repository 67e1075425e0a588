"""postscreen_dnsbl_sites and maps_rbl_domains: each ``domain[=filter][*weight]`` with its place."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.restrictions import is_program
from postlint.text import OPAQUE, Location, MappedText

_SITES = "postscreen_dnsbl_sites"
# The zones that reject_maps_rbl asks, before Postfix 3.9.
_OLD_ZONES = "maps_rbl_domains"
_MOST_DIGITS = 10


class Site(NamedTuple):
    """One entry; ``weight`` None for a factor that Postfix dies on. Entries of maps_rbl_domains have none: 1."""

    word: MappedText
    domain: str
    filter: str | None
    weight: int | None

    @property
    def factor(self) -> str:
        """The weight as it is written, with its ``*``; empty without one."""
        return self.word.text[len(self.domain) + (len(self.filter) + 1 if self.filter is not None else 0) :]


class SiteUse(NamedTuple):
    """A site as one service sees it, or main.cf alone."""

    view: View
    site: Site
    definition: Definition | None


class SiteOccurrence(NamedTuple):
    """A site in the place where it is written, with all its uses."""

    site: Site
    location: Location
    uses: tuple[SiteUse, ...]
    parameter: str = _SITES


def postscreen_views(configuration: Configuration) -> tuple[View, ...]:
    """The views of the postscreen services; without one postscreen is not active."""
    views = configuration.service_views.values()
    return tuple(view for view in views if view.service and is_program(view.service.command, "postscreen"))


def sites(configuration: Configuration, view: View, parameter: str = _SITES) -> tuple[Site, ...]:
    """The sites that a program with this view queries, in order."""
    value = configuration.expanded(parameter, view)
    words = (value.slice(*match.span()) for match in re.finditer(r"[^, \t\r\n]+", value.text))
    return tuple(parse_site(word, parameter) for word in words if OPAQUE not in word.text)


def site_occurrences(configuration: Configuration) -> tuple[SiteOccurrence, ...]:
    """Every postscreen site that is written somewhere, once for each place."""
    return _occurrences(configuration, _SITES, (configuration.main_view, *postscreen_views(configuration)))


def old_zone_occurrences(configuration: Configuration, views: Iterable[View]) -> tuple[SiteOccurrence, ...]:
    """Every zone of maps_rbl_domains that a program with one of these views sees, once for each place."""
    return _occurrences(configuration, _OLD_ZONES, views)


def _occurrences(configuration: Configuration, parameter: str, views: Iterable[View]) -> tuple[SiteOccurrence, ...]:
    found: dict[tuple[str, int, int], list[SiteUse]] = {}
    locations: dict[tuple[str, int, int], Location] = {}
    for view in views:
        setting = configuration.setting(parameter, view)
        if setting is None or setting.definition is None:
            continue
        for site in sites(configuration, view, parameter):
            if site.word.locations:
                location = site.word.locations[0]
                locations[location.key] = location
                found.setdefault(location.key, []).append(SiteUse(view, site, setting.definition))
    return tuple(SiteOccurrence(uses[0].site, locations[key], tuple(uses), parameter) for key, uses in found.items())


def parse_site(word: MappedText, parameter: str = _SITES) -> Site:
    """A word of postscreen_dnsbl_sites or maps_rbl_domains."""
    # src/postscreen/postscreen_dnsbl.c: cut at the first "*", then at the first "=". smtpd knows no weight
    # (src/smtpd/smtpd_check.c of 3.8, reject_maps_rbl and find_dnsxl_addr).
    rest, star, factor = word.text.partition("*") if parameter == _SITES else (word.text, "", "")
    domain, equals, reply = rest.partition("=")
    weight: int | None = 1
    if star:
        match = re.fullmatch(r"([+-]?)([0-9]+)", factor)
        # No sum of weights needs more digits, and int() refuses very many.
        weight = int(f"{match[1]}{match[2].lstrip('0')[:_MOST_DIGITS] or 0}") if match else None
    return Site(word, domain, reply if equals else None, weight)
