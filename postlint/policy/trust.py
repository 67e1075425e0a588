"""Whom the relay trusts by address: mynetworks, and the keys of access maps."""

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

from postlint.configuration.match_lists import MatchItem, match_lists
from postlint.configuration.model import Configuration, View
from postlint.configuration.tables import TableRow
from postlint.text import OPAQUE, Location, MappedText

# Shared address space behind carriers' NAT (RFC 6598): neither private in Python's eyes nor on the Internet.
_SHARED_SPACE = ipaddress.IPv4Network("100.64.0.0/10")


class Unread(NamedTuple):
    """A lookup table ``type:name``, or the path of a file in a match list, whose content decides; ``reason``: why it is
    not known, as in "is not there".
    """

    name: MappedText
    reason: str


class Doubt(NamedTuple):
    """Why strangers may be among those trusted, as a clause. ``certain``: they are. ``unread``: what has to be read to
    tell.
    """

    reason: str
    certain: bool
    unread: Unread | None = None


def trusted_networks(configuration: Configuration, view: View) -> Doubt | None:
    """What speaks against mynetworks: it covers strangers, or cannot be read. None: nothing."""
    setting = configuration.setting("mynetworks", view)
    if setting is None:
        if configuration.plain("mynetworks_style", view) == "class":
            return Doubt("mynetworks_style = class trusts whole class A, B or C networks", certain=True)
        return None
    unknown: Doubt | None = None
    for item in match_lists(configuration).items("mynetworks", view):
        doubt = _item_doubt(configuration, item)
        if doubt is not None and doubt.certain:
            return doubt
        unknown = unknown or doubt
    return unknown


@lru_cache(maxsize=64)
def own_domains(configuration: Configuration, parameter: str, view: View) -> frozenset[str]:
    """The domains, in lower case, that a match list such as relay_domains surely holds as they are.

    The first item that matches decides, so what follows an item that may take any domain away does not count.
    """
    found: set[str] = set()
    taken: set[str] = set()
    for item in match_lists(configuration).items(parameter, view):
        if not item.is_known or (item.is_table and item.negated):
            break
        domain = item.pattern.text.lower()
        if item.negated:
            taken.add(domain)
        elif not item.is_table and not item.before_3_8:
            found.add(domain)
    return frozenset(found - taken)


def _item_doubt(configuration: Configuration, item: MatchItem) -> Doubt | None:
    pattern = item.pattern
    if item.unread is not None:
        reason = f"mynetworks holds {pattern.text}, which {item.unread}"
        return Doubt(reason, certain=False, unread=Unread(pattern, item.unread))
    if not item.is_known:
        return Doubt("a part of mynetworks cannot be read", certain=False)
    if item.negated or item.bare_address is not None:
        return None  # taken for a table, such an address trusts nobody
    if item.is_table:
        table = configuration.tables.table(pattern)
        if table.unread is not None:
            reason = f"mynetworks holds {pattern.text}, which {table.unread}"
            return Doubt(reason, certain=False, unread=Unread(pattern, table.unread))
        doubt = _worst_client(configuration, table.name)
        return doubt and Doubt(f"mynetworks holds {pattern.text}, where {doubt.reason}", doubt.certain)
    place = f" in {_place(pattern.locations[0])}" if item.included else ""
    network = _network(pattern.text)
    if network is None:
        return Doubt(f"mynetworks holds {pattern.text}{place}, which cannot be read", certain=False)
    if not covers_strangers(network):
        return None
    old = ", a line that Postfix reads before 3.8" if item.before_3_8 else ""
    return Doubt(f"mynetworks trusts {pattern.text}{place}{old}", certain=not item.before_3_8)


@lru_cache(maxsize=64)
def _worst_client(configuration: Configuration, table_name: str) -> Doubt | None:
    """What speaks against the clients in a table that was read, for every service at once."""
    rows = configuration.tables.table(MappedText.unwritten(table_name)).rows
    doubts = [doubt for row in rows if (doubt := client_doubt(row)) is not None]
    return next((doubt for doubt in doubts if doubt.certain), doubts[0] if doubts else None)


def client_doubt(row: TableRow) -> Doubt | None:
    """Whether strangers are among the clients that a row's key or pattern means; None: they are not."""
    pattern = row.pattern.text
    place = place_of(row)
    if not pattern:
        return Doubt(f"{place} means everybody", certain=True)
    if OPAQUE in pattern or row.kind == "pattern":
        return Doubt(f"{place} means clients by a pattern", certain=False)
    if row.negated:
        return Doubt(f"{place} means everybody outside {pattern}", certain=True)
    network = _network(pattern) if row.kind == "address" else _network_of_key(pattern)
    if network is None:
        return Doubt(f"{place} means the clients called {pattern}", certain=False)
    return Doubt(f"{place} means {pattern}", certain=True) if covers_strangers(network) else None


def place_of(row: TableRow) -> str:
    """``path:line`` of a row."""
    return _place(Location(row.source, row.span))


def _place(location: Location) -> str:
    return f"{location.source.path}:{location.source.position(location.span.start)[0]}"


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network_of_key(key: str) -> _Network | None:
    """The clients of an access map's key: an address, or the first numbers of one (access(5))."""
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}", key):
        octets = key.split(".")
        key = ".".join(octets + ["0"] * (4 - len(octets))) + f"/{8 * len(octets)}"
    elif "/" in key:
        return None  # no such key is ever looked up
    try:
        return ipaddress.ip_network(key, strict=False)
    except ValueError:
        return None


def _network(pattern: str) -> _Network | None:
    if pattern.startswith("["):
        pattern = pattern.replace("[", "", 1).replace("]", "", 1)
    try:
        return ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return None


def covers_strangers(network: _Network) -> bool:
    """Whether the range is wider than one organisation's: beyond /16 or /32, outside private space."""
    if isinstance(network, ipaddress.IPv4Network):
        inside = network.is_private or network.subnet_of(_SHARED_SPACE)
        return network.prefixlen < 16 and not inside
    return network.prefixlen < 32 and not (network.is_private or network.is_link_local)
