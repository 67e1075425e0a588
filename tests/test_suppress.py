"""Suppression comments: what they take away, and what is said of those that cannot be read."""

from collections.abc import Iterable

import pytest
from test_cli import GUARD, MASTER

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Diagnostic
from postlint.engine.lint import LintResult, lint
from postlint.engine.suppress import Suppressions
from postlint.rules import ALL
from postlint.rules.base import Rule
from postlint.target import Target
from postlint.text import Location, Source, Span

HELO = "smtpd_sender_restrictions = permit_mynetworks, reject_unknown_helo_hostname\n"
WARNED = HELO.replace("reject_unknown", "warn_if_reject reject_unknown")
LIST = "smtpd_client_restrictions =\n    permit_mynetworks,\n{}    reject_unknown_helo_hostname,\n    nonsense\n"
IGNORE_HELO = "# postlint: ignore[unknown-helo-rejected]: partners only\n"


# Where the platform is not known, comments for rules that ask for it are left alone.
NO_CLOUD = Target(platform="none")


def files_of(main: str, master: str | None = None) -> ConfigurationFiles:
    return ConfigurationFiles(Source("main.cf", main), Source("master.cf", master) if master is not None else None)


def judged(main: str, master: str | None = None, rules: Iterable[Rule] = ALL, target: Target = NO_CLOUD) -> LintResult:
    return lint(files_of(main, master), target, rules=rules)


def shown(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """``path:line:column rule`` of each."""
    lines = []
    for diagnostic in diagnostics:
        source, span = diagnostic.location
        line, column = source.position(span.start)
        lines.append(f"{source.path}:{line}:{column} {diagnostic.rule}")
    return lines


def both(result: LintResult) -> tuple[list[str], list[str]]:
    """What is left, and what comments took away."""
    return shown(result.diagnostics), shown(result.suppressed)


# What a comment reaches.


@pytest.mark.parametrize(
    "comment",
    [
        IGNORE_HELO,
        IGNORE_HELO + "# They all have names.\n  #\n",
        "# The list of partners is in the wiki.\n" + IGNORE_HELO,
        "\n" + IGNORE_HELO,
        "  \t" + IGNORE_HELO,
        "#postlint:ignore[unknown-helo-rejected]:partners only\n",
        "#\tpostlint:  ignore [ unknown-helo-rejected ] : partners only  \r\n",
        "# postlint: ignore[unknown-helo-rejected]: [partners], see: #12\n",
        "# postlint: ignore[unknown-helo-rejected,]: partners only\n",
        "# postlint: ignore[helo]: partners only\n",
    ],
)
def test_comment_above_a_logical_line_suppresses_what_starts_in_it(comment: str) -> None:
    line = comment.count("\n") + 1
    assert both(judged(comment + HELO)) == ([], [f"main.cf:{line}:48 unknown-helo-rejected"])


def test_comment_above_a_logical_line_reaches_all_of_it_and_no_further() -> None:
    main = IGNORE_HELO + LIST.format("\n# comment\n") + HELO
    assert both(judged(main)) == (
        ["main.cf:7:5 unknown-restriction", "main.cf:8:48 unknown-helo-rejected"],
        ["main.cf:6:5 unknown-helo-rejected"],
    )


@pytest.mark.parametrize("between", ["", "    # comment\n", "\n", "#\n \n#\n"])
def test_comment_inside_a_logical_line_reaches_the_next_physical_line_alone(between: str) -> None:
    comment = "    # postlint: ignore[unknown-helo-rejected, unknown-restriction]: for now\n"
    line = 4 + between.count("\n")
    result = judged(LIST.format(comment + between))
    assert both(result) == (
        ["main.cf:3:47 unused-suppression", f"main.cf:{line + 1}:5 unknown-restriction"],
        [f"main.cf:{line}:5 unknown-helo-rejected"],
    )


def test_comment_for_a_file_may_stand_anywhere_in_it_and_reaches_no_other() -> None:
    comment = "# postlint: ignore-file[unknown-helo-rejected]: partners only\n"
    master = MASTER + "  -o smtpd_sender_restrictions=reject_unknown_helo_hostname\n"
    found = ["main.cf:1:48 unknown-helo-rejected", "master.cf:2:32 unknown-helo-rejected"]
    assert both(judged(HELO, master)) == (found, [])
    assert both(judged(HELO + comment, master)) == (found[1:], found[:1])
    assert both(judged(HELO, master + "\n  " + comment)) == (found[:1], found[1:])


@pytest.mark.parametrize(
    ("names", "left", "taken"),
    [
        ("helo", ["unknown-restriction"], ["unknown-helo-rejected"]),
        ("restrictions, helo", [], ["unknown-helo-rejected", "unknown-restriction"]),
        ("unknown-restriction,unknown-helo-rejected", [], ["unknown-helo-rejected", "unknown-restriction"]),
    ],
)
def test_several_rules_and_categories(names: str, left: list[str], taken: list[str]) -> None:
    result = judged(f"# postlint: ignore[{names}]: for now\n" + LIST.format(""))
    assert [diagnostic.rule for diagnostic in result.diagnostics] == left
    assert [diagnostic.rule for diagnostic in result.suppressed] == taken


def test_service_of_master_cf_is_a_logical_line() -> None:
    helo = "  -o smtpd_sender_restrictions=reject_unknown_helo_hostname\n"
    data = "  -o smtpd_data_restrictions=reject_unknown_helo_hostname\n"
    master = f"{IGNORE_HELO}{MASTER}  -v\n{helo}10025 inet n - y - - smtpd\n  # more\n{{}}{helo}{data}"
    assert both(judged(GUARD, master.format(f"  {IGNORE_HELO}"))) == (
        ["master.cf:9:30 unknown-helo-rejected"],
        ["master.cf:4:32 unknown-helo-rejected", "master.cf:8:32 unknown-helo-rejected"],
    )
    assert both(judged(GUARD, master.format(""))) == (
        ["master.cf:7:32 unknown-helo-rejected", "master.cf:8:30 unknown-helo-rejected"],
        ["master.cf:4:32 unknown-helo-rejected"],
    )


def test_first_line_that_starts_with_a_blank_is_a_logical_line() -> None:
    suppressions = Suppressions([Source("main.cf", f"{IGNORE_HELO}  stray\n  more\nname = value\n")])
    starts = [
        suppressions.covers("unknown-helo-rejected", place(suppressions, word)) for word in ("stray", "more", "name")
    ]
    assert starts == [True, True, False]


def place(suppressions: Suppressions, word: str) -> Location:
    source = suppressions.all[0].comment.source
    return Location(source, Span(source.text.index(word), source.text.index(word) + len(word)))


def test_source_of_a_lookup_table_is_like_any_other() -> None:
    comment = "# postlint: ignore[unknown-restriction]: for now\n"
    suppressions = Suppressions(
        [Source("access", f"one REJECT\n{comment}two loose,\n  {comment}\n  weak\nthree DUNNO\n")]
    )
    covered = {
        word: suppressions.covers("unknown-restriction", place(suppressions, word))
        for word in ("one", "two", "loose", "weak", "three")
    }
    assert covered == {"one": False, "two": True, "loose": True, "weak": True, "three": False}


def test_summary_of_unknown_zones_leaves_out_what_is_suppressed() -> None:
    zones = [f"reject_rbl_client {name}.example.net" for name in ("first", "second", "third")]
    comment = "  # postlint: ignore[dnsbl-without-reply-filter]: our own\n"

    def summary(*suppressed: int) -> list[tuple[str, str, list[str]]]:
        lines = [f"{comment if number in suppressed else ''}  {zone}\n" for number, zone in enumerate(zones)]
        result = judged(GUARD + "smtpd_client_restrictions =\n" + "".join(lines))
        assert [item.location.text for item in result.suppressed] == [zones[number] for number in suppressed]
        return [
            (item.message.partition(" asked")[0], item.location.text, [other.location.text for other in item.related])
            for item in result.diagnostics
        ]

    unknown = "lists whose answers postlint does not know"
    assert summary() == [
        (f"3 {unknown} (first.example.net, second.example.net, third.example.net) are", zones[0], zones[1:])
    ]
    assert summary(0) == [(f"2 {unknown} (second.example.net, third.example.net) are", zones[1], [zones[2]])]
    assert summary(1) == [(f"2 {unknown} (first.example.net, third.example.net) are", zones[0], [zones[2]])]
    assert summary(0, 2) == [("second.example.net is", zones[1], [])]
    assert summary(0, 1, 2) == []


# Comments that cannot be read.


@pytest.mark.parametrize(
    ("comment", "problem", "form"),
    [
        ("# postlint: ignore", "no brackets follow ignore", "ignore"),
        ("# postlint: ignore unknown-helo-rejected", "no brackets follow ignore", "ignore"),
        ("# postlint: ignore: partners only", "no brackets follow ignore", "ignore"),
        ("# postlint: ignore file[unknown-helo-rejected]: partners only", "no brackets follow ignore", "ignore"),
        ("# postlint: ignore-file", "no brackets follow ignore-file", "ignore-file"),
        ("# postlint: ignore[unknown-helo-rejected: why", "the bracket behind ignore is not closed", "ignore"),
        ("# postlint: ignore-file [", "the bracket behind ignore-file is not closed", "ignore-file"),
        ("# postlint: ignore[]: partners only", "its brackets name no rule", "ignore"),
        ("# postlint: ignore[ , ]: partners only", "its brackets name no rule", "ignore"),
        ("# postlint: ignore[unknown-helo-rejected]", "it gives no reason", "ignore"),
        ("# postlint: ignore[unknown-helo-rejected]:", "it gives no reason", "ignore"),
        ("# postlint: ignore-file[unknown-helo-rejected] : \t", "it gives no reason", "ignore-file"),
        ("# postlint: ignore[unknown-helo-rejected] partners: all", "it gives no reason", "ignore"),
        ("#postlint:Ignore[helo]:why", '"Ignore" is neither ignore nor ignore-file', "ignore"),
        ("# postlint: disable [helo]: why", '"disable" is neither ignore nor ignore-file', "ignore"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_malformed_comment_is_reported_and_suppresses_nothing(comment: str, problem: str, form: str, end: str) -> None:
    result = judged(f"  {comment}{end}{HELO}")
    assert shown(result.found) == ["main.cf:1:3 unknown-suppression", "main.cf:2:48 unknown-helo-rejected"]
    said, finding = result.diagnostics
    assert said.message == f"this comment suppresses nothing: {problem}"
    assert said.help == f"write it as # postlint: {form}[rule]: reason"
    assert said.location.text == comment.rstrip(" \t")
    assert finding.fix is not None


@pytest.mark.parametrize(
    "comment",
    [
        "# postlint",
        "# postlint ignore[unknown-helo-rejected]: partners only",
        "# postlint: ignored until March",
        "# Postlint: ignore[unknown-helo-rejected]: partners only",
        "# see postlint: ignore[unknown-helo-rejected]: partners only",
        "# # postlint: ignore[unknown-helo-rejected]: partners only",
        "smtpd_banner = # postlint: ignore[unknown-helo-rejected]: partners only",
    ],
)
def test_text_that_is_not_meant_for_postlint_is_left_alone(comment: str) -> None:
    assert both(judged(f"{comment}\n{HELO}")) == (["main.cf:2:48 unknown-helo-rejected"], [])


@pytest.mark.parametrize(
    ("name", "message", "help_text"),
    [
        (
            "unknown-hello-rejected",
            '"unknown-hello-rejected" is no rule and no category of rules: it suppresses nothing',
            "did you mean unknown-helo-rejected?",
        ),
        ("HELO", '"HELO" is no rule and no category of rules: it suppresses nothing', "did you mean helo?"),
        (
            "SC2086",
            '"SC2086" is no rule and no category of rules: it suppresses nothing',
            "`postlint rules` lists the rules and their categories",
        ),
        *(
            (name, f'"{name}" cannot be suppressed by a comment', f"leave it out with --ignore {name}")
            for name in ("unknown-suppression", "unused-suppression", "suppression")
        ),
    ],
)
def test_name_that_is_no_rule_is_reported_and_the_others_hold(name: str, message: str, help_text: str) -> None:
    result = judged(f"# postlint: ignore[{name}, unknown-helo-rejected]: partners only\n{HELO}")
    (said,) = result.diagnostics
    assert (said.rule, said.message, said.help) == ("unknown-suppression", message, help_text)
    assert said.location.text == name
    assert shown(result.suppressed) == ["main.cf:2:48 unknown-helo-rejected"]
