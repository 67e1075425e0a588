"""stray-character against real postconf: what it says of the values, and a fix that changes none."""

from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules.stray_character import stray_character
from postlint.text import Source

pytestmark = pytest.mark.postfix


def settings(text: str, directory: Path) -> dict[str, str]:
    write_configuration(directory, {"main.cf": text.encode(), "master.cf": b""})
    answer = ask(directory, "-n")
    assert answer.fatal is None
    return {name: value for name, value in answer.settings.items() if name != "config_directory"}


def files_of(text: str) -> ConfigurationFiles:
    return ConfigurationFiles(Source("main.cf", text), None)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("\ufeffmyorigin = a.example\n", {}),
        ("myorigin\u00a0= a.example\n", {}),
        ("mydestination = a.example,\u00a0b.example\n", {"mydestination": "a.example,\u00a0b.example"}),
        ("myorigin = a.example\rmail_name = b\r", {"myorigin": "a.example mail_name = b"}),
        ("mydestination = a.example \\\n  b.example\n", {"mydestination": "a.example \\ b.example"}),
        ('smtpd_helo_required = "yes"\n', {"smtpd_helo_required": '"yes"'}),
        ("myorigin = a.example\0 b.example\n  c.example\n", {"myorigin": "a.example"}),
    ],
)
def test_value_is_not_the_one_that_was_meant(text: str, values: dict[str, str], tmp_path: Path) -> None:
    assert len(lint(files_of(text), rules=[stray_character]).diagnostics) == 1
    assert settings(text, tmp_path) == values


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("myorigin = a.example\0\nmail_name = b\n", "myorigin = a.example\nmail_name = b\n"),
        (
            "mydestination = a.example,\n  b.example \0 c\n# d\n\te\0\n# f\n",
            "mydestination = a.example,\n  b.example\n# d\n# f\n",
        ),
        ("mydestination =\0 a.example\r\n  b\r\nmail_name = b\r\n", "mydestination =\r\nmail_name = b\r\n"),
        ("mydestination\n  =\n # c\n  a.example\n  \0b.example", "mydestination\n  =\n # c\n  a.example\n"),
        ("mydestination = a.example\n  ,\0b\nmail_name = b\n", "mydestination = a.example\nmail_name = b\n"),
    ],
)
def test_fix_removes_what_is_lost_and_leaves_the_values(text: str, fixed: str, tmp_path: Path) -> None:
    result = fix(files_of(text), {"main.cf"}, rules=[stray_character])
    assert not result.dropped
    assert not result.remaining.diagnostics
    main = result.remaining.context.configuration.files.main
    assert main is not None
    assert main.text == fixed
    before, after = settings(text, tmp_path), settings(fixed, tmp_path)
    assert {name: value.rstrip(" ,") for name, value in before.items()} == after
