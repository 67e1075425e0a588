"""Random configurations whose restrictions stand in classes and in access maps, with reply maps beside them."""

from hypothesis import strategies as st

from postlint.target import Options, PostfixVersion, Target

from .configurations import LISTS, OTHER_ZONES, SPAMHAUS, Case, Words, laid_out, short, word_lists

_CLASSES = ("class_one", "class_two", "class_three")
_FILE_TABLES = (
    ("texthash", "thash"),
    ("texthash", "thash_two"),
    ("hash", "indexed"),
    ("cidr", "networks"),
    ("regexp", "patterns"),
    ("pcre", "expressions"),
)
_CHECKS = ("check_client_access", "check_helo_access", "check_sender_access", "check_recipient_access")
_KEYS = (
    *("203.0.113.9", "203.0.113", "127", "198.51.100.7", "unknown", "localhost", "mail.stranger.example", "example"),
    *("isp.example", "bogus.invalid", "sender.example", "someone@sender.example", "someone@", "example.com"),
    *("user@example.com", "foreign.example", "user@foreign.example", "com", "Stranger.Example", "other.example"),
)
_NETWORKS = ("203.0.113.0/24", "203.0.113.9", "127.0.0.0/8", "198.51.100.0/24", "0.0.0.0/0", "10.0.0.0/8")
_PATTERNS = ("/./", "/^203/", "/stranger/", "/^unknown$/", "/@example[.]com$/", "/foreign/", "/bogus/", "/^127[.]/")
_ACTIONS = (
    *("OK", "REJECT", "DUNNO", "Reject go away", "relay", "dunno", "DEFER", "1234567890", "HOLD", "INFO seen"),
    *("450 4.7.1 later", "554 5.7.1 never", "PREPEND X-Seen: yes", "450", "OK fine", "REJECT, permit"),
    "check_client_access static:OK",
)
_CALLS: tuple[Words, ...] = (
    *(("reject_rbl_client", zone) for zone in (*SPAMHAUS[:3], *OTHER_ZONES[:3], "zen.spamhaus.org=127.0.0.[2..11]")),
    *(("warn_if_reject", "reject_rbl_client", zone) for zone in (SPAMHAUS[0], OTHER_ZONES[0])),
    *(("reject_rhsbl_sender", zone) for zone in ("dbl.spamhaus.org", "zen.spamhaus.org")),
    *((word,) for word in ("reject_unknown_client_hostname", "reject_unknown_helo_hostname", "permit_mynetworks")),
    *((word,) for word in ("permit", "reject", "reject_unauth_destination", "reject_unauth_destinations", "defer")),
    *((name,) for name in _CLASSES),
    ("permit_dnswl_client", "list.dnswl.org"),
    ("warn_if_reject",),
)
_GAPS = (", ", " ", ",", "\n    ", ",\n\t", "  ")
_ROW_GAPS = ("\t", " ", "   ", "\n  ")
_REPLIES = ("450 4.7.1 listed", "554 5.7.1 listed", "$rbl_code listed by $rbl_domain", "$rbl_code listed", "listed")
_REPLY_KEYS = (
    *("zen.spamhaus.org", "zen.spamhaus.org=127.0.0.[2..11]", "bl.spamcop.net", "bl.spamcop.net=127.0.0.2"),
    *("abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net", "b.barracudacentral.org", "dbl.spamhaus.org"),
)
_REPLY_MAPS = (
    "rbl_reply_maps = texthash:/etc/postfix/replies\n",
    "rbl_reply_maps = hash:/etc/postfix/replies\n",
    "postscreen_dnsbl_reply_map = texthash:/etc/postfix/replies\n",
    "rbl_reply_maps = inline:{ { zen.spamhaus.org = 450 4.7.1 listed } }\n",
)


@st.composite
def _results(draw: st.DrawFn, gaps: tuple[str, ...] = _GAPS) -> str:
    """A right-hand side: an action, or restrictions."""
    if draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from(_ACTIONS))
    calls = draw(st.lists(st.sampled_from(_CALLS), min_size=1, max_size=4))
    return _joined([word for call in calls for word in call], [draw(st.sampled_from(gaps)) for _ in range(12)])


def _joined(words: list[str], gaps: list[str]) -> str:
    return "".join(gap + word for gap, word in zip(["", *gaps[: len(words) - 1]], words, strict=True))


@st.composite
def _sources(draw: st.DrawFn, kind: str) -> str:
    keys = {"cidr": _NETWORKS, "regexp": _PATTERNS, "pcre": _PATTERNS}.get(kind, _KEYS)
    rows = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=4, unique_by=str.lower))
    lines = [f"{key}{draw(st.sampled_from(_ROW_GAPS))}{draw(_results())}\n" for key in rows]
    return "".join(draw(st.sampled_from(["", "", "# comment\n", "\n"])) + line for line in lines)


@st.composite
def _inline(draw: st.DrawFn) -> str:
    """A table in the list itself: ``inline:`` or ``static:``."""
    result = draw(_results((", ", " ", ",")))
    if draw(st.booleans()):
        return f"static:{{{result}}}" if " " in result or "," in result else f"static:{result}"
    return f"inline:{{ {{ {draw(st.sampled_from(_KEYS))} = {result} }} }}"


@st.composite
def _maps(draw: st.DrawFn, tables: tuple[tuple[str, str], ...]) -> Words:
    kind, name = draw(st.sampled_from(tables))
    table = f"{kind}:/etc/postfix/{name}" if draw(st.integers(0, 3)) else draw(_inline())
    check = draw(st.sampled_from(_CHECKS))
    bare = draw(st.integers(0, 5)) == 0
    return (table,) if bare else (check, table)


@st.composite
def _lists(draw: st.DrawFn, tables: tuple[tuple[str, str], ...], names: Words) -> Words:
    """A list with access maps and classes in it, also as ``$name``."""
    calls = st.sampled_from([(name,) for name in names] + [(f"${name}",) for name in names]) if names else st.nothing()
    kinds = [_maps(tables), _maps(tables), st.sampled_from(_CALLS), word_lists(()).map(lambda words: words[:2])]
    parts = draw(st.lists(st.one_of(*kinds, calls), max_size=5))
    return tuple(word for part in parts for word in part)


_GUARDS = (
    "permit_mynetworks, reject_unauth_destination",
    "permit_mynetworks, reject_unauth_destination",
    "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
    "permit_mynetworks, class_one, reject_unauth_destination",
    "permit_mynetworks, check_client_access texthash:/etc/postfix/thash, reject_unauth_destination",
    "permit_mynetworks, check_recipient_access hash:/etc/postfix/indexed, reject_unauth_destination",
)


@st.composite
def _main_cf(draw: st.DrawFn, tables: tuple[tuple[str, str], ...]) -> str:
    declared = draw(st.sampled_from([_CLASSES, _CLASSES, _CLASSES[:2], _CLASSES[:1]]))
    blocks = [f"smtpd_restriction_classes = {', '.join(declared)}\n", "mydestination = example.com\n"]
    for index, name in enumerate(_CLASSES):
        words = draw(_lists(tables, _CLASSES[index + 1 :])) or draw(
            st.sampled_from([("permit_mynetworks",)] * 9 + [()])
        )
        blocks.append(f"{name} ={draw(laid_out(words))}\n")
    for parameter in draw(st.lists(st.sampled_from(LISTS[:-1]), min_size=1, max_size=3, unique=True)):
        blocks.append(f"{parameter} ={draw(laid_out(draw(_lists(tables, _CLASSES))))}\n")
    blocks.append(f"smtpd_relay_restrictions = {draw(st.sampled_from(_GUARDS))}\n")
    blocks += draw(st.lists(st.sampled_from(_REPLY_MAPS), max_size=1))
    blocks += draw(st.sampled_from([[], [], [], ["smtpd_peername_lookup = no\n"], ["mynetworks = 0.0.0.0/0\n"]]))
    return "".join(draw(st.permutations(blocks)))


@st.composite
def _master_cf(draw: st.DrawFn, tables: tuple[tuple[str, str], ...]) -> str:
    text = "smtp inet n - y - - smtpd"
    for parameter in draw(st.lists(st.sampled_from((*LISTS[:-1], *_CLASSES)), max_size=2, unique=True)):
        names = _CLASSES[_CLASSES.index(parameter) + 1 :] if parameter in _CLASSES else _CLASSES
        text += f"\n  -o {parameter}={draw(short(draw(_lists(tables, names))))}"
    return text + draw(st.sampled_from(["\n", "\nsubmission inet n - y - - smtpd\n"]))


@st.composite
def map_cases(draw: st.DrawFn, unsafe: bool | None = None) -> Case:
    """A configuration with classes, access maps and reply maps, a target and options."""
    tables = draw(st.lists(st.sampled_from(_FILE_TABLES), min_size=1, max_size=3, unique=True).map(tuple))
    texts = {name: draw(_sources(kind)) for kind, name in tables}
    if draw(st.booleans()):
        keys = draw(st.lists(st.sampled_from(_REPLY_KEYS), max_size=3, unique=True))
        texts["replies"] = "".join(f"{key}\t{draw(st.sampled_from(_REPLIES))}\n" for key in keys)
    return Case(
        main=draw(_main_cf(tables)),
        master=draw(st.none() | _master_cf(tables)),
        judged=frozenset({"main.cf", "master.cf", *(texts if draw(st.integers(0, 4)) else ())}),
        target=Target(
            version=draw(st.sampled_from([None, PostfixVersion(3, 7)])), platform=draw(st.sampled_from(["none", "aws"]))
        ),
        options=Options(
            dnsbl_fix=draw(st.sampled_from([None, "remove", "filter"])),
            helo_fix=draw(st.sampled_from([None, "warn", "remove", "weaken"])),
        ),
        unsafe=draw(st.booleans()) if unsafe is None else unsafe,
        tables=tuple(texts.items()),
    )
