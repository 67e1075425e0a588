"""The mail host as the tests see it: started once, asked for sessions, gone at the end."""

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from mail import postfix
from mail.asked import Answers, Request, Visits
from mail.dialogue import Client, Session, Visit
from mail.installation import PATH, Installation, installation

_TESTS = Path(__file__).resolve().parent.parent
# Another Postfix than the installed one: the root of an installation.
_ROOT = Path(os.environ.get("POSTLINT_MAIL_POSTFIX", "/")).resolve()
_TOOLS = ("unshare", "ip", "mount", "unbound", "postconf")
_UNSHARE = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc")
_END_SECONDS = 10


def missing() -> str | None:
    """Why no mail host can run here."""
    if os.geteuid() != 0:
        return "not root"
    if Path("/") != _ROOT and not (_ROOT / "usr/sbin/postconf").exists():
        return f"no Postfix below {_ROOT}"
    absent = [tool for tool in _TOOLS if shutil.which(tool, path=PATH) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    done = subprocess.run([*_UNSHARE, "true"], capture_output=True, text=True, check=False)
    return f"no namespaces: {done.stderr}" if done.returncode else None


class MailHost:
    """A mail server at mx.dest.example, for dest.example, that nothing but the tests can reach.

    Every other recipient is foreign, whatever a configuration says.
    """

    def __init__(self, work: Path, process: "subprocess.Popen[bytes]", installed: Installation) -> None:
        self._work, self._process, self._installed = work, process, installed
        self.version = installed.version

    def write(self, directory: Path, main: str, files: Mapping[str, str] | None = None) -> Path:
        """A configuration directory: ``main`` with what it leaves out, and more files."""
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in {**(files or {}), "main.cf": postfix.main_cf(self._work, main)}.items():
            (directory / name).write_text(text, encoding="utf-8", errors="surrogateescape")
        return directory

    def overrides(self, directory: Path) -> dict[str, tuple[str, ...]]:
        """The overrides of each service (``smtp/inet``) that has any, as ``name=value``."""
        postfix.age(directory)
        found: dict[str, list[str]] = {}
        for line in self._installed.overrides(directory).split("\n")[:-1]:
            place, _, value = line.partition(" =")
            service, _, name = place.rpartition("/")
            found.setdefault(service, []).append(f"{name}={value.removeprefix(' ')}")
        return {service: tuple(items) for service, items in found.items()}

    def session(
        self,
        directory: Path,
        client: Client,
        resolver: str = "answered",
        service: str | None = None,
        listings: Mapping[str, str] | None = None,
    ) -> Session:
        """How the server with the configuration in ``directory`` treats the client.

        ``service``: the entry of master.cf, such as ``smtp/inet``, whose overrides hold.
        """
        options = self.overrides(directory).get(service, ()) if service else ()
        return self._ask(Request(directory, client, resolver, options, dict(listings or {})))

    def instance_session(
        self, directory: Path, client: Client, resolver: str = "answered", listings: Mapping[str, str] | None = None
    ) -> Session:
        """How all of Postfix, as its master.cf says, treats the client on port 25."""
        return self._ask(Request(directory, client, resolver, None, dict(listings or {})))

    @property
    def place(self) -> Path:
        """Where smtpd sees the files of the directory that it is asked with."""
        return self._work / postfix.CASE

    def visit(
        self, directory: Path, visits: tuple[Visit, ...], resolver: str, options: tuple[str, ...] = ()
    ) -> Answers:
        """What each visit is told, per transaction and recipient. ``options``: overrides as ``name=value``."""
        return cast(Answers, self._answer(Visits(directory, visits, resolver, options)))

    def _ask(self, request: Request) -> Session:
        return cast(Session, self._answer(request))

    def _answer(self, request: Request | Visits) -> object:
        assert self._process.stdin
        pickle.dump(request, self._process.stdin)
        self._process.stdin.flush()
        return self.receive()

    def receive(self) -> object:
        """The next answer from inside."""
        assert self._process.stdout
        try:
            answer: object = pickle.load(self._process.stdout)
        except EOFError:
            raise RuntimeError(f"the mail host ended with status {self._process.wait()}") from None
        if isinstance(answer, str):
            raise RuntimeError(f"inside the mail host:\n{answer}")
        return answer


@contextmanager
def running() -> Iterator[MailHost]:
    """A mail host; whatever happens, no process and no file of it is left."""
    installed = installation(_ROOT)
    with TemporaryDirectory(prefix="postlint-mail-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        work.chmod(0o755)
        process = subprocess.Popen(
            [*_UNSHARE, "--kill-child=KILL", sys.executable, "-m", "mail.inside", folder, str(_ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_TESTS,
            env=os.environ | {"PATH": PATH},
            # Ctrl-C reaches the tests alone; they end it.
            start_new_session=True,
        )
        try:
            host = MailHost(work, process, installed)
            host.receive()
            yield host
        finally:
            assert process.stdin
            assert process.stdout
            process.stdin.close()
            try:
                process.wait(timeout=_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
            if Path("/") != _ROOT:
                with suppress(FileNotFoundError):
                    (_ROOT / work.relative_to("/")).rmdir()
