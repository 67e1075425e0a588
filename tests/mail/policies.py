"""Random policies that a real smtpd serves, aimed so that most of them have something to repair."""

import re
from collections.abc import Callable, Iterator

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from properties.access_maps import map_cases
from properties.configurations import (
    FOLDER,
    LISTS,
    LOOKUPS,
    MISSPELT,
    NAME_CHECKS,
    OTHER_ZONES,
    SPAMHAUS,
    Case,
    Words,
    cases,
    laid_out,
    short,
)

from mail.envelopes import KEY, OWN_NETWORKS
from postlint.target import Options, PostfixVersion, Secret, Target

# Hypothesis starts with the simplest example, and varies what it has found from the eleventh on.
_ROUND = 10
# They make smtpd wait, ask servers that do not run, or name tables that nobody has; and what Postfix dies on, at once
# or in the middle of a session, so that the envelopes behind get no answer.
_UNSERVED = re.compile(
    r"\bsleep\b|pcre:/etc/postfix/helo|hash:/etc/postfix/(access|clients)|check_policy_service[ \t]*\{"
    r"|\A[ \t\r\n]|^broken line|^\0|=127\.0\.0(?!\.)",
    re.MULTILINE,
)
_SETTINGS = f"mydestination = example.com\nmynetworks = {OWN_NETWORKS}\n"

_CLASSES = ("strict", "lenient")
_TABLES = {
    "clients": (
        "203.0.113.9",
        "203.0.113",
        "127",
        "198.51.100.7",
        "mail.stranger.example",
        "stranger.example",
        "isp.example",
    ),
    "greetings": ("mail.stranger.example", "bogus.invalid", "localhost", "WIN-5J2K", "invalid"),
    "senders": ("someone@sender.example", "sender.example", "someone@", "bogus.invalid", "<>"),
    "recipients": ("user@example.com", "example.com", "user@foreign.example", "relayed.example", "user@"),
}
_CHECKS = {
    "clients": "check_client_access",
    "greetings": "check_helo_access",
    "senders": "check_sender_access",
    "recipients": "check_recipient_access",
}
_ACTIONS = (
    "OK",
    "OK",
    "REJECT",
    "DUNNO",
    "permit",
    "450 4.7.1 later",
    "554 5.7.1 never",
    "DEFER",
    "RELAY",
    "INFO seen",
)
_PERMITS: tuple[Words, ...] = (
    ("permit_mynetworks",),
    ("permit_mynetworks",),
    ("permit_sasl_authenticated",),
    ("permit_sasl_authenticated",),
    ("permit_auth_destination",),
    ("permit_inet_interfaces",),
    ("permit_dnswl_client", "list.dnswl.org"),
)
_GUARDS: tuple[Words, ...] = (
    ("reject_unauth_destination",),
    ("reject_unauth_destination",),
    ("defer_unauth_destination",),
)
# In front of a guard they let strangers relay, unless another check refuses them. An OK for an address is no hole: like
# mynetworks it trusts those who have it.
_HOLES: tuple[Words, ...] = (
    ("permit",),
    ("check_sender_access", "static:OK"),
    ("check_helo_access", "static:permit"),
    ("check_client_access", "static:RELAY"),
    ("check_sender_access", "inline:{sender.example=OK}"),
    ("check_client_access", "cidr:{{0.0.0.0/0 OK}}"),
    ("check_helo_access", "inline:{{example = permit_auth_destination, OK}}"),
)
_OTHERS: tuple[Words, ...] = (
    *((word,) for word in ("reject_invalid_helo_hostname", "reject_non_fqdn_helo_hostname", "reject_non_fqdn_sender")),
    *(
        (word,)
        for word in ("reject_unknown_sender_domain", "reject_unknown_recipient_domain", "reject_unauth_pipelining")
    ),
    *((word,) for word in ("reject_unknown_reverse_client_hostname", "reject_unlisted_sender", "defer_if_permit")),
    *((word,) for word in ("reject_non_fqdn_recipient", "defer_if_reject", "reject_unlisted_recipient", "reject")),
    ("check_policy_service", "inet:127.0.0.1:10023"),
)
# The documented answers of some lists; one that admits errors, one that leaves most out, and the canary.
_FILTERS = ("",) * 8 + ("=127.0.0.2", "=127.0.0.[2..11]", "=127.[0;255].[0;255].[2..255]", "=127.255.255.[1..255]")
_REFERENCES = ("$blocklists", "${blocklists}", "$(name_checks)", "$name_checks")

_zones = st.builds(str.__add__, st.sampled_from((*SPAMHAUS, *SPAMHAUS, *OTHER_ZONES)), st.sampled_from(_FILTERS))
_lookups = st.one_of(
    st.tuples(st.just("reject_rbl_client"), _zones),
    st.tuples(st.just("reject_rbl_client"), _zones),
    st.tuples(
        st.sampled_from(LOOKUPS),
        st.sampled_from(["dbl.spamhaus.org", "zen.spamhaus.org", "dbl.spamhaus.org=127.0.1.[2..99]"]),
    ),
)
_name_checks = st.sampled_from([(word,) for word in NAME_CHECKS])
_misspelt = st.sampled_from(
    [(word, "zen.spamhaus.org") if "bl_" in word else (word,) for word in (*MISSPELT, "permit_mynetwork", "rejct")]
)


@st.composite
def _tables(draw: st.DrawFn, name: str) -> str:
    """The source of an access map: actions, and restrictions in some rows."""
    lines = []
    for key in draw(st.lists(st.sampled_from(_TABLES[name]), min_size=1, max_size=3, unique=True)):
        kind = draw(st.integers(0, 4))
        if kind < 3:
            result = draw(st.sampled_from(_ACTIONS))
        elif kind == 3:
            result = draw(st.sampled_from(_CLASSES))
        else:
            result = ", ".join(
                " ".join(words) for words in draw(st.lists(_lookups | _name_checks, min_size=1, max_size=2))
            )
        lines.append(f"{key}\t{result}\n")
    return "".join(lines)


@st.composite
def _elements(draw: st.DrawFn, names: Words, references: bool) -> Words:
    """One element of a list; ``names``: the classes that it may call."""
    kind = draw(st.integers(0, 19))
    front: Words = ("warn_if_reject",) if draw(st.integers(0, 9)) == 0 else ()
    if kind < 6:
        return front + draw(_lookups)
    if kind < 10:
        return front + draw(_name_checks)
    if kind < 13:
        return draw(st.sampled_from(_PERMITS))
    if kind < 15:
        return front + draw(st.sampled_from(_OTHERS))
    if kind < 17:
        name = draw(st.sampled_from(sorted(_TABLES)))
        table = draw(st.sampled_from([f"texthash:/etc/postfix/{name}"] * 4 + ["static:DUNNO", "static:{REJECT no}"]))
        return (_CHECKS[name], table)
    if kind == 17 and names:
        return (draw(st.sampled_from(names)),)
    if kind == 18 and references:
        return (draw(st.sampled_from(_REFERENCES)),)
    return front + draw(_misspelt) if kind == 19 and draw(st.booleans()) else front + draw(_lookups)


@st.composite
def _lists(draw: st.DrawFn, names: Words, references: bool = True) -> Words:
    """A list; permits for the site's own stand first more often than not."""
    words = draw(st.sampled_from([("permit_mynetworks",), ("permit_mynetworks", "permit_sasl_authenticated"), (), ()]))
    for element in draw(st.lists(_elements(names, references), min_size=1, max_size=5)):
        words += element
    return words


@st.composite
def _guarded(draw: st.DrawFn, names: Words) -> Words:
    """A relay or recipient list with a guard in it: what stands before, and what behind."""
    before = draw(st.permutations([("permit_mynetworks",), ("permit_sasl_authenticated",)]))[: draw(st.integers(1, 2))]
    words: Words = tuple(word for part in before for word in part)
    more = [draw(_elements(names, True)) for _ in range(draw(st.integers(0, 4)))]
    at = draw(st.integers(0, len(more)))
    if draw(st.integers(0, 7)) == 0:
        more[:at] = draw(st.permutations([draw(st.sampled_from(_HOLES)), *more[:at]]))
        at += 1
    parts = (*more[:at], draw(st.sampled_from(_GUARDS)), *more[at:])
    for part in draw(st.sampled_from([parts, parts, draw(st.permutations(parts))])):
        words += part
    return words


_OPTIONAL = (
    ("smtpd_delay_reject = no\n", 6),
    ("smtpd_helo_required = yes\n", 3),
    ("smtpd_peername_lookup = no\n", 12),
    ("unknown_client_reject_code = 550\n", 8),
    ("unknown_hostname_reject_code = 550\n", 8),
    ("maps_rbl_reject_code = 450\n", 8),
    ("compatibility_level = 3.6\n", 2),
    ("smtpd_authorized_xclient_hosts = 192.0.2.1\n", 20),
)
_UNGUARDED: tuple[Words, ...] = (("permit_mynetworks",), (), ("permit_mynetworks", "permit_sasl_authenticated"))


@st.composite
def _main_cf(draw: st.DrawFn) -> str:
    blocks = [f"smtpd_restriction_classes = {', '.join(_CLASSES)}\n"]
    for name, inner in zip(_CLASSES, (_CLASSES[1:], ()), strict=True):
        blocks.append(f"{name} ={draw(laid_out(draw(_lists(inner, False))))}\n")
    for name, kinds in (("blocklists", _lookups), ("name_checks", _name_checks | _lookups)):
        elements = draw(st.lists(kinds, min_size=1, max_size=2))
        blocks.append(f"{name} ={draw(laid_out(tuple(word for words in elements for word in words)))}\n")
    early, late = LISTS[:3], LISTS[5:7]
    chosen = draw(st.lists(st.sampled_from(early), min_size=1, max_size=3, unique=True))
    if draw(st.integers(0, 5)) == 0:
        chosen.append(draw(st.sampled_from(late)))
    blocks += [f"{name} ={draw(laid_out(draw(_lists(_CLASSES))))}\n" for name in chosen]
    # Which of the two lists has the guard; without one in the other.
    which = draw(st.sampled_from(["relay", "relay", "recipient", "both", "both", "relay alone"]))
    for name in ("relay", "recipient"):
        if which in (name, "both", f"{name} alone"):
            words = draw(_guarded(_CLASSES))
        elif which.endswith("alone"):
            continue
        elif name == "relay":
            words = draw(st.sampled_from(_UNGUARDED))
        else:
            words = draw(_lists(_CLASSES))
        blocks.append(f"smtpd_{name}_restrictions ={draw(laid_out(words))}\n")
    blocks += [text for text, odds in _OPTIONAL if draw(st.integers(1, odds)) == 1]
    blocks.append(draw(st.sampled_from(["smtpd_sasl_auth_enable = yes\n"] * 3 + [""])))
    order = draw(st.permutations(blocks))
    if draw(st.integers(0, 5)) == 0:
        order = [draw(st.sampled_from(order)), *order]
    settings = draw(st.sampled_from([_SETTINGS] * 11 + [_SETTINGS.replace(OWN_NETWORKS, "0.0.0.0/0")]))
    return settings + "".join(order)


_MAIL_CLIENTS = (
    "submission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n",
    "submission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"
    "  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n",
    "submission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"
    "  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject\n  -o smtpd_relay_restrictions=\n",
)


@st.composite
def _master_cf(draw: st.DrawFn) -> str:
    """A service for strangers, and one for mail clients, each with overrides."""
    blocks = []
    for start in ("smtp inet n - y - - smtpd\n", draw(st.sampled_from(_MAIL_CLIENTS))):
        options = ""
        names = st.sampled_from([name for name in (*LISTS[:5], *_CLASSES) if f"{name}=" not in start])
        for name in draw(st.lists(names, max_size=2, unique=True)):
            words = draw(_guarded(_CLASSES[1:]) if "re" in name[6:8] else _lists((), references=name not in _CLASSES))
            long = draw(st.booleans())
            value = draw(laid_out(words) if long else short(words))
            options += f"  -o {{ {name} ={value} }}\n" if long else f"  -o {name}={value}\n"
        blocks.append(start + options)
    return "".join(blocks)


_REPLY_KEYS = ("zen.spamhaus.org", "sbl.spamhaus.org", "bl.spamcop.net", "zen.spamhaus.org=127.0.0.[2..11]")
# Each tells which lookup it answers.
_REPLIES = tuple(f"{code} listed by $rbl_domain" for code in ("450 4.7.1", "554 5.7.1", "$rbl_code"))


@st.composite
def _reply_map(draw: st.DrawFn) -> str:
    keys = draw(st.lists(st.sampled_from(_REPLY_KEYS), min_size=1, max_size=3, unique=True))
    return "".join(f"{key}\t{draw(st.sampled_from(_REPLIES))}\n" for key in keys)


@st.composite
def policies(draw: st.DrawFn) -> Case:
    """A policy as people write them, with its tables, a target and options."""
    texts, main = {name: draw(_tables(name)) for name in _TABLES}, draw(_main_cf())
    if draw(st.integers(0, 7)) == 0:
        texts["replies"] = draw(_reply_map())
        main += f"rbl_reply_maps = texthash:{FOLDER}replies\n"
    if draw(st.integers(0, 15)) == 0:
        main = main.replace("\n", draw(st.sampled_from(["\r\n", "\0\n"])))
    dnsbl_fix = draw(st.sampled_from([None, None, "remove", "remove", "filter", "filter", "dqs"]))
    return Case(
        main=main,
        master=draw(st.none() | _master_cf()),
        judged=frozenset({"main.cf", "master.cf", *texts}),
        target=Target(
            version=draw(st.sampled_from([None, PostfixVersion(3, 7), PostfixVersion(3, 7)])),
            platform=draw(st.sampled_from(["none", "aws", "aws"])),
        ),
        options=Options(
            dnsbl_fix=dnsbl_fix,
            helo_fix=draw(st.sampled_from([None, "warn", "remove", "weaken"])),
            dqs_key=Secret(KEY) if dnsbl_fix == "dqs" else None,
        ),
        unsafe=False,
        tables=tuple(texts.items()),
    )


def _served(case: Case) -> Case:
    """A case of the other tests with what the harness needs of main.cf."""
    needed = [
        line for line in _SETTINGS.splitlines() if not re.search(f"^{line.split(' ')[0]}[ =]", case.main, re.MULTILINE)
    ]
    return case._replace(main="".join(f"{line}\n" for line in needed) + case.main)


# Three policies as people write them for each that is as odd as can be.
_STRATEGIES: tuple[st.SearchStrategy[Case], ...] = (
    policies(),
    policies(),
    policies(),
    map_cases(unsafe=False),
    cases(unsafe=False),
)


def drawn(number: int) -> Iterator[Case]:
    """Cases without end; the same for each number."""
    while True:
        for index, strategy in enumerate(_STRATEGIES):
            found = _examples(strategy, number * len(_STRATEGIES) + index)
            yield from (
                _served(case) for case in found if not _UNSERVED.search(f"{case.main}\n{case.master}\n{case.tables}")
            )
        number += 1000


def _examples(strategy: st.SearchStrategy[Case], number: int) -> list[Case]:
    found: list[Case] = []

    @seed(number)
    @settings(
        max_examples=_ROUND,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(case: Case) -> None:
        found.append(case)

    run: Callable[[], None] = collect
    run()
    return found[1:]
