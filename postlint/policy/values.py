"""What programs make of the value of a parameter: whether they take it, and what comes of it where they do not."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from postlint.configuration.sites import Site, parse_site
from postlint.facts.dnsbl import can_be_read
from postlint.facts.parameters import value_class
from postlint.facts.spelling import closest
from postlint.facts.values import EVERY, Bounds, Words, bounds, words
from postlint.syntax.numbers import read_boolean, read_level, read_number, read_time
from postlint.target import PostfixVersion
from postlint.text import LIST_SEPARATORS, MappedText, Span, encode

_FIRST_WITH_LEVELS = PostfixVersion(3, 6)
_FIRST_THAT_CUTS = PostfixVersion(3, 3)
_HOST_NAMES = ("mydomain", "myhostname")
_YES = ("1", "active", "enable", "enabled", "on", "true", "y")
_NO = ("0", "disable", "disabled", "false", "n", "none", "off")
# conf/main.cf has these without a value; conf/post-install puts one in.
_FILLED_IN = (
    "html_directory",
    "mailq_path",
    "manpage_directory",
    "meta_directory",
    "newaliases_path",
    "readme_directory",
    "sample_directory",
    "sendmail_path",
    "setgid_group",
    "shlib_directory",
)
_UNLESS_FILLED_IN = "postfix start fails, unless the installation of Postfix fills it in"
# What people leave behind a value or put around it.
_JUNK = "\"';,. \t"
_SIZE = re.compile(r"([0-9]{1,9})[ \t]*+([kmg])i?b?", re.IGNORECASE)
_FACTORS = {"k": 2**10, "m": 2**20, "g": 2**30}
_TLS_PROTOCOLS = ("sslv2", "sslv3", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3")
# What parse_tls_version() takes: a name, or a number in the sense of strtoul(3).
_TLS_VERSION = re.compile(r"(?:none|sslv3|tlsv1(?:\.[123])?|(?:0x)?[0-9a-f]{0,8})", re.IGNORECASE)
_TLS_LIST = re.compile(r"(smtpd|smtp|lmtp|tlsproxy)_tls_(?:mandatory_)?protocols")
_BIND_ADDRESS = re.compile(r"(smtp|lmtp)_bind_address6?")
_NUMERIC_ADDRESS = re.compile(r"[0-9A-Fa-fx.:]+(?:%[^, \t]+)?")
# Where another program is to put the value in: Jinja, ERB, and what sed or a script looks for.
_PLACEHOLDER = re.compile(r"\{[{%]|<%|%[A-Z_]+%|@[A-Za-z_]+@|\{[A-Za-z_0-9]+\}|##[A-Za-z_]+##|__[A-Z_]+__|%\([a-z_]+\)")
_LONGEST_NAME, _LONGEST_LABEL, _LONGEST_SHOWN = 255, 63, 60


class Flaw(NamedTuple):
    """Why programs do not take a value.

    ``reason``: the rest of a sentence that starts with the parameter. ``cure``: what to write. ``dies``: whether they
    die, at "start" or at "use"; else ``consequence`` tells what they do. ``programs``: those that look at the value.
    ``span``: which part of the text it is about. ``better``: what may stand there instead, where that is plain.
    ``when`` and ``unless`` as in Words. ``sure``: whether nothing but the value has to be seen.
    """

    reason: str
    cure: str
    dies: str | None
    consequence: str
    programs: frozenset[str]
    span: Span
    better: str | None = None
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    sure: bool = True


def is_looked_at(name: str) -> bool:
    """Whether not every text is a value of a parameter."""
    own = name in (
        "compatibility_level",
        "myorigin",
        "postscreen_dnsbl_sites",
        *_HOST_NAMES,
    ) or _BIND_ADDRESS.fullmatch(name)
    return bool(own) or bounds(name) is not None or words(name) is not None or _TLS_LIST.fullmatch(name) is not None


def flaws(name: str, text: str, version: PostfixVersion | None) -> Iterator[Flaw]:
    """What is wrong with the expanded value of a parameter; of an unknown version, what is wrong in each since 3.5.

    Nothing is said of a value that a template leaves open.
    """
    if _PLACEHOLDER.search(text):
        return
    known = bounds(name)
    found = _bounds_flaw(text, known) if known else None
    if found is None:
        found = _own_flaw(name, text, version)
    if found is not None:
        unfilled = not text and name in _FILLED_IN
        yield found._replace(dies=None, consequence=_UNLESS_FILLED_IN, sure=False) if unfilled else found
        return
    known_words = words(name)
    if known_words is not None:
        yield from _word_flaws(name, text, known_words, version)


def _bounds_flaw(text: str, known: Bounds) -> Flaw | None:
    if known.kind == "boolean":
        return _boolean_flaw(text, known)
    if known.kind == "text":
        return _length_flaw(text, known)
    value = read_number(text) if known.kind == "number" else read_time(text, known.unit)
    if value is None:
        return _number_flaw(text, known) if known.kind == "number" else _time_flaw(text, known)
    largest = 2 ** (known.bits - 1)
    if not -largest <= value < largest:
        return _fatal(text, f"is {_shown(text)}, which does not fit into {known.bits} bits", "write less", known)
    shown = f"{_shown(text)} ({value} seconds)" if known.kind == "time" else _shown(text)
    if known.least is not None and value < known.least:
        return _fatal(text, f"is {shown}, and the least that Postfix takes is {known.least}", "write more", known)
    if known.most is not None and value > known.most:
        return _fatal(text, f"is {shown}, and the most that Postfix takes is {known.most}", "write less", known)
    if known.reply_code and known.least is None and not 400 <= value <= 599:
        instead = "smtpd answers 450 4.7.1 Service unavailable instead"
        reason = f"is {_shown(text)}, and a code that refuses is one from 400 to 599"
        return _fatal(text, reason, "write such a code", known)._replace(dies=None, consequence=instead)
    return None


def _boolean_flaw(text: str, known: Bounds) -> Flaw | None:
    if read_boolean(text) is not None:
        return None
    word = text.lower().strip(_JUNK)
    meant = "yes" if word in _YES else "no" if word in _NO else word
    better = meant if read_boolean(meant) is not None else None
    return _fatal(text, _what(text, "which is neither yes nor no"), f"write {better or 'yes or no'}", known, better)


def _number_flaw(text: str, known: Bounds) -> Flaw:
    junk = text.strip(_JUNK)
    better = junk if read_number(junk) is not None and _bounds_flaw(junk, known) is None else None
    cure = f"write {_shown(better)}" if better else "write it in decimal digits alone"
    size = _SIZE.fullmatch(junk)
    if size:
        cure = f"sizes have no unit: {int(size[1]) * _FACTORS[size[2].lower()]} is {junk}"
    return _fatal(text, _what(text, "which is no number"), cure, known, better)


def _time_flaw(text: str, known: Bounds) -> Flaw:
    junk = re.sub(r"(?<=[0-9])[ \t]++([smhdw])[a-z]*+", r"\1", text.strip(_JUNK))
    better = junk if read_time(junk, known.unit) is not None and _bounds_flaw(junk, known) is None else None
    cure = "write digits and right behind them s, m, h, d or w, as in 5m"
    return _fatal(text, _what(text, "which is no time"), f"write {_shown(better)}" if better else cure, known, better)


def _length_flaw(text: str, known: Bounds) -> Flaw | None:
    length = len(encode(text))
    cure = "give it a value, or remove the line: the default is in force then"
    if known.least is not None and length < known.least:
        return _fatal(text, _what(text, f"and takes {known.least} characters") if text else "is empty", cure, known)
    if known.most is not None and length > known.most:
        return _fatal(text, _what(text, f"and takes no more than {known.most} characters"), "write less", known)
    return None


def _own_flaw(name: str, text: str, version: PostfixVersion | None) -> Flaw | None:
    """Of parameters that are like no other."""
    everyone = Bounds("text", None, None, 0, "", False, frozenset({EVERY}))
    if name == "compatibility_level":
        return _level_flaw(text, everyone, version)
    if name in _HOST_NAMES:
        other = _host_name_fault(text)
        return _fatal(text, _what(text, f"and a host name {other}"), "write a name", everyone) if other else None
    if name == "myorigin" and not text.startswith("/") and re.search(f"[{LIST_SEPARATORS}]", text):
        return _fatal(text, _what(text, "which is more than one name"), "write one domain", everyone)
    address = _BIND_ADDRESS.fullmatch(name)
    if address and text and not _NUMERIC_ADDRESS.fullmatch(re.sub(r"\A\[(.*)\]\Z", r"\1", text)):
        known = everyone._replace(programs=frozenset({address[1]}))
        found = _fatal(text, _what(text, "which is no IP address"), "write one address", known)
        return found._replace(dies="use", consequence=f"{address[1]} dies when it connects to a server")
    if name == "postscreen_dnsbl_sites":
        return _sites_flaw(text)
    protocols = _TLS_LIST.fullmatch(name)
    return _protocol_flaw(text, protocols[1], version) if protocols else None


def _level_flaw(text: str, everyone: Bounds, version: PostfixVersion | None) -> Flaw | None:
    """compat_level_from_string in src/global/compat_level.c; before 3.6 a number, of which the last patch releases of
    3.3 to 3.5 cut off what stands behind a dot (mail_params_init in src/global/mail_params.c).
    """
    if read_level(text) is not None and (version is None or version >= _FIRST_WITH_LEVELS):
        return None
    if read_number(text) is not None and (version is None or version < _FIRST_WITH_LEVELS):
        return None
    cut_off = version is not None and _FIRST_THAT_CUTS <= version < _FIRST_WITH_LEVELS
    if cut_off and re.match("[0-9]", text) and "." in text:
        return None
    if read_level(text) is not None:
        return _fatal(text, _what(text, "and levels with a dot came with Postfix 3.6"), "write 2", everyone)
    return _fatal(text, _what(text, "which is no level"), "write a release such as 3.6", everyone)


def _host_name_fault(text: str) -> str | None:
    """What a host name is, other than this text (src/util/valid_hostname.c)."""
    labels = text.split(".")
    if re.search("[^A-Za-z0-9_.-]", text):
        return "holds letters, digits, hyphens and dots alone"
    if text and not all(labels):
        return "has no dot at either end, nor two in a row"
    if any(label.startswith("-") or label.endswith("-") for label in labels):
        return "has no hyphen at either end, nor beside a dot"
    if len(text) > _LONGEST_NAME or max(map(len, labels)) > _LONGEST_LABEL:
        return f"has at most {_LONGEST_NAME} characters, {_LONGEST_LABEL} of them between two dots"
    return "is not made of digits and dots alone" if re.fullmatch("[0-9.]*", text) else None


def _sites_flaw(text: str) -> Flaw | None:
    """psc_dnsbl_add_site in src/postscreen/postscreen_dnsbl.c."""
    for match in re.finditer(f"[^{LIST_SEPARATORS}]+", text):
        site = parse_site(MappedText.unwritten(match[0]))
        fault = _site_fault(site)
        if fault is not None:
            cure = "write it without blanks, as in name=127.0.0.[2..11]*2; filter and weight may be absent"
            reason = f'holds "{_shown(match[0])}", {fault}'
            return Flaw(reason, cure, "start", "", frozenset({"postscreen"}), Span(*match.span()))
    return None


def _site_fault(site: Site) -> str | None:
    if site.weight is None:
        return "whose weight is no whole number" if site.factor != "*" else "whose weight is empty"
    if site.filter is not None and not can_be_read(site.filter):
        return "whose reply filter cannot be read" if site.filter else "whose reply filter is empty"
    fault = _host_name_fault(site.domain)
    return f"and the name of a DNSBL {fault}" if fault and site.domain else fault and "which names no DNSBL"


def _protocol_flaw(text: str, program: str, version: PostfixVersion | None) -> Flaw | None:
    """tls_protocol_mask, from 3.6 on tls_proto_mask_lims in src/tls/tls_misc.c."""
    with_limits = version is None or version >= _FIRST_WITH_LEVELS
    for match in re.finditer(f"[^{LIST_SEPARATORS}:]+", text):
        word = match[0]
        limit = with_limits and word.startswith((">=", "<="))
        if _TLS_VERSION.fullmatch(word[2:]) if limit else word.removeprefix("!").lower() in _TLS_PROTOCOLS:
            continue
        fault, cure = "which is no protocol", "the names are SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3"
        if not with_limits and word.startswith((">=", "<=")):
            fault, cure = (
                "and limits came with Postfix 3.6",
                "exclude the others, as in !SSLv2, !SSLv3, !TLSv1, !TLSv1.1",
            )
        offers = "smtpd answers STARTTLS with 454" if program == "smtpd" else "each TLS session is given up"
        return Flaw(
            f'holds "{_shown(word)}", {fault}',
            cure,
            None,
            f"{offers} where it goes by this list",
            frozenset({program}),
            Span(*match.span()),
        )
    return None


def _word_flaws(name: str, text: str, known: Words, version: PostfixVersion | None) -> Iterator[Flaw]:
    # Unlike other lists these know no braces (src/util/name_mask.c).
    found_words = re.finditer(f"[^{LIST_SEPARATORS}]+", text)
    spans = [Span(*match.span()) for match in found_words] if known.several else [Span(0, len(text))]
    if known.never_empty and not (spans if known.several else text):
        yield _word_flaw("is empty", f"write {_listed(known.known_to(version))}", known, Span(0, len(text)))
    if known.single and len({text[span.start : span.end] for span in spans}) > 1:
        yield _word_flaw(_what(text, "which is more than one word"), "write one", known, Span(0, len(text)))
    for span in spans if text else ():
        word = text[span.start : span.end]
        if word.startswith("#"):
            end = len(text)
            cure = "give the comment a line of its own"
            yield _word_flaw("holds a comment, and a # behind a value starts none", cure, known, Span(span.start, end))
            return
        read = word if known.exact else word.lower()
        if read in known.known_to(version):
            continue
        if read in known.instead:
            found = _word_flaw(f"is {word}", f"write {known.instead[read]}", known, span)
            yield found._replace(dies=None, consequence=f"Postfix takes it for {known.instead[read]}")
            continue
        others = _listed(known.known_to(version))
        since = known.since.get(read)
        where = f'{"holds" if known.several else "is"} "{_shown(word)}"'
        reason = f"{where}, which came with Postfix {since}" if since else f"{where}, which is none of {others}"
        junk = word.strip(_JUNK).lower()
        near = (junk,) if junk in known.known_to(version) else closest(junk, frozenset(known.known_to(version)))
        better = junk if near == (junk,) else None
        cure = f"write {near[0]}" if len(near) == 1 else f"the words are {others}" if since else "write one of these"
        yield _word_flaw(reason, cure, known, span, better)


def _word_flaw(reason: str, cure: str, known: Words, span: Span, better: str | None = None) -> Flaw:
    return Flaw(reason, cure, known.dies, known.consequence, known.programs, span, better, known.when, known.unless)


def _listed(items: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def _what(text: str, fault: str) -> str:
    return f'is "{_shown(text)}", {fault}' if text else f"is empty, {fault}"


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _fatal(text: str, reason: str, cure: str, known: Bounds, better: str | None = None) -> Flaw:
    return Flaw(reason, cure, "start", "", known.programs, Span(0, len(text)), better)


def is_one_word(name: str) -> bool:
    """Whether inline-comment tells of each # in the value."""
    return value_class(name) in ("boolean", "keyword", "number", "time") or name in (*_HOST_NAMES, "myorigin")
