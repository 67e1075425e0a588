"""Runs postlint in forks of one process that has loaded it all, so that a run consists of its own work.

Reads lines of JSON, {"directory", "arguments", "output", "user", "stopped"}: where to run, with which words, the prefix
of two files for the output, the uid to run as (0: as it is), and whether the run is to stop before its first step.
Writes for each the process's number when it has stopped, then its wait status.
"""

import contextlib
import io
import json
import os
import signal
import sys
from typing import Any

from postlint.cli import app, main


def warm_up(arguments: list[str]) -> None:
    """Import what a run needs."""
    silent = io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(SystemExit):
        app(arguments, standalone_mode=False)
    with contextlib.suppress(ImportError):
        import ctypes

        ctypes.CDLL(None)


def run(order: dict[str, Any]) -> None:
    """The run, in the fork."""
    os.chdir(order["directory"])
    for descriptor, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{order['output']}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if order["user"]:
        os.setgroups([])
        os.setgid(order["user"])
        os.setuid(order["user"])
    sys.argv = ["postlint", *order["arguments"]]
    if order["stopped"]:
        os.kill(os.getpid(), signal.SIGSTOP)
    status = 1
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def serve() -> None:
    """One order after the other."""
    for line in sys.stdin:
        order = json.loads(line)
        process = os.fork()
        if process == 0:
            run(order)
        if order["stopped"]:
            os.waitpid(process, os.WUNTRACED)
            print(process, flush=True)
        print(os.waitpid(process, 0)[1], flush=True)


if __name__ == "__main__":
    warm_up(sys.argv[1:])
    serve()
