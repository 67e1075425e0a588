"""DNSBLs: what a zone's answers mean, and Postfix's reply filters (``zone=d.d.d.d``)."""

import re
from functools import cache
from typing import NamedTuple

from postlint.facts.tables import toml_table

# KEY.zone.dq.spamhaus.net, or the zone without a key.
_KEYED = r"(?:.+\.)?([a-z0-9-]+)\.dq\.spamhaus\.net"


class Dnsbl(NamedTuple):
    """A list. ``kind``: block, allow or mixed. ``filter``: the answers that mean "listed", as Postfix writes them.

    ``filter_auto_safe``: documented well enough to add the filter without asking. ``public_spamhaus``: served by
    Spamhaus' free public mirrors, which answer some networks with an error code.
    """

    zone: str
    operator: str
    kind: str
    filter: str | None
    errors: tuple[str, ...]
    filter_auto_safe: bool
    public_spamhaus: bool


@cache
def _dnsbls() -> dict[str, Dnsbl]:
    return {
        row["zone"]: Dnsbl(
            row["zone"],
            row["operator"],
            row["kind"],
            row.get("filter"),
            tuple(row["errors"]),
            row["filter_auto_safe"],
            row["public_spamhaus"],
        )
        for row in toml_table("dnsbls")["dnsbl"]
    }


def dnsbl(zone: str) -> Dnsbl | None:
    """What is known of ``zone``: any case, with or without a final dot.

    A zone with a Spamhaus key (``KEY.zen.dq.spamhaus.net``) has the codes of its public twin and no refused networks.
    """
    name = zone.lower().removesuffix(".")
    keyed = re.fullmatch(_KEYED, name)
    if keyed is None:
        return _dnsbls().get(name)
    twin = _dnsbls().get(f"{keyed[1]}.spamhaus.org") or _dnsbls().get(f"{keyed[1]}.dq.spamhaus.net")
    if twin is None:
        return None
    title = f"{keyed[1]}.dq.spamhaus.net"
    safe = twin.filter is not None
    return Dnsbl(title, twin.operator, twin.kind, twin.filter, twin.errors, safe, public_spamhaus=False)


class ReplyFilter(NamedTuple):
    """A parsed ``d.d.d.d``: for each of the four numbers the ranges that match (src/util/ip_match.c)."""

    fields: tuple[tuple[tuple[int, int], ...], ...]

    def matches(self, address: str) -> bool:
        """Whether the answer ``address`` counts as listed."""
        numbers = [int(number) for number in address.split(".")]
        return all(
            any(low <= number <= high for low, high in ranges)
            for number, ranges in zip(numbers, self.fields, strict=True)
        )


def parse_filter(text: str) -> ReplyFilter | None:
    """``127.0.0.[2..11]`` as ranges; None for text that Postfix dies on."""
    fields = _split_fields(text)
    if fields is None and text.startswith("[") and text.endswith("]"):
        # The whole filter may stand in brackets.
        fields = _split_fields(text[1:-1])
    if fields is None:
        return None
    ranges = [_field_ranges(field) for field in fields]
    if any(field is None for field in ranges):
        return None
    return ReplyFilter(tuple(field for field in ranges if field is not None))


def _split_fields(text: str) -> list[str] | None:
    match = re.fullmatch(
        r"(\d+|\[[^\[\]]*\])\.(\d+|\[[^\[\]]*\])\.(\d+|\[[^\[\]]*\])\.(\d+|\[[^\[\]]*\])", text, re.ASCII
    )
    return list(match.groups()) if match else None


def _field_ranges(field: str) -> tuple[tuple[int, int], ...] | None:
    ranges: list[tuple[int, int]] = []
    for item in field.strip("[]").split(";"):
        match = re.fullmatch(r"(\d{1,3})(?:\.\.(\d{1,3}))?", item, re.ASCII)
        if match is None:
            return None
        low = int(match[1])
        high = int(match[2]) if match[2] else low
        if low > high or high > 255:
            return None
        ranges.append((low, high))
    return tuple(ranges)
