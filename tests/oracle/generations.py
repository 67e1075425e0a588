"""Several generations of real Postfix: the installed one, and those in the folders of POSTLINT_POSTFIXES.

Each of these folders holds a root file system that chroot(8) enters, as tools/install_postfix.sh makes them. All
configurations are put to one of them in a single call, as each costs more than postconf(1) itself.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import POSTCONF
from real_postconf import Answer, lines, write_configuration

from postlint.target import PostfixVersion
from postlint.text import decode

# What stands for an option that makes a program load the parameters that all programs do (src/global/mail_params.c).
LOAD = "load"
# Of each configuration the answer to each option, at the same time: a program that dies sleeps a second.
_SCRIPT = """
cd "$1" && ls conf | xargs -r -P 8 -n 4 sh -c '
  for name; do
    for option in $0; do
      (
        case $option in
          load) postmap -c "$PWD/conf/$name" -q x "inline:{x=y}" ;;
          *) postconf -c "$PWD/conf/$name" $option ;;
        esac >"answers/$name$option.out" 2>"answers/$name$option.err"
        echo $? >"answers/$name$option.status"
      ) &
    done
    wait
  done' "$2"
"""
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
_MISSING = "POSTLINT_POSTFIXES names no folder with a Postfix in a folder of it (make generations), or not root"


@dataclass(frozen=True, slots=True)
class Generation:
    """A Postfix that is called below ``root``; ``release``: as in 3.7.11."""

    root: Path
    release: str

    @property
    def version(self) -> PostfixVersion:
        return PostfixVersion.parse(self.release)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A folder of one's own below the root."""
        with TemporaryDirectory(dir=self.root / "tmp", prefix="postlint-") as name:
            Path(name).chmod(0o755)
            yield Path(name)

    def run(self, script: str, *arguments: str) -> str:
        """The standard output of a shell script that does not fail. A path below the root is one without it."""
        words = [text.replace(str(self.root), "", 1) if self.root != Path("/") else text for text in arguments]
        command = ["chroot", str(self.root), "/bin/sh", "-c", script, "sh", *words]
        return decode(subprocess.run(command, capture_output=True, check=True, env=_ENVIRONMENT, timeout=300).stdout)

    def ask(
        self, configurations: Mapping[str, Mapping[str, bytes]], options: Sequence[str]
    ) -> dict[str, dict[str, Answer]]:
        """By name of a configuration and option what postconf answers; DIR stands for the directory."""
        with self.folder() as folder:
            for name in ("conf", "answers"):
                (folder / name).mkdir()
            for name, files in configurations.items():
                (folder / "conf" / name).mkdir()
                write_configuration(folder / "conf" / name, dict(files))
            self.run(_SCRIPT, str(folder), " ".join(options))
            return {name: {option: self._answer(folder, name, option) for option in options} for name in configurations}

    def _answer(self, folder: Path, name: str, option: str) -> Answer:
        seen = "/" + str((folder / "conf" / name).relative_to(self.root))
        out, error, status = (
            decode((folder / "answers" / f"{name}{option}.{kind}").read_bytes()).replace(seen, "DIR")
            for kind in ("out", "err", "status")
        )
        return Answer(lines(out), lines(re.sub("(?m)^post(?:conf|map): ", "", error)), status != "0\n")


def generations() -> list[Generation]:
    """The installed one first, then those of POSTLINT_POSTFIXES from old to new; none where that has none."""
    named = os.environ.get("POSTLINT_POSTFIXES")
    roots = [path.parent.parent.parent for path in Path(named).glob("[!.]*/usr/sbin/postconf")] if named else []
    if not roots or os.geteuid() != 0:
        return []
    found = [_generation(root.resolve()) for root in roots]
    return [*([_generation(Path("/"))] if POSTCONF else []), *sorted(found, key=lambda item: item.version)]


def _generation(root: Path) -> Generation:
    return Generation(root, Generation(root, "").run("postconf -dh mail_version").strip("\n"))


in_each_generation = pytest.mark.parametrize(
    "generation",
    generations() or [pytest.param(None, marks=pytest.mark.skip(reason=_MISSING))],
    ids=lambda generation: str(generation.version) if generation else "none",
)
