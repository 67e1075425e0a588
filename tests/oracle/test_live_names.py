"""The names that the installed postconf(1) knows, and those that it calls unused in the rules' own configurations."""

import re
import subprocess
from pathlib import Path

import pytest
from conftest import POSTCONF, PROJECT
from real_postconf import ask, write_configuration

from postlint.engine.lint import lint
from postlint.facts import parameters
from postlint.facts.tables import json_table
from postlint.files import read_inputs
from postlint.target import PostfixVersion, Target

pytestmark = pytest.mark.postfix

_RULES = ("unknown-parameter", "undefined-name", "parameter-too-new")
_CASES = sorted(path.parent for rule in _RULES for path in (PROJECT / "fixtures/rules" / rule).glob("*/master.cf"))


def installed() -> PostfixVersion:
    assert POSTCONF is not None
    answer = subprocess.run([POSTCONF, "-dh", "mail_version"], capture_output=True, text=True, check=True)
    return PostfixVersion.parse(answer.stdout.strip())


def test_parameters_of_the_installed_release_are_those_of_postconf(tmp_path: Path) -> None:
    write_configuration(tmp_path, {"main.cf": b"", "master.cf": b""})
    known = set(ask(tmp_path, "-d").settings)
    version = installed()
    ours = {name for name in parameters.parameter_names() if not parameters.came_with(name, version)}
    # What is to go in the newest release is still there in older ones.
    assert {name for name in known - ours if parameters.deprecation(name) is None} <= {
        name for name in known if parameters.is_parameter(name) and not parameters.removed_in(name, version)
    }
    assert ours <= known


@pytest.mark.parametrize("case", _CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_names_that_do_nothing_are_those_of_postconf(case: Path, tmp_path: Path) -> None:
    write_configuration(tmp_path, {name: (case / name).read_bytes() for name in ("main.cf", "master.cf")})
    pattern = re.compile(r"warning: .*?: unused parameter: ([^=]*)=")
    told = {match[1] for line in ask(tmp_path, "-n").messages if (match := pattern.match(line))}
    (item,) = read_inputs([str(case)])
    result = lint(item.files, Target(installed()))
    ours = {found.location.text for found in result.diagnostics if found.rule in ("unknown-parameter", _RULES[2])}
    assert ours == told


def test_old_names_give_their_replacement_the_default(tmp_path: Path) -> None:
    write_configuration(tmp_path, {"main.cf": b"", "master.cf": b""})
    defaults = ask(tmp_path, "-d").settings
    given = set()
    for name in sorted(name for name in json_table("parameters") if parameters.is_renamed(name)):
        deprecation = parameters.deprecation(name)
        assert deprecation is not None
        assert deprecation.replacement is not None
        # That of postscreen_dnsbl_ttl adds its unit.
        write_configuration(tmp_path, {"main.cf": f"{name} = 7\n".encode(), "master.cf": b""})
        value = ask(tmp_path, "-x").settings[deprecation.replacement].removesuffix("h")
        written = f"${name}" in defaults[deprecation.replacement]
        assert value == ("7" if written else ""), name
        given.update([name] if written else [])
    assert len(given) >= 10
    assert "smtpd_client_connection_limit_exceptions" not in given
