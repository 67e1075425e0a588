"""ignored-first-line speaks exactly where real postconf warns of a logical line that starts with a blank."""

from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.lint import lint
from postlint.rules.ignored_first_line import ignored_first_line
from postlint.text import Source

pytestmark = pytest.mark.postfix

TEXTS = (
    " mail_name = a\nmyorigin = b\n",
    "# c\n\n\tmail_name = a\n# d\n relayhost = b",
    "\r\n\r mail_name = a\r\n",
    "\v\fmail_name = a\n",
    " \n # mail_name = a\nmyorigin = b\n",
    "\u00a0mail_name = a\n",
    "",
)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_finding_is_postconfs_warning(text: str, tmp_path: Path) -> None:
    write_configuration(tmp_path, {"main.cf": text.encode(), "master.cf": b""})
    answer = ask(tmp_path, "-n")
    warned = any("logical line must not start with whitespace" in line for line in answer.messages)
    found = lint(ConfigurationFiles(Source("main.cf", text), None), rules=[ignored_first_line]).diagnostics
    assert len(found) == warned
    if warned:
        assert "mail_name" not in answer.settings
        assert found[0].location.text.startswith("mail_name")
