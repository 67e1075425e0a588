"""A fault at any system call of `postlint fix`: each file is the old one or the new one, and the next run is complete.

`make faults` tries every call, otherwise a few are tried.
"""

from pathlib import Path

from faults.conftest import Repair
from faults.runs import tree
from faults.scenario import FIX, MADE, assert_whole, copied, temporary_files

MAIN = "site/common.cf"


def test_run_replaces_three_files_and_makes_one(repair: Repair) -> None:
    assert sorted(repair.new.keys() - repair.old.keys()) == [MADE]
    changed = sorted(name for name in repair.old if repair.new[name] != repair.old[name])
    assert changed == ["conf/clients", "conf/master.cf", MAIN]
    called = {name for name, _ in repair.writing}
    assert {"openat", "write", "fchmod", "fsync", "link", "renameat2", "unlink"} <= called
    assert ("rename" in called) == bool(repair.system)


def test_killed_run(repair: Repair, tmp_path: Path) -> None:
    states = set()
    for name, number in [*repair.tried(repair.calls[: -len(repair.writing)], 70), *repair.tried(repair.writing, 23)]:
        place = copied(repair.top, tmp_path / "place")
        fault = f"{name}:signal=SIGKILL:when={number}"
        assert repair.postlint.run(place, *FIX, faults=[*repair.system, fault]).status == -9
        found = tree(place)
        assert_whole(found, repair.old, repair.new)
        states.add(tuple(found.get(path) == state for path, state in repair.new.items()))
        again = repair.postlint.run(place, *FIX)
        assert again.status == 0, again
        assert tree(place) == repair.new
        for path in temporary_files(found):
            assert f"postlint: note: {place}/{path}: left by a run that was killed; removed\n" in again.err
    # Nothing, everything, and something between.
    assert len(states) >= 3


def test_failing_call(repair: Repair, tmp_path: Path) -> None:
    """All is new, or all is old and said to be."""
    for name, number in repair.tried(repair.writing, 23):
        place = copied(repair.top, tmp_path / "place")
        fault = f"{name}:error=EIO:when={number}"
        outcome = repair.postlint.run(place, *FIX, faults=[*repair.system, fault])
        found = tree(place)
        left = temporary_files(found) if name == "unlink" else []
        assert len(left) <= 1
        for path in left:
            del found[path]
        if found == repair.old:
            assert outcome.status == 2
            assert outcome.err.startswith("postlint: error: conf/")
            assert outcome.err.endswith("; nothing written\n")
        else:
            assert found == repair.new
            said = outcome.err if outcome.status == 2 else outcome.out
            assert " repaired in conf/main.cf, conf/master.cf, conf/clients\n" in said
