"""What the daemons take for a setting: getopt(3), and split_nameval() on its argument (src/master/single_server.c)."""

import pytest

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules.spaced_override import spaced_override
from postlint.target import PostfixVersion, Target
from postlint.text import Source

GUARD = Source("main.cf", "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n")


def files_of(arguments: str, command: str = "smtpd") -> ConfigurationFiles:
    return ConfigurationFiles(GUARD, Source("master.cf", f"smtp inet n - y - - {command} {arguments}"))


def helps(arguments: str, command: str = "smtpd", version: tuple[int, int] = (3, 7)) -> list[str]:
    """What to do, without the safety of the fix."""
    files = files_of(f"{arguments}\n", command)
    found = lint(files, Target(PostfixVersion(*version)), rules=[spaced_override]).diagnostics
    return [(item.help or "").partition(" (unsafe")[0].partition("; no fix")[0] for item in found]


def fixed(arguments: str, command: str = "smtpd", version: tuple[int, int] = (3, 7)) -> str:
    result = fix(files_of(arguments, command), {"master.cf"}, Target(PostfixVersion(*version)), unsafe=True)
    assert not result.dropped
    master = result.remaining.context.configuration.files.master
    assert master is not None
    again = fix(ConfigurationFiles(GUARD, master), {"master.cf"}, Target(PostfixVersion(*version)), unsafe=True)
    assert not again.edits
    return master.text.removeprefix(f"smtp inet n - y - - {command} ")


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
        ("-o{ a=b c }", ["write -o { a = b c }"]),
        ("-vo{a=b}", ["write -o { a = b }"]),
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
    assert "main.cf" in text
    assert "{" not in text


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ("-v -o a = b -o c= d e -o f=g\n", "-v -o a=b -o { c = d e } -o f=g\n"),
        ("\r\n  -o a =b\r\n  -oc=d, e", "\r\n  -o a=b\r\n  -o { c = d, e }"),
        ("-o\n  a=\n# c\n  b\n", "-o\n  { a=\n# c\n  b }\n"),
        ("-o a=b,\n # c\n   c,\n\n   d\n  -o e=f\n", "-o { a = b,\n # c\n   c,\n\n   d }\n  -o e=f\n"),
        ("-o a = -o b=c\n", "-o a= -o b=c\n"),
        ("-o a = b = c", "-o { a = b = c }"),
        ("-vo{ a=b } -o c = d", "-vo { a=b } -o c=d"),
        ("-o a=\tb\x0bc\n", "-o a=b\x0bc\n"),
    ],
)
def test_fix_puts_the_settings_of_a_service_together(arguments: str, result: str) -> None:
    assert fixed(arguments) == result


@pytest.mark.parametrize(
    "arguments",
    [
        "-o a = b -o c",
        "-o a={ b c\n",
        "-o a= { b }\n",
        "-o { a } = b\n",
        "-o mynetworks = 0.0.0.0/0\n",
        "-o a = b\n# postlint: ignore[spaced-override]: a reason\n  -o c = d\n",
        "-o a={ b } c\n",
    ],
)
def test_no_fix(arguments: str) -> None:
    assert fixed(arguments) == arguments


def test_fix_before_postfix_3_0_and_for_other_programs() -> None:
    assert fixed("-o canonical_maps=static:a, static:b", version=(2, 11)) == "-o canonical_maps=static:a,static:b"
    assert fixed("-o smtpd_banner=a b", version=(2, 11)) == "-o smtpd_banner=a b"
    assert fixed("-o a = b -o c=d user=x argv=/x", "pipe") == "-o a=b -o c=d user=x argv=/x"
    assert fixed("-o a = b user=x argv=/x", "pipe") == "-o a = b user=x argv=/x"
    assert fixed("-o a = b", "smtp") == "-o a=b"


def test_a_dead_smtpd_in_front_of_an_open_relay_is_told_of() -> None:
    main = Source("main.cf", f"mynetworks = 0.0.0.0/0\n{GUARD.text}")
    master = Source("master.cf", "smtp inet n - y - - smtpd -o smtpd_helo_required = yes\n")
    (found,) = lint(ConfigurationFiles(main, master), rules=[spaced_override]).diagnostics
    assert found.fix is not None
    assert found.fix.title.endswith("close the relay first)")
