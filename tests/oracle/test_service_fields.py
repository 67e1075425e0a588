"""bad-service-field says of each entry who dies on it: the installed postconf(1) does exactly there."""

from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.lint import lint
from postlint.rules.bad_service_field import bad_service_field
from postlint.text import Source

ENTRIES = [
    "smtp inet n - n - smtpd",
    "smtp",
    "-o smtpd_tls_wrappermode=yes",
    "smtp tcp n - n - - smtpd",
    "smtp - n - n - - smtpd",
    "smtp inet N - n - - smtpd",
    "smtp inet n yes n - - smtpd",
    "smtp inet n - chroot - - smtpd",
    "smtp inet n - n 5m - smtpd",
    "smtp inet n - n 5?? - smtpd",
    "smtp inet n - n - 1k smtpd",
    "smtp inet n - n - -1 smtpd",
    "smtp inet y - n - - smtpd",
    "smtp inet - - n - - smtpd",
    "smtp inet n - n -? - smtpd",
    "smtp inet n - n - - -",
    "[::1:25 inet n - n - - smtpd",
    "smtp inet n - n - - smtpd -o { a = b",
    "smtp inet n - n - - smtpd -o {a=b}c",
    "smtp inet n - n 5? 0 smtpd",
    "[::1]:25 inet n n y 05 - smtpd { a }",
]


@pytest.mark.postfix
@pytest.mark.parametrize("entry", ENTRIES)
def test_entry_on_which_postconf_dies(entry: str, tmp_path: Path) -> None:
    files = ConfigurationFiles(Source("main.cf", ""), Source("master.cf", entry + "\n"))
    messages = [item.message for item in lint(files, rules=[bad_service_field]).diagnostics]
    assert len(messages) == (entry not in ENTRIES[-2:])
    write_configuration(tmp_path, {"main.cf": b"", "master.cf": entry.encode() + b"\n"})
    assert any("postconf die" in message for message in messages) == (ask(tmp_path, "-M").fatal is not None)


def test_only_the_first_of_many_entries_are_shown() -> None:
    files = ConfigurationFiles(None, Source("master.cf", "x = y\n" * 1200))
    found = lint(files, rules=[bad_service_field]).diagnostics
    assert len(found) == 50
    assert str(found[-1].help).endswith("; 1,150 more such entries follow")
