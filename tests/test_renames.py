"""Definitions that get another name: which are left alone, and what becomes of the text around them."""

import pytest
from test_suppress import files_of

from postlint.engine.fix import FixResult, fix
from postlint.engine.lint import lint
from postlint.rules import ALL
from postlint.rules.client_name_check_without_lookup import client_name_check_without_lookup
from postlint.rules.unknown_parameter import unknown_parameter
from postlint.target import PostfixVersion, Target

SMTP = "smtp inet n - y - - smtpd\n"
GUARDED = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
NEW = Target(PostfixVersion(3, 11))


def repaired(main: str, master: str = SMTP, target: Target = Target(), only: bool = True) -> FixResult:
    """By the unsafe fixes of unknown-parameter, or of all rules."""
    rules = [unknown_parameter] if only else ALL
    result = fix(files_of(main, master), {"main.cf", "master.cf"}, target, rules=rules, unsafe=True)
    assert not result.dropped
    return result


def texts(result: FixResult) -> tuple[str, ...]:
    return tuple(source.text for source in result.remaining.context.configuration.files.sources)


def helps(main: str, master: str = SMTP, target: Target = Target()) -> list[str]:
    return [item.help or "" for item in lint(files_of(main, master), target, rules=[unknown_parameter]).diagnostics]


@pytest.mark.parametrize(
    ("main", "master", "reason"),
    [
        ("myorigen = a\nmyoriginn = b\n", SMTP, "another misspelt name may mean it, too"),
        ("myorigen = a\nmyorigen = b\n", SMTP, "myorigen is set twice"),
        ("myorigen = $mail_name\nmail_name = x $myorigin\n", SMTP, "myorigin would name itself"),
        ("myorigen = $myorigin\n", SMTP, "myorigin would name itself"),
        ("", SMTP + "  -o myorigen=a -o myorigen=b\n", "myorigen is set twice"),
        (GUARDED + "mynetwork = 0.0.0.0/0\n", SMTP, "with it mynetworks trusts 0.0.0.0/0"),
        (GUARDED, SMTP + "  -o mynetwork=0.0.0.0/0\n", "with it mynetworks trusts 0.0.0.0/0"),
        (GUARDED, SMTP + "  -o smtpd_relay_restriction=permit\n", "with it smtpd does not start"),
    ],
)
def test_no_other_name_where_it_does_harm(main: str, master: str, reason: str) -> None:
    found = helps(main, master)
    assert found
    assert {text.partition("; no fix: ")[2] for text in found} == {reason}
    assert repaired(main, master).edits == {}


def test_no_name_that_the_target_does_not_know() -> None:
    main = "smtp_tls_security_levle = may\nsmtpd_forbid_bare_newlin = yes\n"
    old = Target(PostfixVersion(2, 2))
    assert [text.partition("; no fix: ")[2] for text in helps(main, target=old)] == ["Postfix 2.2 does not know it"] * 2
    assert len(repaired(main, target=NEW).applied) == 2


def test_a_set_name_is_not_meant() -> None:
    assert repaired("myorigen = a\nmyorigin = b\n").edits == {}
    master = SMTP + "  -o myorigen=a\n  -o myorigin=b\n"
    assert repaired("", master).edits == {}
    assert texts(repaired("myorigin = b\n", SMTP + "  -o myorigen=a\n"))[1] == SMTP + "  -o myorigin=a\n"


def test_a_stray_character_in_the_name_stays() -> None:
    assert repaired("\ufeffmyorigin = a\n").edits == {}


def test_a_file_for_another_program_stays() -> None:
    main = "".join(f"other_program_{number} = a\n" for number in range(20))
    assert repaired("mydistination = a\n" + main).edits == {}
    assert repaired("mydistination = a\n" + main.replace("other_program_7 = a\n", "")).edits != {}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_layout_stays(end: str) -> None:
    text = end.join(("# one", "myorigen", "# two", "  = a.example,", "", "\tb # three", "Mail_name =", "mydomain=c"))
    fixed = text.replace("myorigen", "myorigin").replace("Mail_name", "mail_name")
    assert texts(repaired(text))[0] == fixed
    assert texts(repaired(text + end))[0] == fixed + end


def test_long_form_of_an_override() -> None:
    master = SMTP + "  -o { myorigen = a b }\n  -o smtpd_helo_require=yes\n"
    expected = master.replace("myorigen", "myorigin").replace("require=", "required=")
    assert texts(repaired("", master))[1] == expected


def test_earlier_ones_of_three_go_first() -> None:
    main = "myorigen = a\nmydomain = x.example\nmyorigen = b\n# last\nmyorigen = c\n"
    assert texts(repaired(main, only=False))[0] == "mydomain = x.example\n# last\nmyorigin = c\n"


def test_what_comes_into_force_is_judged() -> None:
    """A list with an unknown word, and a switch on which a check in another list depends: new errors are no bug."""
    main = f"{GUARDED}smtpd_client_restriction = permit_mynetworks, rejct\n"
    assert texts(repaired(main, only=False))[0] == main.replace("ion =", "ions =").replace("rejct", "reject")
    checks = "smtpd_client_restrictions = permit_mynetworks, reject_unknown_reverse_client_hostname\n"
    main = f"{GUARDED}{checks}smtpd_peername_lookups = no\n"
    rules = [unknown_parameter, client_name_check_without_lookup]
    assert [item.rule for item in lint(files_of(main, SMTP), rules=rules).diagnostics] == ["unknown-parameter"]
    result = fix(files_of(main, SMTP), {"main.cf"}, rules=rules, unsafe=True)
    assert [item.rule for item in result.applied] == ["unknown-parameter", "client-name-check-without-lookup"]
    assert not result.dropped


def test_lists_that_name_it_change_along() -> None:
    main = f"{GUARDED}smtpd_helo_restriction = reject_invalid_helo_hostname\n"
    main += "smtpd_client_restrictions = permit_mynetworks, $smtpd_helo_restrictions\n"
    required = "smtpd_helo_required = yes\n"  # by another rule
    assert texts(repaired(main, only=False))[0] == main.replace("ion =", "ions =") + required
