"""One warm postlint for all tests, and what its repair finds and leaves."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from faults.runs import STRACE, State, WarmPostlint, tree, warm_postlint
from faults.scenario import FIX, copied, make

# What is wrong with each system from the start: nothing, or no renameat2(2).
SYSTEMS = {"exchange": (), "no exchange": ("renameat2:error=ENOSYS",)}


class Repair(NamedTuple):
    """``postlint fix`` for copies of ``top``, which holds ``old`` and, once repaired, ``new``.

    ``calls``: its system calls, by name and number, with those that write from ``writing`` on.
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


@pytest.fixture(scope="session", params=SYSTEMS)
def repair(request: pytest.FixtureRequest, postlint: WarmPostlint, tmp_path_factory: pytest.TempPathFactory) -> Repair:
    scratch, system = tmp_path_factory.mktemp("repair"), SYSTEMS[request.param]
    top = make(scratch / "top")
    fixed = copied(top, scratch / "fixed")
    outcome = postlint.run(fixed, *FIX)
    assert (outcome.status, outcome.err) == (0, "")
    calls = postlint.system_calls(copied(top, scratch / "traced"), *FIX, faults=system)
    return Repair(postlint, top, tree(top), tree(fixed), calls, system)
