"""One warm postlint for all tests, and what its repair finds and leaves."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from faults.runs import STRACE, State, WarmPostlint, tree, warm_postlint
from faults.scenario import FIX, copied, make


class Repair(NamedTuple):
    """``postlint fix`` for copies of ``top``, which holds ``old`` and, once repaired, ``new``.

    ``calls``: its system calls, by name and number. ``system``: the faults that are there from the start.
    """

    postlint: WarmPostlint
    top: Path
    old: dict[str, State]
    new: dict[str, State]
    calls: list[tuple[str, int]]
    system: tuple[str, ...]

    @property
    def writing(self) -> list[tuple[str, int]]:
        """The calls from the first lock on."""
        return self.calls[next(index for index, (name, _) in enumerate(self.calls) if name == "flock") :]

    def tried(self, calls: list[tuple[str, int]], step: int) -> list[tuple[str, int]]:
        """All of the calls with POSTLINT_FAULTS, else one in ``step``."""
        return calls if os.environ.get("POSTLINT_FAULTS") else calls[::step]


@pytest.fixture(scope="session")
def postlint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmPostlint]:
    if STRACE is None:
        pytest.skip("strace is not installed")
    scratch = tmp_path_factory.mktemp("scratch")
    with warm_postlint(make(scratch / "top"), scratch, FIX[1:]) as postlint:
        yield postlint


@pytest.fixture(scope="session")
def exchanging(postlint: WarmPostlint, tmp_path_factory: pytest.TempPathFactory) -> Repair:
    return _repair(postlint, tmp_path_factory.mktemp("repair"), ())


@pytest.fixture(scope="session")
def not_exchanging(postlint: WarmPostlint, tmp_path_factory: pytest.TempPathFactory) -> Repair:
    """On a system without renameat2(2)."""
    return _repair(postlint, tmp_path_factory.mktemp("repair"), ("renameat2:error=ENOSYS",))


@pytest.fixture(params=["exchanging", "not_exchanging"])
def repair(request: pytest.FixtureRequest) -> Repair:
    """On either system."""
    found: Repair = request.getfixturevalue(request.param)
    return found


def _repair(postlint: WarmPostlint, scratch: Path, system: tuple[str, ...]) -> Repair:
    top = make(scratch / "top")
    fixed = copied(top, scratch / "fixed")
    outcome = postlint.run(fixed, *FIX)
    assert (outcome.status, outcome.err) == (0, "")
    calls = postlint.system_calls(copied(top, scratch / "traced"), *FIX, faults=system)
    return Repair(postlint, top, tree(top), tree(fixed), calls, system)
