"""The corpus' configuration directories, and what postlint makes of them under several sets of options."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conftest import CORPUS

from postlint.configuration.model import ConfigurationFiles
from postlint.edits import apply_edits
from postlint.engine.fix import FixResult, fix
from postlint.engine.lint import LintResult, lint
from postlint.files import Input, read_inputs
from postlint.target import Options, Target
from postlint.text import Source, decode, encode

AWS = Target(platform="aws")
UNKNOWN = Target()


@dataclass(frozen=True, slots=True)
class Run:
    """One way to call fix."""

    target: Target
    options: Options = Options()
    unsafe: bool = False

    @property
    def name(self) -> str:
        """``aws dnsbl-fix=remove unsafe``."""
        choices = {"dnsbl-fix": self.options.dnsbl_fix, "helo-fix": self.options.helo_fix}
        words = [
            self.target.platform or "unknown platform",
            *(f"{key}={value}" for key, value in choices.items() if value),
        ]
        return " ".join([*words, "unsafe"] if self.unsafe else words)


RUNS = (
    *(Run(target, unsafe=unsafe) for target in (UNKNOWN, AWS) for unsafe in (False, True)),
    *(
        Run(target, Options(dnsbl_fix, helo_fix), unsafe=True)
        for target in (UNKNOWN, AWS)
        for dnsbl_fix in ("filter", "remove")
        for helo_fix in ("warn", "remove", "weaken")
    ),
)


def corpus_directories() -> list[Path]:
    """Every directory, those with templates too; none where there is no corpus."""
    return sorted(path for folder in ("files", "templated") for path in CORPUS.glob(f"{folder}/*") if path.is_dir())


@cache
def read_directory(directory: Path) -> Input:
    """The directory as postlint reads it."""
    return read_inputs([str(directory)])[0]


@cache
def linted(directory: Path, target: Target) -> LintResult:
    """The directory judged for ``target``."""
    return lint(read_directory(directory).files, target)


@cache
def repaired(directory: Path, run: Run) -> FixResult:
    """The directory after fix."""
    item = read_directory(directory)
    return fix(item.files, item.judged, run.target, run.options, unsafe=run.unsafe)


def fixed_files(directory: Path, run: Run) -> dict[str, bytes]:
    """Per file name the bytes that fix writes, those of unchanged files too."""
    edits = repaired(directory, run).edits
    return {
        Path(read.source.path).name: encode(apply_edits(read.source.text, edits.get(read.source.path, ())))
        for read in read_directory(directory).read_files
    }


def reread(files: dict[str, bytes]) -> ConfigurationFiles:
    """The configuration that ``files`` hold."""
    sources = {name: Source(name, decode(data)) for name, data in files.items()}
    return ConfigurationFiles(sources.get("main.cf"), sources.get("master.cf"))
