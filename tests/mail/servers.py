"""Two small servers that smtpd(8) asks: who may log in, and what a policy service thinks."""

import base64
import os
import socketserver
import threading
from pathlib import Path

from mail.dialogue import PASSWORD, USER

POLICY_PORT = 10023
_GREETING = "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0\nDONE\n"


class _Logins(socketserver.StreamRequestHandler):
    """Dovecot's authentication protocol as smtpd speaks it for AUTH PLAIN (src/xsasl/xsasl_dovecot_server.c)."""

    def handle(self) -> None:
        self.wfile.write(_GREETING.encode())
        for line in self.rfile:
            command, *words = line.decode().rstrip("\n").split("\t")
            if command == "AUTH":
                response = next((word[5:] for word in words if word.startswith("resp=")), "")
                told = base64.b64decode(response).decode().split("\0")[1:]
                answer = f"OK\t{words[0]}\tuser={USER}" if told == [USER, PASSWORD] else f"FAIL\t{words[0]}"
                self.wfile.write(f"{answer}\n".encode())


class _Policy(socketserver.StreamRequestHandler):
    """A policy service without an opinion (SMTPD_POLICY_README)."""

    def handle(self) -> None:
        for line in self.rfile:
            if line == b"\n":
                self.wfile.write(b"action=DUNNO\n\n")


class _LoginServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class _PolicyServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


def start(queue: Path, owner: tuple[int, int]) -> None:
    """Both, until the process ends: ``private/auth`` below the queue directory, and POLICY_PORT."""
    path = str(queue / "private" / "auth")
    logins = _LoginServer(path, _Logins)
    os.chown(path, *owner)
    for server in (logins, _PolicyServer(("127.0.0.1", POLICY_PORT), _Policy)):
        threading.Thread(target=server.serve_forever, daemon=True).start()
