"""The first process of the namespace: runs the servers and does what `host` asks, until its standard input ends.

That end comes however the tests end. Then it ends every other process of the namespace and removes the folder.
"""

import contextlib
import os
import pickle
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mail import postfix, servers
from mail.asked import Answers, Request, Visits
from mail.dialogue import NO_REPLY, Client, Reply, Session, converse, visit
from mail.dns import Resolver
from mail.installation import Installation, installation
from mail.postfix import Postfix, deliveries, is_throttled, log_lines

SERVER = "192.0.2.25"
_PORT = 25
_END_SECONDS = 20
_LOOK_SECONDS = 0.05
_BANNER_SECONDS = 30
_RESOLVERS = {"answered": "127.0.0.2", "refused": "127.0.0.3"}


class _Near(NamedTuple):
    """The client's end of a connection, and the server at the other."""

    connection: socket.socket
    smtpd: "subprocess.Popen[bytes]"


class Servers:
    """DNS and Postfix below ``work``."""

    def __init__(self, work: Path, installed: Installation) -> None:
        self._addresses: set[str] = set()
        self._resolv_conf = work / "resolv.conf"
        self._resolv_conf.write_text("")
        _run("ip", "link", "set", "lo", "up")
        installed.mount(work, self._resolv_conf)
        self._listen_on(SERVER)
        self._resolvers = {
            name: Resolver(work / name, address, name == "refused") for name, address in _RESOLVERS.items()
        }
        self._postfix = Postfix(work, installed)
        servers.start(work / "queue", installed.owner)
        self._instances = 0

    def session(self, request: Request) -> Session:
        """The whole conversation, and what was logged."""
        self._listen_on(request.client.address)
        resolver = self._resolvers[request.resolver]
        self._name_server(resolver)
        with resolver.knowing(request.client, request.listings):
            if request.overrides is None:
                return self._with_all_of_postfix(request.directory, request.client)
            return self._with_smtpd(request.directory, request.client, request.overrides)

    def visits(self, request: Visits) -> Answers:
        """What each visit is told; an smtpd that does not start is asked once."""
        resolver = self._resolvers[request.resolver]
        self._name_server(resolver)
        configuration = self._postfix.copy(request.directory, postfix.CASE)
        found: list[tuple[tuple[Reply, ...], ...]] = []
        for said in request.visits:
            self._listen_on(said.address)
            size = self._postfix.log_size
            with resolver.holding(said.records), self._smtpd(said.address, configuration, request.overrides) as near:
                found.append(visit(near.connection, said))
            if found[-1][0][0] == NO_REPLY and not self._postfix.has_connected(size, near.smtpd.pid):
                return tuple(
                    tuple((NO_REPLY,) * len(item.recipients) for item in one.transactions) for one in request.visits
                )
        return tuple(found)

    def _with_all_of_postfix(self, directory: Path, client: Client) -> Session:
        self._instances += 1
        configuration = self._postfix.copy(directory, f"instance{self._instances}")
        with self._postfix.instance(configuration):
            near = socket.create_connection((SERVER, _PORT), source_address=(client.address, 0))
            # master(8) lets the clients of a program that dies wait for a minute.
            end = time.monotonic() + _BANNER_SECONDS
            while not select.select([near], [], [], _LOOK_SECONDS)[0] and time.monotonic() < end:
                if is_throttled(configuration):
                    return Session(log=log_lines(configuration))
            session = converse(near, client)
            return replace(session, log=log_lines(configuration), deliveries=deliveries(configuration, session))

    def _with_smtpd(self, directory: Path, client: Client, overrides: tuple[str, ...]) -> Session:
        configuration = self._postfix.copy(directory, postfix.CASE)
        size = self._postfix.log_size
        with self._smtpd(client.address, configuration, overrides) as near:
            session = converse(near.connection, client)
        log = self._postfix.log_since(size, near.smtpd.pid)
        return replace(session, log=log, deliveries=self._postfix.deliveries_since(size, session))

    @contextlib.contextmanager
    def _smtpd(self, address: str, configuration: Path, overrides: tuple[str, ...]) -> Iterator["_Near"]:
        """An smtpd for one connection; at the end it has gone."""
        with socket.create_server((SERVER, 0)) as listener:
            near = socket.create_connection(listener.getsockname(), source_address=(address, 0))
            far, _ = listener.accept()
        with far:
            smtpd = self._postfix.serve(far, configuration, overrides)
        try:
            yield _Near(near, smtpd)
            smtpd.wait(timeout=_END_SECONDS)
        finally:
            smtpd.kill()
            smtpd.wait()

    def _name_server(self, resolver: Resolver) -> None:
        """smtpd reads it when it starts. It is the other end of a mount, so it is written in place."""
        self._resolv_conf.write_text(f"nameserver {resolver.address}\noptions timeout:5 attempts:2\n")

    def _listen_on(self, address: str) -> None:
        if address not in self._addresses:
            self._addresses.add(address)
            _run("ip", "address", "add", f"{address}/32", "dev", "lo")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def main() -> None:
    """``FOLDER ROOT``: serve until the end, and clean up."""
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


def _answer_requests(work: Path, root: Path) -> None:
    """Each request is a pickle, and so is the answer: a session, or the text of what went wrong."""
    # Nothing that a server prints may come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def answer(value: object) -> None:
        pickle.dump(value, answers)
        answers.flush()

    try:
        running = Servers(work, installation(root))
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
            answer(running.visits(request) if isinstance(request, Visits) else running.session(request))
        except Exception:
            answer(traceback.format_exc())


if __name__ == "__main__":
    main()
