"""What the installed Postfix programs say of a configuration when they start."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from real_postconf import ask, write_configuration

# What no program dies on, and no program asks another one for.
BASE = """\
compatibility_level = 3.6
myhostname = mx.example.com
inet_interfaces = loopback-only
local_recipient_maps =
alias_maps =
smtpd_relay_restrictions = reject
virtual_mailbox_base = /
message_size_limit = 1
smtp_sasl_password_maps = static:x
lmtp_sasl_password_maps = static:x
"""
_QUEUES = (
    "pid",
    "private",
    "public",
    "active",
    "incoming",
    "deferred",
    "defer",
    "bounce",
    "maildrop",
    "hold",
    "corrupt",
)
# What programs say once they have started, when they have no client to talk to.
_STARTED = (b"panic: ", b" connect from ", b"getpeername: ", b"epoll_ctl ", b"fatal: read: ")
_SECONDS = 4


class Programs:
    """The programs with a queue of their own below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "configuration").mkdir()
        for name in (*_QUEUES, "flush", "trace", "saved"):
            (folder / "queue" / name).mkdir(parents=True)
        (folder / "data").mkdir()
        write_configuration(folder / "configuration", {"main.cf": b"", "master.cf": b""})
        settings = ask(folder / "configuration", "-d").settings
        self._daemons = Path(settings["daemon_directory"])
        self.version = settings["mail_version"]
        for name in ("data", *(f"queue/{name}" for name in _QUEUES[1:])):
            os.chown(folder / name, *_owner(settings["mail_owner"]))

    def has(self, program: str) -> bool:
        return (self._daemons / program).exists()

    def complaint(self, program: str, main: str) -> str | None:
        """Why a program dies with ``main`` behind BASE; None when it lives to see that it has no client."""
        own = f"queue_directory = {self._folder}/queue\ndata_directory = {self._folder}/data\n"
        text = (BASE + own + main).encode("utf-8", "surrogateescape")
        write_configuration(self._folder / "configuration", {"main.cf": text, "master.cf": b""})
        with subprocess.Popen(
            [self._daemons / program, "-S", "-V"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={"MAIL_CONFIG": str(self._folder / "configuration"), "PATH": os.environ["PATH"], "LC_ALL": "C"},
        ) as process:
            assert process.stderr is not None
            # Whoever is busy, or waits for a service, has started.
            busy = threading.Timer(_SECONDS, process.kill)
            busy.start()
            # Before it exits, a dying program sleeps for a second.
            said = next((line for line in process.stderr if any(mark in line for mark in (b"fatal: ", *_STARTED))), b"")
            process.kill()
            busy.cancel()
        found = None if any(mark in said for mark in _STARTED) else said
        return found.decode("utf-8", "surrogateescape").partition("fatal: ")[2].rstrip("\n") if found else None


def _owner(name: str) -> tuple[int, int]:
    import pwd

    entry = pwd.getpwnam(name)
    return entry.pw_uid, entry.pw_gid


@contextmanager
def programs() -> Iterator[Programs]:
    with TemporaryDirectory(prefix="postlint-values-") as folder:
        Path(folder).chmod(0o755)
        yield Programs(Path(folder))
