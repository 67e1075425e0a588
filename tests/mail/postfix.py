"""A master(8) with the services that smtpd(8) needs, and either an smtpd for one connection or all of Postfix."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mail.dialogue import Session
from mail.installation import Installation

# Postfix reads a main.cf that changed in the current second again and again, and sleeps between.
_AGE_SECONDS = 60
# Below the work folder: the configuration of the smtpd that is asked.
CASE = "case"
_LOG_SECONDS = 20
_START_SECONDS = 30
# How the last line of a server about a client starts.
_LAST = "(?:disconnect from|DISCONNECT|fatal:)"
_SETTINGS = {
    "compatibility_level": "3.6",
    "myhostname": "mx.dest.example",
    "mydestination": "dest.example, example.com",
    "relay_domains": "relayed.example",
    "mynetworks": "127.0.0.1/32",
    "inet_protocols": "ipv4",
    # Every client has its address on this machine, too.
    "inet_interfaces": "192.0.2.25",
    "local_transport": "discard",
    "default_transport": "discard",
    # The mailbox of a user that there is.
    "transport_maps": "inline:{{nobody@dest.example=local:}}",
    "alias_maps": "",
    "local_recipient_maps": "",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_client_connection_rate_limit": "0",
    # A transaction that is given up never reaches the queue manager, which cleanup would wait for.
    "in_flow_delay": "0",
    # Any number of refusals in one session.
    "smtpd_soft_error_limit": "10000",
    "smtpd_hard_error_limit": "10000",
    "smtpd_junk_command_limit": "10000",
    "smtpd_sasl_type": "dovecot",
    "smtpd_sasl_path": "private/auth",
    # Two seconds, so that the answers of DNSBLs win the race.
    "postscreen_greet_wait": "2s",
    "postscreen_cache_map": "",
}
# What smtpd and postscreen need of master.cf besides their own entries.
SERVICES = """\
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
discard unix - - n - - discard
local unix - n n - - local
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
proxymap unix - - n - - proxymap
dnsblog unix - - n - 0 dnsblog
postlog unix-dgram n - n - 1 postlogd
"""


def directories(work: Path) -> dict[str, str]:
    """The parameters that keep an instance below ``work``."""
    return {
        "queue_directory": str(work / "queue"),
        "data_directory": str(work / "data"),
        "maillog_file": str(work / "log"),
        "maillog_file_prefixes": str(work),
        "mail_spool_directory": f"{work / 'spool'}/",
    }


def main_cf(work: Path, text: str) -> str:
    """A whole main.cf: ``text``, and before it what it leaves out."""
    set_there = {line.partition("=")[0].rstrip(" \t") for line in text.split("\n")}
    settings = directories(work) | {name: value for name, value in _SETTINGS.items() if name not in set_there}
    return "".join(f"{name} = {value}\n" for name, value in settings.items()) + text


def age(directory: Path) -> None:
    """Make every file there old enough to be read once."""
    for path in directory.iterdir():
        moment = path.stat().st_mtime - _AGE_SECONDS
        os.utime(path, (moment, moment))


def _queue(folder: Path, owner: tuple[int, int]) -> None:
    """The directories of an instance below ``folder``."""
    (folder / "spool").mkdir()
    (folder / "spool").chmod(0o1777)
    queue = folder / "queue"
    owned = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "public")
    for place in (queue, queue / "pid", *(queue / name for name in owned), queue / "maildrop", folder / "data"):
        place.mkdir()
        if place.name not in ("queue", "pid"):
            os.chown(place, *owner)


def _master(folder: Path, installed: Installation, configuration: Path) -> "subprocess.Popen[bytes]":
    """A master(8) that listens."""
    # At its end master(8) ends its process group.
    process = subprocess.Popen(
        installed.command("master", "-c", str(configuration), "-d"), stdin=subprocess.DEVNULL, start_new_session=True
    )
    end = time.monotonic() + _START_SECONDS
    while not (folder / "queue" / "private" / "rewrite").exists():
        if process.poll() is not None:
            raise RuntimeError(f"master does not start: status {process.returncode}")
        if time.monotonic() > end:
            os.killpg(process.pid, signal.SIGKILL)
            raise RuntimeError("master is not ready in time")
        time.sleep(0.01)
    return process


def log_lines(folder: Path) -> tuple[str, ...]:
    """What a running instance below ``folder`` logs of a client that has gone, without time and host."""
    return tuple(" ".join(line.split(" ")[4:]) for line in _logged(folder, 0, "]: ", _LAST))


def deliveries(folder: Path, session: Session, size: int = 0) -> tuple[tuple[str, str], ...]:
    """What became of the message of a session, once it was tried, in the queue below ``folder``."""
    found = re.search("queued as ([0-9A-F]+)", session.data.text) if session.data else None
    if found is None:
        return ()
    lines = _logged(folder, size, f"]: {found[1]}: ", "(?:removed|.* status=deferred)")
    sent = (re.search(r"postfix/(\w+)\[.* status=(\w+) ", line) for line in lines)
    return tuple((match[1], match[2]) for match in sent if match)


def is_throttled(folder: Path) -> bool:
    """Whether the master(8) of an instance has seen a program die at start, which it starts again a minute later."""
    log = folder / "log"
    return log.exists() and re.search(b"/(?:smtpd|postscreen): bad command startup", log.read_bytes()) is not None


def _logged(folder: Path, size: int, mark: str, end_mark: str) -> list[str]:
    """The lines with ``mark`` from ``size`` bytes on; waits for the one with ``end_mark``: postlogd(8) writes late."""
    log, last = folder / "log", re.compile(re.escape(mark) + end_mark)
    end = time.monotonic() + _LOG_SECONDS
    while True:
        text = ""
        with suppress(FileNotFoundError), log.open("rb") as stream:
            stream.seek(size)
            text = stream.read().decode("utf-8", "surrogateescape")
        if time.monotonic() > end or last.search(text):
            return [line for line in text.split("\n") if mark in line]
        time.sleep(0.005)


class Postfix:
    """A running master(8) below ``work``.

    Its configuration decides which domains are whose, for every smtpd: only dest.example, example.com and
    relayed.example are not foreign. What smtpd accepts is discarded, but for nobody@dest.example.
    """

    def __init__(self, work: Path, installed: Installation) -> None:
        self._work, self._installed = work, installed
        _queue(work, installed.owner)
        configuration = work / "master"
        configuration.mkdir()
        (configuration / "main.cf").write_text(main_cf(work, ""))
        (configuration / "master.cf").write_text(SERVICES)
        age(configuration)
        _master(work, installed, configuration)

    @contextmanager
    def instance(self, configuration: Path) -> Iterator[None]:
        """All of Postfix as in the copy of a configuration directory, master.cf included, with a queue of its own."""
        main = configuration / "main.cf"
        text = main.read_text(encoding="utf-8", errors="surrogateescape")
        own = directories(configuration)
        for name, value in directories(self._work).items():
            text = text.replace(f"{name} = {value}\n", f"{name} = {own[name]}\n")
        main.write_text(text, encoding="utf-8", errors="surrogateescape")
        age(configuration)
        _queue(configuration, self._installed.owner)
        process = _master(configuration, self._installed, configuration)
        try:
            yield
        finally:
            process.terminate()
            process.wait()
            # A server that is left would keep the port.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def copy(self, directory: Path, name: str) -> Path:
        """The configuration directory, where the user that smtpd runs as may read it, and old enough."""
        place = self._work / name
        place.mkdir(exist_ok=True)
        for path in place.iterdir():
            path.unlink()
        for path in directory.iterdir():
            shutil.copyfile(path, place / path.name)
        age(place)
        return place

    def serve(
        self, connection: socket.socket, configuration: Path, overrides: tuple[str, ...]
    ) -> "subprocess.Popen[bytes]":
        """Start smtpd for an accepted connection; ``overrides``: ``name=value``, as -o gives them."""
        options = [word for override in overrides for word in ("-o", override)]
        return subprocess.Popen(
            self._installed.command("smtpd", "-S", *options, owned=True),
            stdin=connection.fileno(),
            stdout=connection.fileno(),
            env={"MAIL_CONFIG": str(configuration), "PATH": os.environ["PATH"]},
        )

    @property
    def log_size(self) -> int:
        """Where in the log the next line will stand, in bytes."""
        log = self._work / "log"
        return log.stat().st_size if log.exists() else 0

    def has_connected(self, size: int, process: int) -> bool:
        """Whether the smtpd with this process id lived until it saw its client."""
        return any(line.startswith("connect from") for line in self.log_since(size, process))

    def log_since(self, size: int, process: int) -> tuple[str, ...]:
        """What the smtpd with this process id logged, without time and host; waits for its last line."""
        mark = f"smtpd[{process}]: "
        return tuple(line.partition(mark)[2] for line in _logged(self._work, size, mark, _LAST))

    def deliveries_since(self, size: int, session: Session) -> tuple[tuple[str, str], ...]:
        """What became of the message of a session that began when the log had ``size`` bytes."""
        return deliveries(self._work, session, size)
