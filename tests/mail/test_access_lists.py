"""What smtpd does where it has no names, takes no OK, or reads a key twice; and after the repair or the advice."""

from dataclasses import replace
from pathlib import Path

import pytest

from mail.dialogue import Client
from mail.host import MailHost
from mail.repair import fix

pytestmark = [pytest.mark.postfix, pytest.mark.root]

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
INNOCENT = Client("203.0.113.50", "mail.innocent.example")
NAMELESS = Client("198.51.100.77", helo="mail.innocent.example")
ABROAD = ("someone@elsewhere.example",)


@pytest.mark.parametrize("check", ["reject_unknown_client_hostname", "reject_unknown_reverse_client_hostname"])
def test_without_lookups_everybody_is_refused_for_having_no_name(
    mail_host: MailHost, tmp_path: Path, check: str
) -> None:
    main = f"{GUARD}smtpd_client_restrictions = permit_mynetworks, {check}\n"
    looking = mail_host.write(tmp_path / "looking", main)
    assert (mail_host.session(looking, INNOCENT).code, mail_host.session(looking, NAMELESS).code) == (250, 450)
    directory = mail_host.write(tmp_path / "conf", f"{main}smtpd_peername_lookup = no\n")
    before = mail_host.session(directory, INNOCENT)
    assert (before.code, "hostname, [203.0.113.50]" in before.decision.text) == (450, True)
    fix(directory)
    assert (mail_host.session(directory, INNOCENT).code, mail_host.session(directory, NAMELESS).code) == (250, 250)
    assert mail_host.session(directory, replace(INNOCENT, recipients=ABROAD)).code == 554


@pytest.mark.parametrize(
    "check", ["check_reverse_client_hostname_access", "check_client_a_access", "warn_if_reject check_client_a_access"]
)
def test_ok_of_a_name_that_others_publish_is_451_and_dunno_is_not(
    mail_host: MailHost, tmp_path: Path, check: str
) -> None:
    main = f"{GUARD}smtpd_client_restrictions = permit_mynetworks, {check} texthash:$config_directory/friends\n"
    rows = "mail.innocent.example {0}\n203.0.113.50 {0}\n"
    answers = {}
    for result in ("OK", "RELAY", "permit", "DUNNO", "REJECT"):
        directory = mail_host.write(tmp_path / result, main, {"friends": rows.format(result)})
        answers[result] = mail_host.session(directory, INNOCENT).code
        assert mail_host.session(directory, NAMELESS).code == 250
    assert answers == {
        "OK": 451,
        "RELAY": 451,
        "permit": 451,
        "DUNNO": 250,
        "REJECT": 250 if check.startswith("warn") else 554,
    }


def test_client_without_helo_avoids_the_helo_list_until_it_is_required(mail_host: MailHost, tmp_path: Path) -> None:
    directory = mail_host.write(tmp_path / "conf", f"{GUARD}smtpd_helo_restrictions = permit_mynetworks, reject\n")
    silent = replace(INNOCENT, greets=False)
    assert (mail_host.session(directory, INNOCENT).code, mail_host.session(directory, silent).code) == (554, 250)
    fix(directory)
    assert mail_host.session(directory, silent).code == 250
    fix(directory, "--unsafe-fixes")
    after = mail_host.session(directory, silent)
    assert (after.code, after.decision.text) == (503, "5.5.1 Error: send HELO/EHLO first")


def test_key_that_a_texthash_table_holds_twice_is_451_for_everybody(mail_host: MailHost, tmp_path: Path) -> None:
    main = f"{GUARD}smtpd_client_restrictions = check_client_access texthash:$config_directory/clients\n"
    twice = mail_host.write(tmp_path / "twice", main, {"clients": "192.0.2.1 OK\n192.0.2.1 REJECT\n"})
    assert mail_host.session(twice, INNOCENT).code == 451
    once = mail_host.write(tmp_path / "once", main, {"clients": "192.0.2.1 OK\n192.0.2.2 REJECT\n"})
    assert mail_host.session(once, INNOCENT).code == 250
