"""Refused before, in the mailbox after `postlint fix`; and what must still be refused is."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mail.dialogue import Client
from mail.host import MailHost
from mail.repair import fix

pytestmark = [pytest.mark.postfix, pytest.mark.root]

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
CLIENT = "smtpd_client_restrictions = permit_mynetworks,"
ZEN = f"{CLIENT} reject_rbl_client zen.spamhaus.org\n"
INNOCENT = Client("203.0.113.50", "mail.innocent.example")
LISTED = {"zen.spamhaus.org": "127.0.0.2"}
# The relays of a large provider: each has a name, and no name has an address.
RELAY = Client("198.51.100.14", "relay14.provider.example", records=())
NAMELESS = Client("198.51.100.77", helo="mail.innocent.example")
ABROAD = ("someone@elsewhere.example",)


def test_everybody_is_refused_until_the_lookup_is_removed(mail_host: MailHost, tmp_path: Path) -> None:
    directory = mail_host.write(tmp_path / "conf", GUARD + ZEN)
    before = mail_host.session(directory, INNOCENT, "refused")
    assert before.code == 554
    assert "blocked using zen.spamhaus.org; Error: open resolver" in before.decision.text
    assert any(line.startswith("NOQUEUE: reject: RCPT from mail.innocent.example") for line in before.log)
    assert mail_host.session(directory, INNOCENT).is_delivered
    fix(directory, "--platform", "aws")
    assert mail_host.session(directory, INNOCENT, "refused").is_delivered
    assert mail_host.session(directory, replace(INNOCENT, recipients=ABROAD), "refused").code == 554


def test_with_a_filter_an_error_code_lists_nobody_and_a_listing_still_does(mail_host: MailHost, tmp_path: Path) -> None:
    directory = mail_host.write(tmp_path / "conf", GUARD + ZEN)
    assert mail_host.session(directory, INNOCENT, "refused").code == 554
    assert mail_host.session(directory, INNOCENT, listings=LISTED).code == 554
    fix(directory, "--platform", "aws", "--dnsbl-fix", "filter")
    assert mail_host.session(directory, INNOCENT, "refused").is_delivered
    assert mail_host.session(directory, INNOCENT, listings=LISTED).code == 554


def test_table_counts_once_the_printed_command_has_run(mail_host: MailHost, tmp_path: Path) -> None:
    """Until then smtpd answers from the table as it was built before, as the command says."""
    directory = mail_host.write(
        tmp_path / "conf",
        f"{GUARD}{CLIENT} check_client_access lmdb:$config_directory/map\n",
        {"map": "innocent.example reject_rbl_client zen.spamhaus.org\n"},
    )
    build = ["postmap", f"lmdb:{directory}/map"]
    subprocess.run(build, check=True)
    assert mail_host.session(directory, INNOCENT, "refused").code == 554
    said = fix(directory, "--platform", "aws")
    assert "to put it into force: postmap lmdb:/etc/postfix/map && postfix reload" in said
    assert (directory / "map").read_text() == "innocent.example DUNNO\n"
    assert mail_host.session(directory, INNOCENT, "refused").code == 554
    subprocess.run(build, check=True)
    assert mail_host.session(directory, INNOCENT, "refused").is_delivered


@pytest.mark.parametrize("check", ["reject_unknown_client_hostname", "reject_unknown_client"])
def test_relays_without_an_address_deliver_and_clients_without_a_name_do_not(
    mail_host: MailHost, tmp_path: Path, check: str
) -> None:
    directory = mail_host.write(tmp_path / "conf", f"{GUARD}{CLIENT} {check}\n")
    before = mail_host.session(directory, RELAY)
    assert (before.code, "cannot find your hostname, [198.51.100.14]" in before.decision.text) == (450, True)
    assert mail_host.session(directory, NAMELESS).code == 450
    fix(directory)
    assert mail_host.session(directory, RELAY).is_delivered
    after = mail_host.session(directory, NAMELESS)
    assert (after.code, "cannot find your reverse hostname" in after.decision.text) == (450, True)
    assert mail_host.session(directory, replace(RELAY, recipients=ABROAD)).code == 554


def test_relays_whose_helo_name_has_no_address_deliver_and_the_log_names_them(
    mail_host: MailHost, tmp_path: Path
) -> None:
    main = f"{GUARD}smtpd_helo_restrictions = permit_mynetworks, reject_unknown_helo_hostname\n"
    directory = mail_host.write(tmp_path / "conf", main)
    before = mail_host.session(directory, RELAY)
    assert (before.code, before.decision.text) == (
        450,
        "4.7.1 <relay14.provider.example>: Helo command rejected: Host not found",
    )
    fix(directory)
    after = mail_host.session(directory, RELAY)
    assert after.is_delivered
    assert any("reject_warning: RCPT from unknown[198.51.100.14]: 450 4.7.1" in line for line in after.log)
