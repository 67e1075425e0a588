"""Spamhaus' Data Query Service (DQS): the zones that are asked with a customer's key instead of by address.

Source: docs.spamhaus.com, "Available Zones" and the page on Postfix, as copied by its users in 2023 to 2026.
"""

import re
from typing import NamedTuple

_DOMAIN = "dq.spamhaus.net"
# Public zones that have a twin under dq.spamhaus.net; cbl.abuseat.org holds the data of the XBL.
_TWINS = {
    "zen.spamhaus.org": "zen",
    "sbl.spamhaus.org": "sbl",
    "xbl.spamhaus.org": "xbl",
    "pbl.spamhaus.org": "pbl",
    "sbl-xbl.spamhaus.org": "sbl-xbl",
    "dbl.spamhaus.org": "dbl",
    "cbl.abuseat.org": "xbl",
}
# What Spamhaus' own examples have in the place of a key.
_EXAMPLE_KEY = "aip7yig6sahg6ehsohn5shco3z"
_KEY = r"[a-z0-9]{26}"


class KeyedZone(NamedTuple):
    """``KEY.zen.dq.spamhaus.net`` in its parts; ``name``: ``zen``."""

    key: str
    name: str

    @property
    def public_name(self) -> str:
        """What a reply may call the list."""
        return f"{self.name}.spamhaus.org" if f"{self.name}.spamhaus.org" in _TWINS else f"Spamhaus {self.name.upper()}"


def keyed_zone(zone: str) -> KeyedZone | None:
    """The parts of a zone with a key; None for any other."""
    match = re.fullmatch(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9-]+)\.dq\.spamhaus\.net\.?", zone, re.ASCII | re.IGNORECASE)
    return KeyedZone(match[1], match[2].lower()) if match else None


def twin(zone: str, key: str) -> str | None:
    """The zone with ``key`` that has the data of a public ``zone``, or None."""
    name = _TWINS.get(zone.lower().removesuffix("."))
    return f"{key}.{name}.{_DOMAIN}" if name else None


def is_key(text: str) -> bool:
    """Whether ``text`` has the form of a key: 26 small letters and digits, and not those of an example."""
    return re.fullmatch(_KEY, text) is not None and not is_placeholder(text)


def is_placeholder(key: str) -> bool:
    """Whether the text in a key's place was left in from an example."""
    word = key.lower()
    return word == _EXAMPLE_KEY or not word.strip("x") or ("key" in word and re.fullmatch(_KEY, word) is None)
