"""postscreen_dnsbl_sites: each ``domain[=filter][*weight]`` with its place."""

import re
from typing import NamedTuple

from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.restrictions import is_program
from postlint.text import OPAQUE, Location, MappedText

_PARAMETER = "postscreen_dnsbl_sites"


class Site(NamedTuple):
    """One entry; ``weight`` None for a factor that Postfix dies on."""

    word: MappedText
    domain: str
    filter: str | None
    weight: int | None

    @property
    def lookup_end(self) -> int:
        """Where in the word the domain and its filter end, and the weight begins."""
        return self.word.text.find("*") if "*" in self.word.text else len(self.word.text)


class SiteUse(NamedTuple):
    """A site as one postscreen service sees it, or main.cf alone."""

    view: View
    site: Site
    definition: Definition | None


class SiteOccurrence(NamedTuple):
    """A site in the place where it is written, with all its uses."""

    site: Site
    location: Location
    uses: tuple[SiteUse, ...]


def postscreen_views(configuration: Configuration) -> tuple[View, ...]:
    """The views of the postscreen services; without one postscreen is not active."""
    views = configuration.service_views.values()
    return tuple(view for view in views if view.service and is_program(view.service.command, "postscreen"))


def sites(configuration: Configuration, view: View) -> tuple[Site, ...]:
    """The sites that a program with this view queries, in order."""
    value = configuration.expanded(_PARAMETER, view)
    words = (value.slice(*match.span()) for match in re.finditer(r"[^, \t\r\n]+", value.text))
    return tuple(_parse_site(word) for word in words if OPAQUE not in word.text)


def site_occurrences(configuration: Configuration) -> tuple[SiteOccurrence, ...]:
    """Every site that is written somewhere, once for each place."""
    found: dict[tuple[str, int, int], list[SiteUse]] = {}
    locations: dict[tuple[str, int, int], Location] = {}
    for view in (configuration.main_view, *postscreen_views(configuration)):
        setting = configuration.setting(_PARAMETER, view)
        if setting is None or setting.definition is None:
            continue
        for site in sites(configuration, view):
            if site.word.locations:
                location = site.word.locations[0]
                locations[location.key] = location
                found.setdefault(location.key, []).append(SiteUse(view, site, setting.definition))
    return tuple(SiteOccurrence(uses[0].site, locations[key], tuple(uses)) for key, uses in found.items())


def _parse_site(word: MappedText) -> Site:
    # src/postscreen/postscreen_dnsbl.c: cut at the first "*", then at the first "=".
    rest, star, factor = word.text.partition("*")
    domain, equals, reply = rest.partition("=")
    weight = 1
    if star:
        match = re.fullmatch(r"[+-]?[0-9]+", factor)
        return Site(word, domain, reply if equals else None, int(factor) if match else None)
    return Site(word, domain, reply if equals else None, weight)
