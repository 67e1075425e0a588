"""Configurations of the corpus, made so that postconf(1) does not die on them before it has told of the rest."""

import re
from dataclasses import dataclass, field

from conftest import CORPUS

# Values that postconf dies on by itself, because of the host it runs on or a template that is not filled in.
# The same definition behind both texts takes their place.
_NEUTRAL = {
    "config variable inet_interfaces: ": b"\ninet_interfaces = all\n",
    "unknown inet_protocols value ": b"\ninet_protocols = all\n",
}
_SYNTAX_ERRORS = (
    ("main.cf", re.compile(r"\S*main\.cf, line \d+: missing ")),
    ("master.cf", re.compile(r"file \S*master\.cf: line \d+: |invalid \w+ field ")),
)


def with_stock_files(files: dict[str, bytes]) -> dict[str, bytes]:
    """``files``, with the stock file for one that is missing."""
    return {name: files.get(name, stock(name)) for name in ("main.cf", "master.cf")}


def stock(name: str) -> bytes:
    return (CORPUS / f"stock-{name}").read_bytes()


def file_blamed_by(message: str | None) -> str | None:
    """The file that holds the syntax error."""
    return next((name for name, pattern in _SYNTAX_ERRORS if message and pattern.match(message)), None)


@dataclass(slots=True)
class Preparation:
    """What has to be done to files that postconf dies on, so that it tells of the rest.

    ``stand_ins``: stock files for those with a syntax error. ``tail``: what goes behind main.cf.
    """

    stand_ins: dict[str, bytes] = field(default_factory=dict)
    tail: bytes = b""

    def learn(self, fatal: str) -> None:
        """Take account of one more message."""
        name = file_blamed_by(fatal)
        if name is not None:
            assert name not in self.stand_ins
            self.stand_ins[name] = stock(name)
            return
        definition = next(text for message, text in _NEUTRAL.items() if fatal.startswith(message))
        assert definition not in self.tail
        self.tail += definition

    def applied(self, files: dict[str, bytes]) -> dict[str, bytes]:
        both = with_stock_files(files) | self.stand_ins
        return both | {"main.cf": both["main.cf"] + self.tail}
