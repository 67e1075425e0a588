"""Clouds and hosting companies that a mail server runs on, and the public DNS servers that it may ask."""

from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal, NamedTuple

from postlint.facts.tables import toml_table


class Platform(NamedTuple):
    """Where a mail server can run, and the signs by which a host tells that it does.

    ``refused_since``: ``YYYY-MM-DD`` or ``YYYY``, None where nothing is known. ``dmi``: pairs of a file in
    /sys/class/dmi/id and a regular expression for its whole value; ``hypervisor_uuid``, ``search`` and
    ``hostname``: regular expressions for the whole text too. One sign is enough.
    """

    name: str
    title: str
    refused_by_spamhaus: bool
    refused_since: str | None
    source: str
    cloud_id: tuple[str, ...] = ()
    dmi: tuple[tuple[str, str], ...] = ()
    hypervisor_uuid: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    hostname: tuple[str, ...] = ()


class PublicResolver(NamedTuple):
    """A DNS service for everybody, and what a query of Spamhaus' free zones gets through it.

    ``error-code``: 127.255.255.x, which an unfiltered lookup takes for "listed"; ``silence``: NXDOMAIN, as if
    nobody were listed.
    """

    operator: str
    addresses: tuple[str, ...]
    spamhaus: Literal["error-code", "silence", "unknown"]
    source: str


def platforms() -> dict[str, Platform]:
    """The platforms by their names, in the order of the file."""
    return _facts()[0]


def public_resolver(address: str) -> PublicResolver | None:
    """The public resolver that answers at ``address``, in whatever spelling; None for any other text."""
    parsed = parse_address(address)
    return None if parsed is None else _facts()[1].get(parsed)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The host that ``text`` is an address of, or None: equal for all spellings, with and without a zone."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address


@cache
def _facts() -> tuple[dict[str, Platform], dict[IPv4Address | IPv6Address, PublicResolver]]:
    """The tables of platforms.toml: platforms by name, resolvers by address."""
    tables = toml_table("platforms")
    by_name: dict[str, Platform] = {}
    for row in tables["platform"]:
        by_name[row["name"]] = Platform(
            name=row["name"],
            title=row["title"],
            refused_by_spamhaus=row["refused_by_spamhaus"],
            refused_since=row.get("refused_since"),
            source=row["source"],
            cloud_id=tuple(row.get("cloud_id", ())),
            dmi=tuple((file, pattern) for file, patterns in row.get("dmi", {}).items() for pattern in patterns),
            hypervisor_uuid=tuple(row.get("hypervisor_uuid", ())),
            nameservers=tuple(row.get("nameservers", ())),
            search=tuple(row.get("search", ())),
            hostname=tuple(row.get("hostname", ())),
        )
    by_address: dict[IPv4Address | IPv6Address, PublicResolver] = {}
    for row in tables["resolver"]:
        resolver = PublicResolver(row["operator"], tuple(row["addresses"]), row["spamhaus"], row["source"])
        for address in resolver.addresses:
            parsed = parse_address(address)
            if parsed is not None:
                by_address[parsed] = resolver
    return by_name, by_address
