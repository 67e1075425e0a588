"""One file, or standard input, that stands for a file of a configuration directory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli import CLEAN, GUARD, HELO, HELO_FIXED, MASTER, PATCH, TOOL, Outcome, configure, environment, run
from test_files import tree

# reject_unknown_client_hostname stands in master.cf, and only what main.cf says of $checks decides what it does.
CHECKS = HELO + "checks = reject_unknown_client_hostname\n"
USER = MASTER.rstrip("\n") + " -o smtpd_client_restrictions=$checks\n"
STRICT = MASTER.rstrip("\n") + " -o smtpd_client_restrictions=reject_unknown_client_hostname\n"
RELAXED = STRICT.replace("reject_unknown_client_hostname", "reject_unknown_reverse_client_hostname")
FOUND = (
    "{path}:2:48: warning[unknown-helo-rejected] reject_unknown_helo_hostname refuses every client whose HELO name has"
    " neither an address nor an MX record, relays of large providers among them\n"
    "2 | smtpd_sender_restrictions = permit_mynetworks, reject_unknown_helo_hostname\n"
    "  |                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
    "   = help: put warn_if_reject in front of it (safe fix)\n"
    "   = explain: postlint explain unknown-helo-rejected\n"
    "1 warning\n"
)
NOTE = "postlint: note: {path}: no master.cf; one smtpd that faces the Internet is assumed\n"
ODD_BYTES = b"# \xef\xbb\xbf caf\xe9 \x1b \xed\xa0\x80\r\n\r\n  # \xff\n\tsmtpd_helo_required = yes\r\n"


def temporary_file(directory: Path, content: str | bytes) -> str:
    """A file as Ansible makes it for `validate`, beside files that are none of its business."""
    folder = configure(directory / "ansible-tmp-1234", "nonsense\n", "nonsense\n")
    (folder / ".source.cf").write_bytes(content.encode() if isinstance(content, str) else content)
    return "ansible-tmp-1234/.source.cf"


# A file of any name.


def test_file_is_judged_with_its_sibling_in_the_directory(tmp_path: Path) -> None:
    """What a template has made is checked before it gets its place, as Ansible's validate does."""
    configure(tmp_path / "conf", CLEAN, USER)
    path = temporary_file(tmp_path, CHECKS)
    as_main = ("--as", "main", "--config-dir", "conf")
    outcome = run(tmp_path, "check", *as_main, path, "--format", "json")
    assert (outcome.status, outcome.err) == (1, "")
    found = json.loads(outcome.out)["diagnostics"]
    assert [(item["path"], item["line"], item["rule"], item["severity"]) for item in found] == [
        (path, 2, "unknown-helo-rejected", "warning"),
        (path, 3, "unconfirmed-client-name-rejected", "warning"),
    ]
    (use,) = found[1]["related"]
    assert (use["path"], use["line"]) == ("conf/master.cf", 1)
    (tmp_path / path).write_text(CLEAN)
    assert run(tmp_path, "check", *as_main, path) == Outcome(0, "", "")


def test_file_that_stands_for_itself_is_as_if_it_were_named(tmp_path: Path) -> None:
    configure(tmp_path / "conf", CHECKS, STRICT)
    for name in ("main", "master"):
        named = run(tmp_path, "check", f"conf/{name}.cf")
        assert named.status == 1
        assert run(tmp_path, "check", "--as", name, "--config-dir", "conf", f"conf/{name}.cf") == named


def test_file_may_have_any_name_and_the_directory_need_not_hold_the_other(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    for path in ("main.cf.j2", "-new", "two words", "conf/new"):
        (tmp_path / path).write_text(HELO)
        outcome = run(tmp_path, "check", "--as", "main", "--config-dir", "conf", "--", path)
        assert outcome == Outcome(1, FOUND.format(path=path), NOTE.format(path="conf"))


def test_without_a_directory_the_file_is_all_there_is(tmp_path: Path) -> None:
    path = temporary_file(tmp_path, HELO)
    outcome = run(tmp_path, "check", "--as", "main", path)
    assert outcome == Outcome(1, FOUND.format(path=path), NOTE.format(path=path))
    (tmp_path / path).write_text(USER)
    assert run(tmp_path, "check", "--as", "master", path) == Outcome(0, "", "")


def test_fix_writes_the_file_itself_and_reads_its_sibling(tmp_path: Path) -> None:
    configure(tmp_path / "conf", CLEAN, USER)
    path = temporary_file(tmp_path, CHECKS)
    (tmp_path / path).chmod(0o600)
    before = tree(tmp_path)
    command = ("fix", "--as", "main", "--config-dir", "conf", path)
    diff = run(tmp_path, *command, "--diff")
    assert tree(tmp_path) == before
    outcome = run(tmp_path, *command)
    assert diff.out.startswith(f"--- a/{path}\n+++ b/{path}\n@@ ")
    report = f"2 findings repaired in {path}\nto put it into force: postfix reload\n"
    assert outcome == Outcome(0, diff.out + report, "")
    fixed = HELO_FIXED + "checks = reject_unknown_reverse_client_hostname\n"
    mode, owner, group, _ = before[path]
    assert tree(tmp_path) == before | {path: (mode, owner, group, fixed.encode())}


def test_file_that_stands_for_master_cf_is_repaired(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO)
    path = temporary_file(tmp_path, STRICT)
    assert run(tmp_path, "fix", "--as", "master", "--config-dir", "conf", path).status == 0
    assert (tmp_path / path).read_text() == RELAXED
    assert tree(conf).keys() == {"main.cf"}
    assert (conf / "main.cf").read_text() == HELO


# Standard input.


@pytest.mark.parametrize("options", [(), ("--as", "main"), ("--as", "main", "--config-dir", "conf")])
def test_check_names_standard_input_by_its_dash(tmp_path: Path, options: tuple[str, ...]) -> None:
    configure(tmp_path / "conf", "nonsense\n" + GUARD, MASTER)
    outcome = run(tmp_path, "check", *options, "-", stdin=HELO.encode())
    note = "" if "conf" in options else NOTE.format(path="-")
    assert outcome == Outcome(1, FOUND.format(path="-"), note)
    as_json = json.loads(run(tmp_path, "check", *options, "-", "--format", "json", stdin=HELO.encode()).out)
    (finding,) = as_json["diagnostics"]
    assert [finding["path"], *(edit["path"] for edit in finding["fix"]["edits"])] == ["-", "-"]


def test_standard_input_may_stand_for_master_cf(tmp_path: Path) -> None:
    configure(tmp_path / "conf", CLEAN)
    outcome = run(tmp_path, "fix", "--as", "master", "--config-dir", "conf", "-", stdin=STRICT.encode())
    assert (outcome.status, outcome.out) == (0, RELAXED)


def test_fix_prints_the_text_and_says_the_rest_on_standard_error(tmp_path: Path) -> None:
    configure(tmp_path / "conf", CLEAN, MASTER)
    before = tree(tmp_path)
    outcome = run(tmp_path, "fix", "--as", "main", "--config-dir", "conf", "-", stdin=HELO.encode())
    assert outcome == Outcome(0, HELO_FIXED, PATCH + "1 finding repaired in -\n")
    assert tree(tmp_path) == before


def test_fix_prints_the_whole_text_also_when_nothing_is_repaired(tmp_path: Path) -> None:
    nonsense = GUARD + "smtpd_sender_restrictions = nonsense\n"
    for text, status in ((CLEAN, 0), (nonsense, 1), ("", 0)):
        outcome = run(tmp_path, "fix", "--quiet", "-", stdin=text.encode())
        assert (outcome.status, outcome.out) == (status, text)
        assert outcome.err.startswith("nothing to repair\n")
    assert "-:2:29: error[unknown-restriction] " in run(tmp_path, "fix", "-", stdin=nonsense.encode()).err
    assert run(tmp_path, "fix", "--exit-zero", "-", stdin=nonsense.encode()).status == 0


def test_fix_with_json_prints_what_remains_on_standard_error(tmp_path: Path) -> None:
    text = HELO + "smtpd_client_restrictions = nonsense\n"
    outcome = run(tmp_path, "fix", "--quiet", "--format", "json", "-", stdin=text.encode())
    assert (outcome.status, outcome.out) == (1, HELO_FIXED + "smtpd_client_restrictions = nonsense\n")
    assert [item["rule"] for item in json.loads(outcome.err)["diagnostics"]] == ["unknown-restriction"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"", b" \t"])
def test_bytes_outside_the_edits_go_through(tmp_path: Path, end: bytes) -> None:
    def text(main: str) -> bytes:
        return ODD_BYTES + main.encode().replace(b"\n", b"\r\n").removesuffix(b"\r\n") + end

    for main, fixed in ((HELO, HELO_FIXED), (CLEAN, CLEAN)):
        words = [*TOOL, "fix", "--quiet", "-"]
        given = text(main)
        done = subprocess.run(words, cwd=tmp_path, env=environment(), input=given, capture_output=True, check=False)
        # The first logical line starts with a blank, which is told and not repaired.
        assert (done.returncode, done.stdout) == (1, text(fixed))
        assert b"[ignored-first-line]" in done.stderr


def test_secrets_are_in_the_text_and_nowhere_else(tmp_path: Path) -> None:
    key = "abcdefghijklmnopqrstuvwxyz"
    text = (
        GUARD
        + f"smtpd_sender_restrictions = reject_unknown_helo_hostname, reject_rhsbl_helo {key}.dbl.dq.spamhaus.net\n"
    )
    outcome = run(tmp_path, "fix", "-", stdin=text.encode())
    assert key in outcome.out
    assert "warn_if_reject" in outcome.out
    assert key not in outcome.err
    assert "***" in outcome.err


@pytest.mark.parametrize(
    ("options", "name"),
    [((), "main.cf"), (("--as", "master"), "master.cf"), (("--as", "main", "--config-dir", "conf"), "conf/main.cf")],
)
def test_patch_applies_to_the_file_that_standard_input_stands_for(
    tmp_path: Path, options: tuple[str, ...], name: str
) -> None:
    text, fixed = (STRICT, RELAXED) if "master" in options else (HELO, HELO_FIXED)
    configure(tmp_path / "conf", CLEAN, MASTER)
    outcome = run(tmp_path, "fix", "--diff", *options, "-", stdin=text.encode())
    assert outcome.status == 1
    assert outcome.out.startswith(f"--- a/{name}\n+++ b/{name}\n@@ ")
    (tmp_path / name).write_text(text)
    subprocess.run(["patch", "-s", "-p1"], cwd=tmp_path, input=outcome.out.encode(), check=True)
    assert (tmp_path / name).read_text() == fixed


def test_patch_names_the_file_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "common.cf").write_text(HELO)
    (configure(tmp_path / "conf", master=MASTER) / "main.cf").symlink_to("../common.cf")
    command = ("fix", "--diff", "--as", "main", "--config-dir", "conf", "-")
    assert run(tmp_path, *command, stdin=HELO.encode()).out == PATCH.replace("conf/main.cf", "common.cf")


# The live directory.


def test_file_that_stands_for_one_of_the_live_directory_is_judged_for_this_host(tmp_path: Path) -> None:
    code = (
        "import sys, postlint.files, postlint.host\n"
        "from postlint.host import HostFacts\n"
        f"postlint.files.LIVE_DIRECTORY = {str(tmp_path / 'conf')!r}\n"
        "postlint.host.detect = lambda jail: HostFacts('aws', (), 'a file says so')\n"
        "postlint.host.installed_postfix = lambda: None\n"
        "from postlint.cli import main\n"
        "main()\n"
    )
    configure(tmp_path / "conf", CLEAN, MASTER)
    lookup = GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n"
    path = temporary_file(tmp_path, lookup)
    for options, rule, note in (
        (("--config-dir", "conf"), "spamhaus-from-refused-network", "postlint: note: platform AWS: a file says so\n"),
        ((), "dnsbl-without-reply-filter", NOTE.format(path=path)),
    ):
        command = (sys.executable, "-c", code)
        outcome = run(tmp_path, "check", "--as", "main", *options, path, command=command)
        assert outcome.err == note
        assert f"[{rule}]" in outcome.out


# Wrong use.


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--config-dir", "conf"),
            "--config-dir: needs --as main or --as master, and the file that stands for that one of DIR",
        ),
        (
            ("--config-dir", "conf", "-"),
            "--config-dir: needs --as main or --as master, and the file that stands for that one of DIR",
        ),
        (("--as", "main"), "--as: takes exactly one path, that of a file or - for standard input"),
        (("--as", "main", "new", "conf"), "--as: takes exactly one path, that of a file or - for standard input"),
        (("-", "-"), "-: standard input goes with no other path"),
        (("-", "conf"), "-: standard input goes with no other path"),
        (("--as", "main", "conf", "-"), "-: standard input goes with no other path"),
        (("--as", "main", "conf"), "conf: is a directory"),
        (("--as", "main", "absent"), "absent: is not there"),
        (("--as", "main", "fifo"), "fifo: is no regular file"),
        (("--as", "main", "dangling"), "dangling: is a symbolic link to a file that is not there"),
        (("--as", "main", "--config-dir", "absent", "new"), "--config-dir: absent: no such file or directory"),
        (("--as", "main", "--config-dir", "new", "new"), "--config-dir: new: is no directory"),
        (("--as", "main", "--config-dir", "broken", "new"), "broken/master.cf: is a directory"),
        (
            ("--as", "main", "--config-dir", "conf", "./conf/master.cf"),
            "./conf/master.cf: is conf/master.cf, and cannot stand for main.cf as well",
        ),
        (("--as", "both", "new"), "Invalid value for '--as': 'both' is not one of 'main', 'master'."),
    ],
)
@pytest.mark.parametrize("command", [("check",), ("fix",), ("fix", "--diff")])
def test_wrong_use_is_told_in_one_line_and_writes_nothing(
    tmp_path: Path, command: tuple[str, ...], arguments: tuple[str, ...], message: str
) -> None:
    configure(tmp_path / "conf", HELO, MASTER)
    (tmp_path / "broken" / "master.cf").mkdir(parents=True)
    (tmp_path / "new").write_text(HELO)
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "dangling").symlink_to("nowhere")
    before = tree(tmp_path)
    outcome = run(tmp_path, *command, *arguments, stdin=HELO.encode(), timeout=10)
    assert outcome == Outcome(2, "", f"postlint: error: {message}\n")
    assert tree(tmp_path) == before


def test_closed_standard_input_is_told(tmp_path: Path) -> None:
    shell = ("sh", "-c", '"$@" <&-', "sh", *TOOL)
    outcome = run(tmp_path, "fix", "-", command=shell)
    assert outcome == Outcome(2, "", "postlint: error: -: standard input is closed\n")
