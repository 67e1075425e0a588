"""``--dnsbl-fix dqs``: what is written, and that the key is nowhere else."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from test_cli import GUARD, MASTER, Outcome, configure, run

KEY = "q7w3kfm2zt9xb4nvhd6sj8rcpy"
LIST = "smtpd_client_restrictions = permit_mynetworks, reject_rbl_client zen.spamhaus.org\n"
DBL = "smtpd_sender_restrictions = reject_rhsbl_sender dbl.spamhaus.org\n"
ZEN, DBL_ZONE = f"{KEY}.zen.dq.spamhaus.net=127.0.0.[2..11]", f"{KEY}.dbl.dq.spamhaus.net=127.0.1.[2..99]"
POSTSCREEN = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"
SITES = "postscreen_dnsbl_action = enforce\npostscreen_dnsbl_sites = zen.spamhaus.org*2\n"
REPLY = "$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using"
REASON = "${rbl_reason?; $rbl_reason}"
NEW_ROWS = f"{ZEN}\t{REPLY} zen.spamhaus.org{REASON}\n{DBL_ZONE}\t{REPLY} dbl.spamhaus.org{REASON}\n"
MAPS = "rbl_reply_maps = texthash:$config_directory/dnsbl-reply-map\n"
OPTIONS = ("--platform", "aws", "--dnsbl-fix", "dqs", "--dqs-key-file", "key")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "key").write_text(f"\n {KEY}\n")
    return tmp_path


def quiet(outcome: Outcome) -> None:
    assert KEY not in outcome.out + outcome.err


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((folder / "conf").iterdir())}


def test_lookups_ask_with_the_key_and_a_new_file_answers_without_it(folder: Path) -> None:
    configure(folder / "conf", GUARD + LIST + DBL, MASTER)
    outcome = run(folder, "fix", "--unsafe-fixes", *OPTIONS, "conf")
    quiet(outcome)
    assert outcome.status == 0
    assert files(folder) == {
        "main.cf": GUARD + LIST.replace("zen.spamhaus.org", ZEN) + DBL.replace("dbl.spamhaus.org", DBL_ZONE) + MAPS,
        "master.cf": MASTER,
        "dnsbl-reply-map": NEW_ROWS,
    }
    assert stat.S_IMODE((folder / "conf" / "dnsbl-reply-map").stat().st_mode) == 0o600
    said = "new file conf/dnsbl-reply-map, which only its owner may read\nto put it into force: postfix reload\n"
    assert said in outcome.out
    again = run(folder, "fix", "--unsafe-fixes", *OPTIONS, "conf")
    quiet(again)
    assert (again.status, again.out) == (0, "nothing to repair\n")


def test_nothing_is_done_without_asking_for_unsafe_repairs(folder: Path) -> None:
    configure(folder / "conf", GUARD + LIST, MASTER)
    outcome = run(folder, "fix", *OPTIONS, "conf")
    quiet(outcome)
    assert (outcome.status, files(folder)) == (1, {"main.cf": GUARD + LIST, "master.cf": MASTER})
    assert "(unsafe: listed clients that pass while the list is useless are refused again)" in outcome.out


def test_postscreen_asks_with_the_key_and_has_a_map_of_its_own(folder: Path) -> None:
    configure(folder / "conf", GUARD + SITES, POSTSCREEN)
    quiet(run(folder, "fix", "--unsafe-fixes", *OPTIONS, "conf"))
    assert files(folder) == {
        "main.cf": GUARD
        + SITES.replace("zen.spamhaus.org", ZEN)
        + "postscreen_dnsbl_reply_map = texthash:$config_directory/postscreen-dnsbl-reply-map\n",
        "master.cf": POSTSCREEN,
        "postscreen-dnsbl-reply-map": f"{KEY}.zen.dq.spamhaus.net\tzen.spamhaus.org\n",
    }


def test_map_that_is_there_gets_the_rows_and_is_to_be_rebuilt(folder: Path) -> None:
    maps = "rbl_reply_maps = hash:/etc/postfix/replies\n"
    configure(folder / "conf", GUARD + maps + LIST, MASTER)
    (folder / "conf" / "replies").write_text("bl.example.net  554 listed")
    outcome = run(folder, "fix", "--unsafe-fixes", *OPTIONS, "conf")
    quiet(outcome)
    assert files(folder)["replies"] == f"bl.example.net  554 listed\n{ZEN}\t{REPLY} zen.spamhaus.org{REASON}"
    assert files(folder)["main.cf"] == GUARD + maps + LIST.replace("zen.spamhaus.org", ZEN)
    assert "to put it into force: postmap hash:/etc/postfix/replies && postfix reload\n" in outcome.out
    assert "until then Postfix answers from the tables as they were built before\n" in outcome.out


def test_patch_holds_the_key_and_says_what_a_patch_cannot(folder: Path) -> None:
    configure(folder / "conf", GUARD + LIST, MASTER)
    outcome = run(folder, "fix", "--diff", "--unsafe-fixes", *OPTIONS, "conf")
    assert outcome.status == 1
    assert KEY in outcome.out
    assert KEY not in outcome.err
    assert "--- /dev/null\n+++ b/conf/dnsbl-reply-map\n@@ -0,0 +1 @@\n" in outcome.out
    assert "note: the patch makes conf/dnsbl-reply-map, which holds a key: chmod 600 it\n" in outcome.err
    (folder / "patch").write_text(outcome.out)
    assert os.system(f"cd {folder} && patch -s -p1 < patch") == 0
    assert files(folder)["dnsbl-reply-map"] == NEW_ROWS.partition("\n")[0] + "\n"
    assert run(folder, "fix", "--diff", "--unsafe-fixes", *OPTIONS, "conf").out == ""


@pytest.mark.parametrize(
    ("main", "why"),
    [
        (
            "rbl_reply_maps = ldap:/etc/postfix/x.cf\n" + LIST,
            "ldap:/etc/postfix/x.cf in rbl_reply_maps is of type ldap",
        ),
        ("rbl_reply_maps = hash:/etc/postfix/none\n" + LIST, "hash:/etc/postfix/none in rbl_reply_maps is not there"),
        ("rbl_reply_maps = pcre:/etc/postfix/there\n" + LIST, "pcre:/etc/postfix/there in rbl_reply_maps answers by"),
        (
            "rbl_reply_maps = inline:{a=b}\n" + LIST,
            "rbl_reply_maps is set and names no table that a line can be added to",
        ),
    ],
)
def test_reply_map_that_cannot_be_added_to_leaves_advice(folder: Path, main: str, why: str) -> None:
    configure(folder / "conf", GUARD + main, MASTER)
    (folder / "conf" / "there").write_text("/x/ 554 x\n")
    before = files(folder)
    outcome = run(folder, "fix", "--unsafe-fixes", *OPTIONS, "conf")
    quiet(outcome)
    assert f"no fix: {why}" in outcome.out
    assert files(folder) == before


def test_file_of_that_name_is_never_touched(folder: Path) -> None:
    configure(folder / "conf", GUARD + LIST, MASTER)
    (folder / "conf" / "dnsbl-reply-map").write_text("mine\n")
    before = files(folder)
    outcome = run(folder, "fix", "--unsafe-fixes", *OPTIONS, "conf")
    assert "no fix: dnsbl-reply-map is there already, and rbl_reply_maps does not name it" in outcome.out
    assert files(folder) == before


def test_service_with_a_map_of_its_own_leaves_advice(folder: Path) -> None:
    configure(folder / "conf", GUARD + LIST, MASTER + "587 inet n - y - - smtpd\n  -o rbl_reply_maps=\n")
    outcome = run(folder, "fix", "--unsafe-fixes", *OPTIONS, "conf")
    assert "no fix: 587/inet sets rbl_reply_maps of its own" in outcome.out


@pytest.mark.parametrize("path", ["-", "standing"])
def test_file_that_stands_for_another_makes_no_file(folder: Path, path: str) -> None:
    configure(folder / "conf", "", MASTER)
    (folder / "standing").write_text(GUARD + LIST)
    arguments = ("fix", "--unsafe-fixes", *OPTIONS, "--as", "main", "--config-dir", "conf", path)
    outcome = run(folder, *arguments, stdin=(GUARD + LIST).encode())
    quiet(outcome)
    assert "dnsbl-reply-map cannot be made for a file that stands for another" in outcome.out + outcome.err
    assert files(folder) == {"main.cf": "", "master.cf": MASTER}
    assert (folder / "standing").read_text() == GUARD + LIST


@pytest.mark.parametrize("content", [f"{KEY}x", KEY[:-1], KEY.upper(), f"{KEY} {KEY}", "", "your_DQS_key", "\0" * 5000])
def test_file_without_a_key_is_refused_and_not_shown(folder: Path, content: str) -> None:
    configure(folder / "conf", GUARD + LIST, MASTER)
    (folder / "key").write_text(content)
    outcome = run(folder, "fix", "--unsafe-fixes", *OPTIONS, "conf")
    message = "error: key: holds no key of Spamhaus' Data Query Service: 26 small letters and digits"
    assert (outcome.status, outcome.out, outcome.err) == (2, "", f"postlint: {message}\n")


def test_key_file_that_is_not_there(folder: Path) -> None:
    configure(folder / "conf", GUARD + LIST, MASTER)
    (folder / "key").unlink()
    outcome = run(folder, "check", *OPTIONS, "conf")
    assert (outcome.status, outcome.err) == (2, "postlint: error: key: no such file or directory\n")


@pytest.mark.parametrize("options", [("--dnsbl-fix", "dqs"), ("--dqs-key-file", "key")])
def test_the_two_options_go_together(folder: Path, options: tuple[str, ...]) -> None:
    configure(folder / "conf", GUARD + LIST, MASTER)
    outcome = run(folder, "check", *options, "conf")
    assert (outcome.status, outcome.err) == (2, "postlint: error: --dnsbl-fix dqs and --dqs-key-file go together\n")


def test_key_comes_through_a_pipe(folder: Path) -> None:
    configure(folder / "conf", GUARD + LIST, MASTER)
    os.mkfifo(folder / "pipe")
    if os.fork() == 0:
        (folder / "pipe").write_text(KEY)
        os._exit(0)
    outcome = run(folder, "fix", "--unsafe-fixes", *OPTIONS[:-1], "pipe", "conf")
    quiet(outcome)
    assert outcome.status == 0
    assert "dnsbl-reply-map" in files(folder)


CLASS = "smtpd_restriction_classes = c\nc = reject_rbl_client zen.spamhaus.org\nsmtpd_client_restrictions = c\n"
PLACES = {
    "list": (GUARD + LIST + DBL, MASTER),
    "class": (GUARD + CLASS, MASTER),
    "reference": (GUARD + "zen = zen.spamhaus.org\nsmtpd_client_restrictions = reject_rbl_client $zen\n", MASTER),
    "override": (GUARD, MASTER[:-1] + " -o smtpd_client_restrictions=reject_rbl_client,zen.spamhaus.org\n"),
    "postscreen": (GUARD + SITES, POSTSCREEN),
    "open relay": ("mynetworks = 0.0.0.0/0\n" + GUARD + LIST, MASTER),
    "row": (GUARD + "smtpd_client_restrictions = check_client_access hash:/etc/postfix/map\n", MASTER),
}
COMMANDS = {
    "check": ("check",),
    "check as JSON": ("check", "--format", "json"),
    "fix": ("fix", "--unsafe-fixes"),
    "fix as JSON": ("fix", "--unsafe-fixes", "--format", "json"),
    "fix with colours": ("fix", "--unsafe-fixes", "--color", "always", "--debug"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", COMMANDS)
def test_key_is_in_nothing_that_is_printed(folder: Path, place: str, command: str) -> None:
    main, master = PLACES[place]
    configure(folder / "conf", main, master)
    (folder / "conf" / "map").write_text("example.net reject_rbl_client zen.spamhaus.org\n")
    outcome = run(folder, *COMMANDS[command], *OPTIONS, "conf")
    quiet(outcome)
    assert outcome.status in (0, 1)
    if command == "check as JSON":
        fixes = [item["fix"] for item in json.loads(outcome.out)["diagnostics"] if item["fix"]]
        assert fixes
        assert all(fix["edits"] is None for fix in fixes if "DQS key" in fix["title"])


def test_fix_that_makes_a_file_has_no_edits(folder: Path) -> None:
    configure(folder / "conf", GUARD + LIST.replace("zen.spamhaus.org", ZEN), MASTER)
    (item,) = json.loads(run(folder, "check", "--format", "json", "conf").out)["diagnostics"]
    assert (item["rule"], item["fix"]["changes"], item["fix"]["edits"]) == (
        "dqs-key-exposed",
        ["rbl_reply_maps"],
        None,
    )


BROKEN = """
import postlint.rules
from postlint.diagnostics import Severity
from postlint.rules.base import rule

@rule(name="broken-rule", category="test", severity=Severity.ERROR, summary="", since="", manual="", examples=())
def broken_rule(context):
    raise LookupError(f"{context.options} {context.options.dqs_key.text}")
    yield

postlint.rules.ALL = (*postlint.rules.ALL, broken_rule)
from postlint.cli import main
main()
"""


@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_bug_does_not_show_the_key(folder: Path, debug: tuple[str, ...]) -> None:
    configure(folder / "conf", GUARD + LIST, MASTER)
    (folder / "broken.py").write_text(BROKEN)
    command = (sys.executable, str(folder / "broken.py"))
    outcome = run(folder, "check", *OPTIONS, *debug, "conf", command=command)
    quiet(outcome)
    assert outcome.status == 3
    assert "bug in postlint: LookupError: Options(" in outcome.err
    assert ("Traceback" in outcome.err) == bool(debug)
