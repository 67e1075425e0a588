"""What swallowed-parameter finds sets nothing for real postconf, and does once the blanks are gone."""

from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules.swallowed_parameter import swallowed_parameter
from postlint.text import Source

pytestmark = pytest.mark.postfix

TEXTS = (
    "myorigin = a.example\n  mail_name = swallowed\n",
    "myorigin = a.example\n# c\n\n#d\n\tmail_name\t=swallowed",
    "myorigin = a.example\n # c\n\v\fmail_name \v= \n  swallowed\n",
    "myorigin = a.example } {x}\n\r mail_name = swallowed\r\n",
)


@pytest.mark.parametrize("text", TEXTS)
def test_name_is_not_set_before_the_blanks_are_removed(text: str, tmp_path: Path) -> None:
    (found,) = lint(ConfigurationFiles(Source("main.cf", text), None), rules=[swallowed_parameter]).diagnostics
    assert found.location.text == "mail_name"
    write_configuration(tmp_path, {"main.cf": text.encode(), "master.cf": b""})
    before = ask(tmp_path, "-n").settings
    assert "mail_name" not in before
    assert "swallowed" in before["myorigin"]
    start = found.location.span.start
    line = text.rindex("\n", 0, start) + 1
    write_configuration(tmp_path, {"main.cf": (text[:line] + text[start:]).encode()})
    assert ask(tmp_path, "-n").settings["mail_name"] == "swallowed"


@pytest.mark.parametrize(
    ("text", "fixed", "values"),
    [
        (
            "myorigin = a.example\r\n# c\r\n  mail_name = b\r\n\trelayhost =\r\n\t [192.0.2.1]",
            "myorigin = a.example\r\n# c\r\nmail_name = b\r\nrelayhost =\r\n\t [192.0.2.1]",
            {"myorigin": "a.example", "mail_name": "b", "relayhost": "[192.0.2.1]"},
        ),
        (
            "myorigin = a.example\n  myorigin = b.example\n  myorigin = c.example\n",
            "myorigin = a.example\nmyorigin = b.example\nmyorigin = c.example\n",
            {"myorigin": "c.example"},
        ),
        (
            "myorigin = a\n# postlint: ignore[swallowed-parameter]: a reason\n    mail_name = b\n  relayhost = c\n",
            "myorigin = a\n# postlint: ignore[swallowed-parameter]: a reason\n    mail_name = b\nrelayhost = c\n",
            {"myorigin": "a mail_name = b", "relayhost": "c"},
        ),
        (
            "mydestination = a,\n  b,\n  mail_name = c\n    d\n",
            "mydestination = a,\n  b,\nmail_name = c\n    d\n",
            {"mydestination": "a, b,", "mail_name": "c d"},
        ),
        # What belongs to which of the two is not clear, or strangers could relay.
        ("mydestination = a,\n  mail_name = c\n  d\n", None, {}),
        ("myorigin = a\n  mynetworks = 0.0.0.0/0\nsmtpd_relay_restrictions = permit_mynetworks, reject\n", None, {}),
        ("smtpd_relay_restrictions =\n  permit_mynetworks,\n mail_name = a\n  reject\n", None, {}),
    ],
)
def test_fix_makes_definitions_of_the_lines(
    text: str, fixed: str | None, values: dict[str, str], tmp_path: Path
) -> None:
    files = ConfigurationFiles(Source("main.cf", text), None)
    result = fix(files, {"main.cf"}, rules=[swallowed_parameter], unsafe=True)
    assert not result.dropped
    main = result.remaining.context.configuration.files.main
    assert main is not None
    assert main.text == (text if fixed is None else fixed)
    assert not fix(ConfigurationFiles(main, None), {"main.cf"}, rules=[swallowed_parameter], unsafe=True).edits
    assert not fix(files, {"main.cf"}, rules=[swallowed_parameter]).edits
    if fixed is not None:
        write_configuration(tmp_path, {"main.cf": fixed.encode(), "master.cf": b""})
        shown = ask(tmp_path, "-n").settings
        assert {name: value for name, value in shown.items() if name != "config_directory"} == values
