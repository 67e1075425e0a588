"""ignored-first-line speaks exactly where real postconf warns of a logical line that starts with a blank."""

from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
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


@pytest.mark.parametrize(
    ("main", "fixed", "values"),
    [
        (
            " mail_name = a\r\n# c\r\n \tb\r\n myorigin=c",
            "mail_name = a\r\n# c\r\n \tb\r\nmyorigin=c",
            {"mail_name": "a b", "myorigin": "c"},
        ),
        (
            "\n\v mail_name\t= a\nmyorigin = b\n",
            "\nmail_name\t= a\nmyorigin = b\n",
            {"mail_name": "a", "myorigin": "b"},
        ),
        (" mail_name = a\n b = c\n", None, {}),
        (" mail_name\n  = a\n", None, {}),
        ("  mynetworks = 0.0.0.0/0\nsmtpd_relay_restrictions = permit_mynetworks, reject\n", None, {}),
    ],
)
def test_fix_puts_the_definitions_into_force(
    main: str, fixed: str | None, values: dict[str, str], tmp_path: Path
) -> None:
    assert fixed_text(main, None) == (main if fixed is None else fixed)
    if fixed is not None:
        write_configuration(tmp_path, {"main.cf": fixed.encode(), "master.cf": b""})
        answer = ask(tmp_path, "-n")
        assert {name: value for name, value in answer.settings.items() if name != "config_directory"} == values


GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject\n"
SERVICE = "smtp inet n - y - - smtpd"


@pytest.mark.parametrize(
    ("main", "master", "fixed", "services"),
    [
        (
            GUARD,
            f" {SERVICE}\n -o smtpd_banner=a\n# c\n relay unix - - n - - smtp\n  -v",
            f"{SERVICE}\n -o smtpd_banner=a\n# c\nrelay unix - - n - - smtp\n  -v",
            {"smtp/inet": "smtpd -o smtpd_banner=a", "relay/unix": "smtp -v"},
        ),
        (f"mynetworks = 0.0.0.0/0\n{GUARD}", f" {SERVICE}\n", None, {}),
        (GUARD, f" {SERVICE}\n reject\n", None, {}),
        (GUARD, " smtp inet n - y - -\n", None, {}),
    ],
)
def test_fix_makes_master_run_the_services(
    main: str, master: str, fixed: str | None, services: dict[str, str], tmp_path: Path
) -> None:
    assert fixed_text(main, master) == (master if fixed is None else fixed)
    if fixed is not None:
        write_configuration(tmp_path, {"main.cf": main.encode(), "master.cf": fixed.encode()})
        lines = [line.split(None, 7) for line in ask(tmp_path, "-M").lines]
        assert {f"{line[0]}/{line[1]}": line[7] for line in lines} == services


def fixed_text(main: str, master: str | None) -> str:
    """What becomes of master.cf, or of main.cf where there is none; a second run changes nothing more."""
    files = ConfigurationFiles(Source("main.cf", main), Source("master.cf", master) if master is not None else None)
    judged = {"main.cf", "master.cf"}
    result = fix(files, judged, rules=[ignored_first_line], unsafe=True)
    after = result.remaining.context.configuration.files
    assert not result.dropped
    assert not fix(after, judged, rules=[ignored_first_line], unsafe=True).edits
    assert not fix(files, judged, rules=[ignored_first_line]).edits
    return after.sources[-1].text
