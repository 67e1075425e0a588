"""What swallowed-parameter finds sets nothing for real postconf, and does once the blanks are gone."""

from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
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
