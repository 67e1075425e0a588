"""What the installed postmap(1) finds in a lookup table."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from conftest import POSTCONF
from real_postconf import ask, write_configuration

from postlint.text import decode, encode

POSTMAP = shutil.which("postmap", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
# postmap has to make an indexed file of these before it can look anything up.
COMPILED = frozenset({"btree", "cdb", "dbm", "hash", "lmdb", "sdbm"})
_SETTINGS = "compatibility_level = 3.6\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """The values of the keys that were found, and what postmap says, without its name."""

    found: dict[str, str]
    messages: tuple[str, ...]

    @property
    def fatal(self) -> str | None:
        """Why postmap gave up."""
        return next((line.removeprefix("fatal: ") for line in self.messages if line.startswith("fatal: ")), None)


def answers(table: str, keys: Iterable[str]) -> dict[str, str]:
    """What ``postmap -q`` answers for those of ``keys`` that ``table`` (``type:name``) holds."""
    reply = look_up(table, keys)
    assert reply.fatal is None, reply.fatal
    return reply.found


def look_up(table: str, keys: Iterable[str], settings: str = "", directory: Path | None = None) -> Reply:
    """``postmap -q -``, with more ``settings`` in main.cf, or with the configuration in ``directory``.

    A key may hold neither a TAB nor a line feed.
    """
    output, messages = _postmap(["-q", "-", table], "".join(f"{key}\n" for key in keys), settings, directory)
    pairs = (line.partition("\t") for line in output.split("\n")[:-1])
    return Reply({key: value for key, _, value in pairs}, messages)


def compile_table(table: str, settings: str = "") -> tuple[str, ...]:
    """Make the indexed file for a table; what postmap says meanwhile."""
    return _postmap([table], "", settings, None)[1]


def write_table(path: Path, data: bytes) -> None:
    """Write a table old enough for Postfix to read it once: it waits for one that changed in the current second."""
    write_configuration(path.parent, {path.name: data})


def table_types() -> frozenset[str]:
    """The types that the installed Postfix knows."""
    if not POSTCONF:
        return frozenset()
    with TemporaryDirectory() as folder:
        write_configuration(Path(folder), {"main.cf": b""})
        return frozenset(ask(Path(folder), "-m").lines)


@contextmanager
def proxymap(directory: Path, types: Iterable[str]) -> Iterator[Path]:
    """A running proxymap(8) for the tables ``directory``/``type``, as a configuration directory for `look_up`.

    Needs root. The master(8) that runs it has nothing but a queue directory of its own.
    """
    configuration, queue = directory / "etc", directory / "queue"
    owner = pwd.getpwnam("postfix")
    for folder in (configuration, queue, queue / "pid", queue / "private", queue / "public", directory / "data"):
        folder.mkdir()
    for folder in (queue / "private", queue / "public", directory / "data"):
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    directory.chmod(0o755)
    tables = " ".join(f"proxy:{table_type}:{directory / table_type}" for table_type in types)
    write_configuration(
        configuration,
        {
            "main.cf": encode(
                f"{_SETTINGS}queue_directory = {queue}\ndata_directory = {directory / 'data'}\n"
                f"proxy_read_maps = {tables}\n"
            ),
            "master.cf": b"proxymap unix - - n - - proxymap\n",
        },
    )
    assert POSTCONF is not None
    daemons = subprocess.run([POSTCONF, "-h", "-c", configuration, "daemon_directory"], capture_output=True, check=True)
    master = Path(decode(daemons.stdout).rstrip("\n")) / "master"
    process = subprocess.Popen([master, "-c", configuration, "-d"], start_new_session=True)
    try:
        while process.poll() is None and not (queue / "private" / "proxymap").exists():
            time.sleep(0.01)
        assert process.poll() is None, "master(8) ended"
        yield configuration
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)


def _postmap(arguments: list[str], text: str, settings: str, directory: Path | None) -> tuple[str, tuple[str, ...]]:
    assert POSTMAP is not None
    environment = {name: value for name, value in os.environ.items() if name != "MAIL_CONFIG"} | {"LC_ALL": "C"}
    with TemporaryDirectory() as folder:
        if directory is None:
            directory = Path(folder)
            write_configuration(directory, {"main.cf": encode(_SETTINGS + settings)})
        done = subprocess.run(
            [encode(word) for word in (POSTMAP, "-c", str(directory), *arguments)],
            input=encode(text),
            capture_output=True,
            check=False,
            env=environment,
            timeout=60,
        )
    lines = decode(done.stderr).split("\n")[:-1]
    return decode(done.stdout), tuple(line.removeprefix("postmap: ") for line in lines)
