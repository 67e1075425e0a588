"""The HELO list left out for a submission service: where the override goes, and when that keeps strangers out."""

import pytest

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Diagnostic, Severity
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules.helo_check_on_submission import helo_check_on_submission
from postlint.rules.unknown_helo_rejected import unknown_helo_rejected
from postlint.target import PostfixVersion, Target
from postlint.text import Source

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
HELO = "smtpd_helo_restrictions"
CHECK = f"{GUARD}smtpd_sasl_auth_enable = yes\n{HELO} = permit_mynetworks, reject_non_fqdn_helo_hostname\n"
GATE = "smtpd_client_restrictions=permit_sasl_authenticated,reject"
SERVICE = "submission inet n - y - - smtpd"
TARGET = Target(PostfixVersion(3, 7))
RULES = (helo_check_on_submission,)


def configuration(main: str, master: str) -> ConfigurationFiles:
    return ConfigurationFiles(Source("main.cf", main), Source("master.cf", master))


def found(main: str, master: str) -> tuple[Diagnostic, ...]:
    return lint(configuration(main, master), TARGET, rules=RULES).diagnostics


def fixed(main: str, master: str) -> tuple[str, str]:
    files = configuration(main, master)
    result = fix(files, frozenset({"main.cf", "master.cf"}), TARGET, rules=RULES)
    assert result.dropped == ()
    after = result.remaining.context.configuration.files
    assert fix(after, frozenset({"main.cf", "master.cf"}), TARGET, rules=RULES).edits == {}
    assert after.main is not None
    assert after.master is not None
    return after.main.text, after.master.text


# (what it shows, master.cf before, and after).
LAYOUTS = [
    ("one line", f"{SERVICE} -o {GATE}\n", f"{SERVICE} -o {GATE} -o {HELO}=\n"),
    ("no line feed", f"{SERVICE} -o {GATE}", f"{SERVICE} -o {GATE} -o {HELO}="),
    ("own lines", f"{SERVICE}\n\t-o {GATE}\n", f"{SERVICE}\n\t-o {GATE}\n\t-o {HELO}=\n"),
    ("CRLF", f"{SERVICE}\r\n  -o {GATE}\r\n", f"{SERVICE}\r\n  -o {GATE}\r\n  -o {HELO}=\r\n"),
    ("own lines, no line feed", f"{SERVICE}\n  -o {GATE}", f"{SERVICE}\n  -o {GATE}\n  -o {HELO}="),
    (
        "comments",
        f"# users\n{SERVICE}\n  -o {GATE}\n#  -o x=y\n\n  # end\nsmtp inet n - y - - smtpd\n",
        f"# users\n{SERVICE}\n  -o {GATE}\n  -o {HELO}=\n#  -o x=y\n\n  # end\nsmtp inet n - y - - smtpd\n",
    ),
    (
        "braces over lines",
        f"{SERVICE}\n  -o {{ smtpd_client_restrictions =\n      permit_sasl_authenticated, reject }}\n",
        f"{SERVICE}\n  -o {{ smtpd_client_restrictions =\n      permit_sasl_authenticated, reject }}\n  -o {HELO}=\n",
    ),
    ("joined", f"{SERVICE} -v -o{GATE}\n", f"{SERVICE} -v -o{GATE} -o {HELO}=\n"),
    (
        "own list, short",
        f"{SERVICE} -o {HELO}=reject_unknown_helo_hostname,permit -o {GATE}\n",
        f"{SERVICE} -o {HELO}= -o {GATE}\n",
    ),
    (
        "own list, in braces",
        f"{SERVICE}\n  -o {{ {HELO} = reject_unknown_helo_hostname, permit }}\n  -o {GATE}\n",
        f"{SERVICE}\n  -o {{ {HELO} = }}\n  -o {GATE}\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), [case[1:] for case in LAYOUTS], ids=[case[0] for case in LAYOUTS])
def test_override(before: str, after: str) -> None:
    assert fixed(CHECK, before) == (CHECK, after)


def test_override_without_other_options() -> None:
    main = f"{CHECK}smtpd_sender_restrictions = permit_sasl_authenticated, reject\n"
    assert fixed(main, f"{SERVICE}\n") == (main, f"{SERVICE} -o {HELO}=\n")


# (what it shows, the options of the service): another list keeps out who has not logged in.
GATES = [
    ("client list", f" -o {GATE}"),
    ("sender list", " -o smtpd_sender_restrictions=permit_sasl_authenticated,reject"),
    ("relay list", " -o smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,reject"),
    ("recipient list", " -o smtpd_recipient_restrictions=reject_unlisted_recipient,permit_sasl_authenticated,defer"),
    ("certificates", " -o smtpd_client_restrictions=permit_tls_clientcerts,permit_sasl_authenticated,reject"),
    ("behind the guard", " -o smtpd_relay_restrictions=reject_unauth_destination,permit_sasl_authenticated,reject"),
]


@pytest.mark.parametrize("options", [case[1] for case in GATES], ids=[case[0] for case in GATES])
def test_other_list_demands_a_login(options: str) -> None:
    assert fixed(CHECK, f"{SERVICE}{options}\n") == (CHECK, f"{SERVICE}{options} -o {HELO}=\n")


# (what it shows, main.cf, the options of the service, why there is no fix).
ADVICE = [
    ("no gate", CHECK, "", "no other list of the service demands a login, as permit_sasl_authenticated, reject does"),
    ("guard alone", CHECK, " -o smtpd_relay_restrictions=permit_sasl_authenticated,reject_unauth_destination", "login"),
    ("softened", CHECK, " -o smtpd_client_restrictions=permit_sasl_authenticated,warn_if_reject,reject", "login"),
    ("own recipients pass", CHECK, " -o smtpd_recipient_restrictions=permit_auth_destination,reject", "login"),
    ("DNS allowlist", CHECK, " -o smtpd_client_restrictions=permit_dnswl_client,list.example,reject", "login"),
    ("any certificate", CHECK, " -o smtpd_client_restrictions=permit_tls_all_clientcerts,reject", "login"),
    ("unread table", CHECK, " -o smtpd_client_restrictions=check_client_access,hash:/x,reject", "login"),
    (
        "strangers trusted",
        f"{CHECK}mynetworks = 0.0.0.0/0\n",
        " -o smtpd_client_restrictions=permit_mynetworks,reject",
        "",
    ),
    (
        "recipients of this host in a table",
        CHECK,
        " -o {smtpd_recipient_restrictions=check_recipient_access inline:{a@example.com=OK}, reject}",
        "login",
    ),
    ("table in the list", f"{CHECK}  check_helo_access hash:/x\n", f" -o {GATE}", "holds check_helo_access, too"),
    ("another name", CHECK, f" -o {HELO}=$mua -o mua=reject_unknown_helo_hostname -o {GATE}", "other parameters: $mua"),
    ("used elsewhere", f"{CHECK}smtpd_sender_restrictions = ${HELO}\n", f" -o {GATE}", "uses $smtpd_helo_restrictions"),
]


@pytest.mark.parametrize(("main", "options", "reason"), [case[1:] for case in ADVICE], ids=[case[0] for case in ADVICE])
def test_list_that_stays(main: str, options: str, reason: str) -> None:
    (diagnostic,) = found(main, f"{SERVICE}{options}\n")
    assert diagnostic.fix is None
    assert diagnostic.help is not None
    assert reason in diagnostic.help.partition("no fix: ")[2]


# (what it shows, main.cf, master.cf): mail clients pass, or there are none.
SILENT = [
    ("port 25", CHECK, "smtp inet n - y - - smtpd\n"),
    ("another program", CHECK, "submission inet n - y - - qmqpd\n"),
    ("loopback", CHECK, "[::1]:submission inet n - y - - smtpd\n"),
    ("unix socket", CHECK, "submission unix n - y - - smtpd\n"),
    ("no logins", CHECK, f"{SERVICE} -o smtpd_sasl_auth_enable=no\n"),
    ("left out", CHECK, f"{SERVICE} -o {HELO}=\n"),
    ("login first", CHECK, f"{SERVICE} -o {HELO}=permit_sasl_authenticated,reject_non_fqdn_hostname\n"),
    ("certificate first", CHECK, f"{SERVICE} -o {HELO}=permit_tls_clientcerts,reject_non_fqdn_hostname\n"),
    ("unread table first", CHECK, f"{SERVICE} -o {HELO}=check_helo_access,hash:/x,reject_non_fqdn_hostname\n"),
    ("softened", CHECK, f"{SERVICE} -o {HELO}=warn_if_reject,reject_non_fqdn_hostname\n"),
    ("behind reject", CHECK, f"{SERVICE} -o {HELO}=reject,reject_non_fqdn_hostname\n"),
    ("client names", f"{GUARD}smtpd_client_restrictions = reject_unknown_client_hostname\n", f"{SERVICE}\n"),
]


@pytest.mark.parametrize(("main", "master"), [case[1:] for case in SILENT], ids=[case[0] for case in SILENT])
def test_nothing_is_said_where_mail_clients_pass(main: str, master: str) -> None:
    assert found(main, master) == ()


@pytest.mark.parametrize("name", ["submission", "587", "submissions", "smtps", "465", "192.0.2.1:587"])
def test_submission_services(name: str) -> None:
    (diagnostic,) = found(CHECK, f"{name} inet n - y - - smtpd -o {GATE}\n")
    assert diagnostic.service == f"{name}/inet"
    assert diagnostic.location.text == name
    assert diagnostic.message == (
        f"{name}/inet applies reject_non_fqdn_helo_hostname of smtpd_helo_restrictions to users before any permit for "
        "them: mail clients say EHLO laptop, and are refused"
    )


def test_service_that_is_defined_twice_is_left_alone() -> None:
    master = f"{SERVICE} -o {HELO}=\n{SERVICE} -o {GATE}\n"
    (diagnostic,) = found(CHECK, master)
    assert diagnostic.help == (
        "set -o smtpd_helo_restrictions= for submission/inet; no fix: master.cf defines submission/inet more than once"
    )


def test_no_login_counts_before_it_can_be_made() -> None:
    main = f"{CHECK}smtpd_delay_reject = no\n"
    override = f" -o {HELO}=permit_sasl_authenticated,reject_non_fqdn_hostname"
    assert fixed(main, f"{SERVICE}{override} -o {GATE}\n") == (main, f"{SERVICE} -o {HELO}= -o {GATE}\n")
    sender = " -o smtpd_sender_restrictions=permit_sasl_authenticated,reject_non_fqdn_hostname"
    assert found(f"{GUARD}smtpd_sasl_auth_enable = yes\nsmtpd_delay_reject = no\n", f"{SERVICE}{sender}\n") == ()


def test_checks_of_several_lists_are_one_finding() -> None:
    main = f"{CHECK}smtpd_recipient_restrictions = reject_unknown_hostname\n"
    (diagnostic,) = found(main, f"{SERVICE} -o {GATE}\n")
    assert diagnostic.message == (
        "submission/inet applies reject_non_fqdn_helo_hostname of smtpd_helo_restrictions, and reject_unknown_hostname "
        "of smtpd_recipient_restrictions to users before any permit for them: mail clients say EHLO laptop.local, and "
        "are refused"
    )
    main_after, master_after = fixed(main, f"{SERVICE} -o {GATE}\n")
    assert (main_after, master_after) == (main, f"{SERVICE} -o {GATE} -o {HELO}=\n")
    (left,) = found(main_after, master_after)
    assert left.fix is None
    assert left.severity is Severity.ERROR
    assert left.help == (
        "set -o smtpd_recipient_restrictions for submission/inet without them; no fix: what else the list refuses has "
        "to stay"
    )


def test_checks_move_behind_the_login_where_the_list_is_the_gate() -> None:
    checks, gate = "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname", "permit_sasl_authenticated"
    main = f"{GUARD}smtpd_sasl_auth_enable = yes\n{HELO} = {checks}, {gate}, reject\n"
    after = main.replace(f"{checks}, {gate}", f"{gate}, {checks}")
    assert fixed(main, f"{SERVICE}\nsmtps inet n - y - - smtpd\n") == (
        after,
        f"{SERVICE}\nsmtps inet n - y - - smtpd\n",
    )


def test_that_mail_clients_are_refused_is_said_once() -> None:
    master = f"{SERVICE} -o {HELO}=reject_unknown_helo_hostname,permit_sasl_authenticated,reject\n"
    told = lint(configuration(CHECK, master), TARGET, rules=[helo_check_on_submission, unknown_helo_rejected])
    assert [(item.rule, item.severity, "mail clients" in item.message) for item in told.diagnostics] == [
        ("helo-check-on-submission", Severity.ERROR, True),
        ("unknown-helo-rejected", Severity.WARNING, False),
    ]


def test_repair_of_one_check_may_leave_the_others() -> None:
    main = CHECK.replace("permit_mynetworks, reject_non", "reject_unknown_helo_hostname, reject_non")
    files = configuration(main, f"{SERVICE}\n")
    result = fix(files, frozenset({"main.cf"}), TARGET, rules=[helo_check_on_submission, unknown_helo_rejected])
    assert result.dropped == ()
    assert [item.rule for item in result.applied] == ["unknown-helo-rejected"]
    assert [item.rule for item in result.remaining.diagnostics] == ["helo-check-on-submission"]
