"""The two stories: free Spamhaus lookups on AWS, and strict HELO and forward-DNS checks."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT

from postlint.configuration.model import ConfigurationFiles
from postlint.edits import Applicability
from postlint.engine.fix import FixResult, fix
from postlint.engine.lint import lint
from postlint.files import read_inputs
from postlint.output.diff import unified_diff
from postlint.target import Options, PostfixVersion, Target
from postlint.text import Source, encode

AWS = Target(platform="aws")
BLOG = "smtpd_client_restrictions = permit_mynetworks,permit_sasl_authenticated,reject_rbl_client sbl.spamhaus.org,\n"
OPEN = "mynetworks = 0.0.0.0/0\n"


def main_cf(text: str) -> ConfigurationFiles:
    return ConfigurationFiles(Source("main.cf", text), None)


def fixed(text: str, target: Target = Target(), options: Options = Options(), unsafe: bool = False) -> str:
    result = fix(main_cf(text), frozenset({"main.cf"}), target, options, unsafe=unsafe)
    assert result.dropped == ()
    source = result.remaining.context.configuration.files.main
    assert source is not None
    return source.text


@pytest.mark.parametrize("version", [None, PostfixVersion(2, 9), PostfixVersion(3, 2), PostfixVersion(3, 7)])
@pytest.mark.parametrize("rest", ["", "myhostname = mx.example.com\n", "compatibility_level = 3.6\n"])
def test_blog_line_loses_exactly_the_lookup_on_aws(version: PostfixVersion | None, rest: str) -> None:
    target = Target(platform="aws", version=version)
    assert fixed(BLOG + rest, target) == BLOG.replace("reject_rbl_client sbl.spamhaus.org,", "") + rest


@pytest.mark.parametrize("platform", [None, "none"])
def test_blog_line_gets_a_filter_elsewhere(platform: str | None) -> None:
    expected = BLOG.replace("sbl.spamhaus.org", "sbl.spamhaus.org=127.0.0.[2..11]")
    assert fixed(BLOG, Target(platform=platform)) == expected


@pytest.mark.parametrize("target", [Target(), AWS])
def test_typo_of_the_blog_is_reported_once_with_the_right_word(target: Target) -> None:
    (diagnostic,) = lint(main_cf(BLOG.replace("reject_rbl", "eject_rbl")), target).diagnostics
    assert diagnostic.rule == "unknown-restriction"
    assert diagnostic.location.text == "eject_rbl_client"
    assert diagnostic.help is not None
    assert diagnostic.help.startswith("did you mean reject_rbl_client?")
    assert diagnostic.fix is not None
    assert diagnostic.fix.applicability is Applicability.UNSAFE


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("reject_unknown_helo_hostname", "warn_if_reject reject_unknown_helo_hostname"),
        ("reject_unknown_hostname", "warn_if_reject reject_unknown_hostname"),
        ("reject_unknown_client_hostname", "reject_unknown_reverse_client_hostname"),
        ("reject_unknown_client", "reject_unknown_reverse_client_hostname"),
    ],
)
def test_strict_name_checks_are_relaxed(check: str, expected: str) -> None:
    for parameter in ("smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_recipient_restrictions"):
        text = f"{parameter} = permit_mynetworks, {check}, reject_unauth_destination\n"
        assert fixed(text) == text.replace(check, expected)


@pytest.mark.parametrize(
    "line",
    [
        BLOG,
        "smtpd_sender_restrictions = reject_unknown_helo_hostname\n",
        "smtpd_client_restrictions = reject_unknown_client_hostname\n",
        "smtpd_client_restrictions = reject_unknown_client\n",
    ],
)
@pytest.mark.parametrize("target", [Target(), AWS])
def test_nothing_is_safe_while_mynetworks_trusts_everybody(line: str, target: Target) -> None:
    (diagnostic,) = lint(main_cf(OPEN + line), target).diagnostics
    assert diagnostic.fix is not None
    assert diagnostic.fix.applicability is Applicability.UNSAFE
    assert diagnostic.fix.title.endswith("(unsafe: mynetworks trusts 0.0.0.0/0; close the relay first)")
    assert fixed(OPEN + line, target) == OPEN + line


def test_readme_shows_what_postlint_says() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    for command in (["check"], ["fix", "--diff"]):
        words = [*command, "--platform", "aws", "fixtures/seeds"]
        result = subprocess.run(
            [sys.executable, "-m", "postlint", *words], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert result.returncode == 1
        shown = f"$ postlint {' '.join(words)}{' 2>/dev/null' if command[0] == 'fix' else ''}\n{result.stdout}```\n"
        assert shown in readme


def seeds() -> tuple[Path, FixResult]:
    (item,) = read_inputs([str(PROJECT / "fixtures" / "seeds")])
    return PROJECT / "fixtures" / "seeds", fix(item.files, item.judged, AWS)


def test_seeds_fixture_holds_both_stories() -> None:
    _, result = seeds()
    assert [diagnostic.rule for diagnostic in result.applied] == [
        "spamhaus-from-refused-network",
        "unknown-helo-rejected",
        "unconfirmed-client-name-rejected",
    ]
    assert result.remaining.diagnostics == ()


@pytest.mark.parametrize("command", [["patch", "-s", "-p1"], ["git", "apply", "-p1"]])
@pytest.mark.parametrize("variant", ["plain", "crlf", "no final line feed"])
def test_diff_of_the_seeds_applies(tmp_path: Path, command: list[str], variant: str) -> None:
    folder, _ = seeds()
    text = (folder / "main.cf").read_text(encoding="utf-8")
    text = {"plain": text, "crlf": text.replace("\n", "\r\n"), "no final line feed": text.rstrip("\n")}[variant]
    source = Source("main.cf", text)
    master = Source("master.cf", (folder / "master.cf").read_text(encoding="utf-8"))
    result = fix(ConfigurationFiles(source, master), frozenset({"main.cf"}), AWS)
    after = result.remaining.context.configuration.files.main
    assert after is not None
    assert after.text != text
    patch = unified_diff(source, result.edits["main.cf"], "/main.cf")
    (tmp_path / "main.cf").write_bytes(encode(text))
    subprocess.run(command, cwd=tmp_path, input=encode(patch), check=True)
    assert (tmp_path / "main.cf").read_bytes() == encode(after.text)
