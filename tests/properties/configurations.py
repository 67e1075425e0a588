"""Random configurations: restriction lists in every layout that people write them in."""

import itertools
from typing import NamedTuple

from hypothesis import strategies as st

from postlint.configuration.model import ConfigurationFiles
from postlint.target import Options, PostfixVersion, Target
from postlint.text import Source

LISTS = (
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_sender_restrictions",
    "smtpd_relay_restrictions",
    "smtpd_recipient_restrictions",
    "smtpd_data_restrictions",
    "smtpd_end_of_data_restrictions",
    "smtpd_etrn_restrictions",
)
SITES = "postscreen_dnsbl_sites"
LOOKUPS = (
    "reject_rbl_client",
    "reject_rhsbl_client",
    "reject_rhsbl_helo",
    "reject_rhsbl_reverse_client",
    "reject_rhsbl_sender",
    "reject_rhsbl_recipient",
)
SPAMHAUS = ("zen.spamhaus.org", "sbl.spamhaus.org", "xbl.spamhaus.org", "dbl.spamhaus.org", "Zen.SpamHaus.org")
OTHER_ZONES = (
    "bl.spamcop.net",
    "b.barracudacentral.org",
    "psbl.surriel.com",
    "bl.blocklist.de",
    "dnsbl.example.net",
    "abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net",
    "dnsbl.sorbs.net",
    "relays.ordb.org",
    "bl.spamcop.com",
    "list.dnswl.org",
)
# Admits error codes besides the answers that mean listed.
WIDE_FILTER = "127.[0;255].[0;255].[2..255]"
_FILTERS = (
    *("", "", "", "", "", "", "", "=127.0.0.2", "=127.0.0.[2..11]"),
    *("=127.255.255.[1..255]", "=127.0.0", f"={WIDE_FILTER}"),
)
NAME_CHECKS = (
    "reject_unknown_client_hostname",
    "reject_unknown_client",
    "reject_unknown_helo_hostname",
    "reject_unknown_hostname",
    "Reject_Unknown_Client_Hostname",
)
_WORDS = (
    *("permit_mynetworks", "permit_mynetworks", "permit_sasl_authenticated", "permit", "permit_auth_destination"),
    *("reject_unauth_destination", "reject_unauth_destination", "defer_unauth_destination", "reject", "defer"),
    *("reject_unauth_pipelining", "reject_invalid_helo_hostname", "reject_unknown_reverse_client_hostname"),
    *("hash:/etc/postfix/access", "strict", "nonsense", "#", "REJECT_UNLISTED_RECIPIENT"),
)
# What each misspelt word was meant to be.
MISSPELT = {
    "eject_rbl_client": "reject_rbl_client",
    "reject_rhsbl_sendr": "reject_rhsbl_sender",
    "reject_unauth_destinations": "reject_unauth_destination",
    "reject_unknown_client_hostnme": "reject_unknown_client_hostname",
    "reject_unknown_reverse_client_hostnam": "reject_unknown_reverse_client_hostname",
}
_WITH_ARGUMENT = (
    ("check_client_access", "hash:/etc/postfix/clients"),
    ("check_sender_access", "inline:{ example.com=OK, example.net=REJECT }"),
    ("check_helo_access", "pcre:/etc/postfix/helo,v"),
    ("check_policy_service", "inet:127.0.0.1:10023"),
    ("check_policy_service", "{ inet:127.0.0.1:10023, timeout=10s, default_action=DUNNO }"),
    ("check_policy_service", "{inet:127.0.0.1:10023,timeout=10s}"),
    ("permit_dnswl_client", "list.dnswl.org"),
    ("permit_dnswl_client", "bl.spamcop.net"),
    ("permit_dnswl_client", "dnsbl.sorbs.net"),
    ("sleep", "5"),
    ("reject_rbl_client",),
)
_NAMES = ("first_part", "second_part", "third_part", "fourth_part")
_REFERENCES = ("${}", "${{{}}}", "$({})", "${{ {} }}")
_CONDITIONS = ("${{{}?permit_sasl_authenticated}}", "${{{}:reject_unauth_pipelining}}", "${{stress?${}}}")

Words = tuple[str, ...]
FOLDER = "/etc/postfix/"


class Case(NamedTuple):
    """A configuration, and how it is to be repaired. ``tables``: names and sources of lookup tables beside it."""

    main: str
    master: str | None
    judged: frozenset[str]
    target: Target
    options: Options
    unsafe: bool
    tables: tuple[tuple[str, str], ...] = ()

    @property
    def files(self) -> ConfigurationFiles:
        """What postlint is given."""
        master = Source("master.cf", self.master) if self.master is not None else None
        tables = {FOLDER + name: Source(name, text) for name, text in self.tables}
        return ConfigurationFiles(Source("main.cf", self.main), master, tables)


_zones = st.builds(
    lambda zone, answers: zone + answers, st.sampled_from(SPAMHAUS + OTHER_ZONES), st.sampled_from(_FILTERS)
)
_lookups = st.tuples(st.sampled_from(LOOKUPS), _zones)
_name_checks = st.tuples(st.sampled_from(NAME_CHECKS))
_others = st.one_of(
    st.tuples(st.sampled_from(_WORDS)),
    st.tuples(st.sampled_from(_WORDS)),
    st.sampled_from(_WITH_ARGUMENT),
    st.sampled_from(sorted(MISSPELT)).flatmap(
        lambda word: st.tuples(st.just(word), _zones) if "bl_" in word else st.just((word,))
    ),
)
_FRONTS: tuple[Words, ...] = ((), (), (), (), (), ("warn_if_reject",), ("warn_if_reject", "Warn_If_Reject"))
_KINDS: tuple[st.SearchStrategy[Words], ...] = (_lookups, _lookups, _lookups, _name_checks, _others, _others)


@st.composite
def _referring(draw: st.DrawFn, names: Words) -> Words:
    """An element with a part that is written elsewhere."""
    name = st.sampled_from(names)
    reference = draw(st.sampled_from(_REFERENCES)).format(draw(name))
    kind = draw(st.integers(0, 11))
    if kind == 0:
        return (draw(st.sampled_from(LOOKUPS)), reference)
    if kind == 1:
        return (reference, draw(_zones))
    if kind == 2:
        return ("reject_rbl_client", f"zen.{reference}")
    if kind == 3:
        return (draw(st.sampled_from(_CONDITIONS)).format(draw(name)),)
    if kind == 4:
        return (reference + draw(st.sampled_from(_REFERENCES)).format(draw(name)),)
    return (reference,)


@st.composite
def _elements(draw: st.DrawFn, names: Words) -> Words:
    """One element of a list, in words; ``names`` may be referred to."""
    kinds = (*_KINDS, *[_referring(names)] * 3) if names else _KINDS
    front, words = draw(st.sampled_from(_FRONTS)), draw(draw(st.sampled_from(kinds)))
    return front + words


def word_lists(names: Words) -> st.SearchStrategy[Words]:
    """A list in words; ``names`` may be referred to."""
    return st.lists(_elements(names), max_size=10).map(lambda elements: tuple(itertools.chain(*elements)))


@st.composite
def _fragments(draw: st.DrawFn, names: Words) -> Words:
    """A list that may lack its first or its last word, which then stands elsewhere."""
    words = draw(word_lists(names))
    return words[draw(st.sampled_from([0, 0, 0, 1])) : len(words) - draw(st.sampled_from([0, 0, 0, 1]))]


_site_words = st.builds(
    lambda zone, weight: zone + weight, _zones, st.sampled_from(["", "", "*2", "*1", "*-1", "*0", "*x"])
)
_site_lists = st.lists(_site_words, max_size=6).map(tuple)
_EQUALS = (" =", " =", "=", "\n  =")
_GAPS = {
    "commas": (",", ", ", ", ", " ,", ",,", " , "),
    "blanks": (" ", "  ", "\t", " \t"),
    "lines": (",\n    ", ",\n    ", "\n    ", "\n\t", "\n  , ", ", \n ", "\n ,"),
    "comments": (
        ",\n# comment\n    ",
        "\n    # reject_rbl_client zen.spamhaus.org,\n    ",
        "\n\n    ",
        ",\n \n#\n\t",
        " \n# one\n  # other\n  ,",
    ),
}
_STYLES = (
    _GAPS["commas"],
    _GAPS["blanks"],
    _GAPS["commas"] + _GAPS["blanks"],
    _GAPS["lines"],
    _GAPS["lines"] + _GAPS["comments"],
    _GAPS["blanks"] + _GAPS["lines"],
    sum(_GAPS.values(), ()),
)
_SHORT_GAPS = (",", ",", ",,")
_ONE_LINE_STARTS = ("", " ", " ", "\t", " , ", ",")
_STARTS = (*_ONE_LINE_STARTS, "\n    ", "\n\t", " \n  ", "\n# comment\n    ", " \n\n  , ")
_ENDS = ("", "", "", "", ",", ", ", " ", "\t", " ,", ",\n   ,", "\n  # last comment\n  ,")


@st.composite
def laid_out(draw: st.DrawFn, words: Words) -> str:
    """The words as a value, on one line or many."""
    gaps = draw(st.sampled_from(_STYLES))
    starts = _STARTS if any("\n" in gap for gap in gaps) else _ONE_LINE_STARTS
    parts = [draw(st.sampled_from(starts))]
    for word in words:
        parts += [word, draw(st.sampled_from(gaps))]
    return "".join(parts[:-1] if words else parts) + draw(st.sampled_from(_ENDS))


@st.composite
def short(draw: st.DrawFn, words: Words) -> str:
    """The words as a value of one word: commas alone separate them."""
    parts = [draw(st.sampled_from(["", "", ","]))]
    for word in words:
        if not set(word) & set(" \t\n"):
            parts += [word, draw(st.sampled_from(_SHORT_GAPS))]
    return "".join(parts[:-1] if len(parts) > 1 else parts) + draw(st.sampled_from(["", "", ","]))


_BETWEEN = ("", "", "", "\n", "# comment\n", "   # indented comment\n", "#reject_rbl_client zen.spamhaus.org\n\n")
_EXTRAS = (
    *("mydestination = example.com\n", "mydestination = $first_part\n", "mynetworks = 127.0.0.0/8\n"),
    *("mynetworks = 0.0.0.0/0\n", "compatibility_level = 3.6\n", "smtpd_peername_lookup = no\n"),
    *("rbl_reply_maps = hash:/etc/postfix/replies\n", "smtpd_authorized_xclient_hosts = 192.0.2.1\n"),
    *("smtpd_restriction_classes = strict\nstrict = reject_unauth_pipelining\n", "postscreen_dnsbl_action = enforce\n"),
    *("smtpd_restriction_classes = strict, fourth_part\nstrict = reject_rbl_client zen.spamhaus.org\n",),
    *("smtpd_restriction_classes = strict\nstrict = $first_part\n", "postscreen_dnsbl_threshold = 2\n"),
)
_GUARD = "permit_mynetworks, reject_unauth_destination"
# With most of these smtpd starts, and strangers may relay.
_WEAK_GUARDS = (
    "permit_mynetworks, reject_rbl_client reject_unauth_destination",
    "permit_mynetworks, reject_rbl_client, reject",
    "warn_if_reject permit, defer",
    "warn_if_reject warn_if_reject reject_unauth_destination",
    "warn_if_reject reject_unauth_destination",
    "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destinations",
    "hash:/etc/postfix/access, reject_unauth_destination",
    "permit_mynetworks, strict",
    "permit, reject_unauth_destination",
)


@st.composite
def _list_definitions(draw: st.DrawFn, names: Words) -> str:
    parameter = draw(st.sampled_from((*LISTS, SITES)))
    words = draw(_site_lists if parameter == SITES else word_lists(names))
    return f"{parameter}{draw(st.sampled_from(_EQUALS))}{draw(laid_out(words))}\n"


@st.composite
def _main_cf(draw: st.DrawFn) -> str:
    blocks: list[str] = []
    names: Words = ()
    for name in reversed(_NAMES[: draw(st.integers(0, 4))]):
        blocks.append(f"{name} ={draw(laid_out(draw(_fragments(names))))}\n")
        names = (name, *names)
    blocks += draw(st.lists(_list_definitions(names), min_size=1, max_size=4))
    blocks += draw(st.lists(st.sampled_from(_EXTRAS), max_size=3))
    guard = draw(st.sampled_from(["", _GUARD, _GUARD, _GUARD]) | st.sampled_from(_WEAK_GUARDS))
    blocks += [f"smtpd_relay_restrictions = {guard}\n"] if guard else []
    blocks += draw(st.sampled_from([[]] * 30 + [["broken line\n"]]))
    order = draw(st.permutations(blocks))
    start = draw(st.sampled_from([""] * 20 + ["  stray = line\n"]))
    return start + "".join(draw(st.sampled_from(_BETWEEN)) + block for block in order)


_SERVICES = (
    "smtp inet n - y - - smtpd",
    "smtp inet n - y - 1 postscreen",
    "smtpd pass - - y - - smtpd",
    "submission inet n - y - - /usr/lib/postfix/sbin/smtpd",
    "127.0.0.1:10025 inet n - n - - smtpd",
    "pickup unix n - y 60 1 pickup",
)
_OTHER_OPTIONS = (" -v", " -o syslog_name=postfix/x", " -o smtpd_sasl_auth_enable=yes", " -o { smtpd_banner = a b }")
_LONG_ENDS = (" }", "}", "\n  }", " \n# comment\n\t}")
_OPTION_GAPS = ("", "", "\n ", "\n ", "\n# comment\n ", "\n\n\t", "\n  # -o indented=comment\n ")


@st.composite
def _options(draw: st.DrawFn) -> str:
    gap = draw(st.sampled_from(_OPTION_GAPS))
    parameter = draw(st.sampled_from((*LISTS, SITES, "", "")))
    if not parameter:
        return gap + draw(st.sampled_from(_OTHER_OPTIONS))
    words = draw(_site_lists if parameter == SITES else word_lists(_NAMES))
    if draw(st.booleans()):
        return f"{gap} -o {parameter}={draw(short(words))}"
    return f"{gap} -o {{ {parameter} ={draw(laid_out(words))}{draw(st.sampled_from(_LONG_ENDS))}"


@st.composite
def _master_cf(draw: st.DrawFn) -> str:
    services = draw(st.lists(st.sampled_from(_SERVICES), min_size=1, max_size=3, unique=True))
    blocks = [service + "".join(draw(st.lists(_options(), max_size=4))) + "\n" for service in services]
    return "".join(draw(st.sampled_from(_BETWEEN)) + block for block in blocks)


@st.composite
def cases(draw: st.DrawFn, unsafe: bool | None = None) -> Case:
    """A configuration with its line ends, a target and options."""
    texts: list[str | None] = []
    for text in (draw(_main_cf()), draw(st.none() | _master_cf())):
        if text is not None and draw(st.booleans()):
            text = text.removesuffix("\n")
        if text is not None and draw(st.sampled_from([False, False, True])):
            text = text.replace("\n", "\r\n")
        texts.append(text)
    version = draw(st.sampled_from([None, PostfixVersion(3, 7)]))
    return Case(
        main=texts[0] or "",
        master=texts[1],
        judged=draw(st.sampled_from([frozenset({"main.cf", "master.cf"})] * 3 + [frozenset({"main.cf"})])),
        target=Target(version=version, platform=draw(st.sampled_from(["none", "aws"]))),
        options=Options(
            dnsbl_fix=draw(st.sampled_from([None, "remove", "filter"])),
            helo_fix=draw(st.sampled_from([None, "warn", "remove", "weaken"])),
        ),
        unsafe=draw(st.booleans()) if unsafe is None else unsafe,
    )


# Its repair makes a file, and one of few random examples does.
CREATING = Case(
    main=(
        "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
        "smtpd_client_restrictions = reject_rbl_client abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net\n"
    ),
    master=None,
    judged=frozenset({"main.cf", "master.cf"}),
    target=Target(),
    options=Options(),
    unsafe=True,
)
