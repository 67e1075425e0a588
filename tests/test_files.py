"""The disk: which files are read and judged, and that a file is replaced whole and with care, or not at all."""

import errno
import os
import re
import signal
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_cli import ERROR, HELO, HELO_FIXED, MASTER, Outcome, configure, findings, heads, run

from postlint.files import InputError, ReadFile, read_inputs
from postlint.request import Request
from postlint.session import Session
from postlint.writing import write_files

NEW = "# new\n"
# Reads everything that postlint reads once while that is allowed, then gives up the rights of root.
WITHOUT_RIGHTS = """
import contextlib, io, os, sys
from postlint.cli import app, main

with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())), contextlib.redirect_stderr(io.StringIO()):
    app(["fix", "--diff", sys.argv.pop(1)], standalone_mode=False)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
main()
"""


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that everybody can reach, other than ``tmp_path``."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)
        for directory, _, _ in os.walk(name):
            os.chmod(directory, 0o755)


def run_without_rights(directory: Path, *arguments: str) -> Outcome:
    """Runs postlint as nobody where the tests run as root."""
    with tempfile.TemporaryDirectory() as sample:
        configure(Path(sample), HELO, MASTER)
        return run(directory, *arguments, command=(sys.executable, "-c", WITHOUT_RIGHTS, sample))


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Fails when the body takes longer: it waits for something."""

    def stop(*_: object) -> None:
        pytest.fail("it waits")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def tree(directory: Path) -> dict[str, tuple[int, int, int, str | bytes]]:
    """All that is below a directory: mode, owner, group, and the bytes or the target of a link."""
    found: dict[str, tuple[int, int, int, str | bytes]] = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else ""
        found[str(path.relative_to(directory))] = status.st_mode, status.st_uid, status.st_gid, content
    return found


def read(*paths: Path) -> list[ReadFile]:
    return [item for found in read_inputs(str(path) for path in paths) for item in found.read_files]


def write(*items: ReadFile) -> None:
    write_files([(item, NEW) for item in items])


def refusal(*items: ReadFile) -> str:
    """The one line with which postlint refuses to write."""
    with pytest.raises(InputError) as caught:
        write(*items)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Which files are judged.


def test_both_files_of_a_directory_are_the_directory(tmp_path: Path) -> None:
    configure(tmp_path / "conf", HELO, MASTER.rstrip("\n") + " -o smtpd_sender_restrictions=nonsense\n")
    whole = run(tmp_path, "check", "conf")
    assert [head.split(":")[0] for head in heads(whole.out)] == ["conf/main.cf", "conf/master.cf"]
    assert run(tmp_path, "check", "conf/master.cf", "./conf/main.cf") == whole


def test_sibling_of_a_named_file_is_read_and_neither_judged_nor_edited(tmp_path: Path) -> None:
    # What master.cf uses is written in main.cf, and nobody uses main.cf's own list.
    main = HELO + "checks = reject_unknown_client_hostname\n"
    extra = " -o smtpd_sender_restrictions=reject_unknown_helo_hostname -o smtpd_client_restrictions=$checks\n"
    master = MASTER.rstrip("\n") + extra
    conf = configure(tmp_path / "conf", main, master)
    both = findings(tmp_path, "conf")
    for name, severities in (("main.cf", ["info", "warning"]), ("master.cf", ["warning"])):
        found = findings(tmp_path, f"conf/{name}")
        assert found == [finding for finding in both if finding["path"] == f"conf/{name}"]
        assert [finding["severity"] for finding in found] == severities
    run(tmp_path, "fix", "conf/master.cf")
    assert (conf / "main.cf").read_text() == main
    assert (conf / "master.cf").read_text() == master.replace("=reject_unknown_h", "=warn_if_reject,reject_unknown_h")
    (conf / "master.cf").write_text(master)
    run(tmp_path, "fix", "conf/main.cf")
    assert (conf / "main.cf").read_text() == HELO_FIXED + "checks = reject_unknown_reverse_client_hostname\n"
    assert (conf / "master.cf").read_text() == master


# How files are replaced.


@pytest.fixture
def without_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a system, or a file system, that cannot exchange two files."""
    monkeypatch.setattr("postlint.writing.exchange", lambda one, other: False)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o444, 0o400, 0o4755])
def test_mode_is_kept_whatever_the_umask(tmp_path: Path, mode: int) -> None:
    conf = configure(tmp_path / "conf", HELO)
    (conf / "main.cf").chmod(mode)
    items = read(conf)
    umask = os.umask(0o077)
    try:
        write(*items)
    finally:
        os.umask(umask)
    assert [(name, stat.S_IMODE(item[0]), item[3]) for name, item in tree(conf).items()] == [
        ("main.cf", mode, NEW.encode())
    ]


@pytest.mark.root
def test_owner_and_group_are_kept(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO)
    os.chown(conf / "main.cf", 1234, 5678)
    assert run(tmp_path, "fix", "conf").status == 0
    mode = stat.S_IFREG | 0o644
    assert tree(conf) == {"main.cf": (mode, 1234, 5678, HELO_FIXED.encode())}


def test_extended_attributes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With calls that stand for the file system's, as not every one has such attributes."""
    conf = configure(tmp_path / "conf", HELO)
    kept: dict[str, bytes] = {}

    def set_attribute(descriptor: int, name: str, value: bytes) -> None:
        assert os.readlink(f"/proc/self/fd/{descriptor}").startswith(f"{conf}/.main.cf.")
        kept[name] = value

    monkeypatch.setattr(os, "listxattr", lambda path: ["user.origin"])
    monkeypatch.setattr(os, "getxattr", lambda path, name: f"{name} of {Path(path).name}".encode())
    monkeypatch.setattr(os, "setxattr", set_attribute)
    write(*read(conf))
    assert (conf / "main.cf").read_text() == NEW
    assert kept == {"user.origin": b"user.origin of main.cf"}


@pytest.mark.parametrize("target", ["../site/common.cf", "{top}/site/common.cf", "../chain/link.cf"])
def test_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path, target: str) -> None:
    site = configure(tmp_path / "site")
    (site / "common.cf").write_text(HELO)
    (configure(tmp_path / "chain") / "link.cf").symlink_to("../site/common.cf")
    conf = configure(tmp_path / "conf", master=MASTER)
    (conf / "main.cf").symlink_to(target.format(top=tmp_path))
    links = {path: os.readlink(path) for path in (conf / "main.cf", tmp_path / "chain/link.cf")}
    header = "--- a/site/common.cf\n+++ b/site/common.cf\n"
    diff = run(tmp_path, "fix", "--diff", "conf")
    assert diff.out.startswith(header)
    outcome = run(tmp_path, "fix", "conf")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(diff.out)
    assert (site / "common.cf").read_text() == HELO_FIXED
    assert {path: os.readlink(path) for path in links} == links
    assert [path.name for path in (*sorted(conf.iterdir()), *site.iterdir())] == ["main.cf", "master.cf", "common.cf"]


def test_directory_behind_a_symbolic_link_is_edited(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    (tmp_path / "link").symlink_to("conf")
    assert run(tmp_path, "fix", "link/main.cf").status == 0
    assert (tmp_path / "link").is_symlink()
    assert (conf / "main.cf").read_text() == HELO_FIXED


def test_bytes_outside_the_edits_are_kept(tmp_path: Path) -> None:
    head = b"# \xef\xbb\xbf caf\xe9 \x1b\x00\r\n\r\n  # \xff\n\tsmtpd_helo_required = yes\r\n"
    last = HELO.encode().replace(b"\n", b"\r\n").rstrip(b"\n") + b" \t"
    conf = configure(tmp_path / "conf", head + last, MASTER)
    session = Session(Request(paths=(str(conf),)), lambda note: None)
    session.write(session.fix(unsafe=False))
    expected = HELO_FIXED.encode().replace(b"\n", b"\r\n").rstrip(b"\n") + b" \t"
    assert (conf / "main.cf").read_bytes() == head + expected


@pytest.mark.usefixtures("without_exchange")
def test_all_texts_are_on_the_disk_before_the_first_file_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = read(configure(tmp_path / "conf", HELO, MASTER))
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def recorded_fsync(descriptor: int) -> None:
        directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        events.append("sync directory" if directory else f"sync {os.pread(descriptor, 9, 0)!r}")
        fsync(descriptor)

    def recorded_replace(old: str, new: str) -> None:
        events.append(f"replace {os.path.basename(new)}")
        assert os.path.dirname(old) == os.path.dirname(new)
        replace(old, new)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    write(*items)
    new, main, master = (f"sync {text.encode()[:9]!r}" for text in (NEW, HELO, MASTER))
    # The old texts too, so that they can be put back on a disk that is full by then.
    assert [event for event in events if event != "sync directory"] == [
        *(new, new),
        *(main, "replace main.cf"),
        *(master, "replace master.cf"),
    ]
    assert events[-1] == "sync directory"


# What is refused. Nothing is written then, and no temporary file stays.


def test_file_with_hard_links_is_refused(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    os.link(conf / "master.cf", tmp_path / "other.cf")
    before = tree(tmp_path)
    assert "conf/master.cf: has 2 hard links" in refusal(*read(conf))
    assert tree(tmp_path) == before


def rewrite(path: Path) -> None:
    path.write_text(path.read_text().replace("e", "o", 1))


def replace_by_equal(path: Path) -> None:
    path.with_name("swap").write_bytes(path.read_bytes())
    path.with_name("swap").rename(path)


def replace_by_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_by_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_link(path: Path) -> None:
    path.with_name("target").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to("target")


@pytest.mark.parametrize(
    "disturb", [rewrite, replace_by_equal, Path.unlink, replace_by_fifo, replace_by_directory, replace_by_link]
)
@pytest.mark.parametrize("name", ["main.cf", "master.cf"])
def test_file_that_changed_since_it_was_read_is_not_overwritten(
    tmp_path: Path, name: str, disturb: Callable[[Path], None]
) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    items = read(conf)
    disturb(conf / name)
    before = tree(conf)
    with time_limit(1):
        assert refusal(*items).startswith(f"{conf}/{name}: ")
    assert tree(conf) == before


@pytest.mark.parametrize("moved", ["conf/main.cf", "link"])
def test_symbolic_link_that_leads_elsewhere_now_is_not_followed(tmp_path: Path, moved: str) -> None:
    for name in ("one", "two"):
        (configure(tmp_path / name) / "real.cf").write_text(HELO)
    (tmp_path / "link").symlink_to("one")
    (configure(tmp_path / "conf") / "main.cf").symlink_to("../link/real.cf")
    session = Session(Request(paths=(str(tmp_path / "conf"),)), lambda note: None)
    outcome = session.fix(unsafe=False)
    assert len(outcome.changes) == 1
    (tmp_path / moved).unlink()
    (tmp_path / moved).symlink_to("two" if moved == "link" else "../two/real.cf")
    before = tree(tmp_path)
    with pytest.raises(InputError, match=re.escape(f"{tmp_path}/conf/main.cf: ")):
        session.write(outcome)
    assert tree(tmp_path) == before


def test_no_file_is_written_when_one_of_another_directory_cannot_be(tmp_path: Path) -> None:
    one, two = (configure(tmp_path / name, HELO, MASTER) for name in ("one", "two"))
    items = read(one, two)
    (two / "main.cf").write_text(ERROR)
    before = tree(tmp_path)
    assert refusal(*items).startswith(f"{two}/main.cf: ")
    assert tree(tmp_path) == before


def test_read_only_directory_is_told_in_one_line(open_directory: Path) -> None:
    conf = configure(open_directory / "conf", HELO, MASTER)
    conf.chmod(0o555)
    before = tree(open_directory)
    outcome = run_without_rights(open_directory, "fix", "conf")
    assert outcome == Outcome(2, "", "postlint: error: conf/main.cf: permission denied; nothing written\n")
    assert tree(open_directory) == before


@pytest.mark.root
def test_owner_that_cannot_be_kept_is_a_reason_not_to_write(open_directory: Path) -> None:
    conf = configure(open_directory / "conf", HELO, MASTER)
    conf.chmod(0o777)
    before = tree(open_directory)
    outcome = run_without_rights(open_directory, "fix", "conf")
    assert outcome == Outcome(2, "", "postlint: error: conf/main.cf: operation not permitted; nothing written\n")
    assert tree(open_directory) == before


def test_second_file_in_a_read_only_directory_leaves_the_first_alone(open_directory: Path) -> None:
    conf = configure(open_directory / "conf", HELO)
    (configure(open_directory / "site") / "master.cf").write_text(
        MASTER.rstrip("\n") + " -o smtpd_sender_restrictions=reject_unknown_client_hostname\n"
    )
    (conf / "master.cf").symlink_to("../site/master.cf")
    (open_directory / "site").chmod(0o555)
    for path in (conf, conf / "main.cf"):
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
    before = tree(open_directory)
    outcome = run_without_rights(open_directory, "fix", "conf")
    assert outcome == Outcome(2, "", "postlint: error: conf/master.cf: permission denied; nothing written\n")
    assert tree(open_directory) == before


@pytest.mark.usefixtures("without_exchange")
@pytest.mark.parametrize("call", ["fsync", "replace", "fchmod"])
@pytest.mark.parametrize("failing", [1, 2])
def test_failing_call_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, failing: int
) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    items, before = read(conf), tree(conf)
    real = getattr(os, call)
    calls: list[object] = []

    def fail(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == failing:
            # As for a file that is a mount point.
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        real(*arguments)

    monkeypatch.setattr(os, call, fail)
    assert refusal(*items).endswith(": device or resource busy; nothing written")
    monkeypatch.undo()
    assert tree(conf) == before


@pytest.mark.usefixtures("without_exchange")
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_interrupted_write_leaves_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    items, before = read(conf), tree(conf)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, call, interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(*items)
    assert tree(conf) == before


def test_directory_that_cannot_be_synced_does_not_make_a_written_file_unwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    items, fsync = read(conf), os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            # As file systems do that are not of this machine.
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    write(*items)
    assert [path.read_text() for path in sorted(conf.iterdir())] == [NEW, NEW]
