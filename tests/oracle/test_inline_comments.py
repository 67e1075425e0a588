"""What real smtpd makes of a value with a comment behind it, and what inline-comment says of it."""

import os
import subprocess
from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Severity
from postlint.engine.lint import lint
from postlint.rules.inline_comment import inline_comment
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
