"""The first process of the namespace: runs the servers and does what `host` asks, until its standard input ends.

That end comes however the tests end. Then it ends every other process of the namespace and removes the folder.
"""

import contextlib
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path

from mail.dialogue import Client, Session, converse
from mail.dns import Resolver
from mail.postfix import Postfix, log_lines

SERVER = "192.0.2.25"
_PORT = 25
_END_SECONDS = 20
_RESOLVERS = {"answered": "127.0.0.2", "refused": "127.0.0.3"}


@dataclass(frozen=True, slots=True)
class Request:
    """One session.

    ``resolver``: ``answered`` or ``refused`` by Spamhaus. ``listings``: what DNSBLs (zone: address) say of the client.
    ``overrides``: of the smtpd; None when all of Postfix runs, as master.cf says.
    """

    directory: Path
    client: Client
    resolver: str
    overrides: tuple[str, ...] | None = ()
    listings: dict[str, str] = field(default_factory=dict)


class Servers:
    """DNS and Postfix below ``work``."""

    def __init__(self, work: Path, daemons: Path) -> None:
        self._addresses: set[str] = set()
        self._resolv_conf = work / "resolv.conf"
        self._resolv_conf.write_text("")
        _run("ip", "link", "set", "lo", "up")
        _run("mount", "--bind", str(self._resolv_conf), "/etc/resolv.conf")
        self._listen_on(SERVER)
        self._resolvers = {
            name: Resolver(work / name, address, name == "refused") for name, address in _RESOLVERS.items()
        }
        self._postfix = Postfix(work, daemons)
        self._instances = 0

    def session(self, request: Request) -> Session:
        """The whole conversation, and what was logged."""
        self._listen_on(request.client.address)
        resolver = self._resolvers[request.resolver]
        # smtpd reads it when it starts. It is the other end of a mount, so it is written in place.
        self._resolv_conf.write_text(f"nameserver {resolver.address}\noptions timeout:5 attempts:2\n")
        with resolver.knowing(request.client, request.listings):
            if request.overrides is None:
                return self._with_all_of_postfix(request.directory, request.client)
            return self._with_smtpd(request.directory, request.client, request.overrides)

    def _with_all_of_postfix(self, directory: Path, client: Client) -> Session:
        self._instances += 1
        configuration = self._postfix.copy(directory, f"instance{self._instances}")
        with self._postfix.instance(configuration):
            near = socket.create_connection((SERVER, _PORT), source_address=(client.address, 0))
            session = converse(near, client)
        return replace(session, log=log_lines(configuration))

    def _with_smtpd(self, directory: Path, client: Client, overrides: tuple[str, ...]) -> Session:
        configuration = self._postfix.copy(directory, "case")
        size = self._postfix.log_size
        with socket.create_server((SERVER, 0)) as listener:
            near = socket.create_connection(listener.getsockname(), source_address=(client.address, 0))
            far, _ = listener.accept()
        with far:
            smtpd = self._postfix.serve(far, configuration, overrides)
        try:
            session = converse(near, client)
            smtpd.wait(timeout=_END_SECONDS)
        finally:
            smtpd.kill()
            smtpd.wait()
        return replace(session, log=self._postfix.log_since(size, smtpd.pid))

    def _listen_on(self, address: str) -> None:
        if address not in self._addresses:
            self._addresses.add(address)
            _run("ip", "address", "add", f"{address}/32", "dev", "lo")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    """``FOLDER DAEMONS``: serve until the end, and clean up."""
    # The user that smtpd runs as reads what is written here.
    os.umask(0o022)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        _answer_requests(Path(sys.argv[1]), Path(sys.argv[2]))
    finally:
        if os.getpid() == 1:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        shutil.rmtree(sys.argv[1], ignore_errors=True)


def _answer_requests(work: Path, daemons: Path) -> None:
    """Each request is a pickle, and so is the answer: a session, or the text of what went wrong."""
    # Nothing that a server prints may come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def answer(value: object) -> None:
        pickle.dump(value, answers)
        answers.flush()

    try:
        servers = Servers(work, daemons)
    except Exception:
        answer(traceback.format_exc())
        return
    answer(None)
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer(servers.session(request))
        except Exception:
            answer(traceback.format_exc())


if __name__ == "__main__":
    main()
