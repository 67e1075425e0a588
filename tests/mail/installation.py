"""The Postfix that serves: the installed one, or that of another release below a root of its own."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

_OWNER = "postfix"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class Installation(NamedTuple):
    """``root``: what chroot(8) enters, as tools/install_postfix.sh makes it; "/" for the installed one.

    ``owner``: its mail_owner, as user and group numbers.
    """

    root: Path
    daemons: Path
    version: str
    owner: tuple[int, int]

    def command(self, program: str, *arguments: str, owned: bool = False) -> list[str]:
        """A daemon in there, as root or as the owner."""
        user = ["--userspec=+{}:+{}".format(*self.owner), "--groups="] if owned else []
        return ["chroot", *user, str(self.root), str(self.daemons / program), *arguments]

    def overrides(self, directory: Path) -> str:
        """What postconf -P says of a configuration directory."""
        if self.root == Path("/"):
            return _ask(self.root, "postconf", "-c", str(directory), "-P")
        with TemporaryDirectory(dir=self.root / "tmp") as folder:
            for name in ("main.cf", "master.cf"):
                shutil.copyfile(directory / name, Path(folder) / name)
            return _ask(self.root, "postconf", "-c", f"/tmp/{Path(folder).name}", "-P")

    def mount(self, work: Path, resolv_conf: Path) -> None:
        """Make a folder and a resolv.conf be those of the daemons. Only in a namespace of one's own."""
        mounts = {Path("/etc/resolv.conf"): resolv_conf}
        if self.root != Path("/"):
            (self.root / work.relative_to("/")).mkdir(parents=True, exist_ok=True)
            mounts[work] = work
        for place, source in mounts.items():
            _run("mount", "--bind", str(source), str(self.root / place.relative_to("/")))


def installation(root: Path) -> Installation:
    """What is installed below a root."""
    users = (line.split(":") for line in (root / "etc/passwd").read_text().split("\n"))
    owner = next((int(fields[2]), int(fields[3])) for fields in users if fields[0] == _OWNER)
    version, daemons = _ask(root, "postconf", "-dh", "mail_version", "daemon_directory").split("\n")[:2]
    return Installation(root, Path(daemons), version, owner)


def _ask(root: Path, *command: str) -> str:
    return _run("chroot", str(root), *command).stdout


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PATH": PATH}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
