"""What deprecated-parameter does where several parameters decide together, and where a name stands twice."""

import pytest
from test_suppress import files_of

from postlint.edits import Applicability
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules import ALL
from postlint.rules.deprecated_parameter import deprecated_parameter
from postlint.target import PostfixVersion, Target

SMTP = "smtp inet n - y - - smtpd\n"
NEW, OLD = Target(PostfixVersion(3, 11)), Target(PostfixVersion(3, 7))


def fixed(main: str, master: str = SMTP, target: Target = NEW, only: bool = True) -> tuple[str, ...]:
    """Both files after the safe fixes of deprecated-parameter, or of all rules."""
    rules = [deprecated_parameter] if only else ALL
    result = fix(files_of(main, master), {"main.cf", "master.cf"}, target, rules=rules)
    assert not result.dropped
    return tuple(source.text for source in result.remaining.context.configuration.files.sources)


@pytest.mark.parametrize(
    ("main", "master"),
    [
        ("smtpd_use_tls = yes\nsmtpd_enforce_tls = yes\n", SMTP),
        ("smtpd_use_tls = yes\n", SMTP + "  -o smtpd_enforce_tls=yes\n"),
        ("smtpd_use_tls = yes\n", SMTP + "  -o smtpd_tls_security_level=\n"),
        ("smtpd_use_tls = yes\nsmtpd_tls_security_level = $own\n", SMTP),
        ("smtpd_use_tls = yes\nsmtpd_tls_security_level = may\n", SMTP + "  -o smtpd_tls_security_level=$own\n"),
        ("smtpd_use_tls = yes\npostscreen_enforce_tls = yes\n", SMTP),
        ("smtpd_use_tls = yes\nsmtpd_tls_security_level = may\npostscreen_tls_security_level =\n", SMTP),
        ("smtpd_use_tls = yes\nsmtpd_use_tls = yes\n", SMTP),
        ("smtpd_use_tls = $own\nown = yes\n", SMTP),
        ("smtpd_use_tls = yes # now\n", SMTP),
        ("smtpd_use_tls = yes\nown = $smtpd_use_tls\n", SMTP),
        ("smtp_use_tls = yes\nsmtp_tls_per_site = hash:/x\n", SMTP),
        ("smtp_use_tls = yes\ntlsproxy_client_level = may\n", SMTP),
        ("smtp_enforce_tls = yes\n", SMTP),
        ("smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no\n", SMTP),
        ("virtual_maps =\n", SMTP),
        ("virtual_maps = hash:/x\nvirtual_alias_maps = $virtual_maps\n", SMTP),
        ("virtual_maps = hash:/x\n", SMTP + "  -o virtual_maps=\n"),
        ("smtpd_client_connection_limit_exceptions = 192.0.2.1\n", SMTP),
        ("", SMTP + "  -o smtpd_use_tls=no\n"),
    ],
)
def test_no_safe_fix_where_another_parameter_decides_too(main: str, master: str) -> None:
    assert fixed(main, master) == (main, master)


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("smtp_use_tls = Yes\n", "smtp_tls_security_level = may\n"),
        ("lmtp_enforce_tls = yes\r\n", "lmtp_enforce_tls = yes\r\n"),
        ("smtpd_use_tls\r\n# a\r\n  =\r\n\tyes", "smtpd_tls_security_level\r\n# a\r\n  =\r\n\tmay"),
        (
            "smtpd_use_tls =\n# a\n  no\n# b\nsmtpd_enforce_tls = yes\n",
            "# a\n# b\nsmtpd_tls_security_level = encrypt\n",
        ),
        ("smtpd_enforce_tls = yes\nsmtpd_tls_security_level = may", "smtpd_tls_security_level = may"),
        ("smtpd_tls_security_level = may\nsmtpd_use_tls = yes", "smtpd_tls_security_level = may\n"),
        (
            "smtp_use_tls = yes\nsmtp_enforce_tls = yes\nsmtp_tls_security_level = may\n",
            "smtp_tls_security_level = may\n",
        ),
    ],
)
def test_layout_stays(main: str, expected: str) -> None:
    assert fixed(main)[0] == expected


def test_earlier_ones_of_three_go_first() -> None:
    main = "fallback_relay = a\nfallback_relay = b\n# last\nfallback_relay =\n  c\n"
    assert fixed(main, only=False)[0] == "# last\nsmtp_fallback_relay =\n  c\n"


def test_name_that_takes_the_place_of_two_is_left_to_you() -> None:
    main = "smtp_tls_security_levl = encrypt\nsmtp_use_tls = yes\n"
    result = fix(files_of(main, SMTP), {"main.cf"}, NEW, unsafe=True)
    assert not result.dropped
    texts = [source.text for source in result.remaining.context.configuration.files.sources]
    assert texts[0] == "smtp_tls_security_level = encrypt\n"


@pytest.mark.parametrize(
    ("target", "main", "applicability"),
    [
        (Target(), "postscreen_blacklist_action = drop\n", Applicability.UNSAFE),
        (Target(PostfixVersion(3, 6)), "postscreen_blacklist_action = drop\n", Applicability.SAFE),
        (Target(), "virtual_maps = hash:/x\n", Applicability.SAFE),
        (OLD, "smtp_enforce_tls = yes\n", Applicability.SAFE),
        (NEW, "smtp_enforce_tls = yes\n", Applicability.UNSAFE),
        (NEW, "smtp_use_tls = yes\n", Applicability.SAFE),
    ],
)
def test_safety_depends_on_the_release(target: Target, main: str, applicability: Applicability) -> None:
    (found,) = lint(files_of(main, SMTP), target, rules=[deprecated_parameter]).diagnostics
    assert found.fix is not None
    assert found.fix.applicability is applicability


def test_removal_needs_a_release_that_knows_the_new_name() -> None:
    main = "postscreen_blacklist_action = drop\npostscreen_denylist_action = drop\n"
    assert fixed(main, target=Target())[0] == main
    assert fixed(main)[0] == "postscreen_denylist_action = drop\n"
