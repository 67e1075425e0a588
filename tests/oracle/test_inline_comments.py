"""What real smtpd makes of a value with a comment behind it, and what inline-comment says of it."""

import os
import subprocess
from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Severity
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules.inline_comment import inline_comment
from postlint.rules.spaced_override import spaced_override
from postlint.text import Source

pytestmark = [pytest.mark.postfix, pytest.mark.root]

# No lookup that asks another program.
_BASE = "smtpd_relay_restrictions = reject\nlocal_recipient_maps =\nalias_maps =\n"


@pytest.mark.parametrize(
    ("line", "severity", "said"),
    [
        ("smtpd_helo_required = yes # c", Severity.ERROR, "fatal: bad boolean configuration"),
        ("smtpd_tls_wrappermode = no#c", Severity.ERROR, "fatal: bad boolean configuration"),
        ("message_size_limit = 20480000 # 20 MB", Severity.ERROR, "fatal: bad numerical configuration"),
        ("smtpd_timeout = 300 # c", Severity.ERROR, "bad time value or unit"),
        ("smtpd_timeout = 5m # c", Severity.WARNING, ""),
        ("smtpd_tls_security_level = may # c", Severity.ERROR, "fatal: Invalid TLS level"),
        ("compatibility_level = 3.6 # c", Severity.ERROR, "fatal: malformed compatibility level"),
        ("canonical_maps = # none", Severity.ERROR, 'expecting "type:name" form instead of "#"'),
        ("canonical_maps = static:a, # c\n  static:b", Severity.ERROR, 'expecting "type:name" form instead of "#"'),
        ("myhostname = mx.example.com # c", Severity.ERROR, "myhostname: bad parameter value"),
        ("myorigin = example.com # c", Severity.ERROR, "must not contain multiple values"),
        ("mynetworks = 192.0.2.1 # c", Severity.WARNING, "comment at end of line is not supported"),
        ("smtpd_banner = $myhostname # ESMTP", None, ""),
    ],
)
def test_severity_fits_what_smtpd_says(line: str, severity: Severity | None, said: str, tmp_path: Path) -> None:
    found = lint(ConfigurationFiles(Source("main.cf", line), None), rules=[inline_comment]).diagnostics
    assert [item.severity for item in found] == ([] if severity is None else [severity])
    name = "" if line.startswith("myhostname") else "myhostname = mx.example.com\n"
    write_configuration(tmp_path, {"main.cf": f"{_BASE}{name}{line}\n".encode(), "master.cf": b""})
    smtpd = f"{ask(tmp_path, '-d').settings['daemon_directory']}/smtpd"
    environment = {**os.environ, "MAIL_CONFIG": str(tmp_path)}
    done = subprocess.run([smtpd, "-S", "-V"], input=b"", capture_output=True, env=environment, check=False, timeout=60)
    errors = done.stderr.decode()
    assert said in errors
    assert ("fatal:" in errors) == (severity is Severity.ERROR)


def fixed_text(main: str, master: str | None = None) -> str:
    """What becomes of master.cf, or of main.cf where there is none; a second run changes nothing more."""
    files = ConfigurationFiles(Source("main.cf", main), Source("master.cf", master) if master is not None else None)
    judged = {"main.cf", "master.cf"}
    result = fix(files, judged, rules=[inline_comment, spaced_override], unsafe=True)
    after = result.remaining.context.configuration.files
    assert not result.dropped
    assert not fix(after, judged, rules=[inline_comment, spaced_override], unsafe=True).edits
    assert not fix(files, judged, rules=[inline_comment]).edits
    return after.sources[-1].text


GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject\n"


@pytest.mark.parametrize(
    ("text", "fixed", "value"),
    [
        ("smtpd_helo_required = yes# always\r\n", "# always\r\nsmtpd_helo_required = yes\r\n", "yes"),
        ("smtpd_timeout =\n\t300s # c", "smtpd_timeout =\n\t# c\n\t300s", "300s"),
        (
            "mydestination = a, # 1, 2\n# c\n  b # 3\n  , c #\n  d\n",
            "# 1, 2\nmydestination = a,\n# c\n  # 3\n  b\n  , c\n  d\n",
            "a, b , c d",
        ),
        ("canonical_maps = # none\n", "# none\ncanonical_maps =\n", ""),
        (
            "# postlint: ignore[inline-comment]: a reason\nsmtpd_timeout = 5m # c\n",
            "# postlint: ignore[inline-comment]: a reason\nsmtpd_timeout = 5m # c\n",
            "5m # c",
        ),
        (f"{GUARD}mynetworks = 127.0.0.1 # c\n  0.0.0.0/0\n", None, "127.0.0.1 # c 0.0.0.0/0"),
    ],
)
def test_fix_leaves_the_value_without_the_comment(text: str, fixed: str | None, value: str, tmp_path: Path) -> None:
    assert fixed_text(text) == (text if fixed is None else fixed)
    write_configuration(tmp_path, {"main.cf": (text if fixed is None else fixed).encode(), "master.cf": b""})
    name = text.removeprefix(GUARD).split("\n")[-3 if "ignore" in text else 0].partition(" ")[0]
    assert ask(tmp_path, "-n").settings["smtpd_timeout" if "ignore" in text else name] == value


ENTRY = "smtp inet n - y - - smtpd"


@pytest.mark.parametrize(
    ("master", "fixed", "service", "overrides"),
    [
        (
            f"{ENTRY} # the MX -v\r\n  -o a=b\r\n",
            f"# the MX -v\r\n{ENTRY}\r\n  -o a=b\r\n",
            "smtpd -o a=b",
            {"smtp/inet/a": "b"},
        ),
        (
            f"{ENTRY}\n  -o a= b # c\n  -o c=d",
            f"{ENTRY}\n  # c\n  -o a=b\n  -o c=d",
            "smtpd -o a=b -o c=d",
            {"smtp/inet/a": "b", "smtp/inet/c": "d"},
        ),
        (
            f"{ENTRY}\n  -o {{ smtpd_helo_required = yes # 1 }}\n  -o {{ smtpd_delay_reject = no# 2 }} # 3\n",
            f"{ENTRY}\n  # 1\n  -o {{ smtpd_helo_required = yes }}\n  # 2\n  # 3\n  -o {{ smtpd_delay_reject = no }}\n",
            "smtpd -o smtpd_helo_required=yes -o smtpd_delay_reject=no",
            {"smtp/inet/smtpd_delay_reject": "no", "smtp/inet/smtpd_helo_required": "yes"},
        ),
    ],
)
def test_fix_leaves_the_arguments_without_the_comment(
    master: str, fixed: str, service: str, overrides: dict[str, str], tmp_path: Path
) -> None:
    assert fixed_text(GUARD, master) == fixed
    write_configuration(tmp_path, {"main.cf": GUARD.encode(), "master.cf": fixed.encode()})
    (line,) = ask(tmp_path, "-M").lines
    assert line.split(None, 7)[7] == service
    assert ask(tmp_path, "-P").settings == overrides


def test_smtpd_dies_on_a_comment_behind_its_arguments(tmp_path: Path) -> None:
    write_configuration(tmp_path, {"main.cf": f"{_BASE}myhostname = mx.example.com\n".encode(), "master.cf": b""})
    smtpd = f"{ask(tmp_path, '-d').settings['daemon_directory']}/smtpd"
    environment = {**os.environ, "MAIL_CONFIG": str(tmp_path)}
    done = subprocess.run(
        [smtpd, "-S", "-V", "#", "c"], input=b"", capture_output=True, env=environment, check=False, timeout=60
    )
    assert b"fatal: unexpected command-line argument: #" in done.stderr
