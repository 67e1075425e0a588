"""Two `postlint fix` at once: one after the other, or one of them refuses. And a disk that is full."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_cli import HELO, MASTER, Outcome, configure, environment, run

from faults.conftest import Repair
from faults.runs import State, WarmPostlint, tree, warm_postlint
from faults.scenario import FIX, copied
from postlint.directories import exclusive
from postlint.files import InputError

OTHER_FIX = ("fix", "--platform", "aws", "--dnsbl-fix", "filter", "--helo-fix", "remove", "conf")
LEFT = ".main.cf.abcd_123.postlint"


@pytest.fixture(scope="module")
def second(exchanging: Repair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmPostlint]:
    with warm_postlint(exchanging.top, tmp_path_factory.mktemp("second"), OTHER_FIX[1:]) as postlint:
        yield postlint


def both(place: Path, runs: dict[WarmPostlint, tuple[str, ...]], lead: float) -> list[Outcome]:
    """Two runs in the same directory; the second begins ``lead`` seconds after the first."""
    found: dict[WarmPostlint, Outcome] = {}
    barrier = threading.Barrier(2)

    def work(postlint: WarmPostlint, delay: float) -> None:
        barrier.wait()
        time.sleep(delay)
        found[postlint] = postlint.run(place, *runs[postlint])

    threads = [threading.Thread(target=work, args=(postlint, lead * number)) for number, postlint in enumerate(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[postlint] for postlint in runs]


def test_two_runs_at_once(exchanging: Repair, second: WarmPostlint, tmp_path: Path) -> None:
    runs = {exchanging.postlint: FIX, second: OTHER_FIX}
    results: list[dict[str, State]] = []
    for order in (runs, {second: OTHER_FIX, exchanging.postlint: FIX}):
        place = copied(exchanging.top, tmp_path / "place")
        for postlint, words in order.items():
            postlint.run(place, *words)
            results.append(tree(place))
    refused = 0
    repetitions = 300 if os.environ.get("POSTLINT_FAULTS") else 6
    for number in range(repetitions):
        place = copied(exchanging.top, tmp_path / "place")
        outcomes = both(place, runs if number % 2 else dict(reversed(runs.items())), number // 2 % 10 * 0.002)
        assert tree(place) in results
        for outcome in outcomes:
            if outcome.status == 2:
                assert outcome.err.startswith("postlint: error: ")
                assert outcome.err.endswith("; nothing written\n")
                refused += 1
        assert sorted(outcome.status for outcome in outcomes) != [2, 2]
    assert refused or repetitions < 50


def test_directory_is_held_by_one_run_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postlint.directories.PATIENCE", 0.05)
    place = [str(tmp_path)]
    with exclusive(place, []), pytest.raises(InputError, match="nothing written"), exclusive(place, []):
        pass
    with exclusive([str(tmp_path)], []):
        pass


def test_one_directory_under_two_names_is_held_once(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(".")
    with exclusive([str(tmp_path), f"{tmp_path}/link"], [f"{tmp_path}/."]):
        pass


def test_waits_for_a_run_that_ends(tmp_path: Path) -> None:
    holder = exclusive([str(tmp_path)], [])
    holder.__enter__()
    timer = threading.Timer(0.1, holder.__exit__, (None, None, None))
    timer.start()
    with exclusive([str(tmp_path)], []):
        assert not timer.is_alive() or timer.finished.is_set()
    timer.join()


def test_files_of_a_run_at_work_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / LEFT).touch()
    with exclusive([str(tmp_path)], []):
        (tmp_path / LEFT).touch()
        with exclusive([], [str(tmp_path)]) as removed:
            assert removed == []
        assert (tmp_path / LEFT).exists()


def test_only_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    kept = ("main.cf.abcd_123.postlint", ".main.cf.abcd_1234.postlint", ".main.cf.postlint", f"{LEFT}~", "dir")
    for name in kept:
        (conf / name).touch()
    (conf / ".link.abcd_123.postlint").symlink_to("main.cf")
    (conf / ".dir.abcd_123.postlint").mkdir()
    (conf / LEFT).touch()
    assert run(tmp_path, "fix", "--diff", "conf").status == 1
    assert run(tmp_path, "check", "conf").status == 1
    assert (conf / LEFT).exists()
    before = {path.name for path in conf.iterdir()}
    outcome = run(tmp_path, "fix", "conf")
    assert outcome.err == f"postlint: note: {conf}/{LEFT}: left by a run that was killed; removed\n"
    assert before - {path.name for path in conf.iterdir()} == {LEFT}
    # Also by a run that has nothing to repair.
    (conf / LEFT).touch()
    assert run(tmp_path, "fix", "conf").out == "nothing to repair\n"
    assert not (conf / LEFT).exists()


@pytest.mark.root
def test_full_disk(tmp_path: Path) -> None:
    """A file system of 256 kB in a mount namespace of its own, filled to the last page."""
    script = (
        "set -e; mount -t tmpfs -o size=256k none disk; cp -r conf before disk; dd if=/dev/zero of=disk/filler bs=4k"
        ' 2>dd || true; cd disk; "$@" fix conf || status=$?; diff -r conf before; exit $status'
    )
    configure(tmp_path / "conf", HELO * 200, MASTER)
    configure(tmp_path / "before", HELO * 200, MASTER)
    (tmp_path / "disk").mkdir()
    words = ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, "-m", "postlint"]
    done = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "postlint: error: conf/main.cf: no space left on device; nothing written\n"


def test_output_that_fails_does_not_hide_what_was_written(tmp_path: Path) -> None:
    configure(tmp_path / "conf", HELO, MASTER)
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "postlint", "fix", "conf"]
        done = subprocess.run(words, cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr == "postlint: error: No space left on device; 1 finding repaired in conf/main.cf\n"
