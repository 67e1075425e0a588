"""What the real daemons read when they start, against what override-of-unread-parameter says that they do not."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.configuration.names import Names
from postlint.facts.programs import DAEMONS
from postlint.facts.tables import json_table
from postlint.text import Source

pytestmark = [pytest.mark.postfix, pytest.mark.root]

MAIN = """\
compatibility_level = 3.5
myhostname = mx.example.com
virtual_mailbox_base = /x
queue_directory = {0}/queue
data_directory = {0}/queue
"""
# A program that looks a parameter with this value up dies.
BROKEN = "${"
DIED = b"macro processing error"
# They have read by then, or sleep before they die; those that should die are waited for.
READ, DIE = 2, 30
ARGUMENTS = {"pipe": ["user=nobody", "argv=/bin/true"], "spawn": ["user=nobody", "argv=/bin/true"]}


def started(directory: Path, folder: Path, program: str, names: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    overrides = [word for name in names for word in ("-o", f"{name}={BROKEN}")]
    return subprocess.Popen(
        [folder / program, "-S", "-V", *overrides, *ARGUMENTS.get(program, [])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "MAIL_CONFIG": str(directory)},
    )


def dead(processes: dict[str, "subprocess.Popen[bytes]"], seconds: int) -> set[str]:
    """The programs that died of a value; what still runs at the end is stopped."""
    end = time.monotonic() + seconds
    found = set()
    for program, process in processes.items():
        try:
            errors = process.communicate(timeout=max(0.01, end - time.monotonic()))[1]
        except subprocess.TimeoutExpired:
            process.kill()
            errors = process.communicate()[1]
        if DIED in errors:
            found.add(program)
    return found


def test_daemons_start_with_broken_values_for_what_they_do_not_read(tmp_path: Path) -> None:
    main = MAIN.format(tmp_path)
    write_configuration(tmp_path, {"main.cf": main.encode(), "master.cf": b""})
    (tmp_path / "queue" / "pid").mkdir(parents=True)
    folder = Path(ask(tmp_path, "-d").settings["daemon_directory"])
    configuration = Configuration(ConfigurationFiles(Source("main.cf", main), None))
    names = Names(configuration)
    programs = sorted(program for program in DAEMONS if (folder / program).exists())
    unread = {
        program: tuple(
            name for name in json_table("parameters") if not names.is_read_by(program, name, configuration.main_view)
        )
        for program in programs
    }
    assert all(len(found) > 500 for found in unread.values())
    # postlogd looks nothing up before a first message comes.
    control = {program: started(tmp_path, folder, program, ("myhostname",)) for program in programs}
    assert dead(control, DIE) == set(programs) - {"postlogd"}
    broken = {program: started(tmp_path, folder, program, unread[program]) for program in programs}
    assert dead(broken, READ) == set()
