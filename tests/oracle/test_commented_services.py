"""override-under-comment: postconf(1) shows the lines that it tells of among the overrides of the entry above."""

from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.lint import lint
from postlint.rules.override_under_comment import override_under_comment
from postlint.text import Source

SMTP = "smtp inet n - y - - smtpd\n"
OPTION = "  -o syslog_name=here\n"
COMMENTED = [
    "#submission inet n - y - - smtpd\n",
    "  #\t587 inet n - y - 10 smtpd -v\n\n",
    "### scan unix - n n 60? 0 pipe\n# which scans\n",
    "#submission inet n - y - - smtpd\r\n",
]
OTHER = [
    "#smtp inet n - y - - smtpd\n",
    "#submission inet n - y - smtpd\n",
    "# submission is inet, without an entry\n",
    "#\v587 inet n - y - - smtpd\n",
    "#smtpd pass - - y - - smtpd\n",
    "submission inet n - y - - smtpd\n",
]


@pytest.mark.postfix
@pytest.mark.parametrize("above", COMMENTED + OTHER)
def test_lines_belong_to_the_service_that_postconf_names(above: str, tmp_path: Path) -> None:
    master = SMTP + above + OPTION
    write_configuration(tmp_path, {"main.cf": b"", "master.cf": master.encode()})
    found = lint(ConfigurationFiles(None, Source("master.cf", master)), rules=[override_under_comment]).diagnostics
    assert [item.location.text for item in found] == [OPTION.strip()] * (above in COMMENTED)
    owner = "submission" if above == OTHER[-1] else "smtp"
    assert ask(tmp_path, "-P").settings == {f"{owner}/inet/syslog_name": "here"}
