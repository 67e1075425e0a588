"""Whatever is named, stands in the files or surrounds the run: findings, or one line that names the file."""

import contextlib
import json
import os
import random
import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from test_cli import GUARD, HELO, HELO_FIXED, MASTER, TOOL, configure, environment, heads, run
from test_files import open_directory, run_without_rights

__all__ = ["open_directory"]  # a fixture

BRACES = "{" * 100_000
QUIET = ("check", "--quiet")
COMMANDS = [("check",), ("check", "--format", "json"), ("fix",), ("fix", "--diff")]
LIST = "smtpd_client_restrictions ="
ODD_NAMES = ["two words", 'a "quote"', "new\nline", "caf\udce9", "\u202etxt", "\x1b[31mred", "\\"]


def assert_one_line(directory: Path, command: tuple[str, ...], path: str, reason: str) -> None:
    """Exit status 2, nothing on standard output, one line on standard error."""
    outcome = run(directory, *command, path)
    assert (outcome.status, outcome.out) == (2, "")
    assert re.fullmatch(r"postlint: error: [^\n]+\n", outcome.err)
    assert outcome.err == f"postlint: error: {reason}\n"


# Paths.


def test_path_that_is_not_there(tmp_path: Path) -> None:
    configure(tmp_path / "conf", HELO)
    for command, path in zip(COMMANDS, ("absent", "absent/main.cf", "conf/master.cf", "absent"), strict=True):
        assert_one_line(tmp_path, command, path, f"{path}: no such file or directory")


def test_path_that_is_nothing_of_the_kind(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO)
    (tmp_path / "empty").mkdir()
    (conf / "aliases").write_text("postmaster: root\n")
    (conf / "loop").symlink_to("loop")
    for path, reason in (
        ("empty", "holds neither main.cf nor master.cf"),
        ("conf/aliases", "is neither a directory nor called main.cf or master.cf"),
        ("conf/main.cf/main.cf", "not a directory"),
        ("conf/loop", "too many levels of symbolic links"),
        ("x" * 5000, "file name too long"),
    ):
        assert_one_line(tmp_path, ("check",), path, f"{path}: {reason}")


def test_first_bad_path_keeps_the_good_ones_from_being_fixed(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    assert run(tmp_path, "fix", "conf", "absent").err == "postlint: error: absent: no such file or directory\n"
    assert (conf / "main.cf").read_text() == HELO


@pytest.mark.parametrize("closed", ["conf", "conf/main.cf", "conf/master.cf"])
@pytest.mark.parametrize("path", ["conf", "conf/main.cf"])
def test_file_that_may_not_be_read(open_directory: Path, closed: str, path: str) -> None:
    configure(open_directory / "conf", HELO, MASTER)
    (open_directory / closed).chmod(0)
    outcome = run_without_rights(open_directory, "fix", path)
    assert (outcome.status, outcome.out) == (2, "")
    assert re.fullmatch(r"postlint: error: conf(/\w+\.cf)?: permission denied\n", outcome.err)
    (open_directory / closed).chmod(0o755)


def make_directory(path: Path) -> None:
    path.mkdir()


def make_socket(path: Path) -> None:
    # The whole path may be too long for a socket.
    with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_directory, "is a directory"),
        (os.mkfifo, "is no regular file"),
        (make_socket, "no such device or address"),
        (lambda path: path.symlink_to("/dev/zero"), "is no regular file"),
        (lambda path: path.symlink_to("absent"), "is a symbolic link to a file that is not there"),
        (lambda path: path.symlink_to(path.name), "too many levels of symbolic links"),
    ],
    ids=["directory", "FIFO", "socket", "device", "dangling link", "loop"],
)
@pytest.mark.parametrize("name", ["main.cf", "master.cf"])
def test_file_that_is_no_regular_file(tmp_path: Path, name: str, make: Callable[[Path], None], reason: str) -> None:
    main, master = (None, MASTER) if name == "main.cf" else (HELO, None)
    make(configure(tmp_path / "conf", main, master) / name)
    assert_one_line(tmp_path, ("check",), "conf", f"conf/{name}: {reason}")
    named = run(tmp_path, "fix", f"conf/{name}")
    assert (named.status, named.out, named.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_directory_name_is_shown_on_one_line_and_edited(tmp_path: Path, name: str) -> None:
    conf = configure(tmp_path / name, HELO, MASTER)
    found = run(tmp_path, "check", name)
    diff = run(tmp_path, "fix", "--diff", name)
    fixed = run(tmp_path, "fix", name)
    missing = run(tmp_path, "check", f"{name}/missing")
    assert [found.status, diff.status, fixed.status, missing.status] == [1, 1, 0, 2]
    lines = (found.out, diff.out, fixed.out, found.err, diff.err, fixed.err, missing.err)
    assert [text.count("\n") for text in lines] == [6, 6, 8, 0, 6, 0, 1]
    assert "\x1b" not in "".join(lines)
    # In place the headers are shown without what a terminal would obey; the hunks are the patch's.
    assert diff.out.split("\n", 2)[2] in fixed.out
    assert [(conf / file).read_text() for file in ("main.cf", "master.cf")] == [HELO_FIXED, MASTER]


def test_path_given_twice_is_read_once(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO)
    (tmp_path / "link").symlink_to("conf")
    paths = ("conf", "./conf/", "conf/main.cf", str(conf), "link")
    for command in COMMANDS:
        once = run(tmp_path, *command, "conf")
        (conf / "main.cf").write_text(HELO)
        assert run(tmp_path, *command, *paths) == once
        (conf / "main.cf").write_text(HELO)


@pytest.mark.parametrize("path", [".", "main.cf", "{conf}"])
def test_working_directory_that_was_deleted_is_no_bug(tmp_path: Path, path: str) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    gone = ("sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh", *TOOL)
    outcome = run(tmp_path, "fix", "--diff", path.format(conf=conf), command=gone)
    assert outcome.status == (1 if "{" in path else 2)
    assert "bug in postlint" not in outcome.err


# Contents.


@pytest.mark.parametrize("content", ["", "\n", " \t\n", "# only\n  # comments", "\r\n"])
def test_nothing_in_the_files_is_nothing_to_say(tmp_path: Path, content: str) -> None:
    conf = configure(tmp_path / "conf", content, content)
    assert run(tmp_path, "check", "conf").out == ""
    assert run(tmp_path, "fix", "conf").out == "nothing to repair\n"
    assert {path.read_bytes() for path in conf.iterdir()} == {content.encode()}


RANDOM = random.Random(7)


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        HELO.encode("utf-16"),
        HELO.encode("utf-16-be"),
        b"\xef\xbb\xbf" + HELO.encode(),
        RANDOM.randbytes(100_000),
        bytes(RANDOM.choices(b"\0\n \t#={}$(),:;[]-oa\xff\r", k=50_000)),
        b"\x7fELF\x02\x01\x01" + bytes(5000),
        b"no_equals_sign\n" * 50_000,
        LIST.encode() + b"\0 \x1b[2J \xc2\x9b5n \xff\xfe reject_rbl_client zen.spamhaus.org\0\n",
    ],
    ids=lambda content: ascii(content[:25]),
)
def test_any_bytes_are_a_normal_run_in_either_file(tmp_path: Path, content: bytes) -> None:
    conf = configure(tmp_path / "conf", content, content)
    found = run(tmp_path, "check", "--platform", "aws", "conf", timeout=20)
    assert found.status in {0, 1}
    notes = 2 * (content.startswith(b"\xef\xbb\xbf") + (b"\0" in content))
    assert [line[: len("postlint: note: conf/ma")] for line in found.err.split("\n")[:-1]] == [
        "postlint: note: conf/ma"
    ] * notes
    assert "\x1b" not in found.out
    diff = run(tmp_path, "fix", "--diff", "-q", "--unsafe-fixes", "--format", "json", "conf", timeout=20)
    assert diff.status == (diff.out != "")
    assert "error[missing-equals-sign]" not in found.out or "main.cf" not in diff.out
    assert json.loads(diff.err)["version"] == 1
    assert {path.read_bytes() for path in conf.iterdir()} == {content}


@pytest.mark.parametrize(
    ("main", "options"),
    [
        (f"mynetworks = {BRACES}", ""),
        (f"{LIST} {BRACES}{BRACES.replace('{', '}')}", ""),
        (f"{LIST} {BRACES.replace('{', '${a?')}{BRACES.replace('{', '}')}", ""),
        (f"{LIST} {BRACES.replace('{', '}')}\npostscreen_dnsbl_sites = {BRACES}", ""),
        ("", f" -o {{ {LIST} {BRACES}"),
        ("", f" {BRACES}"),
    ],
    ids=["open", "nested", "conditional", "closed", "override", "command"],
)
def test_100000_braces_are_a_normal_run(tmp_path: Path, main: str, options: str) -> None:
    configure(tmp_path / "conf", f"{main}\n", f"{MASTER[:-1]}{options}\n")
    outcome = run(tmp_path, "check", "conf", timeout=20)
    assert (outcome.status in {0, 1}, outcome.err) == (True, "")


def test_line_ends_of_dos_are_read_and_kept(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO.replace("\n", "\r\n"), MASTER.replace("\n", "\r\n"))
    assert heads(run(tmp_path, *QUIET, "conf").out) == ["conf/main.cf:2:48 warning[unknown-helo-rejected]"]
    assert run(tmp_path, "fix", "conf").status == 0
    assert (conf / "main.cf").read_bytes() == HELO_FIXED.replace("\n", "\r\n").encode()


@pytest.mark.long
def test_file_of_10_megabytes_is_judged_and_fixed(tmp_path: Path) -> None:
    filler = "".join(f"parameter_{number} = {'$myhostname, ' * 15}\n" for number in range(50_000))
    conf = configure(tmp_path / "conf", filler + HELO, MASTER)
    assert (conf / "main.cf").stat().st_size > 10_000_000
    # No program reads the filler.
    assert run(tmp_path, "fix", "conf", timeout=30).status == 1
    assert (conf / "main.cf").read_text() == filler + HELO_FIXED


@pytest.mark.long
@pytest.mark.parametrize(
    "words", ["x" * 10_000_000, f"hash:/etc/postfix/{'t' * 80} " * 101_000], ids=["one word", "many words"]
)
def test_line_of_10_megabytes_is_judged(tmp_path: Path, words: str) -> None:
    configure(tmp_path / "conf", f"{GUARD}{LIST} {words}\n", MASTER)
    outcome = run(tmp_path, *QUIET, "conf", timeout=25)
    assert (outcome.status, outcome.err) == (int(words.startswith("x")), "")


@pytest.mark.parametrize("words", ["reject_unauth_pipelinign, ", "reject_rbl_client zen.spamhaus.org, "])
def test_thousands_of_findings_on_one_line_are_printed(tmp_path: Path, words: str) -> None:
    configure(tmp_path / "conf", f"{GUARD}{LIST} {words * 3000}\n", MASTER)
    outcome = run(tmp_path, *QUIET, "conf", timeout=5)
    assert (outcome.status, len(heads(outcome.out))) == (1, 3000)


# Surroundings.


@pytest.mark.parametrize("command", [("check",), ("check", "--format", "json"), ("fix",)])
def test_control_characters_of_the_files_do_not_reach_the_terminal(tmp_path: Path, command: tuple[str, ...]) -> None:
    comment = "# \x1b]0;title\x07 \x9b31m \u202e\n"
    configure(tmp_path / "conf", comment + HELO + f"{LIST} permit_mynetworks, \x1b[2J\x07\x9b5n\u202e\n", MASTER)
    outcome = run(tmp_path, *command, "conf")
    assert outcome.status == 1
    assert set(re.findall(r"[^\n\t\x20-\x7e]", outcome.out)) <= {"\ufffd"}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8:strict"])
@pytest.mark.parametrize("command", [("check",), ("fix",)])
def test_text_that_the_locale_cannot_show_is_no_bug(tmp_path: Path, command: tuple[str, ...], encoding: str) -> None:
    conf = configure(tmp_path / "\u6f22\udcff", HELO.encode() + f"{LIST} \u6f22\n".encode() + b"a = \xff\n", MASTER)
    outcome = run(tmp_path, *command, conf.name, variables={"PYTHONIOENCODING": encoding})
    assert outcome.status == 1
    assert "bug in postlint" not in outcome.err
    assert heads(outcome.out + outcome.err)


def test_reader_that_has_enough_gets_no_traceback(tmp_path: Path) -> None:
    many = "".join(f"  nonsense{number}\n" for number in range(500))
    configure(tmp_path / "conf", GUARD + f"{LIST}\n{many}", MASTER)
    for command in (("check",), ("check", "--format", "json"), ("rules",), ("explain", "unknown-restriction")):
        paths = ("conf",) if command[0] == "check" else ()
        with subprocess.Popen(
            [*TOOL, *command, *paths],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode in {0, 1}


@pytest.mark.parametrize("stream", ["1>&-", "2>&-", "1>/dev/full"])
@pytest.mark.parametrize("command", [("check", "conf"), ("fix", "--diff", "conf"), ("rules",)])
def test_stream_that_takes_nothing_is_no_bug(tmp_path: Path, command: tuple[str, ...], stream: str) -> None:
    configure(tmp_path / "conf", HELO)
    shell = ("sh", "-c", f'exec "$@" {stream}', "sh", *TOOL)
    outcome = run(tmp_path, *command, command=shell)
    assert outcome.status in {0, 1, 2}
    assert not re.search("Traceback|Exception|bug in postlint", outcome.err)
    if stream == "2>&-":
        assert outcome.out == run(tmp_path, *command).out


def test_json_stays_json_beside_a_note(tmp_path: Path) -> None:
    configure(tmp_path / "conf", HELO.encode() + f"{LIST} caf".encode() + b"\xe9\xed\xa0\x80\n")
    outcome = run(tmp_path, "check", "--format", "json", "conf")
    assert [item["line"] for item in json.loads(outcome.out)["diagnostics"]] == [2, 3]
    assert outcome.err.startswith("postlint: note: conf: no master.cf")
