"""What the daemons take for a setting: getopt(3), and split_nameval() on its argument (src/master/single_server.c)."""

import pytest

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.lint import lint
from postlint.rules.spaced_override import spaced_override
from postlint.target import PostfixVersion, Target
from postlint.text import Source


def helps(arguments: str, command: str = "smtpd", version: tuple[int, int] = (3, 7)) -> list[str | None]:
    files = ConfigurationFiles(None, Source("master.cf", f"smtp inet n - y - - {command} {arguments}\n"))
    found = lint(files, Target(PostfixVersion(*version)), rules=[spaced_override]).diagnostics
    return [item.help for item in found]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("-o a=b", []),
        ("-oa=b -vo c=d -o {e = f g} -o h={ i j }", []),
        ("-o a= -o b=", []),
        ("-v x -o a = b", []),
        ("-o a=b -- -o c = d", []),
        ("-o", []),
        ("-o a = b", ["write -o a=b"]),
        ("-o a =b", ["write -o a=b"]),
        ("-o a= b", ["write -o a=b"]),
        ("-oa= b", ["write -o a=b"]),
        ("-vo a= b", ["write -o a=b"]),
        ("-o a=b, c", ["write -o { a = b, c }"]),
        ("-o a=b c, d -o e=f", ["write -o { a = b c, d }"]),
        ("-o a = b -o c= d", ["write -o a=b", "write -o c=d"]),
        ("-o a -o b=c", ["write -o name=value"]),
        ("-o =a", ["write -o name=value"]),
        ("-o { a }", ["write -o name=value"]),
    ],
)
def test_arguments_of_a_daemon(arguments: str, expected: list[str]) -> None:
    assert helps(arguments) == expected


def test_words_of_other_programs_are_their_own() -> None:
    assert helps("-o a=b user=scan argv=/bin/scan -o c = d", "pipe") == []
    assert helps("-o a=b flags=O", "lmtp") == []
    assert helps("-o a = b", "pipe") == ["write -o a=b"]


def test_before_postfix_3_0_there_are_no_braces() -> None:
    (text,) = helps("-o a=b, c", version=(2, 11))
    assert text is not None
    assert "main.cf" in text
    assert "{" not in text
