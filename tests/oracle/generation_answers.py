"""What each generation of Postfix says of the small cases and of the corpus, asked once per generation."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conftest import CORPUS
from corpus_directories import corpus_directories, read_directory
from generations import LOAD, Generation
from preparation import Preparation, with_stock_files
from real_postconf import Answer

OPTIONS = ("-n", "-nx", "-M", "-P", "-Px")
_CASES = CORPUS.parent / "postfix" / "cases"
_OF_CASES = "case-"
_OF_THE_HOST = b"""
myorigin = mx.example.com
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = all
default_privs = nobody
proxy_interfaces =
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """The files that postconf read, and its answer to each option."""

    files: Mapping[str, bytes]
    answers: Mapping[str, Answer]

    @property
    def is_read(self) -> bool:
        """Whether postconf died of nothing."""
        return not any(answer.fatal for answer in self.answers.values())


def is_case(name: str) -> bool:
    """Whether a configuration is one of the small ones."""
    return name.startswith(_OF_CASES)


@cache
def configurations() -> dict[str, dict[str, bytes]]:
    """The files of every case and of every directory of the corpus, as they are, by name."""
    cases = {
        _OF_CASES + path.name: {name: (path / name).read_bytes() for name in ("main.cf", "master.cf")}
        for path in sorted(_CASES.iterdir())
        if path.is_dir()
    }
    corpus = {
        path.name: {Path(item.source.path).name: item.data for item in read_directory(path).read_files}
        for path in corpus_directories()
    }
    return cases | corpus


@cache
def loaded(generation: Generation) -> dict[str, Asked]:
    """By name of a configuration what a program says when it loads the parameters that every program loads.

    Those that name users, addresses and files of the mail server have other values.
    """
    files = {name: with_stock_files(item) for name, item in configurations().items()}
    for item in files.values():
        item["main.cf"] += _OF_THE_HOST
    answers = generation.ask(files, (LOAD,))
    return {name: Asked(files[name], answers[name]) for name in files}


@cache
def asked(generation: Generation) -> dict[str, list[Asked]]:
    """By name of a configuration: first as it is, then without what postconf died on, until it reads all of it.

    A case is asked once: it is there to be died on.
    """
    preparations = {name: Preparation() for name in configurations()}
    found: dict[str, list[Asked]] = {name: [] for name in configurations()}
    waiting = {name: with_stock_files(files) for name, files in configurations().items()}
    while waiting:
        for name, answers in generation.ask(waiting, OPTIONS).items():
            found[name].append(Asked(waiting[name], answers))
        fatal = {name: found[name][-1].answers["-n"].fatal for name in waiting if not is_case(name)}
        for name, reason in fatal.items():
            if reason is not None:
                preparations[name].learn(reason)
        waiting = {name: preparations[name].applied(configurations()[name]) for name, reason in fatal.items() if reason}
    return found
