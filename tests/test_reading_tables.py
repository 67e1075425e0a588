"""Sources of lookup tables: where Postfix's path leads on this machine, and why a file cannot be read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from test_cli import HELO, MASTER, configure
from test_files import open_directory, time_limit

import postlint.files
from postlint.files import Input, read_inputs, read_stand_in
from postlint.text import Source
from postlint.writing import write_files

__all__ = ["open_directory"]  # a fixture

OUTSIDE = "is outside of the configuration directory"
TABLE = "example.com REJECT\n"


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a table in it and one beside it; it is the working directory's ``conf``."""
    monkeypatch.chdir(tmp_path)
    conf = configure(tmp_path / "conf", HELO, MASTER)
    (conf / "maps").mkdir()
    for path in ("conf/access", "conf/maps/access", "outside"):
        (tmp_path / path).write_text(TABLE)
    return conf


def input_of(path: str | Path) -> Input:
    (item,) = read_inputs([str(path)])
    return item


def path_of(found: Source | str) -> str:
    """The path of a source that holds the table."""
    assert isinstance(found, Source), found
    assert found.text == TABLE
    return found.path


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/etc/postfix/access", "conf/access"),
        ("//etc/./postfix//access", "conf/access"),
        ("/etc/postfix/maps/access", "conf/maps/access"),
        ("/etc/postfix/maps/../access", "conf/maps/../access"),
        ("{top}/conf/access", "conf/access"),
        ("{top}/conf/maps/access", "conf/maps/access"),
    ],
)
def test_path_below_the_directory_is_read_there(conf: Path, path: str, place: str) -> None:
    assert path_of(input_of("conf").read_table(path.format(top=conf.parent))) == place


@pytest.mark.parametrize(
    ("named", "place"),
    [
        ("conf", "conf/access"),
        ("./conf/", "./conf/access"),
        ("conf/main.cf", "conf/access"),
        ("{top}/conf", "{top}/conf/access"),
        ("link", "link/access"),
    ],
)
def test_source_has_the_path_that_the_user_would_write(conf: Path, named: str, place: str) -> None:
    (conf.parent / "link").symlink_to("conf")
    item = input_of(named.format(top=conf.parent))
    for path in ("/etc/postfix/access", f"{conf}/access", f"{item.directory}/access"):
        if path.startswith("/"):
            assert path_of(item.read_table(path)) == place.format(top=conf.parent)


def test_directory_that_is_the_working_directory(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(conf)
    for named in (".", "main.cf"):
        item = input_of(named)
        assert path_of(item.read_table("/etc/postfix/access")) == "access"
        assert path_of(item.read_table(f"{conf}/access")) == "access"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/postfix",
        "/etc/postfix/",
        "/etc/postfix-old/access",
        "/etc/postfix/../outside",
        "/etc/postfix/maps/../../outside",
        "/etc/postfix/away/../access",
        "/etc/passwd",
        "{top}/outside",
        "{top}/conf-old/access",
        "{top}/conf/../outside",
    ],
)
def test_path_that_leaves_the_directory_is_outside(conf: Path, path: str) -> None:
    (conf.parent / "elsewhere" / "deeper").mkdir(parents=True)
    (conf.parent / "elsewhere" / "access").write_text(TABLE)
    (conf / "away").symlink_to("../elsewhere/deeper")
    assert input_of("conf").read_table(path.format(top=conf.parent)) == OUTSIDE


def test_any_path_is_read_when_the_directory_is_live(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postlint.files, "LIVE_DIRECTORY", str(conf))
    for named in ("conf", str(conf)):
        item = input_of(named)
        assert item.live
        assert path_of(item.read_table(f"{conf}/access")) == f"{named}/access"
        for path in (f"{conf.parent}/outside", f"{conf}/../outside"):
            assert path_of(item.read_table(path)) == path
        assert item.read_table("access") == "has no absolute path"


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "is not there"),
        (Path.mkdir, "is a directory"),
        (make_fifo, "is no regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is no regular file"),
        (lambda path: path.symlink_to("absent"), "is a symbolic link to a file that is not there"),
        (lambda path: path.symlink_to(path.name), "too many levels of symbolic links"),
        (make_large, "is larger than 64 MB"),
    ],
    ids=["absent", "directory", "FIFO", "device", "dangling link", "loop", "large"],
)
def test_reason_why_a_table_is_not_read(conf: Path, make: Callable[[Path], None], reason: str) -> None:
    make(conf / "table")
    item = input_of("conf")
    with time_limit(1):
        assert item.read_table("/etc/postfix/table") == reason
    assert [*item.by_path] == ["conf/main.cf", "conf/master.cf"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "has no absolute path"),
        ("access", "has no absolute path"),
        ("/etc/postfix/a\0b", "has a name that no file can have"),
        ("/etc/postfix/\ud800", "has a name that no file can have"),
        ("/etc/postfix/../\0", "has a name that no file can have"),
        ("/etc/postfix/access/table", "not a directory"),
        ("/etc/postfix/" + "x" * 5000, "file name too long"),
    ],
)
def test_path_that_is_none(conf: Path, path: str, reason: str) -> None:
    assert input_of("conf").read_table(path) == reason


def test_table_that_may_not_be_read(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item, really_open = input_of("conf"), os.open

    # Permissions do not keep root from reading, and tests run as root too.
    def refusing_open(path: str, flags: int) -> int:
        if path.endswith("access"):
            raise PermissionError(13, "Permission denied", path)
        return really_open(path, flags)

    monkeypatch.setattr(os, "open", refusing_open)
    assert item.read_table("/etc/postfix/access") == "permission denied"


def test_symbolic_links_are_followed(conf: Path) -> None:
    (conf / "link").symlink_to("../outside")
    assert path_of(input_of("conf").read_table("/etc/postfix/link")) == "conf/link"


def test_table_is_read_once_and_can_be_replaced(conf: Path) -> None:
    (conf / "link").symlink_to("access")
    item = input_of("conf")
    first = item.read_table("/etc/postfix/link")
    assert item.read_table(f"{conf}/link") is first
    read = item.by_path["conf/link"]
    assert (read.source, read.real_path, read.data) == (first, f"{conf}/access", TABLE.encode())
    write_files([(read, "example.net OK\n")])
    assert (conf / "link").is_symlink()
    assert (conf / "access").read_text() == "example.net OK\n"


def test_configuration_file_that_serves_as_a_table_is_the_same_source(conf: Path) -> None:
    item = input_of("conf")
    assert item.main is not None
    assert item.read_table("/etc/postfix/main.cf") is item.main.source
    assert [*item.by_path] == ["conf/main.cf", "conf/master.cf"]
    (conf / "new").write_text(HELO)
    item = read_stand_in("conf/new", "main.cf", "conf")
    assert item.main is not None
    assert item.read_table("/etc/postfix/main.cf") is item.main.source


def test_tables_of_a_file_that_stands_for_one_of_the_directory(conf: Path) -> None:
    (conf.parent / "temporary").mkdir()
    new = conf.parent / "temporary" / "new"
    new.write_text(HELO)
    new.with_name("table").write_text(TABLE)
    item = read_stand_in(str(new), "main.cf", "conf")
    assert path_of(item.read_table("/etc/postfix/access")) == "conf/access"
    assert item.read_table(f"{new.parent}/table") == OUTSIDE
    alone = read_stand_in(str(new), "main.cf", None)
    for path in ("/etc/postfix/access", f"{new.parent}/table"):
        assert alone.read_table(path) == "is in a configuration directory that is not known"


def test_tables_are_judged_where_the_whole_directory_is_named(conf: Path) -> None:
    assert "conf/access" in input_of("conf").judged
    assert "conf/access" not in input_of("conf/main.cf").judged
