"""Somebody else at work while `postlint fix` runs: nothing of theirs is lost, and what postlint wrote is whole.

`make faults` tries every moment, otherwise a few are tried.
"""

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from faults.conftest import Repair
from faults.runs import State, tree
from faults.scenario import FIX, MADE, assert_whole, copied

MAIN = "site/common.cf"
# The files that are written, by the names that postlint gives them.
KNOWN_AS = {MAIN: "conf/main.cf", **{name: name for name in ("conf/master.cf", "conf/clients", MADE)}}


def edit(path: Path) -> None:
    path.chmod(0o644)
    path.write_text("theirs\n")


def replace(path: Path) -> None:
    path.with_name("theirs").write_text("theirs\n")
    path.with_name("theirs").rename(path)


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_link(path: Path) -> None:
    """The very file, by a link."""
    path.rename(path.with_name("theirs"))
    path.symlink_to("theirs")


class Disturbance:
    """What is done to the file called ``name``, and what it is afterwards."""

    def __init__(self, place: Path, name: str, disturb: Callable[[Path], None]) -> None:
        self._place, self._name, self._disturb = place, name, disturb
        self.left: dict[str, State] = {}

    def __call__(self) -> None:
        self._disturb(self._place / self._name)
        self.left = self.theirs(tree(self._place))

    def theirs(self, found: dict[str, State]) -> dict[str, State]:
        """That of a tree which is theirs."""
        return {path: found[path] for path in (self._name, str(Path(self._name).with_name("theirs"))) if path in found}


def owned(top: Path, user: int) -> Path:
    """The tree as one that belongs to a user."""
    for path in (top, *top.rglob("*")) if user else ():
        mode = path.lstat().st_mode
        os.chown(path, user, user, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(mode))
    return top


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that everybody can reach."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)
        (Path(name) / "place/conf").chmod(0o755)


@pytest.mark.parametrize("name", [MAIN, "conf/clients"])
@pytest.mark.parametrize("disturb", [edit, replace, Path.unlink, make_directory, make_link])
def test_file_that_changes(exchanging: Repair, tmp_path: Path, name: str, disturb: Callable[[Path], None]) -> None:
    """Behind any system call from the first lock on; without exchange there is one where the change would be lost."""
    statuses = set()
    for call, number in exchanging.tried(exchanging.writing[:-1], 60):
        place = copied(exchanging.top, tmp_path / "place")
        meanwhile = Disturbance(place, name, disturb)
        outcome = exchanging.postlint.run(
            place, *FIX, faults=[f"{call}:signal=SIGSTOP:when={number}"], meanwhile=meanwhile
        )
        found = tree(place)
        assert meanwhile.theirs(found) == meanwhile.left
        if outcome.status == 2:
            assert outcome.err.startswith("postlint: error: conf/")
            assert outcome.err.endswith("; nothing written\n")
        else:
            assert " repaired in conf/main.cf, conf/master.cf, conf/clients\n" in outcome.out
        others = exchanging.old if outcome.status == 2 else exchanging.new
        assert {**others, **meanwhile.left} == {name: others[name], **found}
        statuses.add(outcome.status)
    assert statuses == {0, 2}


def test_permission_that_is_lost(repair: Repair, open_directory: Path) -> None:
    """The directory becomes read-only: what was replaced there by then cannot be put back, and is named."""
    user = 0 if os.geteuid() else 65534
    kept = set()
    for call, number in repair.tried(repair.writing[:-1], 18):
        place = owned(copied(repair.top, open_directory / "place"), user)
        old = tree(place)
        faults = [*repair.system, f"{call}:signal=SIGSTOP:when={number}"]
        outcome = repair.postlint.run(
            place, *FIX, faults=faults, user=user, meanwhile=partial((place / "conf").chmod, 0o555)
        )
        found = tree(place)
        (place / "conf").chmod(0o755)
        again = repair.postlint.run(place, *FIX, user=user)
        new = tree(place)
        assert again.status == 0
        assert {name: state.content for name, state in new.items()} == {
            name: state.content for name, state in repair.new.items()
        }
        # Compared with the mode of the directory as it is now.
        found["conf"] = new["conf"]
        assert_whole(found, old, new)
        told = {name for name in KNOWN_AS if f"{KNOWN_AS[name]} holds the new text" in outcome.err}
        if outcome.status == 2:
            assert told == {name for name in KNOWN_AS if found.get(name) != old.get(name)}
            assert bool(told) != outcome.err.endswith("; nothing written\n")
        else:
            assert {**found, **new} == found
        kept.add(len(told))
    # Which of the later ones are tried depends on the calls of the interpreter.
    assert 0 in kept
    assert max(kept) > 0
