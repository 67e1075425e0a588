"""What real smtpd and real postconf(1) make of a service before and after spaced-override's fix."""

import os
import subprocess
from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.rules.spaced_override import spaced_override
from postlint.syntax.parse import parse_master_cf
from postlint.text import Source

pytestmark = [pytest.mark.postfix, pytest.mark.root]

_MAIN = (
    "smtpd_relay_restrictions = reject\nlocal_recipient_maps =\nalias_maps =\nmyhostname = mx.example.com\n"
    "smtpd_banner = unset\n"
)
_NO_SIGN, _ARGUMENT = "missing '=' after attribute name", "unexpected command-line argument: "


def answer(directory: Path, master: str) -> tuple[dict[str, str], str]:
    """The overrides that postconf shows, and all that an smtpd with the arguments of the service says.

    master(8) takes the braces off a word that starts with one (src/master/master_ent.c).
    """
    write_configuration(directory, {"main.cf": _MAIN.encode(), "master.cf": master.encode()})
    (service,) = parse_master_cf(Source("master.cf", master)).services
    words = [word.text for word in service.arguments]
    arguments = [word[1:-1].strip() if word.startswith("{") else word for word in words]
    smtpd = f"{ask(directory, '-d').settings['daemon_directory']}/smtpd"
    done = subprocess.run(
        [smtpd, "-S", "-V", *arguments],
        input=b"QUIT\r\n",
        capture_output=True,
        env={**os.environ, "MAIL_CONFIG": str(directory)},
        check=False,
        timeout=60,
    )
    shown = {name.removeprefix("smtp/inet/"): value for name, value in ask(directory, "-P").settings.items()}
    return shown, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize(
    ("arguments", "said", "overrides"),
    [
        (
            "-o smtpd_banner =b -o smtpd_helo_required=yes",
            _NO_SIGN,
            {"smtpd_banner": "b", "smtpd_helo_required": "yes"},
        ),
        (
            "-o smtpd_helo_restrictions= reject -o smtpd_banner=b",
            _ARGUMENT + "reject",
            {"smtpd_helo_restrictions": "reject", "smtpd_banner": "b"},
        ),
        ("-v -osmtpd_banner=b, c\r\n", _ARGUMENT + "c", {"smtpd_banner": "b, c"}),
        ("-o smtpd_banner=b\n# c\n  d\n  e\n", _ARGUMENT + "d", {"smtpd_banner": "b d e"}),
        ("-o{ smtpd_banner = b }", _NO_SIGN, {"smtpd_banner": "b"}),
    ],
)
def test_smtpd_dies_before_the_fix_and_has_the_settings_after_it(
    arguments: str, said: str, overrides: dict[str, str], tmp_path: Path
) -> None:
    text = f"smtp inet n - y - - smtpd {arguments}"
    _, before = answer(tmp_path, text)
    assert said in before
    assert "220 " not in before
    files = ConfigurationFiles(Source("main.cf", _MAIN), Source("master.cf", text))
    result = fix(files, {"master.cf"}, rules=[spaced_override], unsafe=True)
    assert not result.dropped
    master = result.remaining.context.configuration.files.master
    assert master is not None
    shown, after = answer(tmp_path, master.text)
    assert shown == overrides
    assert "fatal" not in after
    assert f"220 {' '.join(overrides['smtpd_banner'].split())}" in " ".join(after.split())
