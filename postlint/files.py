"""The disk: finds, reads and replaces configuration files. Nothing else in postlint opens a user's file."""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from postlint.configuration.model import ConfigurationFiles
from postlint.text import Source, decode, encode

LIVE_DIRECTORY = "/etc/postfix"
_NAMES = ("main.cf", "master.cf")


class InputError(Exception):
    """Wrong use or unusable input; the text is one line that names the file."""


class ReadFile(NamedTuple):
    """A file as it was when it was read. ``real_path``: symbolic links resolved."""

    source: Source
    real_path: str
    data: bytes
    status: os.stat_result


class Input(NamedTuple):
    """One configuration directory. ``judged``: the paths of the files that were named, or both."""

    directory: str
    read_files: tuple[ReadFile, ...]
    judged: frozenset[str]
    live: bool

    @property
    def files(self) -> ConfigurationFiles:
        """The text of both files."""
        by_name = {os.path.basename(item.source.path): item.source for item in self.read_files}
        return ConfigurationFiles(by_name.get("main.cf"), by_name.get("master.cf"))


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
        entry = wanted.setdefault(os.path.realpath(directory or "."), _Wanted(directory))
        if name:
            entry.names.add(name)
        else:
            entry.whole = True
    return tuple(_read_directory(entry) for entry in wanted.values())


def _located(path: str) -> tuple[str, str | None]:
    try:
        is_directory = stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {_reason(error)}") from error
    if is_directory:
        return path, None
    directory, name = os.path.split(path)
    if name not in _NAMES:
        raise InputError(f"{path}: is neither a directory nor called main.cf or master.cf")
    return directory, name


def _read_directory(wanted: _Wanted) -> Input:
    read = tuple(item for item in (_read_file(_path_in(wanted.directory, name)) for name in _NAMES) if item is not None)
    if not read:
        raise InputError(f"{wanted.directory}: holds neither main.cf nor master.cf")
    paths = {os.path.basename(item.source.path): item.source.path for item in read}
    judged = paths.values() if wanted.whole else [paths[name] for name in wanted.names if name in paths]
    live = os.path.realpath(wanted.directory or ".") == os.path.realpath(LIVE_DIRECTORY)
    return Input(wanted.directory, read, frozenset(judged), live)


def _path_in(directory: str, name: str) -> str:
    return name if directory in ("", ".") else os.path.join(directory, name)


def _read_file(path: str) -> ReadFile | None:
    try:
        real_path = os.path.realpath(path)
        # Not blocking: a FIFO must not make us wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        if os.path.islink(path):
            raise InputError(f"{path}: symbolic link to a file that is not there") from error
        return None
    except OSError as error:
        raise InputError(f"{path}: {_reason(error)}") from error
    try:
        with open(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{path}: is no regular file")
            data = stream.read()
    except OSError as error:
        raise InputError(f"{path}: {_reason(error)}") from error
    return ReadFile(Source(path, decode(data)), real_path, data, status)


def write_files(changes: Sequence[tuple[ReadFile, str]]) -> None:
    """Replace each file by a new text, atomically, with its mode and owner; symbolic links are followed.

    Raises InputError, with nothing replaced, when a file cannot be written or changed since it was read. All new texts
    are on the disk before the first file is replaced; when a later one cannot be replaced, the earlier ones are put
    back.
    """
    prepared: list[tuple[ReadFile, str]] = []
    try:
        for item, text in changes:
            prepared.append((item, _prepared(item, encode(text))))
        for item, _ in prepared:
            _refuse_if_changed(item)
        for index, (item, temporary) in enumerate(prepared):
            try:
                _replace(temporary, item)
            except OSError as error:
                _put_back([done for done, _ in prepared[:index]])
                raise InputError(f"{item.source.path}: {_reason(error)}; not written") from error
    finally:
        for _, temporary in prepared:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _replace(temporary: str, item: ReadFile) -> None:
    os.replace(temporary, item.real_path)
    # So that a power failure does not bring back the old text. Not every file system can.
    with contextlib.suppress(OSError):
        descriptor = os.open(os.path.dirname(item.real_path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _put_back(items: Iterable[ReadFile]) -> None:
    for item in items:
        try:
            _replace(_prepare(item, item.data), item)
        except OSError as error:
            raise InputError(
                f"{item.source.path}: {_reason(error)}; it holds the new text, other files the old"
            ) from error


def _prepared(item: ReadFile, data: bytes) -> str:
    try:
        return _prepare(item, data)
    except OSError as error:
        raise InputError(f"{item.source.path}: {_reason(error)}; not written") from error


def _prepare(item: ReadFile, data: bytes) -> str:
    """The new text in a temporary file beside the old one, with the old one's mode, owner and labels."""
    if item.status.st_nlink > 1:
        raise InputError(f"{item.source.path}: has {item.status.st_nlink} hard links, which replacing it would part")
    directory, name = os.path.split(item.real_path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".postlint", dir=directory)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            if (item.status.st_uid, item.status.st_gid) != (os.geteuid(), os.fstat(descriptor).st_gid):
                os.fchown(descriptor, item.status.st_uid, item.status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(item.status.st_mode))
            _copy_labels(item.real_path, descriptor)
            os.fsync(descriptor)
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary


def _copy_labels(path: str, descriptor: int) -> None:
    """Extended attributes: SELinux labels and access control lists."""
    if not hasattr(os, "listxattr"):
        return
    try:
        names = os.listxattr(path)
    except OSError:
        return
    for name in names:
        try:
            os.setxattr(descriptor, name, os.getxattr(path, name))
        except OSError as error:
            # A file system or a sandbox without them loses nothing that was there.
            if error.errno not in (errno.ENOTSUP, errno.EPERM, errno.EINVAL, errno.ENODATA):
                raise


def _refuse_if_changed(item: ReadFile) -> None:
    try:
        now = _read_file(item.source.path)
    except InputError:
        now = None
    same = (
        now is not None
        and now.real_path == item.real_path
        and (now.status.st_dev, now.status.st_ino) == (item.status.st_dev, item.status.st_ino)
        and now.data == item.data
    )
    if not same:
        raise InputError(f"{item.source.path}: changed while postlint was at work; not written")


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error).lower()
