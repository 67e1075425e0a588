"""A master(8) with the services that smtpd(8) needs, and an smtpd for one connection at a time."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

# Postfix reads a main.cf that changed in the current second again and again, and sleeps between.
_AGE_SECONDS = 60
_LOG_SECONDS = 2
_SETTINGS = {
    "compatibility_level": "3.6",
    "myhostname": "mx.dest.example",
    "mydestination": "dest.example",
    "mynetworks": "127.0.0.1/32",
    "inet_protocols": "ipv4",
    "local_transport": "discard",
    "default_transport": "discard",
    "alias_maps": "",
    "local_recipient_maps": "",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_client_connection_rate_limit": "0",
}
_SERVICES = """\
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
discard unix - - n - - discard
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


def directories(work: Path) -> dict[str, str]:
    """The parameters that keep an instance below ``work``."""
    return {
        "queue_directory": str(work / "queue"),
        "data_directory": str(work / "data"),
        "maillog_file": str(work / "log"),
        "maillog_file_prefixes": str(work),
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


class Postfix:
    """A running master(8) below ``work``.

    Its configuration decides which domains are whose, for every smtpd: only dest.example is not foreign. What smtpd
    accepts is discarded.
    """

    def __init__(self, work: Path, daemons: Path) -> None:
        self._work, self._daemons = work, daemons
        self._owner = pwd.getpwnam("postfix")
        queue = work / "queue"
        owned = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "public")
        for folder in (queue, queue / "pid", *(queue / name for name in owned), queue / "maildrop", work / "data"):
            folder.mkdir()
            if folder.name not in ("queue", "pid"):
                os.chown(folder, self._owner.pw_uid, self._owner.pw_gid)
        configuration = work / "master"
        configuration.mkdir()
        (configuration / "main.cf").write_text(main_cf(work, ""))
        (configuration / "master.cf").write_text(_SERVICES)
        age(configuration)
        self._process = subprocess.Popen([daemons / "master", "-c", configuration, "-d"], stdin=subprocess.DEVNULL)
        while not (queue / "private" / "rewrite").exists():
            if self._process.poll() is not None:
                log = work / "log"
                raise RuntimeError(f"master ended: {log.read_text() if log.exists() else 'no log'}")
            time.sleep(0.01)

    def copy(self, directory: Path, name: str) -> Path:
        """The configuration directory, where the user that smtpd runs as may read it, and old enough."""
        place = self._work / name
        shutil.copytree(directory, place)
        place.chmod(0o755)
        for path in place.iterdir():
            path.chmod(0o644)
        age(place)
        return place

    def serve(
        self, connection: socket.socket, configuration: Path, overrides: tuple[str, ...]
    ) -> "subprocess.Popen[bytes]":
        """Start smtpd for an accepted connection; ``overrides``: ``name=value``, as -o gives them."""
        options = [word for override in overrides for word in ("-o", override)]
        return subprocess.Popen(
            [self._daemons / "smtpd", "-S", *options],
            stdin=connection.fileno(),
            stdout=connection.fileno(),
            env={"MAIL_CONFIG": str(configuration), "PATH": os.environ["PATH"]},
            user=self._owner.pw_uid,
            group=self._owner.pw_gid,
            extra_groups=[],
        )

    @property
    def log_size(self) -> int:
        """Where in the log the next line will stand, in bytes."""
        log = self._work / "log"
        return log.stat().st_size if log.exists() else 0

    def log_since(self, size: int, process: int) -> tuple[str, ...]:
        """What the smtpd with this process id logged, without time and host; waits for its last line."""
        end = time.monotonic() + _LOG_SECONDS
        mark = f"smtpd[{process}]: "
        while True:
            with (self._work / "log").open("rb") as log:
                log.seek(size)
                text = log.read().decode("utf-8", "surrogateescape")
            lines = tuple(line.partition(mark)[2] for line in text.split("\n") if mark in line)
            if time.monotonic() > end or any(line.startswith(("disconnect from", "fatal:")) for line in lines):
                return lines
            time.sleep(0.005)
