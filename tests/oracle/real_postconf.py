"""What the installed postconf(1) says about a configuration directory, and its way of writing values."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from conftest import POSTCONF

from postlint.text import FIELD_SEPARATORS, decode

# postconf reads a main.cf again, and sleeps before, when it was changed in the current second.
_AGE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """The lines of standard output, and those of standard error without the program's name."""

    lines: tuple[str, ...]
    messages: tuple[str, ...]
    failed: bool

    @property
    def fatal(self) -> str | None:
        """Why postconf gave up."""
        return next((line.removeprefix("fatal: ") for line in self.messages if line.startswith("fatal: ")), None)

    @property
    def settings(self) -> dict[str, str]:
        """The lines as ``name = value``; an empty value has nothing behind the sign."""
        return dict(_setting(line) for line in self.lines)


def _setting(line: str) -> tuple[str, str]:
    name, _, value = line.partition(" =")
    return name, value.removeprefix(" ")


def write_configuration(directory: Path, files: dict[str, bytes]) -> None:
    """Put main.cf and master.cf there, old enough for postconf to read them once."""
    for name, data in files.items():
        path = directory / name
        path.write_bytes(data)
        time = path.stat().st_mtime - _AGE_SECONDS
        os.utime(path, (time, time))


def ask(directory: Path, option: str) -> Answer:
    """What ``postconf -c directory option`` answers."""
    assert POSTCONF is not None
    environment = {name: value for name, value in os.environ.items() if name != "MAIL_CONFIG"} | {"LC_ALL": "C"}
    done = subprocess.run(
        [POSTCONF, "-c", directory, option], capture_output=True, check=False, env=environment, timeout=60
    )
    messages = re.sub(rf"(?m)^{re.escape(POSTCONF)}: ", "", decode(done.stderr))
    return Answer(lines(decode(done.stdout)), lines(messages), done.returncode != 0)


def lines(text: str) -> tuple[str, ...]:
    return tuple(text.removesuffix("\n").split("\n")) if text else ()


def squeezed(value: str) -> str:
    """``value`` as postconf prints it: runs of space, TAB, CR and LF are one space, VT and FF stay."""
    return re.sub(f"[{FIELD_SEPARATORS}]+", " ", value).strip(" ")


def masked(text: str) -> str:
    """``text`` as Postfix prints it in messages: a question mark for each byte that is not printable ASCII."""
    return re.sub(rb"[^ -~]", b"?", text.encode("utf-8", "surrogateescape")).decode("ascii")


def hidden_names(messages: tuple[str, ...]) -> set[str]:
    """The names that ``postconf -n`` leaves out: those that nothing uses, and those that are read-only."""
    pattern = re.compile(r"warning: .*?: (?:unused parameter|read-only parameter assignment): ([^=]*)=")
    return {match[1] for line in messages if (match := pattern.match(line))}
