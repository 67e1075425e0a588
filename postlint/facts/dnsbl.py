"""DNSBLs: what a zone's answers mean, and Postfix's reply filters (``zone=d.d.d.d``)."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from postlint.facts.spelling import TypingError, typing_error
from postlint.facts.tables import json_table, toml_table

# KEY.zone.dq.spamhaus.net, or the zone without a key.
_KEYED = r"(?:.+\.)?([a-z0-9-]+)\.dq\.spamhaus\.net"
# In a label that is shorter another letter makes another name: sbl and xbl, dnsbl and dnswl.
_LONG_LABEL = 6


class Dnsbl(NamedTuple):
    """A list. ``kind``: block, allow or mixed. ``subject``: what it is asked for, address, domain or hash.

    ``filter``: the answers that mean "listed", as Postfix writes them; ``allow_filter`` those of an allowlist or a
    mixed list that speak well of a client. ``errors``: answers that mean neither; ``address_answer``: a domain list's
    answer to every address. ``filter_auto_safe``: documented well enough to add the filter without asking.
    ``public_spamhaus``: served by Spamhaus' free public mirrors, which answer some networks with an error code.
    """

    zone: str
    operator: str
    kind: str
    subject: str
    filter: str | None
    allow_filter: str | None
    errors: tuple[str, ...]
    address_answer: str | None
    filter_auto_safe: bool
    public_spamhaus: bool


class RetiredDnsbl(NamedTuple):
    """A list that has shut down.

    ``answer``: what its name was last known to answer: lists_world (listed, to every query), empty (to none),
    nxdomain (the name is gone), gone (the list has ended, no answer recorded) or unknown (said to have ended).
    ``date``: in words, empty when not known. ``auto_remove``: known well enough to remove it without asking.
    ``allowlist``: it spoke well of clients.
    """

    zone: str
    answer: str
    date: str
    evidence: str
    auto_remove: bool
    allowlist: bool


@cache
def _dnsbls() -> dict[str, Dnsbl]:
    return {
        row["zone"]: Dnsbl(
            row["zone"],
            row["operator"],
            row["kind"],
            row["subject"],
            row.get("filter"),
            row.get("allow_filter"),
            tuple(row["errors"]),
            row.get("address_answer"),
            row["filter_auto_safe"],
            row["public_spamhaus"],
        )
        for row in toml_table("dnsbls")["dnsbl"]
    }


@lru_cache(maxsize=1024)
def dnsbl(zone: str) -> Dnsbl | None:
    """What is known of ``zone``: any case, with or without a final dot.

    A zone with a Spamhaus key (``KEY.zen.dq.spamhaus.net``) has the codes of its public twin and no refused networks.
    """
    name = _plain_name(zone)
    keyed = re.fullmatch(_KEYED, name)
    if keyed is None:
        return _dnsbls().get(name)
    twin = _dnsbls().get(f"{keyed[1]}.spamhaus.org") or _dnsbls().get(f"{keyed[1]}.dq.spamhaus.net")
    if twin is None:
        return None
    title = f"{keyed[1]}.dq.spamhaus.net"
    return twin._replace(zone=title, filter_auto_safe=twin.filter is not None, public_spamhaus=False)


@lru_cache(maxsize=1024)
def retirement(zone: str) -> RetiredDnsbl | None:
    """What is known of the end of ``zone``: any case, with or without a final dot.

    Only a name of the table has ended; another name below the same domain may be somebody's.
    """
    name = _plain_name(zone)
    row = json_table("retired_dnsbls").get(name)
    if row is None:
        return None
    allowlist = row.get("allowlist", False)
    return RetiredDnsbl(name, row["answer"], row.get("date", ""), row["evidence"], row["auto_remove"], allowlist)


@lru_cache(maxsize=1024)
def meant_zone(zone: str) -> str | None:
    """The zone, living or retired, that ``zone`` is a misspelling of; None for a known zone and for any other name.

    A known trap, or one typing error away from a single zone, where the error cannot make another list's name.
    """
    name = _plain_name(zone)
    if dnsbl(name) is not None or retirement(name) is not None:
        return None
    rows = toml_table("dnsbls")
    if any(name in row.get("names", ()) for row in rows["dnsbl"]):
        return None
    if trap := common_misspelling(name):
        return trap
    living = [known for known in _dnsbls() if _is_slip(typing_error(name, known), name, known, living=True)]
    retired = json_table("retired_dnsbls")
    near = living + [known for known in retired if _is_slip(typing_error(name, known), name, known, living=False)]
    return near[0] if len(near) == 1 else None


def common_misspelling(zone: str) -> str | None:
    """The zone that people mean when they write ``zone``: any case, with or without a final dot."""
    name = _plain_name(zone)
    return next((row["meant"] for row in toml_table("dnsbls")["misspelling"] if row["zone"] == name), None)


def _plain_name(zone: str) -> str:
    return zone.lower().removesuffix(".")


def _is_slip(error: TypingError | None, name: str, known: str, *, living: bool) -> bool:
    """Whether the difference can only be a slip of the pen. What is no slip: l1 and l2, sbl and xbl, .de and .dk."""
    if error is None or re.search("[0-9]", error.written + error.meant):
        return False
    if len(error.written) == 2 or re.search("[.-]", error.written + error.meant):
        return True
    labels_behind = known[error.at :].count(".")
    if not (error.written and error.meant):
        letter = error.written or error.meant
        if known[: error.at].endswith(letter) or labels_behind == 0:
            return True  # a letter doubled, or one of two missing; .ne for .net
        if letter == "s" and not (living and labels_behind == 1):
            return False  # relay and relays
    elif labels_behind == 0:
        return False
    if min(len(_label(known, error.at)), len(_label(name, error.at))) < _LONG_LABEL:
        return False
    # Below the domain of a retired list other lists may live.
    return living or labels_behind == 1


def _label(name: str, offset: int) -> str:
    end = name.find(".", offset)
    return name[name.rfind(".", 0, offset) + 1 : end if end >= 0 else len(name)]


class ReplyFilter(NamedTuple):
    """A parsed ``d.d.d.d``: for each of the four numbers the ranges that match (src/util/ip_match.c)."""

    fields: tuple[tuple[tuple[int, int], ...], ...]

    def __str__(self) -> str:
        """As Postfix writes it, the shortest way: ``127.0.0.[2;10..12]``."""
        return ".".join(_field_text(field) for field in self.fields)

    def matches(self, address: str) -> bool:
        """Whether the answer ``address`` counts as listed."""
        numbers = [int(number) for number in address.split(".")]
        return all(
            any(low <= number <= high for low, high in ranges)
            for number, ranges in zip(numbers, self.fields, strict=True)
        )

    def intersection(self, other: "ReplyFilter") -> "ReplyFilter | None":
        """What both match; None when that is nothing."""
        fields = tuple(_common(mine, theirs) for mine, theirs in zip(self.fields, other.fields, strict=True))
        return ReplyFilter(fields) if all(fields) else None

    def is_subset(self, other: "ReplyFilter") -> bool:
        """Whether ``other`` matches everything that this one matches."""
        both = self.intersection(other)
        return both is not None and both.fields == tuple(_joined(field) for field in self.fields)


_STRAY_N = re.compile("(?<![0-9N])N(?![0-9N])")


def can_be_read(text: str) -> bool:
    """Whether Postfix takes the text for a reply filter: also with an N for a number, by which its parser means one."""
    return any(parse_filter(_STRAY_N.sub(number, text)) is not None for number in ("0", "255"))


def parse_filter(text: str) -> ReplyFilter | None:
    """``127.0.0.[2..11]`` as ranges; None for text that is none."""
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
        match = re.fullmatch(r"(0*\d{1,3})(?:\.\.(0*\d{1,3}))?", item, re.ASCII)
        if match is None:
            return None
        # int() refuses a text of more than 4,300 digits.
        low, high = (int(number.lstrip("0") or "0") for number in (match[1], match[2] or match[1]))
        if low > high or high > 255:
            return None
        ranges.append((low, high))
    return tuple(ranges)


def _joined(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same numbers in as few ranges as possible, in order."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return tuple(found)


def _common(mine: Iterable[tuple[int, int]], theirs: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    theirs = tuple(theirs)
    cut = ((max(a, c), min(b, d)) for a, b in mine for c, d in theirs)
    return _joined((low, high) for low, high in cut if low <= high)


def _field_text(ranges: Iterable[tuple[int, int]]) -> str:
    items = [f"{low}..{high}" if low < high else f"{low}" for low, high in _joined(ranges)]
    return items[0] if len(items) == 1 and items[0].isdigit() else f"[{';'.join(items)}]"
