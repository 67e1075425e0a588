"""Suppression comments that suppress nothing, and what becomes of comments when files are repaired."""

import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import PROJECT
from test_cli import GUARD, MASTER, Outcome, configure, heads, run
from test_suppress import HELO, IGNORE_HELO, LIST, NO_CLOUD, WARNED, both, files_of, judged

from postlint.engine.fix import fix
from postlint.engine.lint import LintResult
from postlint.rules import ALL
from postlint.rules.base import Rule
from postlint.target import Options, Target

AWS = Target(platform="aws")


def rules_named(*names: str) -> list[Rule]:
    return [rule for rule in ALL if rule.name in names]


def repaired(
    main: str,
    target: Target = NO_CLOUD,
    options: Options = Options(),
    rules: Iterable[Rule] = ALL,
    unsafe: bool = False,
) -> tuple[str, LintResult]:
    """main.cf after `fix`, which must do the same as two of them, and what is left."""
    result = fix(files_of(main), frozenset({"main.cf"}), target, options, rules, unsafe)
    assert result.dropped == ()
    after = result.remaining.context.configuration.files
    assert after.main is not None
    assert fix(after, frozenset({"main.cf"}), target, options, rules, unsafe).edits == {}
    return after.main.text, result.remaining


def test_comment_for_a_rule_that_asks_for_the_platform_stays_where_it_is_not_known() -> None:
    filtered = GUARD + "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\n"
    for name in ("spamhaus-from-refused-network", "dnsbl"):
        comment = f"# postlint: ignore[{name}]: a canary\n"
        main = GUARD + comment + filtered.removeprefix(GUARD)
        assert repaired(main, Target())[0] == main
        assert repaired(main, AWS)[0] == main
        assert repaired(main, NO_CLOUD)[0] == filtered


# Comments that suppress nothing.


@pytest.mark.parametrize(
    ("main", "name", "where", "action"),
    [
        (IGNORE_HELO + WARNED, "ignore", "in the logical line below", "remove the comment"),
        (
            LIST.format("").replace("    p", "    " + IGNORE_HELO + "    p", 1),
            "ignore",
            "in the line below",
            "remove the comment",
        ),
        (IGNORE_HELO.replace("re[", "re-file[") + WARNED, "ignore-file", "in this file", "remove the comment"),
        (
            IGNORE_HELO + "\n" + WARNED,
            "ignore",
            "above a blank line",
            "put it right above its line, or remove the comment",
        ),
        (
            WARNED + IGNORE_HELO + "\n# comment\n",
            "ignore",
            "below the last line",
            "put it right above its line, or remove the comment",
        ),
    ],
)
def test_unused_comment_is_reported_at_the_name(main: str, name: str, where: str, action: str) -> None:
    said = [item for item in judged(main).diagnostics if item.rule == "unused-suppression"]
    assert [(item.message, item.location.text, item.help) for item in said] == [
        (f"{name}[unknown-helo-rejected] suppresses nothing {where}", "unknown-helo-rejected", f"{action} (safe fix)")
    ]


def test_of_several_comments_the_nearest_takes_the_finding() -> None:
    whole = "# postlint: ignore-file[helo]: partners only\n"
    inner = "    # postlint: ignore[helo]: partners only\n"
    main = whole + IGNORE_HELO + IGNORE_HELO + LIST.format(inner).replace("    nonsense\n", "")
    for _ in range(3):
        result = judged(main)
        assert [item.rule for item in result.suppressed] == ["unknown-helo-rejected"]
        text, _ = repaired(main)
        assert text == "".join(line for line in main.splitlines(True) if "postlint" not in line or line == inner)
        unused = [item.location.source.line_span(item.location.span.start) for item in result.diagnostics]
        main = main[: unused[-1].start] + main[unused[-1].end :]
    assert both(judged(main)) == ([], ["main.cf:4:5 unknown-helo-rejected"])


@pytest.mark.parametrize(
    ("rules", "unused"),
    [
        (ALL, ["missing-equals-sign", "dnsbl", "unknown-restriction"]),
        (rules_named("unused-suppression", "missing-equals-sign"), ["missing-equals-sign"]),
        (rules_named("unused-suppression", "dnsbl-without-reply-filter"), []),
        ([rule for rule in ALL if rule.category in ("dnsbl", "suppression")], ["dnsbl"]),
        ([rule for rule in ALL if rule.category != "dnsbl"], ["missing-equals-sign", "unknown-restriction"]),
        ([rule for rule in ALL if rule.name != "unused-suppression"], []),
        # Nothing else is asked for, so all the others are asked on its behalf.
        (
            [rule for rule in ALL if rule.category == "suppression"],
            ["missing-equals-sign", "dnsbl", "unknown-restriction"],
        ),
        (rules_named("unused-suppression"), ["missing-equals-sign", "dnsbl", "unknown-restriction"]),
        ([], []),
    ],
)
def test_only_comments_for_rules_that_were_asked_are_called_unused(rules: list[Rule], unused: list[str]) -> None:
    comment = "# postlint: ignore[missing-equals-sign, dnsbl, unknown-restriction, helo]: for now\n"
    result = judged(comment + HELO, rules=rules)
    assert [item.location.text for item in result.diagnostics if item.rule == "unused-suppression"] == unused
    assert {item.rule for item in result.found} <= {rule.name for rule in rules}


# Repairs.


def test_fatal_line_can_be_suppressed_and_still_keeps_its_file_from_being_repaired() -> None:
    main = "# postlint: ignore[missing-equals-sign]: filled in by the installer\n@SERVER@\n" + HELO
    text, left = repaired(main + "# postlint: ignore[dnsbl]: none\n")
    assert text == main + "# postlint: ignore[dnsbl]: none\n"
    assert both(left) == (
        ["main.cf:3:48 unknown-helo-rejected", "main.cf:4:20 unused-suppression"],
        ["main.cf:2:1 missing-equals-sign"],
    )
    assert [diagnostic.fix for diagnostic in left.diagnostics] == [None, None]


def test_fix_leaves_what_is_suppressed_alone_and_removes_what_is_unused() -> None:
    unused = "# postlint: ignore[unknown-restriction]: for now\n"
    main = IGNORE_HELO + HELO + "\n" + unused + HELO.replace("sender_r", "data_r")
    text, left = repaired(main)
    assert text == IGNORE_HELO + HELO + "\n" + WARNED.replace("sender_r", "data_r")
    assert both(left) == ([], ["main.cf:2:48 unknown-helo-rejected"])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("indentation", ["", "  ", "\t\v\f "])
def test_removal_of_a_comment_takes_its_line_and_nothing_else(end: str, indentation: str) -> None:
    comment = indentation + IGNORE_HELO.removesuffix("\n") + " \t\v" + end
    parts = ["# first", end, GUARD.replace("\n", end), "# last" + end, f"name = a{end}", f" \t{end}  b{end}", "#end"]
    for position in range(len(parts)):
        if position != 1:
            with_comment = "".join([*parts[:position], comment, *parts[position:]])
            assert repaired(with_comment)[0] == "".join(parts)
    assert repaired("".join(parts[:-1]) + comment.removesuffix(end))[0] == "".join(parts[:-1])


@pytest.mark.parametrize("separators", [(",", ",", ","), (", ", " ,\t", " , "), ("  ,", ",,", ", ,")])
@pytest.mark.parametrize("used", [used for used in itertools.product([True, False], repeat=4) if any(used)])
def test_removal_of_names_leaves_the_others_in_place(separators: tuple[str, str, str], used: tuple[bool, ...]) -> None:
    names = ["unknown-helo-rejected", "unknown-restriction", "unconfirmed-client-name-rejected", "dnsbl"]
    words = [
        "reject_unknown_helo_hostname",
        "nonsense",
        "reject_unknown_client_hostname",
        "reject_rbl_client example.net",
    ]
    line = f"smtpd_client_restrictions = {', '.join(itertools.compress(words, used))}\n"
    listed = "".join(itertools.chain(*zip(names, (*separators, ""), strict=True)))
    text, left = repaired(f"# postlint: ignore[{listed}]: for now\n{line}")
    comment, rest = text.split("\n", 1)
    assert rest == line
    kept = comment.removeprefix("# postlint: ignore[").removesuffix("]: for now")
    assert [name for name in kept.replace(" ", "").replace("\t", "").split(",") if name] == list(
        itertools.compress(names, used)
    )
    assert kept.count(",") <= listed.count(",") - used.count(False)
    assert left.diagnostics == ()


def test_comment_goes_with_its_line_and_does_not_pass_to_the_next_one() -> None:
    client = "smtpd_client_restrictions =\n  permit_mynetworks,\n{}  reject_unknown_helo_hostname\n"
    comment = "  # postlint: ignore[unknown-helo-rejected]: there was one\n"
    main = GUARD + client.format(comment + "  # more\n  reject_rbl_client zen.spamhaus.org,\n")
    # The rule that the comment names is not asked, so nobody can tell whether the comment is of use.
    rules = rules_named("spamhaus-from-refused-network", "unused-suppression")
    text, left = repaired(main, AWS, rules=rules)
    assert text == GUARD + client.format("  # more\n")
    assert left.found == ()


def test_comment_that_a_repair_makes_useless_goes_after_it() -> None:
    main = (
        GUARD
        + IGNORE_HELO
        + "smtpd_sender_restrictions = permit_mynetworks, warn_if_rejct reject_unknown_helo_hostname\n"
    )
    assert both(judged(main)) == (["main.cf:3:48 unknown-restriction"], ["main.cf:3:62 unknown-helo-rejected"])
    assert repaired(main)[0] == main
    text, left = repaired(main, unsafe=True)
    assert text == GUARD + WARNED
    assert left.found == ()


def test_comment_that_a_repair_makes_useful_stays() -> None:
    comment = "# postlint: ignore[spamhaus-from-refused-network]: asked through a resolver elsewhere\n"
    main = GUARD + comment + "smtpd_client_restrictions = eject_rbl_client zen.spamhaus.org\n"
    assert both(judged(main, target=AWS)) == (
        ["main.cf:2:20 unused-suppression", "main.cf:3:29 unknown-restriction"],
        [],
    )
    text, left = repaired(main, AWS, unsafe=True)
    assert text == main.replace(" eject", " reject")
    assert both(left) == ([], ["main.cf:3:29 spamhaus-from-refused-network"])


# The command line.


def test_summary_says_how_many_are_suppressed(tmp_path: Path) -> None:
    configure(tmp_path / "conf", IGNORE_HELO + LIST.format(""), MASTER)
    configure(tmp_path / "quiet", GUARD + IGNORE_HELO + HELO, MASTER)
    both_directories = run(tmp_path, "check", "conf", "quiet")
    assert heads(both_directories.out) == ["conf/main.cf:5:5 error[unknown-restriction]"]
    assert both_directories.out.endswith("\n1 error (2 suppressed)\n")
    assert run(tmp_path, "check", "quiet") == Outcome(0, "no findings (1 suppressed)\n", "")
    assert run(tmp_path, "check", "--quiet", "quiet") == Outcome(0, "", "")
    assert run(tmp_path, "fix", "quiet") == Outcome(0, "nothing to repair\nno findings (1 suppressed)\n", "")
    assert run(tmp_path, "fix", "--diff", "quiet") == Outcome(0, "", "no findings (1 suppressed)\n")
    document = json.loads(run(tmp_path, "check", "--format", "json", "conf", "quiet").out)
    assert document["summary"] == {
        "info": 0,
        "warning": 0,
        "error": 1,
        "safe_fixes": 0,
        "unsafe_fixes": 0,
        "suppressed": 2,
    }


def test_readme_shows_what_postlint_says_of_comments() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    example = "fixtures/rules/unused-suppression/partners"
    assert f"```\n{(PROJECT / example / 'main.cf').read_text(encoding='utf-8')}```\n" in readme
    shown = run(PROJECT, "check", "--platform", "none", example).out
    assert f"$ postlint check --platform none {example}\n{shown}```\n" in readme


def test_comments_of_files_that_are_not_judged_are_left_alone(tmp_path: Path) -> None:
    conf = configure(tmp_path / "conf", IGNORE_HELO + WARNED + IGNORE_HELO + HELO, IGNORE_HELO + MASTER)
    result = run(tmp_path, "fix", "conf/master.cf")
    assert (result.status, result.out.count("suppress")) == (0, 0)
    assert (conf / "main.cf").read_text() == IGNORE_HELO + WARNED + IGNORE_HELO + HELO
    assert (conf / "master.cf").read_text() == MASTER
