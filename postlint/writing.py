"""Replaces and makes files, all or none. Nothing else in postlint writes to the disk."""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from postlint.files import InputError, ReadFile, read_again, reason
from postlint.text import encode


class NewFile(NamedTuple):
    """A file to be made: permissions as in 0o640, and the numbers of its owner and group."""

    path: str
    text: str
    mode: int
    owner: int
    group: int


class _Prepared(NamedTuple):
    """A new text on the disk, in the ``temporary`` file beside ``target``."""

    item: ReadFile | NewFile
    target: str
    temporary: str

    @property
    def path(self) -> str:
        """The path by which the user knows the file."""
        return self.item.path if isinstance(self.item, NewFile) else self.item.source.path


def write_files(changes: Sequence[tuple[ReadFile, str]], new: Sequence[NewFile] = ()) -> None:
    """Replace each file by a new text, with its mode and owner, and make the ``new`` ones; symbolic links are followed.

    Each file is written whole or not at all. Raises InputError, with nothing replaced or made, when a file cannot be
    written, changed since it was read, or is to be made and is there already. All texts are on the disk before the
    first file is made or replaced; when a later one cannot be, what was done is undone.
    """
    prepared: list[_Prepared] = []
    try:
        for item in new:
            prepared.append(_prepared_new(item))
        for read, text in changes:
            prepared.append(_prepared(read, encode(text)))
        for read, _ in changes:
            _refuse_if_changed(read)
        # New files first: what is replaced may name them.
        for index, step in enumerate(prepared):
            try:
                _put(step)
            except OSError as error:
                _undo(prepared[:index])
                raise InputError(f"{step.path}: {reason(error)}; not written") from error
    finally:
        for step in prepared:
            with contextlib.suppress(OSError):
                os.unlink(step.temporary)


def _put(step: _Prepared) -> None:
    """Give the temporary file its name; a new file must not be there yet, which link(2) refuses."""
    if isinstance(step.item, NewFile):
        os.link(step.temporary, step.target)
    else:
        os.replace(step.temporary, step.target)
    # So that a power failure does not bring back the old text. Not every file system can.
    with contextlib.suppress(OSError):
        descriptor = os.open(os.path.dirname(step.target), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _undo(steps: Sequence[_Prepared]) -> None:
    for step in steps:
        try:
            if isinstance(step.item, NewFile):
                os.unlink(step.target)
            else:
                _put_back(step.item)
        except OSError as error:
            raise InputError(f"{step.path}: {reason(error)}; it holds the new text, other files the old") from error


def _put_back(item: ReadFile) -> None:
    step = _prepare(item, item.data)
    try:
        _put(step)
    except OSError:
        os.unlink(step.temporary)
        raise


def _prepared(item: ReadFile, data: bytes) -> _Prepared:
    try:
        return _prepare(item, data)
    except OSError as error:
        raise InputError(f"{item.source.path}: {reason(error)}; not written") from error


def _prepare(item: ReadFile, data: bytes) -> _Prepared:
    """The new text with the old file's mode, owner and labels."""
    path, status = item.source.path, item.status
    if status is None:
        raise InputError(f"{path}: standard input cannot be written in place")
    if status.st_nlink > 1:
        raise InputError(f"{path}: has {status.st_nlink} hard links, which replacing it would part")
    mode = stat.S_IMODE(status.st_mode)
    temporary = _temporary(item.real_path, data, mode, status.st_uid, status.st_gid, item.real_path)
    return _Prepared(item, item.real_path, temporary)


def _prepared_new(item: NewFile) -> _Prepared:
    # The last part is not followed: a symbolic link in its place is something that is there already.
    target = os.path.join(os.path.realpath(os.path.dirname(item.path) or "."), os.path.basename(item.path))
    try:
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        temporary = _temporary(target, encode(item.text), item.mode, item.owner, item.group, None)
    except OSError as error:
        raise InputError(f"{item.path}: {reason(error)}; not written") from error
    return _Prepared(item, target, temporary)


def _temporary(target: str, data: bytes, mode: int, owner: int, group: int, labels_of: str | None) -> str:
    """A file beside ``target`` that holds ``data``; before it has its owner, nobody else may read it."""
    directory, name = os.path.split(target)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".postlint", dir=directory)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            if (owner, group) != (os.geteuid(), os.fstat(descriptor).st_gid):
                os.fchown(descriptor, owner, group)
            os.fchmod(descriptor, mode)
            if labels_of is not None:
                _copy_labels(labels_of, descriptor)
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
    now = read_again(item)
    if now is None or _identity(now) != _identity(item):
        raise InputError(f"{item.source.path}: changed while postlint was at work; not written")


def _identity(item: ReadFile) -> tuple[object, ...]:
    return item.real_path, item.status and (item.status.st_dev, item.status.st_ino), item.data
