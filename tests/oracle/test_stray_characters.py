"""stray-character against real postconf: what it says of the values, and a fix that changes none."""

import os
import subprocess
from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules.duplicate_parameter import duplicate_parameter
from postlint.rules.spaced_override import spaced_override
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
def test_safe_fix_removes_what_is_lost_and_leaves_the_values(text: str, fixed: str, tmp_path: Path) -> None:
    result = fix(files_of(text), {"main.cf"}, rules=[stray_character])
    assert not result.dropped
    assert not result.remaining.diagnostics
    main = result.remaining.context.configuration.files.main
    assert main is not None
    assert main.text == fixed
    before, after = settings(text, tmp_path), settings(fixed, tmp_path)
    assert {name: value.rstrip(" ,") for name, value in before.items()} == after


def shown(main: str, master: str, directory: Path) -> dict[str, str]:
    """What postconf says of both files."""
    write_configuration(directory, {"main.cf": main.encode(), "master.cf": master.encode()})
    answers = [ask(directory, option) for option in ("-n", "-P")]
    assert not any(answer.fatal for answer in answers)
    settings = {name: value for answer in answers for name, value in answer.settings.items()}
    return {name: value for name, value in settings.items() if name != "config_directory"}


_GUARD = "smtpd_relay_restrictions = reject\n"
_ENTRY = "smtp inet n - y - - smtpd"


@pytest.mark.parametrize(
    ("main", "fixed", "values"),
    [
        ("\ufeffmyorigin = a.example", "myorigin = a.example", {"myorigin": "a.example"}),
        ("myorigin\u00a0= a.example\r\n", "myorigin= a.example\r\n", {"myorigin": "a.example"}),
        (
            "mydestination =\u00a0a.example,\n# \u00a0\n \u200bb.example\u00a0c.example\n",
            "mydestination = a.example,\n# \u00a0\n b.example c.example\n",
            {"mydestination": "a.example, b.example c.example"},
        ),
        (
            "myorigin = a.example\r# c\rmail_name = b\r  c\r",
            "myorigin = a.example\n# c\nmail_name = b\n  c\r",
            {"myorigin": "a.example", "mail_name": "b c"},
        ),
        (
            "mydestination = \\\n  \\\n  a.example, \\\r\n  b.example \\",
            "mydestination =\n  a.example,\r\n  b.example",
            {"mydestination": "a.example, b.example"},
        ),
        ("smtpd_helo_required = 'yes'\n", "smtpd_helo_required = yes\n", {"smtpd_helo_required": "yes"}),
        (
            "mail_name = 'a\u00a0b' \\\n  c\nmail_name = \"d\n  e\"\n",
            "mail_name = d\n  e\n",
            {"mail_name": "d e"},
        ),
    ],
)
def test_unsafe_fix_gives_the_value_that_was_meant(
    main: str, fixed: str, values: dict[str, str], tmp_path: Path
) -> None:
    result = fix(files_of(main), {"main.cf"}, rules=[stray_character, duplicate_parameter], unsafe=True)
    assert not result.dropped
    text = result.remaining.context.configuration.files.main
    assert text is not None
    assert text.text == fixed
    assert settings(fixed, tmp_path) == values


@pytest.mark.parametrize(
    ("master", "before", "fixed", "after"),
    [
        (f"\ufeff{_ENTRY}", {}, _ENTRY, {}),
        (f"{_ENTRY} \\\r\n\t-o a=b\r\n", {}, f"{_ENTRY}\r\n\t-o a=b\r\n", {"smtp/inet/a": "b"}),
        (
            f"{_ENTRY} -o a=b \\\n# c\n  \\\n  -o c = d\n",
            {"smtp/inet/a": "b"},
            f"{_ENTRY} -o a=b\n# c\n  -o c=d\n",
            {"smtp/inet/a": "b", "smtp/inet/c": "d"},
        ),
        (f"{_ENTRY} -o\u00a0a=b\n", {"smtp/inet/\u00a0a": "b"}, f"{_ENTRY} -o a=b\n", {"smtp/inet/a": "b"}),
        (f'{_ENTRY} -o a="b"\n', {"smtp/inet/a": '"b"'}, f"{_ENTRY} -o a=b\n", {"smtp/inet/a": "b"}),
        (
            f"{_ENTRY}\r#c\rrelay unix - - y - - smtp -o a=b\r",
            {},
            f"{_ENTRY}\n#c\nrelay unix - - y - - smtp -o a=b\r",
            {"relay/unix/a": "b"},
        ),
        (f"{_ENTRY} -o a=b\0 -o c=d\n  -o e=f\n", {"smtp/inet/a": "b"}, f"{_ENTRY} -o a=b\n", {"smtp/inet/a": "b"}),
        # The blank would end the setting.
        (f"{_ENTRY} -o a=b,\u00a0c\n", {"smtp/inet/a": "b,\u00a0c"}, f"{_ENTRY} -o a=b,\u00a0c\n", None),
    ],
)
def test_services_before_and_after(
    master: str, before: dict[str, str], fixed: str, after: dict[str, str] | None, tmp_path: Path
) -> None:
    files = ConfigurationFiles(Source("main.cf", _GUARD), Source("master.cf", master))
    assert {name: value for name, value in shown(_GUARD, master, tmp_path).items() if "/" in name} == before
    result = fix(files, {"master.cf"}, rules=[stray_character, spaced_override], unsafe=True)
    assert not result.dropped
    text = result.remaining.context.configuration.files.master
    assert text is not None
    assert text.text == fixed
    values = {name: value for name, value in shown(_GUARD, fixed, tmp_path).items() if "/" in name}
    assert values == (before if after is None else after)


@pytest.mark.root
def test_carriage_returns_between_lines_reach_the_client(tmp_path: Path) -> None:
    text = f"{_GUARD}smtpd_banner = mx.example.com\r\n# c\r\n  ESMTP\r\nlocal_recipient_maps =\nalias_maps =\r\n"
    assert b"220 mx.example.com\r  ESMTP\r\n" in greeting(text, tmp_path)
    result = fix(files_of(text), {"main.cf"}, rules=[stray_character])
    main = result.remaining.context.configuration.files.main
    assert main is not None
    assert b"220 mx.example.com  ESMTP\r\n" in greeting(main.text, tmp_path)


def greeting(main: str, directory: Path) -> bytes:
    write_configuration(directory, {"main.cf": main.encode()})
    smtpd = f"{ask(directory, '-d').settings['daemon_directory']}/smtpd"
    environment = {**os.environ, "MAIL_CONFIG": str(directory)}
    return subprocess.run([smtpd, "-S", "-V"], input=b"", capture_output=True, env=environment, check=False).stdout
