"""Replaces and makes files, all or none. Nothing else in postlint writes to the disk."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from postlint.directories import exchange, make_temporary
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


class _Done(NamedTuple):
    """What was put in place; ``old`` holds what stood there, if anything did."""

    prepared: _Prepared
    old: str


def write_files(changes: Sequence[tuple[ReadFile, str]], new: Sequence[NewFile] = ()) -> None:
    """Replace each file by a new text, with its mode and owner, and make the ``new`` ones; symbolic links are followed.

    Each file is written whole or not at all. Raises InputError, with nothing replaced or made, when a file cannot be
    written, changed since it was read, or is to be made and is there already. All texts are on the disk before the
    first file is made or replaced; when a later one cannot be, what was done is undone.
    """
    prepared: list[_Prepared] = []
    done: list[_Done] = []
    try:
        for item in new:
            prepared.append(_prepared_new(item))
        for read, text in changes:
            prepared.append(_prepared(read, encode(text)))
        for read, _ in changes:
            _refuse_if_changed(read)
        # New files first: what is replaced may name them.
        for step in prepared:
            with _told(step.path):
                done.append(_put(step))
    except InputError as error:
        raise InputError(f"{error}; {_undone(done) or 'nothing written'}") from error
    except BaseException:
        _undone(done)
        raise
    finally:
        for path in [step.temporary for step in prepared] + [step.old for step in done]:
            with contextlib.suppress(OSError):
                os.unlink(path)


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    """Names the file in what the system complains of."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error


def _put(step: _Prepared) -> _Done:
    """Give the temporary file its name."""
    if isinstance(step.item, NewFile):
        # Refuses what is there by now.
        os.link(step.temporary, step.target)
        old = step.temporary
    elif exchange(step.temporary, step.target):
        old = step.temporary
        now = read_again(step.item, old)
        # The path differs where a symbolic link stood, even one to the very file.
        if isinstance(now, str) or now.real_path != old or not _same(now, step.item):
            # Not renamed: a directory that stood there cannot take the place of a file.
            if not exchange(old, step.target):
                os.replace(old, step.target)
            raise _changed(step.item)
    else:
        old = _replaced(step, step.item)
    _sync_directory(step.target)
    return _Done(step, old)


def _replaced(step: _Prepared, item: ReadFile) -> str:
    """Without exchange: what somebody else puts there between the last look and the replacement is lost."""
    old = _beside(item, item.data)
    try:
        _refuse_if_changed(item)
        os.replace(step.temporary, step.target)
    except BaseException:
        os.unlink(old)
        raise
    return old


def _sync_directory(path: str) -> None:
    """So that a power failure does not bring back the old text. Not every file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _undone(steps: Sequence[_Done]) -> str:
    """Undo the steps; which of them could not be, as a clause, or nothing."""
    kept: list[str] = []
    for prepared, old in reversed(steps):
        try:
            if isinstance(prepared.item, NewFile):
                os.unlink(prepared.target)
            else:
                os.replace(old, prepared.target)
            _sync_directory(prepared.target)
        except OSError as error:
            kept.append(f"{prepared.path} holds the new text ({reason(error)})")
    return " and ".join(kept)


def _prepared(item: ReadFile, data: bytes) -> _Prepared:
    with _told(item.source.path):
        return _Prepared(item, item.real_path, _beside(item, data))


def _beside(item: ReadFile, data: bytes) -> str:
    """A temporary file beside the file, with its mode, owner and labels."""
    status = item.status
    if status is None:
        raise InputError(f"{item.source.path}: standard input cannot be written in place")
    mode = stat.S_IMODE(status.st_mode)
    return _temporary(item.real_path, data, mode, status.st_uid, status.st_gid, item.real_path)


def _prepared_new(item: NewFile) -> _Prepared:
    with _told(item.path):
        # The last part is not followed: a symbolic link in its place is something that is there already.
        target = os.path.join(os.path.realpath(os.path.dirname(item.path) or "."), os.path.basename(item.path))
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        return _Prepared(item, target, _temporary(target, encode(item.text), item.mode, item.owner, item.group, None))


def _temporary(target: str, data: bytes, mode: int, owner: int, group: int, labels_of: str | None) -> str:
    """A file beside ``target`` that holds ``data``; before it has its owner, nobody else may read it."""
    descriptor, temporary = make_temporary(target)
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
    if isinstance(now, str):
        raise InputError(f"{item.source.path}: {now} now")
    if now.real_path != item.real_path or not _same(now, item):
        raise _changed(item)
    # Counted now: a run that was killed may have left a second name, which is removed by now.
    links = now.status.st_nlink if now.status else 1
    if links > 1:
        raise InputError(f"{item.source.path}: has {links} hard links, which replacing it would part")


def _changed(item: ReadFile) -> InputError:
    return InputError(f"{item.source.path}: changed while postlint was at work")


def _same(one: ReadFile, other: ReadFile) -> bool:
    """Whether it is the same file, with the same bytes, mode and owner."""
    return (_identity(one), one.data) == (_identity(other), other.data)


def _identity(item: ReadFile) -> tuple[int, ...]:
    status = item.status
    return (status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid) if status else ()
