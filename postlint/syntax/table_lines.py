"""What a logical line of a lookup table's source says."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal, NamedTuple

from postlint.text import BLANKS, OPAQUE, MappedText, decode, encode

NOTHING = MappedText("", ())


class Statement(NamedTuple):
    """What one logical line says."""

    keyword: Literal["", "if", "endif"]
    negated: bool = False
    pattern: MappedText = NOTHING
    result: MappedText = NOTHING


def is_utf8(text: str) -> bool:
    """Whether the bytes that ``text`` was made of are UTF-8."""
    return text.isascii() or not re.search("[\udc80-\udcff]", text)


# Up to a blank outside double quotes; a backslash takes the special meaning of any character. Stops at the quote that
# has no end.
_KEY = r'(?s)(?>(?:[^\\"{stop}]++|\\.?|"(?>(?:[^\\"]++|\\.)*)")*)'


def read_key_value(line: MappedText, utf8: bool) -> Statement | str:
    """``key value`` (src/postmap/postmap.c and src/util/dict_thash.c, which read the same)."""
    if utf8 and not is_utf8(line.text):
        return "non-UTF-8 input"
    match = re.match(_KEY.replace("{stop}", BLANKS), line.text)
    assert match is not None
    end = match.end()
    if line.text[end : end + 1] == '"':
        return "unbalanced '\"'"
    value = line.slice(end, len(line.text)).trimmed()
    if not end or not value.text:
        return "expected format: key whitespace value"
    return Statement("", pattern=line.slice(0, end), result=value)


def _keyword(text: str) -> Literal["", "if", "endif"]:
    match = re.match(r"(?ai:(if)|endif)(?![A-Za-z0-9])", text)
    return "" if match is None else "if" if match[1] else "endif"


def _negation(text: str, start: int) -> tuple[int, bool]:
    """Where the signs of negation and the blanks among them end, and whether the number of signs is odd."""
    match = re.compile(f"[!{BLANKS}]*+").match(text, start)
    assert match is not None
    return match.end(), match[0].count("!") % 2 == 1


def read_address(line: MappedText, nested: bool) -> Statement | str:
    """A line of a cidr table (src/util/dict_cidr.c; ``if`` and ``!`` since Postfix 3.2)."""
    text = line.text
    keyword = _keyword(text)
    if keyword == "endif":
        if text[5:].strip(BLANKS):
            return "garbage after ENDIF"
        return Statement("endif") if nested else "ENDIF without IF"
    start, negated = _negation(text, 2 if keyword else 0)
    rest = line.slice(start, len(text)).trimmed()
    match = re.match(f"[^{BLANKS}]*+", rest.text)
    assert match is not None
    pattern = rest if keyword else rest.slice(0, match.end())
    result = rest.slice(len(pattern.text), len(rest.text)).trimmed()
    if not pattern.text:
        return "no address pattern"
    error = _address_error(pattern.text)
    if error is None and not keyword and not result.text:
        error = "no lookup result"
    return error or Statement(keyword, negated, pattern, result)


def _address_error(pattern: str) -> str | None:
    """What is wrong with ``address``, ``network/length`` or these in brackets (src/util/cidr_match.c)."""
    address, behind = pattern, ""
    if pattern.startswith("["):
        address, bracket, behind = pattern[1:].partition("]")
        if not bracket:
            return f"missing ']' character after \"{pattern}\""
        if behind and not behind.startswith("/"):
            return f'garbage after "[{address}]"'
    if behind:
        slash, length = "/", behind[1:]
    else:
        address, slash, length = address.partition("/")
    width = 128 if ":" in address else 32
    value = _address(address)
    if not slash:
        return f'bad address pattern: "{address}"' if value is None else None
    shown = f'"{address}/{length}"'
    if not re.fullmatch("[0-9]+", length):
        return f"bad mask value in {shown}"
    significant = length.lstrip("0")
    if len(significant) > 3 or int(significant or 0) > width:
        return f"bad mask length in {shown}"
    if value is None:
        return f"bad network value in {shown}"
    if value & ((1 << (width - int(significant or 0))) - 1):
        return f"non-null host address bits in {shown}"
    return None


def _address(text: str) -> int | None:
    """The number that inet_pton(3) makes of ``text``."""
    try:
        if ":" not in text:
            return int(IPv4Address(text))
        return None if "%" in text else int(IPv6Address(text))
    except AddressValueError:
        return None


def read_expression(line: MappedText, nested: bool, posix: bool) -> Statement | str | None:
    """A line of a regexp (``posix``) or pcre table (src/util/dict_regexp.c, src/util/dict_pcre.c)."""
    line = line.trimmed()
    text = line.text
    if not text:
        return None
    if re.match("[A-Za-z0-9]", text):
        keyword = _keyword(text)
        if not keyword:
            return "ignoring unrecognized request"
        if keyword == "endif":
            return Statement("endif") if nested else "ignoring ENDIF without matching IF"
        start, negated = _negation(text, 2)
        end = _expression_end(text, start, posix)
        return end if isinstance(end, str) else Statement("if", negated, line.slice(start, end))
    start, negated = _negation(text, 0)
    end = _expression_end(text, start, posix)
    if isinstance(end, int) and posix and text[end : end + 1] == "!":
        end = _expression_end(text, _negation(text, end)[0], posix)
    if isinstance(end, str):
        return end
    result = line.slice(end, len(text)).trimmed()
    if not re.fullmatch(_REPLACEMENT, result.text):
        return "bad replacement syntax"
    if negated and "$" in result.text.replace("$$", ""):
        return "$number found in negative match replacement text"
    return Statement("", negated, line.slice(start, end), result)


# $1, ${1}, $(1) and $$; any other $ is an error (src/util/mac_parse.c and the prescan functions).
_REPLACEMENT = (
    r"(?s)(?>(?:[^$]++|\$\$"
    r"|\$(?:0*+[1-9][0-9]*+(?![A-Za-z_])|\{0*+[1-9][0-9]*+\}|\(0*+[1-9][0-9]*+\)))*)"
)


def _expression_end(text: str, start: int, posix: bool) -> int | str:
    """Where the regular expression that starts with the delimiter at ``start`` ends, behind its flags; or an error."""
    if text[start : start + 1].isascii():
        return _end_of_characters(text, start, posix)
    # Postfix goes by bytes: the delimiter is the first byte of the character.
    data = encode(text.replace(OPAQUE, "?"))
    end = _end_of_characters(data.decode("latin-1"), len(encode(text[:start].replace(OPAQUE, "?"))), posix)
    return re.sub("[^ -~]", "?", end) if isinstance(end, str) else len(decode(data[:end]))


def _end_of_characters(text: str, start: int, posix: bool) -> int | str:
    delimiter = text[start : start + 1]
    if not delimiter:
        return "no regexp"
    body = re.compile(rf"(?s)(?>(?:[^\\{re.escape(delimiter)}]++|\\.)*)").match(text, start + 1)
    assert body is not None
    end = body.end()
    # What stops the search is the delimiter, or a backslash as the last character: a delimiter too for regexp.
    if end == len(text) or (text[end] == "\\" and not posix):
        return f'no closing regexp delimiter "{delimiter}"'
    flags = re.compile("[imx]*+" if posix else "[imsxAEUX]*+").match(text, end + 1)
    assert flags is not None
    end = flags.end()
    if end < len(text) and text[end] not in BLANKS + ("!" if posix else ""):
        return f'unknown regexp option "{text[end]}"'
    return end


def read_pair(pair: MappedText) -> tuple[MappedText, MappedText] | str:
    """``key = value`` with a key that may be quoted (src/util/split_qnameval.c)."""
    pair = pair.trimmed()
    if not pair.text:
        return "no key found; expected format: key = value"
    match = re.match(_KEY.replace("{stop}", BLANKS + "="), pair.text)
    assert match is not None
    key, rest = pair.slice(0, match.end()), pair.slice(match.end(), len(pair.text)).trimmed()
    if rest.text.startswith('"'):
        return "unbalanced '\"'"
    if not rest.text.startswith("="):
        return "missing '=' after attribute name"
    return key, rest.slice(1, len(rest.text)).trimmed()
