"""Who refuses whom: what Spamhaus answers to the target's queries, and through whom they go."""

import re
from typing import Literal, NamedTuple

from postlint.configuration.model import Configuration, View
from postlint.configuration.restrictions import is_program
from postlint.facts.platforms import PublicResolver, platforms, public_resolver
from postlint.target import Target


class Route(NamedTuple):
    """The way of a query for which it is known what Spamhaus answers.

    ``words``: as in "queries from AWS", or "queries through Google's resolver 8.8.8.8". ``resolver``: the public one,
    at ``address``, that decides; None where the network does.
    """

    answer: Literal["error-code", "silence"]
    words: str
    resolver: PublicResolver | None = None
    address: str | None = None


def route_to_spamhaus(target: Target) -> Route | None:
    """The worst way that a query can take; None when nothing is known of any.

    What counts is the address that a query comes from: that of a public resolver where one is asked, else the
    platform's. An error code, which refuses mail, is worse than silence, and comes also from a server that is asked
    only when those before it do not answer. Silence counts from the first server alone.
    """
    platform = platforms().get(target.platform or "")
    here = f"from {platform.title}" if platform is not None and platform.refused_by_spamhaus else None
    if not target.resolvers:
        return Route("error-code", here) if here else None
    first = target.resolvers[0]
    silent: Route | None = None
    for address in target.resolvers:
        resolver = public_resolver(address)
        late = "" if address == first else f" (when {first} does not answer)"
        if resolver is None or resolver.spamhaus == "unknown":
            if here:
                return Route("error-code", here + late)
            continue
        words = f"through {resolver.operator}'s resolver {address}{late}"
        if resolver.spamhaus == "error-code":
            return Route("error-code", words, resolver, address)
        if address == first:
            silent = Route("silence", words, resolver, address)
    return silent


def refused_by_spamhaus(target: Target) -> str | None:
    """What makes Spamhaus answer with an error code, as in "queries from AWS"; None when nothing is known to."""
    route = route_to_spamhaus(target)
    return route.words if route is not None and route.answer == "error-code" else None


def unanswered_by_spamhaus(target: Target) -> str | None:
    """What makes Spamhaus' lists seem empty, as in "queries through Google's resolver 8.8.8.8"; None: nothing."""
    route = route_to_spamhaus(target)
    return route.words if route is not None and route.answer == "silence" else None


def refused_networks() -> str:
    """The networks that Spamhaus refuses, as a list for a sentence."""
    titles = [platform.title for platform in platforms().values() if platform.refused_by_spamhaus]
    return ", ".join(titles[:-1]) + " and " + titles[-1]


def jail_of_dns_clients(configuration: Configuration) -> str | None:
    """The directory to which smtpd or dnsblog, which ask for postscreen, are chrooted; None when none is."""
    views = configuration.service_views.values()
    asking = (view for view in views if view.service and _asks(view.service.command))
    if not any(_is_chrooted(configuration, view) for view in asking):
        return None
    return configuration.plain("queue_directory", configuration.main_view)


def _asks(command: str) -> bool:
    return is_program(command, "smtpd") or is_program(command, "dnsblog")


def _is_chrooted(configuration: Configuration, view: View) -> bool:
    """The fifth field of master.cf; ``-`` is yes below compatibility level 1 (src/master/master_ent.c)."""
    field = view.service.fields[4].text if view.service else "n"
    if field != "-":
        return field == "y"
    level = configuration.plain("compatibility_level", configuration.main_view) or ""
    return re.match("[1-9]", level) is None
