"""Removing, replacing and softening words in every layout that a list can have."""

import pytest

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.target import Options, Target
from postlint.text import Source

AWS = Target(platform="aws")
GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
LIST = "smtpd_recipient_restrictions"
ZEN, SBL = "reject_rbl_client zen.spamhaus.org", "reject_rbl_client sbl.spamhaus.org"

# (what it shows, before, after): each is judged on AWS, below a list that holds the guard.
MAIN_CF = [
    ("only word", f"{LIST} = {ZEN}\n", f"{LIST} =\n"),
    ("first word", f"{LIST} = {ZEN}, permit\n", f"{LIST} = permit\n"),
    ("middle word", f"{LIST} = permit_mynetworks, {ZEN}, permit\n", f"{LIST} = permit_mynetworks, permit\n"),
    ("last word", f"{LIST} = permit_mynetworks, {ZEN}\n", f"{LIST} = permit_mynetworks,\n"),
    ("last word with comma", f"{LIST} = permit_mynetworks, {ZEN},\n", f"{LIST} = permit_mynetworks,\n"),
    ("blanks only", f"{LIST} = permit_mynetworks {ZEN} permit\n", f"{LIST} = permit_mynetworks permit\n"),
    ("tabs", f"{LIST} =\tpermit_mynetworks\t{ZEN}\tpermit\n", f"{LIST} =\tpermit_mynetworks\tpermit\n"),
    ("two side by side", f"{LIST} = {ZEN}, {SBL}, permit\n", f"{LIST} = permit\n"),
    ("two at the end", f"{LIST} = permit_mynetworks, {ZEN}, {SBL}\n", f"{LIST} = permit_mynetworks,\n"),
    ("two apart", f"{LIST} = {ZEN}, permit_mynetworks, {SBL}, permit\n", f"{LIST} = permit_mynetworks, permit\n"),
    (
        "own line",
        f"{LIST} =\n  permit_mynetworks,\n  {ZEN},\n  permit\n",
        f"{LIST} =\n  permit_mynetworks,\n  permit\n",
    ),
    ("last line", f"{LIST} =\n  permit_mynetworks,\n  {ZEN}\n", f"{LIST} =\n  permit_mynetworks,\n"),
    ("all lines", f"{LIST} =\n  {ZEN},\n  {SBL}\n", f"{LIST} =\n"),
    ("first line shared", f"{LIST} = {ZEN},\n  permit\n", f"{LIST} =\n  permit\n"),
    ("line shared", f"{LIST} =\n  {ZEN}, permit_mynetworks\n  permit\n", f"{LIST} =\n  permit_mynetworks\n  permit\n"),
    (
        "end of a line",
        f"{LIST} =\n  permit_mynetworks, {ZEN},\n  permit\n",
        f"{LIST} =\n  permit_mynetworks,\n  permit\n",
    ),
    (
        "leading commas",
        f"{LIST} = permit_mynetworks\n  , {ZEN}\n  , permit\n",
        f"{LIST} = permit_mynetworks\n  , permit\n",
    ),
    (
        "keyword and argument on two lines",
        f"{LIST} = permit_mynetworks, reject_rbl_client\n    zen.spamhaus.org,\n  permit\n",
        f"{LIST} = permit_mynetworks,\n  permit\n",
    ),
    (
        "a comment between keyword and argument",
        f"{LIST} =\n  reject_rbl_client\n# the combined list\n    zen.spamhaus.org, permit\n",
        f"{LIST} =\n# the combined list\n    permit\n",
    ),
    (
        "comments and blank lines",
        f"{LIST} =\n  permit_mynetworks,\n# before\n\n  # indented\n  {ZEN},\n   \n# behind\n  permit\n# end\n",
        f"{LIST} =\n  permit_mynetworks,\n# before\n\n  # indented\n   \n# behind\n  permit\n# end\n",
    ),
    ("one warn_if_reject", f"{LIST} = warn_if_reject {ZEN}, permit\n", f"{LIST} = permit\n"),
    ("two warn_if_reject", f"{LIST} = warn_if_reject, warn_if_reject {ZEN}, permit\n", f"{LIST} = permit\n"),
    (
        "warn_if_reject on a line of its own",
        f"{LIST} =\n  warn_if_reject\n  {ZEN}\n  permit\n",
        f"{LIST} =\n  permit\n",
    ),
    ("CRLF", f"{LIST} =\r\n  {ZEN},\r\n  permit\r\n", f"{LIST} =\r\n  permit\r\n"),
    ("CRLF, one line", f"{LIST} = permit_mynetworks, {ZEN}\r\n", f"{LIST} = permit_mynetworks,\r\n"),
    ("no final line feed", f"{LIST} = permit_mynetworks, {ZEN}", f"{LIST} = permit_mynetworks,"),
    ("equals sign on the second line", f"{LIST}\n  = {ZEN}, permit\n", f"{LIST}\n  = permit\n"),
    ("behind a name", f"rbl = {ZEN}\n{LIST} = $rbl, permit\n", f"rbl =\n{LIST} = $rbl, permit\n"),
    ("behind a name in braces", f"rbl = {ZEN}, permit\n{LIST} = ${{rbl}}\n", f"rbl = permit\n{LIST} = ${{rbl}}\n"),
    ("behind a name in parentheses", f"rbl = {ZEN}, permit\n{LIST} = $(rbl)\n", f"rbl = permit\n{LIST} = $(rbl)\n"),
    ("behind two names", f"a = {ZEN}\nb = $a\n{LIST} = $b\n", f"a =\nb = $a\n{LIST} = $b\n"),
    ("a later definition wins", f"{LIST} = {SBL}\n{LIST} = {ZEN}\n", f"{LIST} =\n"),
    ("upper case", f"{LIST} = REJECT_RBL_CLIENT Zen.Spamhaus.ORG, permit\n", f"{LIST} = permit\n"),
    (
        "bytes that are not UTF-8 elsewhere",
        f"# caf\udce9\n{LIST} =\n  {ZEN} # \udcff\n  permit\n",
        None,
    ),
    (
        "smtpd does not start with an empty class",
        f"rbl = {ZEN}\n{LIST} = $rbl\nsmtpd_restriction_classes = strict\nstrict = $rbl\n",
        f"rbl = {ZEN}=127.0.0.[2..11]\n{LIST} = $rbl\nsmtpd_restriction_classes = strict\nstrict = $rbl\n",
    ),
]

# What must not be done: the word stays, whatever is asked.
KEPT = [
    ("warn_if_reject in another definition", f"rbl = {ZEN}, reject\n{LIST} = warn_if_reject $rbl\n"),
    ("argument in another definition", f"rbl = zen.spamhaus.org\n{LIST} = reject_rbl_client $rbl, permit\n"),
    ("tested elsewhere", f"rbl = {ZEN}\n{LIST} = $rbl, permit\nsmtpd_sender_restrictions = ${{rbl:reject}}\n"),
    ("behind what cannot be read", f"{LIST} = ${{stress?reject}} {ZEN}\n"),
    ("inside a conditional form", f"{LIST} = ${{stress?{ZEN}}}\n"),
    ("a word across two lines", f"{LIST} = reject_rbl_client zen.spam\n\vhaus.org\n"),
    (
        "shared with another meaning",
        f"rbl = zen.spamhaus.org\n{LIST} = reject_rbl_client $rbl, permit_dnswl_client $rbl\n",
    ),
    ("joined with another name", f"a = {ZEN},\nb = permit\n{LIST} = $a$b\n"),
    ("joined with text", f"a = {ZEN}\n{LIST} = $a, permit\nsmtpd_sender_restrictions = ${{a}}.x\n"),
    ("joined with a name that is empty", f"x =\n{LIST} = {ZEN}$x, permit\n"),
    ("below a line that stops Postfix", f"{LIST} = {ZEN}\nno equals sign\n"),
]


def fixed_main(text: str, options: Options = Options(), unsafe: bool = False) -> str:
    files = ConfigurationFiles(Source("main.cf", text), None)
    result = fix(files, frozenset({"main.cf"}), AWS, options, unsafe=unsafe)
    assert result.dropped == ()
    main = result.remaining.context.configuration.files.main
    assert main is not None
    return main.text


@pytest.mark.parametrize(("before", "after"), [case[1:] for case in MAIN_CF], ids=[case[0] for case in MAIN_CF])
def test_removal_in_main_cf(before: str, after: str | None) -> None:
    # Behind an inline comment the line would become a comment once the lookup is gone, so nothing is done there.
    assert fixed_main(GUARD + before) == GUARD + (before if after is None else after)


@pytest.mark.parametrize("before", [case[1] for case in KEPT], ids=[case[0] for case in KEPT])
@pytest.mark.parametrize("option", [None, "remove"])
def test_words_that_cannot_be_removed_stay(before: str, option: str | None) -> None:
    assert fixed_main(GUARD + before, Options(dnsbl_fix=option), unsafe=True) == GUARD + before


def test_no_filter_behind_what_cannot_be_read() -> None:
    text = GUARD + f"{LIST} = reject_rbl_client ${{stress?dnsbl.example.net}} {ZEN}\n"
    assert fixed_main(text, Options(dnsbl_fix="filter")) == text


def test_filter_goes_to_where_the_zone_is_written() -> None:
    text = GUARD + f"rbl = zen.spamhaus.org\n{LIST} = reject_rbl_client $rbl, permit\n"
    fixed = fixed_main(text, Options(dnsbl_fix="filter"))
    assert fixed == text.replace("rbl = zen.spamhaus.org", "rbl = zen.spamhaus.org=127.0.0.[2..11]")


SERVICE = "smtp inet n - y - - smtpd\n"
# (what it shows, the options of the service before, and after).
MASTER_CF = [
    ("short form", "  -o L=permit_mynetworks,reject_rbl_client,zen.spamhaus.org\n", "  -o L=permit_mynetworks,\n"),
    ("short form, first", "  -o L=reject_rbl_client,zen.spamhaus.org,permit\n", "  -o L=permit\n"),
    ("short form, all", "  -o L=reject_rbl_client,zen.spamhaus.org -o x=y\n", "  -o L= -o x=y\n"),
    ("short form, more behind", "  -o L=permit,reject_rbl_client,zen.spamhaus.org -o x=y\n", "  -o L=permit, -o x=y\n"),
    ("long form", f"  -o {{ L = permit_mynetworks, {ZEN} }}\n", "  -o { L = permit_mynetworks, }\n"),
    ("long form, tight", f"  -o {{L={ZEN}, permit}} -o x=y\n", "  -o {L=permit} -o x=y\n"),
    ("long form, all", f"  -o {{ L = {ZEN} }}\n", "  -o { L = }\n"),
    ("long form, lines", f"  -o {{ L =\n    {ZEN},\n    permit }}\n", "  -o { L =\n    permit }\n"),
    ("long form, comment", f"  -o {{ L = permit,\n# why\n    {ZEN} }}\n", "  -o { L = permit,\n# why\n     }\n"),
    ("unreachable, too", f"  -o {{ L = permit {ZEN} }}\n", "  -o { L = permit }\n"),
    ("joined", "  -oL=permit_mynetworks,reject_rbl_client,zen.spamhaus.org\n", "  -oL=permit_mynetworks,\n"),
    ("behind a name", f"  -o L=$rbl\n  -o {{ rbl = {ZEN} }}\n", "  -o L=$rbl\n  -o { rbl = }\n"),
]


@pytest.mark.parametrize(("before", "after"), [case[1:] for case in MASTER_CF], ids=[case[0] for case in MASTER_CF])
def test_removal_in_master_cf(before: str, after: str) -> None:
    before, after = (SERVICE + text.replace("L", "smtpd_client_restrictions", 1) for text in (before, after))
    files = ConfigurationFiles(Source("main.cf", GUARD), Source("master.cf", before))
    result = fix(files, frozenset({"main.cf", "master.cf"}), AWS)
    assert result.dropped == ()
    master = result.remaining.context.configuration.files.master
    assert master is not None
    assert master.text == after


# A row whose action is not alone is a list with an unknown word: a comma must not stay beside it.
ROWS = [
    ("comma between", "reject_rbl_client, zen.spamhaus.org\n", "DUNNO\n"),
    ("comma in front", ", reject_rbl_client zen.spamhaus.org\n", "DUNNO\n"),
    ("comma behind", "reject_rbl_client zen.spamhaus.org ,\n", "DUNNO\n"),
    ("two lookups", f"{ZEN} ,, {SBL},\n", "DUNNO\n"),
    ("on two lines", f"{ZEN},\n# why\n  {SBL}\n", "DUNNO\n# why\n"),
    ("argument on the next line", "reject_rbl_client,\n  zen.spamhaus.org\n", "DUNNO\n"),
    ("more behind", f"{ZEN}, permit\n", "permit\n"),
]


@pytest.mark.parametrize(("before", "after"), [case[1:] for case in ROWS], ids=[case[0] for case in ROWS])
def test_removal_in_a_row(before: str, after: str) -> None:
    main = f"{GUARD}smtpd_client_restrictions = check_client_access texthash:/etc/postfix/clients\n"
    table = Source("clients", f"192.0.2.1\t{before}192.0.2.2 OK\n")
    files = ConfigurationFiles(Source("main.cf", main), None, {"/etc/postfix/clients": table})
    result = fix(files, frozenset({"main.cf", "clients"}), AWS)
    assert result.dropped == ()
    fixed = result.remaining.context.configuration.files.table("clients")
    assert isinstance(fixed, Source)
    assert fixed.text == f"192.0.2.1\t{after}192.0.2.2 OK\n"


def test_warning_in_a_short_override_is_separated_by_a_comma() -> None:
    override = "  -o smtpd_sender_restrictions=permit_mynetworks,reject_unknown_helo_hostname\n"
    files = ConfigurationFiles(Source("main.cf", GUARD), Source("master.cf", SERVICE + override))
    result = fix(files, frozenset({"main.cf", "master.cf"}))
    master = result.remaining.context.configuration.files.master
    assert master is not None
    assert master.text == SERVICE + override.replace("reject_unknown", "warn_if_reject,reject_unknown")
    assert [diagnostic.service for diagnostic in result.applied] == ["smtp/inet"]


def test_only_named_files_are_edited() -> None:
    files = ConfigurationFiles(
        Source("main.cf", GUARD + f"smtpd_client_restrictions = {ZEN}\n"),
        Source("master.cf", SERVICE + "  -o smtpd_sender_restrictions=reject_unknown_helo_hostname\n"),
    )
    result = fix(files, frozenset({"master.cf"}), AWS)
    assert list(result.edits) == ["master.cf"]


def test_line_that_is_added_behind_a_deleted_last_line_has_none_above() -> None:
    before = GUARD + "smtpd_helo_restrictions = reject_invalid_helo_hostname\nsmtpd_client_restrictions =\n  " + ZEN
    after = GUARD + "smtpd_helo_restrictions = reject_invalid_helo_hostname\nsmtpd_client_restrictions =\n"
    assert fixed_main(before, unsafe=True) == after + "smtpd_helo_required = yes"
