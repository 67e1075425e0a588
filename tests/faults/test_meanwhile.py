"""Somebody else at work while `postlint fix` runs: nothing of theirs is lost, and what postlint wrote is whole.

`make faults` tries every moment, otherwise a few are tried.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from faults.conftest import Repair
from faults.runs import State, tree
from faults.scenario import FIX, copied

MAIN = "site/common.cf"


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


@pytest.mark.parametrize("name", [MAIN, "conf/clients"])
@pytest.mark.parametrize("disturb", [edit, replace, Path.unlink, make_directory, make_link])
def test_file_that_changes(repair: Repair, tmp_path: Path, name: str, disturb: Callable[[Path], None]) -> None:
    """Behind any system call from the first lock on."""
    if repair.system:
        pytest.skip("without exchange, what changes between the last look and the replacement is lost")
    statuses = set()
    for call, number in repair.tried(repair.writing[:-1], 60):
        place = copied(repair.top, tmp_path / "place")
        meanwhile = Disturbance(place, name, disturb)
        outcome = repair.postlint.run(place, *FIX, faults=[f"{call}:signal=SIGSTOP:when={number}"], meanwhile=meanwhile)
        found = tree(place)
        assert meanwhile.theirs(found) == meanwhile.left
        if outcome.status == 2:
            assert outcome.err.startswith("postlint: error: conf/")
            assert outcome.err.endswith("; nothing written\n")
        else:
            assert " repaired in conf/main.cf, conf/master.cf, conf/clients\n" in outcome.out
        others = repair.old if outcome.status == 2 else repair.new
        assert {**others, **meanwhile.left} == {name: others[name], **found}
        statuses.add(outcome.status)
    assert statuses == {0, 2}
