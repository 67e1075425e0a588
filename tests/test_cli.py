"""The command line, run as its users run it: exit status, both streams, and what is left on the disk."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT

from postlint import __version__
from postlint.rules import ALL
from postlint.rules.base import Rule

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
CLEAN = GUARD + "smtpd_helo_required = yes\n"
HELO = GUARD + "smtpd_sender_restrictions = permit_mynetworks, reject_unknown_helo_hostname\n"
HELO_FIXED = GUARD + "smtpd_sender_restrictions = permit_mynetworks, warn_if_reject reject_unknown_helo_hostname\n"
# Findings without a fix, by their severity.
INFO = GUARD + "smtpd_client_restrictions = reject_rbl_client dnsbl.example.net\n"
WARNING = GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org, permit\n"
ERROR = GUARD + "smtpd_client_restrictions = permit_mynetworks, nonsense\n"
MASTER = "smtp inet n - y - - smtpd\n"
NOTE = "postlint: note: conf: no master.cf; one smtpd that faces the Internet is assumed\n"
REPAIRED = "1 finding repaired in conf/main.cf\nto put it into force: postfix reload\n"
PATCH = (
    "--- a/conf/main.cf\n+++ b/conf/main.cf\n@@ -1,2 +1,2 @@\n"
    " smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
    "-smtpd_sender_restrictions = permit_mynetworks, reject_unknown_helo_hostname\n"
    "+smtpd_sender_restrictions = permit_mynetworks, warn_if_reject reject_unknown_helo_hostname\n"
)
TOOL = (sys.executable, "-m", "postlint")


@dataclass(frozen=True)
class Outcome:
    """What a run left: exit status, standard output and standard error."""

    status: int
    out: str
    err: str


def environment() -> dict[str, str]:
    """That of the tests without what changes the output; the streams are those of a UTF-8 locale."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "MAIL_CONFIG"}}
    path = os.pathsep.join((str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])))
    return {**kept, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}


def run(
    directory: Path,
    *arguments: str,
    command: tuple[str, ...] = TOOL,
    variables: dict[str, str] | None = None,
    timeout: float = 60,
    stdin: bytes = b"",
) -> Outcome:
    """Runs postlint, or another command, in a directory, with more environment variables."""
    words, environ = [*command, *arguments], environment() | (variables or {})
    done = subprocess.run(words, cwd=directory, env=environ, input=stdin, capture_output=True, timeout=timeout)
    out, err = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
    return Outcome(done.returncode, out, err)


def configure(directory: Path, main: str | bytes | None = None, master: str | bytes | None = None) -> Path:
    """Makes a configuration directory of those files that are given."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in (("main.cf", main), ("master.cf", master)):
        if content is not None:
            (directory / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return directory


def heads(out: str) -> list[str]:
    """``path:line:column severity[rule]`` of each finding in a text."""
    return [f"{match[1]} {match[2]}" for match in re.finditer(r"^(\S+:\d+:\d+): (\w+\[[a-z-]+\]) ", out, re.MULTILINE)]


def findings(directory: Path, *arguments: str) -> list[dict[str, Any]]:
    """The diagnostics of ``check --format json``."""
    document: dict[str, list[dict[str, Any]]] = json.loads(run(directory, "check", "--format", "json", *arguments).out)
    return document["diagnostics"]


# Exit status.


def test_check_without_findings_is_silent_and_exits_with_0(tmp_path: Path) -> None:
    configure(tmp_path / "conf", CLEAN, MASTER)
    assert run(tmp_path, "check", "conf") == Outcome(0, "", "")


def test_check_with_findings_prints_them_and_exits_with_1(tmp_path: Path) -> None:
    configure(tmp_path / "conf", HELO, MASTER)
    assert run(tmp_path, "check", "conf") == Outcome(
        1,
        "conf/main.cf:2:48: warning[unknown-helo-rejected] reject_unknown_helo_hostname refuses every client whose HELO"
        " name has neither an address nor an MX record, relays of large providers among them\n"
        "2 | smtpd_sender_restrictions = permit_mynetworks, reject_unknown_helo_hostname\n"
        "  |                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "   = help: put warn_if_reject in front of it (safe fix)\n"
        "   = explain: postlint explain unknown-helo-rejected\n"
        "1 warning\n",
        "",
    )


@pytest.mark.parametrize(("main", "severity"), [(CLEAN, ""), (INFO, "info"), (WARNING, "warning"), (ERROR, "error")])
def test_fail_on_is_the_lowest_severity_that_counts(tmp_path: Path, main: str, severity: str) -> None:
    configure(tmp_path / "conf", main, MASTER)
    plain = run(tmp_path, "check", "conf")
    assert plain.status == (severity in {"warning", "error"})
    for fail_on, counted in (("info", {"info", "warning", "error"}), ("error", {"error"})):
        assert run(tmp_path, "check", "conf", "--fail-on", fail_on) == Outcome(severity in counted, plain.out, "")
    assert run(tmp_path, "check", "conf", "--fail-on", "info", "--exit-zero") == Outcome(0, plain.out, "")


def test_fix_that_leaves_nothing_exits_with_0_and_shows_what_changed(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    assert run(tmp_path, "fix", "conf") == Outcome(0, PATCH + REPAIRED, "")
    assert (conf / "main.cf").read_text() == HELO_FIXED
    assert run(tmp_path, "fix", "conf") == Outcome(0, "nothing to repair\n", "")


def test_fix_exits_with_1_when_findings_remain(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO + "smtpd_client_restrictions = nonsense\n", MASTER)
    outcome = run(tmp_path, "fix", "conf")
    assert (outcome.status, outcome.err) == (1, "")
    assert heads(outcome.out) == ["conf/main.cf:3:29 error[unknown-restriction]"]
    assert outcome.out.index(REPAIRED) < outcome.out.index("conf/main.cf:3:29")
    assert (conf / "main.cf").read_text() == HELO_FIXED + "smtpd_client_restrictions = nonsense\n"
    assert run(tmp_path, "fix", "conf", "--exit-zero").status == 0


def test_fix_diff_prints_a_patch_and_nothing_else(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    found = run(tmp_path, "check", "conf").out
    assert run(tmp_path, "fix", "--diff", "conf") == Outcome(1, PATCH, found)
    assert run(tmp_path, "fix", "--diff", "--exit-zero", "conf") == Outcome(0, PATCH, found)
    as_json = run(tmp_path, "fix", "--diff", "--format", "json", "conf")
    assert as_json == Outcome(1, PATCH, run(tmp_path, "check", "--format", "json", "conf").out)
    assert (conf / "main.cf").read_text() == HELO


@pytest.mark.parametrize("main", [CLEAN, INFO, WARNING.replace("zen.spamhaus.org", "dnsbl.example.net"), ERROR])
def test_fix_diff_with_an_empty_patch_exits_with_0(tmp_path: Path, main: str) -> None:
    configure(tmp_path / "conf", main, MASTER)
    assert run(tmp_path, "fix", "--diff", "conf") == Outcome(0, "", run(tmp_path, "check", "conf").out)


def test_unsafe_fixes_are_applied_only_when_asked_for(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    weaken = ("fix", "--helo-fix", "weaken", "conf")
    assert run(tmp_path, *weaken).status == 1
    assert (conf / "main.cf").read_text() == HELO
    assert run(tmp_path, *weaken, "--unsafe-fixes").status == 0
    assert (conf / "main.cf").read_text() == HELO.replace("reject_unknown_helo", "reject_invalid_helo")


# Words of the command line.


def test_version() -> None:
    assert run(PROJECT, "--version") == Outcome(0, f"postlint {__version__}\n", "")


def test_rules_lists_every_rule() -> None:
    outcome = run(PROJECT, "rules")
    rows = [line.split(None, 4) for line in outcome.out.split("\n")[:-1]]
    assert rows == [[rule.name, rule.category, f"{rule.severity}", rule.fix, rule.summary] for rule in ALL]
    assert (outcome.status, outcome.err) == (0, "")


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_explain_shows_the_manual_page_of_each_rule(rule: Rule) -> None:
    outcome = run(PROJECT, "explain", rule.name)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"# {rule.name}\n\n{rule.summary[0].upper()}{rule.summary[1:]}.\n")
    for part in (rule.category, f"{rule.severity}", rule.bad[0].main, rule.good[0].main, rule.manual):
        assert part.replace("\0", "\\x00") in outcome.out
    for line in rule.description.split("\n"):
        assert line.strip(" ") in outcome.out


def test_explain_of_an_unknown_rule_suggests_a_name() -> None:
    line = 'postlint: error: unknown rule "unknown-restrictoin"; did you mean unknown-restriction?\n'
    assert run(PROJECT, "explain", "unknown-restrictoin") == Outcome(2, "", line)


def test_no_arguments_show_the_usage_and_exit_with_2() -> None:
    outcome = run(PROJECT)
    assert outcome.status == 2
    assert "Usage: postlint [OPTIONS] COMMAND" in outcome.out + outcome.err
    assert all(f"\n  {command} " in outcome.out + outcome.err for command in ("check", "fix", "explain", "rules"))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("chekc conf", "'check'"),
        ("explain", "RULE"),
        ("rules surplus", "surplus"),
        ("check --surplus conf", "--surplus"),
        ("check conf --platform", "--platform"),
        ("check --fail-on fatal conf", "'info', 'warning', 'error'"),
        ("check --format xml conf", "'text', 'json'"),
        ("check --color sometimes conf", "'auto', 'always', 'never'"),
        ("fix --dnsbl-fix nonsense conf", "--dnsbl-fix"),
        ("fix --helo-fix nonsense conf", "--helo-fix"),
        ("fix --select unknown-restrictoin conf", "did you mean unknown-restriction?"),
        ("fix --select dnsbl,nonsense conf", '"nonsense"'),
        ("fix --ignore nonsense conf", '"nonsense"'),
        ("fix --platform awss conf", "did you mean aws?"),
        ("fix --resolver resolver.example.com conf", '"resolver.example.com"'),
        ("fix --postfix-version three conf", '"three"'),
    ],
)
def test_wrong_use_is_told_in_one_line_and_exits_with_2(tmp_path: Path, arguments: str, named: str) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    outcome = run(tmp_path, *arguments.split(" "))
    assert (outcome.status, outcome.out) == (2, "")
    assert re.fullmatch(r"postlint: error: .+\n", outcome.err)
    assert named in outcome.err
    assert (conf / "main.cf").read_text() == HELO


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ((), ["unknown-helo-rejected", "dnsbl-without-reply-filter", "unknown-restriction"]),
        (("--select", "unknown-restriction"), ["unknown-restriction"]),
        (("--select", "helo, dnsbl"), ["unknown-helo-rejected", "dnsbl-without-reply-filter"]),
        (("--select", "helo", "--select", "restrictions"), ["unknown-helo-rejected", "unknown-restriction"]),
        (("--ignore", "helo,unknown-restriction"), ["dnsbl-without-reply-filter"]),
        (("--select", "helo,dnsbl", "--ignore", "dnsbl-without-reply-filter"), ["unknown-helo-rejected"]),
    ],
)
def test_rules_are_chosen_by_name_and_category(tmp_path: Path, options: tuple[str, ...], rules: list[str]) -> None:
    rest = "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\nsmtpd_data_restrictions = nonsense\n"
    configure(tmp_path / "conf", HELO + rest, MASTER)
    assert [finding["rule"] for finding in findings(tmp_path, "conf", *options)] == rules


@pytest.mark.parametrize(
    ("options", "rule", "fix"),
    [
        ((), "dnsbl-without-reply-filter", "safe"),
        (("--platform", "none"), "dnsbl-without-reply-filter", "safe"),
        (("--platform", "aws"), "spamhaus-from-refused-network", "safe"),
        (("--resolver", "192.0.2.53", "--resolver", "9.9.9.9"), "spamhaus-from-refused-network", "safe"),
        (("--postfix-version", "2.7"), "dnsbl-without-reply-filter", None),
    ],
)
def test_target_is_what_the_options_say(tmp_path: Path, options: tuple[str, ...], rule: str, fix: str | None) -> None:
    configure(tmp_path / "conf", WARNING, MASTER)
    (finding,) = findings(tmp_path, "conf", "--select", "dnsbl", *options)
    assert (finding["rule"], finding["fix"] and finding["fix"]["applicability"]) == (rule, fix)


def test_quiet_leaves_out_notes_and_the_summary(tmp_path: Path) -> None:
    configure(tmp_path / "conf", HELO)
    loud, quiet = run(tmp_path, "check", "conf"), run(tmp_path, "check", "--quiet", "conf")
    assert loud == Outcome(1, quiet.out + "1 warning\n", NOTE)
    assert quiet.err == ""


@pytest.mark.parametrize("arguments", [("check",), ("check", "--format", "json"), ("fix",), ("fix", "--diff")])
def test_missing_master_cf_is_noted_once_on_standard_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    configure(tmp_path / "conf", HELO)
    outcome = run(tmp_path, *arguments, "conf", "conf/main.cf")
    assert outcome.err.count("postlint: ") == 1
    assert outcome.err.startswith(NOTE)
    assert "master.cf" not in outcome.out


@pytest.mark.parametrize(
    ("option", "variables", "terminal", "coloured"),
    [
        ("always", {}, False, True),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {}, True, False),
        ("auto", {}, False, False),
        ("auto", {}, True, True),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
    ],
)
def test_colour(tmp_path: Path, option: str, variables: dict[str, str], terminal: bool, coloured: bool) -> None:
    configure(tmp_path / "conf", HELO, MASTER)
    plain = run(tmp_path, "check", "conf").out
    on_terminal = (sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])", *TOOL)
    command = on_terminal if terminal else TOOL
    out = run(tmp_path, "check", "conf", "--color", option, command=command, variables=variables).out
    out = out.replace("\r\n", "\n")
    assert re.sub(r"\x1b\[[0-9;]*m", "", out) == plain
    assert (out != plain) == coloured


# JSON.


def test_json_has_every_key_with_its_type(tmp_path: Path) -> None:
    place = {"path": str, "line": int, "column": int, "end_line": int, "end_column": int}
    diagnostic = place | {"rule": str, "severity": str, "service": str | None, "message": str, "help": str | None}
    diagnostic |= {"related": list, "fix": dict | None}
    fix = {"title": str, "applicability": str, "changes": list, "edits": list | None}
    edit = {"path": str, "start": int, "end": int, "start_byte": int, "end_byte": int, "replacement": str}

    def assert_shape(value: dict[str, Any], shape: dict[str, Any]) -> None:
        assert value.keys() == shape.keys()
        assert all(isinstance(value[name], kind) for name, kind in shape.items())

    main = (
        GUARD
        + "checks = reject_unknown_helo_hostname\nsmtpd_sender_restrictions = $checks\n"
        + ERROR.removeprefix(GUARD)
    )
    master = MASTER.rstrip("\n") + " -o smtpd_sender_restrictions=reject_unknown_client_hostname\n"
    configure(tmp_path / "conf", main, master)
    outcome = run(tmp_path, "check", "--format", "json", "conf")
    document = json.loads(outcome.out)
    assert (outcome.status, outcome.err) == (1, "")
    assert_shape(document, {"version": int, "diagnostics": list, "summary": dict})
    assert document["version"] == 1
    for item in document["diagnostics"]:
        assert_shape(item, diagnostic)
        assert item["severity"] in {"info", "warning", "error"}
        for related in item["related"]:
            assert_shape(related, place | {"message": str})
        if item["fix"]:
            assert_shape(item["fix"], fix)
            assert item["fix"]["applicability"] in {"safe", "unsafe"}
            assert all(isinstance(name, str) for name in item["fix"]["changes"])
            for part in item["fix"]["edits"]:
                assert_shape(part, edit)
    of_main, unknown, of_service = document["diagnostics"]
    assert (of_main["service"], of_main["fix"]["changes"], len(of_main["related"])) == (None, ["checks"], 1)
    assert (unknown["rule"], unknown["fix"]) == ("unknown-restriction", None)
    assert of_service["service"] == "smtp/inet"
    assert of_service["fix"]["changes"] == ["smtp/inet/smtpd_sender_restrictions"]
    severities = [item["severity"] for item in document["diagnostics"]]
    for severity in ("info", "warning", "error"):
        assert document["summary"][severity] == severities.count(severity)


@pytest.mark.parametrize("name", ["conf", "caf\u00e9", "caf\udce9"])
def test_json_offsets_count_code_points_and_bytes(tmp_path: Path, name: str) -> None:
    line = b"smtpd_sender_restrictions = hash:/\xe9\xc3\xa9\xf0\x9f\x93\xae reject_unknown_helo_hostname\n"
    data = b"# caf\xc3\xa9 caf\xe9 \xed\xa0\x80\r\n" + GUARD.encode() + line
    conf = configure(tmp_path / name, data, MASTER)
    (finding,) = findings(tmp_path, name)
    assert (finding["path"], finding["line"], finding["end_line"]) == (f"{name}/main.cf", 3, 3)
    columns = slice(finding["column"] - 1, finding["end_column"] - 1)
    assert line.decode("utf-8", "surrogateescape")[columns] == "reject_unknown_helo_hostname"
    (edit,) = finding["fix"]["edits"]
    text = data.decode("utf-8", "surrogateescape")
    text = text[: edit["start"]] + edit["replacement"] + text[edit["end"] :]
    edited = data[: edit["start_byte"]] + edit["replacement"].encode() + data[edit["end_byte"] :]
    assert run(tmp_path, "fix", name).status == 0
    assert (conf / "main.cf").read_bytes() == edited == text.encode("utf-8", "surrogateescape")


# Paths.


def test_mail_config_names_the_directory_when_no_path_does(tmp_path: Path) -> None:
    configure(tmp_path / "conf", HELO, MASTER)
    configure(tmp_path / "other", CLEAN, MASTER)
    named = run(tmp_path, "check", "conf")
    assert run(tmp_path, "check", variables={"MAIL_CONFIG": "conf"}) == named
    assert run(tmp_path, "check", "conf", variables={"MAIL_CONFIG": "other"}) == named
    absent = run(tmp_path, "check", variables={"MAIL_CONFIG": "absent"})
    assert absent == Outcome(2, "", "postlint: error: absent: no such file or directory\n")


def test_directories_are_judged_one_by_one_and_counted_together(tmp_path: Path) -> None:
    for name, content in (("b", HELO), ("a", ERROR)):
        configure(tmp_path / name, content, MASTER)
    one, two = (run(tmp_path, "check", "--quiet", name).out for name in "ba")
    assert run(tmp_path, "check", "b", "a") == Outcome(1, one + two + "1 error, 1 warning\n", "")
    assert run(tmp_path, "fix", "b", "a").status == 1
    assert (tmp_path / "b/main.cf").read_text() == HELO_FIXED
