"""What must not come out: keys and passwords, whatever is asked and whatever goes wrong in postlint itself."""

import contextlib
import io
import json
import re
import sys
from pathlib import Path

import pytest
from test_cli import GUARD, HELO, HELO_FIXED, MASTER, PATCH, REPAIRED, Outcome, configure, heads, run

from postlint.cli import app

KEY = "q7w3kfm2zt9xb4nvhd6sj8rcpy"
ZONE = f"{KEY}.zen.dq.spamhaus.net"
POSTSCREEN = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"
LIST = "smtpd_client_restrictions = permit_mynetworks,"
# Each with something to say about the words that hold the key, or about a neighbour of the line that does.
CONFIGURATIONS = {
    "smtpd list": (f"{LIST}\n  reject_rbl_client {ZONE},\n  reject_rhsbl_sender {KEY}.dbl.dq.spamhaus.net\n", MASTER),
    "capitals": (f"{LIST} reject_rbl_client {ZONE.upper()}\n", MASTER),
    "class": (f"smtpd_restriction_classes = c\nc = reject_rbl_client {ZONE}\n{LIST} c\n", MASTER),
    "reference": (f"dqs = {ZONE}\n{LIST} reject_rbl_client $dqs\n", MASTER),
    "reference to the key": (f"dqs_key = {KEY}\n{LIST} reject_rbl_client $dqs_key.zen.dq.spamhaus.net\n", MASTER),
    "reference behind the key": (f"dqs = dq.spamhaus.net\n{LIST} reject_rbl_client {KEY}.zen.$dqs\n", MASTER),
    "filter that matches": (f"{LIST} reject_rbl_client {ZONE}=127.0.0.[2..255]\n", MASTER),
    "postscreen": (
        f"postscreen_dnsbl_action = enforce\npostscreen_dnsbl_sites = {ZONE}*2 bl.spamcop.net\n",
        POSTSCREEN,
    ),
    "override": ("", f"{MASTER[:-1]} -o smtpd_client_restrictions=reject_rbl_client,{ZONE}\n"),
    "long override": ("", f"{MASTER[:-1]}\n  -o {{ smtpd_client_restrictions = reject_rbl_client {ZONE} }}\n"),
    "no keyword": (f"{LIST} {ZONE}\n", MASTER),
    "misspelt keyword": (f"{LIST} reject_rbl_clinet {ZONE}\n", MASTER),
    "lost indentation": (f"{LIST}\nreject_rbl_client {ZONE}\n", MASTER),
    "no name": (f"{ZONE}\n= {ZONE}\n", MASTER),
    "long line": (f"{LIST} {'permit_mynetworks, ' * 7} reject_rbl_client {ZONE}, nonsense\n", MASTER),
    "neighbour of a repair": (f"# {ZONE}\nsmtpd_data_restrictions = reject_unknown_client_hostname\n", MASTER),
}
PASSWORD = "correct.horse+battery"
PASSWORDS = {
    "static": f"smtp_sasl_password_maps = static:mailer:{PASSWORD}",
    "static in braces": f"smtp_sasl_password_maps = static:{{mailer:{PASSWORD}}}",
    "inline": f"smtp_sasl_password_maps = inline:{{[smtp.example.com]:587=mailer:{PASSWORD}}}",
    "inline in braces": f"smtp_sasl_password_maps = inline:{{ {{ smtp.example.com = mailer:{PASSWORD} }} }}",
    "LDAP": f"people_bind_pw={PASSWORD}",
    "LDAP with blanks": f"people_bind_pw = {PASSWORD} and {PASSWORD}",
    "MySQL": f"aliases_password\t=  {PASSWORD},{PASSWORD}",
    "next line": f"aliases_password =\n    {PASSWORD}",
}
BROKEN_RULE = """
import postlint.rules
from postlint.diagnostics import Severity
from postlint.rules.base import rule

@rule(name="broken-rule", category="test", severity=Severity.ERROR, summary="", since="", manual="", examples=())
def broken_rule(context):
    raise LookupError("nothing there\\nsecond line: " + context.configuration.main.source.text)
    yield

postlint.rules.ALL = (*postlint.rules.ALL, broken_rule)
from postlint.cli import main
main()
"""
# Arguments in front of the command: the argument or keyword that the rule speaks of, what it puts in its place (if
# that is empty: nothing), and the definition that is said to change.
LYING_RULE = """
import sys
import postlint.rules
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Applicability, Fix
from postlint.rules.base import rule

name, text, declared = sys.argv[1:4]
del sys.argv[1:4]

@rule(name="lying-rule", category="test", severity=Severity.WARNING, summary="", since="", manual="", examples=())
def lying_rule(context):
    for occurrence in context.lists.named(frozenset({name})):
        plan = context.rewriter
        rewriting = plan.replace_argument(occurrence, text) if text else plan.remove(occurrence)
        words = " ".join(word.text for word in occurrence.restriction.words)
        yield Diagnostic(rule="lying-rule", severity=Severity.WARNING, message=text or words,
                         location=occurrence.location,
                         fix=Fix(f"write {text}", (rewriting.rewrite,), (declared,), Applicability.SAFE))

postlint.rules.ALL = (*postlint.rules.ALL, lying_rule)
from postlint.cli import main
main()
"""
BROKEN = (sys.executable, "-c", BROKEN_RULE)


def shown(directory: Path, *arguments: str) -> str:
    """Everything that a command prints, from this process: there are many of them."""
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.chdir(directory), contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        assert app(arguments, standalone_mode=False) in {0, 1}
        stream.flush()
    stream.seek(0)
    return stream.read()


def lying(name: str, text: str, declared: str) -> tuple[str, ...]:
    return (sys.executable, "-c", LYING_RULE, name, text, declared)


def leaks(secret: str, *texts: str) -> list[str]:
    """The lines that show eight characters or more of the secret."""
    parts = {secret[start : start + 8].lower() for start in range(len(secret) - 7)}
    lines = (line for text in texts for line in text.split("\n"))
    return [line for line in lines if any(part in line.lower() for part in parts)]


@pytest.mark.parametrize(("main", "master"), CONFIGURATIONS.values(), ids=list(CONFIGURATIONS))
def test_key_stays_in_the_files_and_in_the_patch(tmp_path: Path, main: str, master: str) -> None:
    main = HELO + main
    conf = configure(tmp_path / "conf", main, master)
    texts = [
        shown(tmp_path, "check", *options.split(" "), "conf")
        for options in ("--quiet", "--format json --platform aws", "--color always --dnsbl-fix remove")
    ]
    for options in (
        "--diff",
        "--format json",
        "--dnsbl-fix filter --unsafe-fixes",
        "--dnsbl-fix remove --platform aws",
    ):
        configure(conf, main, master)
        text = shown(tmp_path, "fix", *options.split(" "), "conf")
        texts.append(re.sub("^--- (?s:.*)", "", text, flags=re.MULTILINE) if options == "--diff" else text)
        written = (conf / "main.cf").read_text() + (conf / "master.cf").read_text()
        if "remove" not in options:
            assert written.lower().count(KEY) == (main + master).lower().count(KEY)
    assert "***" in "".join(texts)
    assert leaks(KEY, *texts) == []


@pytest.mark.parametrize("line", PASSWORDS.values(), ids=list(PASSWORDS))
def test_password_beside_a_repair_is_masked(tmp_path: Path, line: str) -> None:
    conf = configure(tmp_path / "conf", f"{HELO}{line}\n", MASTER)
    assert PASSWORD in run(tmp_path, "fix", "--diff", "conf").out
    fixed = shown(tmp_path, "fix", "conf")
    assert "***" in fixed
    assert (conf / "main.cf").read_text() == f"{HELO_FIXED}{line}\n"
    assert leaks(PASSWORD, fixed) == []


@pytest.mark.parametrize("line", [f"people_bind_pw {PASSWORD}", f"maps static:mailer:{PASSWORD}"])
def test_password_on_a_line_that_postfix_dies_on_is_masked(tmp_path: Path, line: str) -> None:
    configure(tmp_path / "conf", f"{HELO}{line}\n", MASTER)
    assert leaks(PASSWORD, shown(tmp_path, "check", "conf")) == []


@pytest.mark.parametrize(
    "command", [("rules",), ("explain", "unknown-restriction"), ("explain", "nonsense"), ("check", "absent")]
)
def test_commands_that_judge_nothing_show_nothing_of_the_live_configuration(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    configure(tmp_path / "conf", f"{LIST} reject_rbl_client {ZONE}\n", MASTER)
    outcome = run(tmp_path, *command, variables={"MAIL_CONFIG": "conf"})
    assert leaks(KEY, outcome.out, outcome.err) == []


# A bug in postlint.


@pytest.mark.parametrize("command", ["check", "fix"])
def test_bug_is_told_in_one_line_and_exits_with_3(tmp_path: Path, command: str) -> None:
    conf = configure(tmp_path / "conf", HELO, MASTER)
    line = "postlint: bug in postlint: LookupError: nothing there (--debug shows the traceback)\n"
    assert run(tmp_path, command, "conf", command=BROKEN) == Outcome(3, "", line)
    assert run(tmp_path, command, "conf", "--exit-zero", command=BROKEN).status == 3
    debug = run(tmp_path, command, "conf", "--debug", command=BROKEN)
    assert (debug.status, debug.out) == (3, "")
    assert debug.err.startswith("Traceback (most recent call last):\n")
    assert "in broken_rule\n" in debug.err
    assert "LookupError: nothing there\nsecond line: smtpd_relay" in debug.err
    assert (conf / "main.cf").read_text() == HELO


def test_traceback_of_a_bug_masks_keys_and_control_characters(tmp_path: Path) -> None:
    configure(tmp_path / "conf", f"{LIST} reject_rbl_client {ZONE}\n# \x1b[2J\n", MASTER)
    for option in ("--quiet", "--debug"):
        outcome = run(tmp_path, "check", "conf", option, command=BROKEN)
        assert outcome.status == 3
        assert leaks(KEY, outcome.err) == []
        assert "\x1b" not in outcome.err


REST = "smtpd_data_restrictions = reject_unauth_pipelining\n"
# Without a guard in both lists smtpd dies; with defer_if_permit it starts, and relays for everybody.
NO_GUARD = "smtpd_recipient_restrictions = defer_if_permit\n"


@pytest.mark.parametrize(
    ("rest", "lie"),
    [
        (REST, ("reject_unauth_pipelining", "", "mynetworks")),
        (f"{LIST} reject_rbl_client a.example=127.0.0.2\n", ("reject_rbl_client", "b.example", LIST.split(" ")[0])),
        (NO_GUARD, ("reject_unauth_destination", "", "smtpd_relay_restrictions")),
        (REST, ("reject_unauth_destination", "", "smtpd_relay_restrictions")),
    ],
    ids=["undeclared change", "finding not gone", "relay opened", "no guard left"],
)
def test_fix_that_lies_is_dropped_and_the_others_are_applied(
    tmp_path: Path, rest: str, lie: tuple[str, str, str]
) -> None:
    conf = configure(tmp_path / "conf", HELO + rest, MASTER)
    diff = run(tmp_path, "fix", "--diff", "conf", command=lying(*lie))
    assert diff.status == 3
    assert diff.out == PATCH.replace("-1,2 +1,2", "-1,3 +1,3") + f" {rest}"
    assert (conf / "main.cf").read_text() == HELO + rest
    outcome = run(tmp_path, "fix", "conf", command=lying(*lie))
    assert outcome.status == 3
    assert outcome.out.startswith(diff.out + REPAIRED)
    assert "warning[lying-rule]" in " ".join(heads(outcome.out))
    assert re.fullmatch(r"postlint: bug in postlint: the fix of lying-rule was not applied, because .+\n", outcome.err)
    assert (conf / "main.cf").read_text() == HELO_FIXED + rest


def test_reason_for_a_dropped_fix_masks_the_key(tmp_path: Path) -> None:
    configure(tmp_path / "conf", f"{GUARD}{LIST} reject_rbl_client dnsbl.example.net\n", MASTER)
    outcome = run(tmp_path, "fix", "conf", command=lying("reject_rbl_client", ZONE, "smtpd_client_restrictions"))
    assert outcome.status == 3
    assert "the fix of lying-rule was not applied" in outcome.err
    assert leaks(KEY, outcome.out, outcome.err) == []


@pytest.mark.parametrize(
    "zone", ["zen.spamhaus.org", "zen.spamhaus.net", "zen.dq.spamhaus.net", f"{KEY[::-1]}{ZONE[26:]}"]
)
def test_fix_that_would_carry_a_key_has_no_edits_in_json(tmp_path: Path, zone: str) -> None:
    configure(tmp_path / "conf", f"{GUARD}{LIST} reject_rbl_client {zone}=127.0.0.2\n", MASTER)
    driver = lying("reject_rbl_client", f"{ZONE}=127.0.0.2", "smtpd_client_restrictions")
    outcome = run(tmp_path, "check", "--select", "lying-rule", "--format", "json", "conf", command=driver)
    (finding,) = json.loads(outcome.out)["diagnostics"]
    assert finding["fix"] | {"title": ""} == {
        "title": "",
        "applicability": "safe",
        "changes": ["smtpd_client_restrictions"],
        "edits": None,
    }
    assert leaks(KEY, outcome.out) == []
