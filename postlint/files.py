"""The files of a configuration: which they are, and what they hold. Nothing else in postlint reads a user's file."""

import os
import stat
import sys
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from postlint.configuration.model import ConfigurationFiles
from postlint.text import Source, decode

LIVE_DIRECTORY = "/etc/postfix"
STANDARD_INPUT = "-"
_NAMES = ("main.cf", "master.cf")
_NOT_THERE = "is not there"
_LARGEST_TABLE = 64 * 1024 * 1024


class InputError(Exception):
    """Wrong use or unusable input; the text is one line that names the file."""


class ReadFile(NamedTuple):
    """A file as it was when it was read. ``real_path``: symbolic links resolved.

    Standard input has no ``status``, cannot be replaced, and has the ``real_path`` of the file that it stands for.
    """

    source: Source
    real_path: str
    data: bytes
    status: os.stat_result | None


@dataclass(frozen=True, eq=False)
class Input:
    """One configuration directory, as the user wrote it; None for a file that stands alone.

    ``judged``: the paths of the files that were named, or everything.
    """

    directory: str | None
    main: ReadFile | None
    master: ReadFile | None
    judged: Container[str]
    _tables: dict[str, ReadFile | str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The path of the directory, or of the file that stands alone."""
        alone = self.read_files[0].source.path if self.directory is None else ""
        return alone or self.directory or "."

    @property
    def read_files(self) -> tuple[ReadFile, ...]:
        """main.cf and master.cf, those that are there."""
        return tuple(item for item in (self.main, self.master) if item is not None)

    @property
    def files(self) -> ConfigurationFiles:
        """The text of both files."""
        return ConfigurationFiles(self.main and self.main.source, self.master and self.master.source)

    @cached_property
    def live(self) -> bool:
        """Whether this is the directory that the running Postfix reads."""
        return self.directory is not None and _real(self.directory) == os.path.realpath(LIVE_DIRECTORY)

    @property
    def by_path(self) -> dict[str, ReadFile]:
        """Every file that was read so far, the sources of tables too, by the path of its Source."""
        tables = (item for item in self._tables.values() if isinstance(item, ReadFile))
        return {item.source.path: item for item in (*self.read_files, *tables)}

    def read_table(self, path: str) -> Source | str:
        """The source of the lookup table that Postfix knows as ``path``, or why it cannot be read, as a clause.

        ``/etc/postfix/X``, and every path below the linted directory, means X there; any other path is read only when
        the directory is the live one. Symbolic links are followed. Each file is read once.
        """
        if self.directory is None:
            return "is in a configuration directory that is not known"
        if not path.startswith("/"):
            # Postfix would look below queue_directory.
            return "has no absolute path"
        try:
            place = self._place_of(path)
        except ValueError as error:
            return reason(error)
        if place is None:
            return "is outside of the configuration directory"
        for name, item in zip(_NAMES, (self.main, self.master), strict=True):
            if item is not None and place == _path_in(self.directory, name):
                return item.source
        if place not in self._tables:
            self._tables[place] = _read(place, _LARGEST_TABLE)
        found = self._tables[place]
        return found if isinstance(found, str) else found.source

    def _place_of(self, path: str) -> str | None:
        """Where the file is on this machine, as the user would write it; None: outside of a directory not live."""
        directory = self.directory or "."
        parts = _parts(path)
        for home in self._homes:
            rest = parts[len(home) :]
            if rest and parts[: len(home)] == home:
                place = _path_in(directory, "/".join(rest))
                if ".." not in rest or os.path.realpath(place).startswith(_real(directory) + "/"):
                    return place
        return path if self.live else None

    @cached_property
    def _homes(self) -> tuple[list[str], ...]:
        """The absolute names of the directory, as parts."""
        directory = self.directory or "."
        return tuple(_parts(name) for name in (LIVE_DIRECTORY, os.path.abspath(directory), _real(directory)))


class _Everything:
    """Contains every path."""

    def __contains__(self, path: object) -> bool:
        return True


@dataclass(slots=True)
class _Wanted:
    directory: str
    names: set[str] = field(default_factory=set)
    whole: bool = False


def default_directory() -> str:
    """What is linted when no path is given: $MAIL_CONFIG, else /etc/postfix, as postconf(1) does."""
    return os.environ.get("MAIL_CONFIG") or LIVE_DIRECTORY


def read_inputs(paths: Iterable[str]) -> tuple[Input, ...]:
    """The configuration directories that ``paths`` name, each once; a path is a directory, a main.cf or a master.cf.

    Raises InputError for a path that is not there, cannot be read, or is nothing of the kind.
    """
    wanted: dict[str, _Wanted] = {}
    for path in paths:
        directory, name = _located(path)
        entry = wanted.setdefault(_real(directory), _Wanted(directory))
        if name:
            entry.names.add(name)
        else:
            entry.whole = True
    return tuple(_read_directory(entry) for entry in wanted.values())


def read_stand_in(path: str, name: str, directory: str | None) -> Input:
    """The configuration of ``directory`` with ``path``, a file or ``-``, in the place of the file called ``name``.

    Of the directory the other file is read, and ``path`` alone is judged. Without a directory ``path`` is all there is:
    what stands beside it is not looked at. Raises InputError for what is not there or cannot be read.
    """
    if directory is not None and not _is_directory(directory, "--config-dir: "):
        raise InputError(f"--config-dir: {directory}: is no directory")
    read = _read_standard_input(name, directory) if path == STANDARD_INPUT else _read(path)
    if isinstance(read, str):
        raise InputError(f"{path}: {read}")
    other = "master.cf" if name == "main.cf" else "main.cf"
    sibling = _read_if_there(_path_in(directory, other)) if directory is not None else None
    if sibling is not None and read.status is not None and sibling.real_path == read.real_path:
        raise InputError(f"{path}: is {sibling.source.path}, and cannot stand for {name} as well")
    main, master = (read, sibling) if name == "main.cf" else (sibling, read)
    return Input(directory, main, master, frozenset({path}))


def _located(path: str) -> tuple[str, str | None]:
    if _is_directory(path):
        return path, None
    directory, name = os.path.split(path)
    if name not in _NAMES:
        raise InputError(f"{path}: is neither a directory nor called main.cf or master.cf")
    return directory, name


def _is_directory(path: str, prefix: str = "") -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError) as error:
        raise InputError(f"{prefix}{path}: {reason(error)}") from error


def _read_directory(wanted: _Wanted) -> Input:
    main, master = (_read_if_there(_path_in(wanted.directory, name)) for name in _NAMES)
    if main is None and master is None:
        raise InputError(f"{wanted.directory}: holds neither main.cf nor master.cf")
    named = frozenset(_path_in(wanted.directory, name) for name in wanted.names)
    return Input(wanted.directory, main, master, _Everything() if wanted.whole else named)


def _path_in(directory: str, name: str) -> str:
    return name if directory in ("", ".") else os.path.join(directory, name)


def _real(directory: str) -> str:
    return os.path.realpath(directory or ".")


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _read_if_there(path: str) -> ReadFile | None:
    found = _read(path)
    if found == _NOT_THERE:
        return None
    if isinstance(found, str):
        raise InputError(f"{path}: {found}")
    return found


def read_again(item: ReadFile, path: str | None = None) -> ReadFile | str:
    """The file as it is now, under its path or a new one; or why it cannot be read."""
    return _read(item.source.path if path is None else path)


def _read(path: str, most: int | None = None) -> ReadFile | str:
    """The file, or why it cannot be read; ``most``: the largest number of bytes."""
    try:
        # Strict: a link that cannot be read is none otherwise, and would be replaced.
        real_path = os.path.realpath(path, strict=True)
        # Not blocking: a FIFO must not make us wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return "is a directory" if stat.S_ISDIR(status.st_mode) else "is no regular file"
            with open(descriptor, "rb", closefd=False) as stream:
                data = stream.read(-1 if most is None else most + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return "is a symbolic link to a file that is not there" if os.path.islink(path) else _NOT_THERE
    except (OSError, ValueError) as error:
        return reason(error)
    if most is not None and len(data) > most:
        return f"is larger than {most // 1024 // 1024} MB"
    return ReadFile(Source(path, decode(data)), real_path, data, status)


def _read_standard_input(name: str, directory: str | None) -> ReadFile | str:
    if sys.stdin is None:
        return "standard input is closed"
    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        return reason(error)
    return ReadFile(Source(STANDARD_INPUT, decode(data)), os.path.realpath(_path_in(directory or "", name)), data, None)


def read_first(path: str, most: int) -> str:
    """The first ``most`` bytes of any file that can be read, a pipe too. Raises InputError."""
    try:
        with open(path, "rb") as stream:
            return decode(stream.read(most))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {reason(error)}") from error


def reason(error: OSError | ValueError) -> str:
    """What went wrong, in the system's words."""
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    # A NUL, or a surrogate that stands for no byte.
    return "has a name that no file can have"
