"""Numbers, times and yes or no in values, as src/global/mail_conf_*.c and conv_time.c read them."""

import re

from postlint.text import BLANKS

# Farther than any number that Postfix can hold. Python refuses to read very long ones.
_FAR = 10**20
_FAR_DIGITS = 20
_NUMBER = re.compile(rf"[{BLANKS}]*+([+-]?)([0-9]++)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LARGEST_TIME = 2**31 - 1
# A compatibility level has three fields in such a number.
_MAJOR_LIMIT, _MINOR_LIMIT = 2**43, 2**10
_LEVEL_FIELD = rf"[{BLANKS}]*+(?:\+?|-(?=0++(?![0-9])))0*+([0-9]{{0,13}})(?<=[0-9])"
_LEVEL = re.compile(rf"{_LEVEL_FIELD}(?:\.{_LEVEL_FIELD}(?:\.{_LEVEL_FIELD})?)?")


def read_boolean(text: str) -> bool | None:
    """Yes or no, of any case."""
    return {"yes": True, "no": False}.get(text.lower()) if text.isascii() else None


def read_number(text: str) -> int | None:
    """A decimal number, which blanks and a sign may stand before, and nothing behind; at most 10**20 either way."""
    match = _NUMBER.fullmatch(text)
    return _value(match) if match else None


def read_time(text: str, unit: str) -> int | None:
    """A time in seconds. Of what stands behind the digits only the first letter counts; without one it is ``unit``.

    None for what Postfix takes for no time, as one that does not fit into 31 bits.
    """
    match = _NUMBER.match(text)
    # strtol(3) reads nothing where there are no digits: the whole text stands behind the number.
    rest = text[match.end() :] if match else text
    number = _value(match) if match else 0
    factor = _SECONDS.get(rest[:1] or unit)
    if not text or number < 0 or number > _LARGEST_TIME or factor is None:
        return None
    return number * factor if factor == 1 or number < _LARGEST_TIME // factor else None


def read_level(text: str) -> tuple[int, ...] | None:
    """A compatibility level: up to three numbers (src/global/compat_level.c)."""
    match = _LEVEL.fullmatch(text)
    level = tuple(int(part or "0") for part in match.groups()) if match else ()
    return level if level and level[0] < _MAJOR_LIMIT and max(level[1:]) < _MINOR_LIMIT else None


def _value(match: "re.Match[str]") -> int:
    digits = match[2].lstrip("0") or "0"
    size = int(digits) if len(digits) <= _FAR_DIGITS else _FAR
    return -size if match[1] == "-" else size
