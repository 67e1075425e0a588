"""Checks that move behind permits, in every layout that a list can have; and when the move is safe."""

import pytest

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Diagnostic, Severity
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules.check_before_local_permit import check_before_local_permit
from postlint.target import PostfixVersion, Target
from postlint.text import Source

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
LIST = "smtpd_client_restrictions"
SBL, XBL = "reject_rbl_client sbl.example", "reject_rbl_client xbl.example"
SASL = "permit_sasl_authenticated"
SMTP = "smtp inet n - y - - smtpd\n"
RULES = (check_before_local_permit,)
TARGET = Target(PostfixVersion(3, 7))


def configuration(main: str, master: str | None = None) -> ConfigurationFiles:
    return ConfigurationFiles(Source("main.cf", main), Source("master.cf", master) if master is not None else None)


def fixed(main: str, master: str | None = None, unsafe: bool = False) -> list[str]:
    files = configuration(main, master)
    judged = frozenset(source.path for source in files.sources)
    result = fix(files, judged, TARGET, rules=RULES, unsafe=unsafe)
    assert result.dropped == ()
    after = result.remaining.context.configuration.files
    assert fix(after, judged, TARGET, rules=RULES, unsafe=unsafe).edits == {}
    return [source.text for source in after.sources]


def found(main: str, master: str | None = None) -> tuple[Diagnostic, ...]:
    return lint(configuration(main, master), TARGET, rules=RULES).diagnostics


# (what it shows, before, after): each below a list that holds the guard.
LAYOUTS = [
    ("one line", f"{LIST} = {SBL}, permit_mynetworks\n", f"{LIST} = permit_mynetworks, {SBL}\n"),
    ("one line, more", f"{LIST} = {SBL}, permit_mynetworks, permit\n", f"{LIST} = permit_mynetworks, {SBL}, permit\n"),
    ("blanks only", f"{LIST} = {SBL} permit_mynetworks permit\n", f"{LIST} = permit_mynetworks {SBL} permit\n"),
    ("tabs", f"{LIST} =\t{SBL}\tpermit_mynetworks\n", f"{LIST} =\tpermit_mynetworks\t{SBL}\n"),
    ("comma behind", f"{LIST} = {SBL}, permit_mynetworks,\n", f"{LIST} = permit_mynetworks, {SBL},\n"),
    ("no final line feed", f"{LIST} = {SBL}, permit_mynetworks", f"{LIST} = permit_mynetworks, {SBL}"),
    (
        "own lines",
        f"{LIST} =\n    {SBL},\n    permit_mynetworks,\n    permit\n",
        f"{LIST} =\n    permit_mynetworks,\n    {SBL},\n    permit\n",
    ),
    (
        "own lines, last permit",
        f"{LIST} =\n\t{SBL}\n\tpermit_mynetworks\n",
        f"{LIST} =\n\tpermit_mynetworks\n\t{SBL}\n",
    ),
    (
        "first line",
        f"{LIST} = {SBL},\n  permit_mynetworks,\n  permit\n",
        f"{LIST} =\n  permit_mynetworks,\n  {SBL},\n  permit\n",
    ),
    (
        "leading commas",
        f"{LIST} = {SBL}\n  , permit_mynetworks\n  , permit\n",
        f"{LIST} =\n  , permit_mynetworks\n  , {SBL}\n  , permit\n",
    ),
    (
        "CRLF",
        f"{LIST} =\r\n  {SBL},\r\n  permit_mynetworks,\r\n  permit\r\n",
        f"{LIST} =\r\n  permit_mynetworks,\r\n  {SBL},\r\n  permit\r\n",
    ),
    (
        "comments stay",
        f"{LIST} =\n# lists\n  {SBL},\n  # own\n  permit_mynetworks,\n# rest\n  permit\n# end\n",
        f"{LIST} =\n# lists\n  # own\n  permit_mynetworks,\n  {SBL},\n# rest\n  permit\n# end\n",
    ),
    (
        "keyword and argument on two lines",
        f"{LIST} = reject_rbl_client\n    sbl.example,\n  permit_mynetworks,\n  permit\n",
        f"{LIST} =\n  permit_mynetworks,\n  {SBL},\n  permit\n",
    ),
    (
        "every warn_if_reject",
        f"{LIST} =\n  warn_if_reject\n  WARN_IF_REJECT {SBL}\n  permit_mynetworks\n",
        f"{LIST} =\n  permit_mynetworks\n  warn_if_reject WARN_IF_REJECT {SBL}\n",
    ),
    (
        "two checks keep their order",
        f"{LIST} =\n  {SBL},\n  {XBL},\n  permit_mynetworks,\n  permit\n",
        f"{LIST} =\n  permit_mynetworks,\n  {SBL},\n  {XBL},\n  permit\n",
    ),
    (
        "two checks on one line",
        f"{LIST} = {SBL}, {XBL}, permit_mynetworks,\n  permit\n",
        f"{LIST} = permit_mynetworks,\n  {SBL},\n  {XBL},\n  permit\n",
    ),
    (
        "checks between the permits",
        f"{LIST} = {SBL}, permit_mynetworks, {XBL}, {SASL}, permit\n",
        f"{LIST} = permit_mynetworks, {SASL}, {SBL}, {XBL}, permit\n",
    ),
    (
        "other refusals between",
        f"{LIST} = {SBL}, reject_unauth_pipelining, permit_mynetworks\n",
        f"{LIST} = reject_unauth_pipelining, permit_mynetworks, {SBL}\n",
    ),
    (
        "a name",
        f"early = {SBL}, permit_mynetworks\n{LIST} = $early\nsmtpd_helo_restrictions = $early, permit\n",
        f"early = permit_mynetworks, {SBL}\n{LIST} = $early\nsmtpd_helo_restrictions = $early, permit\n",
    ),
    (
        "names between",
        f"more = {XBL}=127.0.0.2\n{LIST} = {SBL}, $more, permit_mynetworks\n",
        f"more = {XBL}=127.0.0.2\n{LIST} = $more, permit_mynetworks, {SBL}\n",
    ),
    (
        "a class",
        f"smtpd_restriction_classes = strict\nstrict = {SBL}, permit_mynetworks\n{LIST} = strict\n",
        f"smtpd_restriction_classes = strict\nstrict = permit_mynetworks, {SBL}\n{LIST} = strict\n",
    ),
    (
        "an empty name between keyword and argument",
        f"x =\n{LIST} = reject_rbl_client $x sbl.example, permit_mynetworks\n",
        f"x =\n{LIST} = $x permit_mynetworks, {SBL}\n",
    ),
    (
        "as far as it is safe",
        f"{LIST} = {SBL}, permit_mynetworks, check_client_access hash:/x, {SASL}\n",
        f"{LIST} = permit_mynetworks, {SBL}, check_client_access hash:/x, {SASL}\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), [case[1:] for case in LAYOUTS], ids=[case[0] for case in LAYOUTS])
def test_move_in_main_cf(before: str, after: str) -> None:
    assert fixed(GUARD + before) == [GUARD + after]


# (what it shows, the options of the service before, and after).
OVERRIDES = [
    ("short", f"  -o {LIST}=reject_rbl_client,sbl.example,permit_mynetworks,permit\n", None),
    ("long", f"  -o {{ {LIST} = {SBL}, permit_mynetworks, permit }}\n", None),
    ("behind a name", f"  -o {LIST}=$mine\n  -o {{ mine = {SBL}, permit_mynetworks, permit }}\n", None),
    (
        "lines",
        f"  -o {{ {LIST} =\n    {SBL},\n    permit_mynetworks }}\n",
        f"  -o {{ {LIST} =\n    permit_mynetworks,\n    {SBL} }}\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), [case[1:] for case in OVERRIDES], ids=[case[0] for case in OVERRIDES])
def test_move_in_master_cf(before: str, after: str | None) -> None:
    separator = "," if "reject_rbl_client,sbl" in before else ", "
    lookup = SBL.replace(" ", separator) if separator == "," else SBL
    permit = f"permit_mynetworks{separator}"
    expected = after or before.replace(f"{lookup}{separator}{permit}", f"{permit}{lookup}{separator}")
    assert fixed(GUARD, SMTP + before) == [GUARD, SMTP + expected]


# (what it shows, main.cf, the end of the reason).
UNSAFE = [
    (
        "relay list",
        f"smtpd_relay_restrictions = {SBL}, permit_mynetworks, reject_unauth_destination\n",
        "who may relay",
    ),
    (
        "recipient list that is the guard",
        "smtpd_relay_restrictions =\n"
        f"smtpd_recipient_restrictions = {SBL}, permit_mynetworks, reject_unauth_destination\n",
        "smtpd_relay_restrictions has no guard of its own, so this list decides who may relay",
    ),
    (
        "across a guard",
        f"{GUARD}smtpd_recipient_restrictions = {SBL}, reject_unauth_destination, permit_mynetworks\n",
        "reject_unauth_destination stands between them and would be evaluated first",
    ),
    (
        "across a table",
        f"{GUARD}{LIST} = {SBL}, check_client_access static:DUNNO, permit_mynetworks\n",
        "check_client_access static:DUNNO stands between them and would be evaluated first",
    ),
    (
        "across everybody's mail",
        f"{GUARD}smtpd_recipient_restrictions = {SBL}, permit_auth_destination, permit_mynetworks\n",
        "permit_auth_destination stands between them and would be evaluated first",
    ),
    ("data list", f"{GUARD}smtpd_data_restrictions = {SBL}, permit_mynetworks\n", "a move known to relay nothing more"),
    (
        "open relay",
        f"mynetworks = 0.0.0.0/0\n{GUARD}{LIST} = {SBL}, permit_mynetworks\n",
        "mynetworks trusts 0.0.0.0/0; close the relay first",
    ),
    (
        "in the relay list through a class",
        f"smtpd_restriction_classes = strict\nstrict = {SBL}, permit_mynetworks\n"
        f"{LIST} = strict\nsmtpd_relay_restrictions = strict, reject_unauth_destination\n",
        "there it also decides who may relay",
    ),
]


@pytest.mark.parametrize(("main", "reason"), [case[1:] for case in UNSAFE], ids=[case[0] for case in UNSAFE])
def test_move_that_is_unsafe(main: str, reason: str) -> None:
    (diagnostic,) = found(main)
    assert diagnostic.severity is Severity.WARNING
    assert diagnostic.fix is not None
    assert diagnostic.fix.title.startswith("move it behind permit_mynetworks (unsafe: ")
    assert diagnostic.fix.title.endswith(f"{reason})")
    assert fixed(main) == [main]
    assert fixed(main, unsafe=True) != [main]


# (what it shows, main.cf, the end of the help).
ADVICE = [
    (
        "check in another definition",
        f"x = {SBL}\n{LIST} = $x, permit_mynetworks\n",
        "move it behind permit_mynetworks; no fix: permit_mynetworks stands in another definition",
    ),
    (
        "argument in another definition",
        f"x = sbl.example\n{LIST} = reject_rbl_client $x, permit_mynetworks\n",
        "move it behind permit_mynetworks; no fix: its words stand in different definitions",
    ),
    (
        "permit in the list that names the class",
        f"smtpd_restriction_classes = strict\nstrict = {SBL}\n{LIST} = strict, permit_mynetworks\n",
        "move it behind permit_mynetworks; no fix: permit_mynetworks stands in another list than the check",
    ),
    (
        "check joined with an empty name",
        f"x =\n{LIST} = {SBL}$x, permit_mynetworks\n",
        'move it behind permit_mynetworks; no fix: "sbl.example" is joined with a name that is empty',
    ),
    (
        "permit joined with an empty name",
        f"x =\n{LIST} = {SBL}, permit_mynetworks$x\n",
        "move it behind permit_mynetworks; no fix: permit_mynetworks is joined with a name that is empty",
    ),
    (
        "conditional form in front",
        f"{LIST} = ${{stress?reject}} {SBL} permit_mynetworks\n",
        "move it behind permit_mynetworks; no fix: what stands before it cannot be read",
    ),
]


@pytest.mark.parametrize(("main", "help_text"), [case[1:] for case in ADVICE], ids=[case[0] for case in ADVICE])
def test_move_that_is_advice(main: str, help_text: str) -> None:
    (diagnostic,) = found(GUARD + main)
    assert diagnostic.fix is None
    assert diagnostic.help == help_text


# Nobody of the site's own is refused.
SILENT = [
    ("permits in front", f"{LIST} = permit_mynetworks, {SASL}, {SBL}\n", None),
    ("no permit", f"{LIST} = {SBL}, permit\n", None),
    ("behind reject", f"{LIST} = reject, {SBL}, permit_mynetworks\n", None),
    ("permit behind reject", f"{LIST} = {SBL}, reject, permit_mynetworks\n", None),
    ("other checks", f"{LIST} = reject_unknown_sender_domain, check_client_access hash:/x, permit_mynetworks\n", None),
    ("logins before they can be", f"smtpd_delay_reject = no\n{LIST} = {SBL}, {SASL}\n", SMTP),
    ("no logins", f"{LIST} = {SBL}, {SASL}\n", SMTP),
    ("overridden everywhere", f"{LIST} = {SBL}, permit_mynetworks\n", f"{SMTP}  -o {LIST}=\n"),
    ("permit in the calling list", f"smtpd_restriction_classes = c\nc = {SBL}\n{LIST} = permit_mynetworks, c\n", None),
    ("told by its rule", f"{LIST} = reject_unknown_client, permit_mynetworks\n", None),
]


@pytest.mark.parametrize(("main", "master"), [case[1:] for case in SILENT], ids=[case[0] for case in SILENT])
def test_nothing_is_said_where_nobody_is_refused(main: str, master: str | None) -> None:
    assert found(GUARD + main, master) == ()


def test_logins_count_for_the_service_that_offers_them() -> None:
    master = f"{SMTP}submission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"
    main = f"{GUARD}{LIST} = permit_mynetworks, {SBL}, {SASL}\n"
    (diagnostic,) = found(main, master)
    assert diagnostic.message == (
        f"{SBL} stands before permit_sasl_authenticated and refuses users who have logged in, too"
    )
    assert fixed(main, master)[0] == f"{GUARD}{LIST} = permit_mynetworks, {SASL}, {SBL}\n"


def test_sender_list_waits_for_a_login() -> None:
    main = f"{GUARD}smtpd_delay_reject = no\nsmtpd_sasl_auth_enable = yes\nsmtpd_sender_restrictions = {SBL}, {SASL}\n"
    assert [diagnostic.fix is not None for diagnostic in found(main, SMTP)] == [True]


def test_messages_name_who_is_refused() -> None:
    both, warned = found(f"{GUARD}{LIST} = {SBL}, warn_if_reject {XBL}, permit_mynetworks, {SASL}\n")
    assert both.message == (
        f"{SBL} stands before permit_mynetworks and permit_sasl_authenticated and refuses the own network's machines "
        "and users who have logged in, too"
    )
    assert both.help == "move it behind permit_sasl_authenticated (safe fix)"
    assert warned.severity is Severity.INFO
    assert warned.message.endswith("users who have logged in, too, but for warn_if_reject")


def test_a_repair_of_the_same_word_goes_first() -> None:
    main = f"{GUARD}{LIST} = reject_rbl_client relays.ordb.org, permit_mynetworks\n"
    result = fix(configuration(main), frozenset({"main.cf"}), TARGET)
    files = result.remaining.context.configuration.files
    assert [source.text for source in files.sources] == [f"{GUARD}{LIST} = permit_mynetworks\n"]
    assert [diagnostic.rule for diagnostic in result.applied] == ["retired-dnsbl"]


def test_weakened_check_moves_afterwards() -> None:
    main = f"{GUARD}{LIST} = reject_unknown_client_hostname, permit_mynetworks\n"
    result = fix(configuration(main), frozenset({"main.cf"}), TARGET)
    files = result.remaining.context.configuration.files
    assert [source.text for source in files.sources] == [
        f"{GUARD}{LIST} = permit_mynetworks, reject_unknown_reverse_client_hostname\n"
    ]


def test_no_word_moves_away_from_a_suppression_comment() -> None:
    comment = "  # postlint: ignore[dnsbl-without-reply-filter]: no answers but 127.0.0.2\n"
    main = f"{GUARD}{LIST} =\n{comment}  reject_rbl_client bl.spamcop.net,\n  {XBL},\n  permit_mynetworks\n"
    kept, moved = found(main)
    assert kept.fix is None
    assert kept.help == (
        "move it behind permit_mynetworks; no fix while a comment above it speaks of its line to postlint"
    )
    assert moved.fix is not None
    assert fixed(main) == [main.replace(f"  {XBL},\n  permit_mynetworks\n", f"  permit_mynetworks,\n  {XBL}\n")]
