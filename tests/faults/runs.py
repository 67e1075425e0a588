"""`postlint fix` under strace(1), which kills it or fails its system calls; and what a directory holds afterwards."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from conftest import PROJECT
from test_cli import Outcome, environment

STRACE = shutil.which("strace")


class State(NamedTuple):
    """A file: mode, owner, group, and the bytes or the target of a link."""

    mode: int
    owner: int
    group: int
    content: bytes


def tree(directory: Path) -> dict[str, State]:
    """All that is below a directory, by its path there."""
    found: dict[str, State] = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(directory))] = State(status.st_mode, status.st_uid, status.st_gid, content)
    return found


class WarmPostlint:
    """Runs of postlint, each in a few hundredths of a second."""

    def __init__(self, process: "subprocess.Popen[str]", output: Path) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders: IO[str] = process.stdin
        self._answers: IO[str] = process.stdout
        self._output = output

    def run(
        self,
        directory: Path,
        *arguments: str,
        faults: Sequence[str] = (),
        user: int = 0,
        meanwhile: Callable[[], None] | None = None,
    ) -> Outcome:
        """One run. The status of one that a signal ended is negative.

        ``faults``: what strace injects, as in ``fsync:error=EIO:when=1``. ``meanwhile``: what is done when the run
        stops, which ``:signal=SIGSTOP:`` makes it do behind a system call.
        """
        status = self._run(directory, arguments, user, faults or None, meanwhile)[0]
        out, err = (self._output.with_suffix(f".{name}").read_text() for name in ("out", "err"))
        return Outcome(status, out, err)

    def system_calls(self, directory: Path, *arguments: str, faults: Sequence[str]) -> list[tuple[str, int]]:
        """Each system call of a run, in order: its name, and how many calls of that name there were, with this one."""
        seen: Counter[str] = Counter()
        found: list[tuple[str, int]] = []
        for line in self._run(directory, arguments, 0, faults, None)[1]:
            if call := re.match(r"(\w+)\(", line):
                seen[call[1]] += 1
                found.append((call[1], seen[call[1]]))
        return found

    def _run(
        self,
        directory: Path,
        arguments: Sequence[str],
        user: int,
        faults: Sequence[str] | None,
        meanwhile: Callable[[], None] | None,
    ) -> tuple[int, list[str]]:
        order = {"directory": str(directory), "arguments": arguments, "output": str(self._output), "user": user}
        self._orders.write(json.dumps({**order, "stopped": faults is not None}) + "\n")
        self._orders.flush()
        lines = [] if faults is None else _trace(int(self._answers.readline()), faults, meanwhile)
        return os.waitstatus_to_exitcode(int(self._answers.readline())), lines


def _trace(process: int, faults: Sequence[str], meanwhile: Callable[[], None] | None) -> list[str]:
    """Wakes the stopped process under strace, and waits for its end; what strace said."""
    assert STRACE is not None
    words = [STRACE, *(word for fault in faults for word in ("-e", f"inject={fault}")), "-p", str(process)]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, errors="replace")
    assert tracer.stderr is not None
    lines = [tracer.stderr.readline()]
    # Before the assertion, or nobody would ever wake it.
    os.kill(process, signal.SIGCONT)
    assert "attached" in lines[0]
    for line in tracer.stderr:
        # The first stop, before everything, comes without the signal.
        if line == "--- stopped by SIGSTOP ---\n" and lines[-1].startswith("--- SIGSTOP {"):
            try:
                if meanwhile is not None:
                    meanwhile()
            finally:
                os.kill(process, signal.SIGCONT)
        lines.append(line)
    tracer.wait()
    return lines


@contextmanager
def warm_postlint(sample: Path, scratch: Path, arguments: tuple[str, ...]) -> Iterator[WarmPostlint]:
    """Loads postlint by a run of ``fix --diff`` in ``sample``."""
    words = [sys.executable, str(PROJECT / "tests/faults/warm.py"), "fix", "--diff", *arguments]
    pipe = subprocess.PIPE
    process = subprocess.Popen(words, cwd=sample, env=environment(), text=True, stdin=pipe, stdout=pipe)
    try:
        yield WarmPostlint(process, scratch / "output")
    finally:
        process.communicate(timeout=60)
