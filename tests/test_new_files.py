"""New files: made whole, with their mode from the start, together with what is replaced, or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest
from test_cli import HELO, MASTER, configure
from test_files import NEW, read, tree

from postlint.files import InputError
from postlint.writing import NewFile, write_files

SECRET = "zone.example.com key\n"


def new_file(directory: Path, mode: int = 0o640) -> NewFile:
    return NewFile(f"{directory}/reply", SECRET, mode, os.geteuid(), os.getegid())


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_file_is_made_together_with_what_is_replaced(tmp_path: Path, mode: int) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    items = read(conf)
    umask = os.umask(0o077)
    try:
        write_files([(item, NEW) for item in items], [new_file(conf, mode)])
    finally:
        os.umask(umask)
    assert {name: (stat.S_IMODE(item[0]), item[3]) for name, item in tree(conf).items()} == {
        "main.cf": (0o644, NEW.encode()),
        "master.cf": (0o644, NEW.encode()),
        "reply": (mode, SECRET.encode()),
    }
    assert (conf / "reply").stat().st_nlink == 1


@pytest.mark.root
def test_owner_and_group_are_those_asked_for(tmp_path: Path) -> None:
    write_files([], [new_file(tmp_path)._replace(owner=1234, group=5678)])
    assert tree(tmp_path) == {"reply": (stat.S_IFREG | 0o640, 1234, 5678, SECRET.encode())}


def test_nobody_else_can_read_it_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has the text has the mode, or nothing for others at all."""
    conf = configure(tmp_path / "conf", HELO)
    items = read(conf)
    seen: list[set[int]] = []

    def watch(name: str) -> None:
        really = getattr(os, name)

        def watched(*arguments: object) -> object:
            try:
                return really(*arguments)
            finally:
                found = (path for path in conf.iterdir() if path.name not in ("main.cf", "master.cf"))
                secret = (path for path in found if path.read_text() == SECRET)
                seen.append({stat.S_IMODE(path.stat().st_mode) for path in secret})

        monkeypatch.setattr(os, name, watched)

    for name in ("fchown", "fchmod", "fsync", "link", "replace"):
        watch(name)
    umask = os.umask(0)
    try:
        write_files([(items[0], NEW)], [new_file(conf)])
    finally:
        os.umask(umask)
    monkeypatch.undo()
    assert seen
    assert set().union(*seen) <= {0o600, 0o640}
    assert stat.S_IMODE((conf / "reply").stat().st_mode) == 0o640


@pytest.mark.parametrize("kind", ["file", "directory", "dangling link"])
def test_what_is_there_already_is_not_replaced(tmp_path: Path, kind: str) -> None:
    conf = configure(tmp_path / "conf", HELO)
    items, place = read(conf), conf / "reply"
    if kind == "dangling link":
        place.symlink_to("absent")
    elif kind == "directory":
        place.mkdir()
    else:
        place.touch()
    before = tree(conf)
    with pytest.raises(InputError, match=rf"^{place}: file exists; nothing written$"):
        write_files([(items[0], NEW)], [new_file(conf)])
    assert tree(conf) == before


def test_what_appears_at_the_last_moment_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = configure(tmp_path / "conf", HELO)
    items, really_link = read(conf), os.link

    def late(old: str, new: str) -> None:
        Path(new).write_text("theirs")
        really_link(old, new)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(InputError, match="file exists; nothing written"):
        write_files([(items[0], NEW)], [new_file(conf)])
    assert {path.name: path.read_text() for path in conf.iterdir()} == {"main.cf": HELO, "reply": "theirs"}


@pytest.mark.parametrize("call", ["link", "replace", "fsync", "fchmod"])
@pytest.mark.parametrize("failing", [1, 2])
def test_failing_call_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, failing: int
) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    items, before = read(conf), tree(conf)
    really = getattr(os, call)
    calls: list[object] = []

    def fail(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        really(*arguments)

    monkeypatch.setattr(os, call, fail)
    monkeypatch.setattr("postlint.writing.exchange", lambda one, other: False)
    other = new_file(conf)._replace(path=f"{conf}/other")
    with pytest.raises(InputError, match="input/output error; nothing written"):
        write_files([(item, NEW) for item in items], [new_file(conf), other])
    monkeypatch.undo()
    assert tree(conf) == before


def test_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"^{tmp_path}/absent/reply: no such file or directory; nothing written$"):
        write_files([], [new_file(tmp_path / "absent")])


def test_file_is_made_in_the_directory_behind_a_link(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO)
    (tmp_path / "link").symlink_to("conf")
    write_files([], [new_file(tmp_path / "link")])
    assert (conf / "reply").read_text() == SECRET
