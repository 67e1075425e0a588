"""Directories that are written to: one run of postlint at a time, which first removes what a killed one left."""

import contextlib
import fcntl
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator

from postlint.files import InputError

# How long another run may keep us waiting, in seconds.
PATIENCE = 10.0
_SUFFIX = ".postlint"
# What make_temporary names a file: tempfile puts eight of these characters in the middle.
_TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}" + re.escape(_SUFFIX), re.DOTALL)


def make_temporary(target: str) -> tuple[int, str]:
    """A new file beside ``target`` that nobody else may read, opened for writing; its descriptor and its path."""
    directory, name = os.path.split(target)
    return tempfile.mkstemp(prefix=f".{name}.", suffix=_SUFFIX, dir=directory)


@contextlib.contextmanager
def exclusive(written: Iterable[str], tidied: Iterable[str]) -> Iterator[list[str]]:
    """Holds the directories against other runs, and gives the temporary files of killed runs that it removed.

    ``written``: waits for each; raises InputError after PATIENCE seconds. ``tidied``: left alone when another run is
    in it. The kernel ends the hold with the process, so that a killed run holds nothing; a file system without such
    locks (flock(2) on a directory, as over NFS) is written to without, and not tidied.
    """
    wanted = set(written)
    held: dict[tuple[int, int], int] = {}
    removed: list[str] = []
    try:
        for directory in sorted({*wanted, *tidied}):
            with contextlib.suppress(OSError):
                descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                status = os.fstat(descriptor)
                place = status.st_dev, status.st_ino
                if place in held:
                    os.close(descriptor)
                    continue
                held[place] = descriptor
                if _locked(descriptor, directory, PATIENCE if directory in wanted else None):
                    removed.extend(_removed_leftovers(directory))
        yield removed
    finally:
        for descriptor in held.values():
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _locked(descriptor: int, directory: str, patience: float | None) -> bool:
    """Whether we hold the lock now. Raises InputError after ``patience`` seconds, OSError where there are no locks."""
    end = time.monotonic() + (patience or 0)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if patience is None:
                return False
            if time.monotonic() >= end:
                raise InputError(f"{directory}: another program holds a lock on it; nothing written") from None
            time.sleep(0.02)
        else:
            return True


def _removed_leftovers(directory: str) -> Iterator[str]:
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        with contextlib.suppress(OSError):
            if _TEMPORARY.fullmatch(name) and stat.S_ISREG(os.lstat(path).st_mode):
                os.unlink(path)
                yield path


def exchange(one: str, other: str) -> bool:
    """Give two files each other's name in one step; False when that failed or the system has no renameat2(2)."""
    try:
        import ctypes

        renameat2 = ctypes.CDLL(None).renameat2
    except (ImportError, AttributeError, OSError):
        return False
    at_working_directory, rename_exchange = -100, 2
    names = os.fsencode(one), os.fsencode(other)
    return bool(renameat2(at_working_directory, names[0], at_working_directory, names[1], rename_exchange) == 0)
