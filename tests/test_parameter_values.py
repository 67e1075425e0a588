"""What is a value for a parameter, without any Postfix; and that of two rules only one tells of a defect."""

import pytest

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.facts.parameters import default, is_parameter, parameter_names
from postlint.facts.tables import json_table
from postlint.policy.values import flaws
from postlint.rules.bad_value import bad_value
from postlint.syntax.numbers import read_level, read_number, read_time
from postlint.target import PostfixVersion, Target
from postlint.text import Source

SMTPD = "smtp inet n - y - - smtpd\n"


def rules_that_speak(main: str, master: str = SMTPD) -> list[str]:
    files = ConfigurationFiles(Source("main.cf", main), Source("master.cf", master))
    return [item.rule for item in lint(files).diagnostics]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        ("+5", 5),
        (" \v-5", -5),
        ("0005", 5),
        ("", None),
        ("5 ", None),
        ("0x5", None),
        ("٥", None),
        ("- 5", None),
    ],
)
def test_numbers(text: str, number: int | None) -> None:
    assert read_number(text) == number


def test_long_numbers_are_far_away() -> None:
    assert read_number("9" * 100_000) == 10**20
    assert read_number("-" + "9" * 100_000) == -(10**20)
    assert read_number("0" * 100_000 + "7") == 7


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 18000),
        ("5s", 5),
        ("5sec", 5),
        ("5 s", None),
        ("1.5h", None),
        ("s", 0),
        ("seldom", 0),
        ("", None),
        ("-1s", None),
        ("-0s", 0),
        ("2147483647s", 2147483647),
        ("2147483648s", None),
        ("35791393m", 2147483580),
        # 2147483640 seconds would fit, but Postfix does not take them.
        ("35791394m", None),
        ("1D", None),
    ],
)
def test_times_whose_unit_is_the_hour(text: str, seconds: int | None) -> None:
    assert read_time(text, "h") == seconds


@pytest.mark.parametrize(("text", "level"), [("2", (2, 0, 0)), ("3.11", (3, 11, 0)), ("3.", None), ("3.1024", None)])
def test_levels(text: str, level: tuple[int, ...] | None) -> None:
    assert read_level(text) == level


def test_built_in_defaults_are_values() -> None:
    values = {name: default(name) for name in parameter_names()}
    bad = [
        name
        for name, value in values.items()
        if value is not None and "$" not in value and any(flaws(name, value, None))
    ]
    # virtual(8) does not start before it is set.
    assert bad == ["virtual_mailbox_base"]


def test_rows_of_words_are_sane() -> None:
    for name, row in json_table("words").items():
        assert is_parameter(name)
        assert {"words", "programs", "source"} <= set(row)
        assert row.get("dies") in ("start", "use", None)
        assert (row.get("dies") == "start") != ("consequence" in row), name
        assert set(row.get("since", {})) <= set(row["words"])
        conditions = (*row.get("when", ()), *row.get("unless", ()))
        assert all(is_parameter(condition.partition("=")[0]) for condition in conditions)
        assert all(word == word.lower() for word in row["words"])
        for word in row["words"]:
            assert list(flaws(name, word, None)) == []


@pytest.mark.parametrize(
    ("name", "value", "release", "dies"),
    [
        ("compatibility_level", "3.6", "3.2", True),
        ("compatibility_level", "3.6", "3.5", False),
        ("compatibility_level", "3.6", "3.6", False),
        ("compatibility_level", "-1", "3.5", False),
        ("compatibility_level", "-1", "3.6", True),
        ("smtpd_tls_protocols", ">=TLSv1.2", "3.5", True),
        ("smtpd_tls_protocols", ">=TLSv1.2", "3.6", False),
        ("smtpd_tls_protocols", ">=0303", "3.7", False),
        ("smtpd_forbid_bare_newline", "note", "3.8", True),
        ("smtpd_forbid_bare_newline", "note", "3.9", False),
        ("smtp_tls_security_level", "dane", "2.10", True),
        ("smtp_tls_security_level", "halfdane", "3.11", True),
    ],
)
def test_release_decides(name: str, value: str, release: str, dies: bool) -> None:
    assert bool(list(flaws(name, value, PostfixVersion.parse(release)))) == dies
    assert list(flaws(name, value, None)) == [] or value == "halfdane"


@pytest.mark.parametrize(
    ("main", "master", "rule"),
    [
        ("smtpd_helo_required = yes # always\n", SMTPD, "inline-comment"),
        ("myhostname = mx.example.com # here\n", SMTPD, "inline-comment"),
        ('smtpd_helo_required = "yes"\n', SMTPD, "stray-character"),
        ("smtpd_helo_required = yes\u00a0\n", SMTPD, "stray-character"),
        ("smtpd_helo_required = yes\rsmtpd_delay_reject = yes\n", SMTPD, "stray-character"),
        ("smtpd_helo_required = yes \\\n", SMTPD, "stray-character"),
        ("smtpd_helo_required = yes\n  smtpd_timeout = 5m\n", SMTPD, "swallowed-parameter"),
        ("smtpd_timeout = ${5m\n", SMTPD, "bad-expansion"),
        ("smtpd_timeout = $smtpd_timeout\n", SMTPD, "bad-expansion"),
        ("smtpd_timeout = $no_such_name\n", SMTPD, "undefined-name"),
        ("", "smtp inet n - y - - smtpd -o smtpd_helo_required= yes\n", "spaced-override"),
        ("", "smtp inet n - y - - smtpd\n  -o { smtpd_helo_required = yes # c }\n", "inline-comment"),
        ("smtpd_helo_require = sure\n", SMTPD, "unknown-parameter"),
        ("smtpd_helo_required = sure\nsmtpd_helo_required = yes\n", SMTPD, "duplicate-parameter"),
        ("process_id = none\n", SMTPD, "read-only-parameter"),
        ("bounce_queue_lifetime = 5d\nmy_time = 5 x\n", SMTPD, "unknown-parameter"),
    ],
)
def test_one_defect_one_finding(main: str, master: str, rule: str) -> None:
    assert rules_that_speak(main, master) == [rule]


@pytest.mark.parametrize(
    "main",
    [
        "smtpd_timeout = ${stress?{10}:{300}}s\nsmtpd_hard_error_limit = ${stress?1}\n",
        "myorigin = $mydomain\nsmtp_helo_name = $myhostname\n",
        "smtpd_tls_wrappermode = yes\nsmtpd_tls_security_level = whatever\n",
        "virtual_mailbox_base =\n",
        "myhostname = {{ host }}\nmessage_size_limit = %(size)s\nsoft_bounce = @SOFT_BOUNCE@\n",
        "mynetworks = 127.0.0.0/8\nmynetworks_style = all\n",
    ],
)
def test_nothing_is_said_of_what_is_not_known_or_not_looked_at(main: str) -> None:
    assert "bad-value" not in rules_that_speak(main)


def test_condition_of_one_service_is_enough() -> None:
    main = "smtpd_sasl_security_options = noplain\n"
    files = ConfigurationFiles(
        Source("main.cf", main),
        Source("master.cf", f"{SMTPD}submission inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes\n"),
    )
    (found,) = (item for item in lint(files).diagnostics if item.rule == "bad-value")
    assert found.location.source.path == "main.cf"
    assert found.location.text == "noplain"


def test_parameter_that_the_release_does_not_have_is_not_judged() -> None:
    files = ConfigurationFiles(
        Source("main.cf", "smtpd_forbid_unauth_pipelining = maybe\n"), Source("master.cf", SMTPD)
    )
    found = lint(files, Target(PostfixVersion(3, 4))).diagnostics
    assert [item.rule for item in found] == ["parameter-too-new"]


@pytest.mark.parametrize("name", ["smtpd_timeout", "message_size_limit", "soft_bounce", "inet_protocols", "myhostname"])
def test_long_value_is_not_told_at_length(name: str) -> None:
    for text in ("9" * 100_000, "x" * 100_000):
        assert all(len(flaw.reason) + len(flaw.cure) < 300 for flaw in flaws(name, text, None))


@pytest.mark.parametrize(
    ("name", "text", "better"),
    [
        ("smtpd_recipient_limit", "100;", "100"),
        ("smtpd_recipient_limit", "0;", None),
        ("message_size_limit", f"{'9' * 30};", None),
        ("smtpd_timeout", "'5 minutes'", "5m"),
        ("smtpd_timeout", "0 s", None),
        ("smtpd_helo_required", "On.", "yes"),
        ("smtpd_tls_security_level", "'may'", "may"),
        ("smtpd_tls_security_level", "mai", None),
    ],
)
def test_what_is_plainly_meant_is_a_value(name: str, text: str, better: str | None) -> None:
    (found,) = flaws(name, text, None)
    assert found.better == better
    assert better is None or list(flaws(name, better, None)) == []


@pytest.mark.parametrize(
    ("main", "fixed"),
    [
        (
            "smtpd_sasl_auth_enable = on\nsmtpd_sasl_security_options = noplain\n",
            "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_security_options = noplain\n",
        ),
        ("disable_dns_lookups = false;\nsmtp_host_lookup = dn\n", "disable_dns_lookups = no\nsmtp_host_lookup = dn\n"),
        ("smtpd_timeout =\n  5\n  m\n", "smtpd_timeout =\n  5\n  m\n"),
        ("smtpd_helo_required = yes,\n", "smtpd_helo_required = yes,\n"),
    ],
)
def test_fix_may_wake_what_others_speak_of(main: str, fixed: str) -> None:
    services = f"{SMTPD}smtp unix - - y - - smtp\n"
    files = ConfigurationFiles(Source("main.cf", main), Source("master.cf", services))
    done = fix(files, frozenset({"main.cf"}), Target(), rules=[bad_value], unsafe=True)
    assert done.dropped == ()
    repaired = done.remaining.context.configuration.files.main
    assert repaired is not None
    assert repaired.text == fixed


def test_open_relay_is_told_of() -> None:
    main = "mynetworks = 0.0.0.0/0\nsmtpd_helo_required = true\n"
    files = ConfigurationFiles(Source("main.cf", main), Source("master.cf", SMTPD))
    (found,) = lint(files, rules=[bad_value]).diagnostics
    assert str(found.help).endswith("close the relay first)")
