"""Which reply filters smtpd dies on, and when, and what malformed-reply-filter says of them."""

import os
import random
from pathlib import Path

import pytest

from mail.dialogue import Client
from mail.host import MailHost
from postlint.configuration.model import ConfigurationFiles
from postlint.engine.lint import lint
from postlint.facts.dnsbl import can_be_read
from postlint.rules.malformed_reply_filter import malformed_reply_filter
from postlint.target import PostfixVersion, Target
from postlint.text import Source

pytestmark = [pytest.mark.postfix, pytest.mark.root]

# smtpd sleeps for a second when it dies.
EVERY = "POSTLINT_POLICIES" in os.environ
MAIN = """\
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_client_restrictions = {} {} dnsbl.example={}
"""
INNOCENT = Client("203.0.113.50", "mail.innocent.example")
FRIEND = Client("127.0.0.1", "localhost")
VALID = (
    f"127.0.0.{'0' * 500}2",
    "127.0.0.N",
    "127.0.0.2",
    "127.0.0.[2..11]",
    "[127.0.[0..1].[2;4..11]]",
    "127.0.[0;255].[1..255]",
    "[127.0.0.1]",
    "[1].2.3.[4]",
)
PIECES = (*"0123456789.[];-/*=xN", "..", "[]", "127", "256", "00255", "[1;2]")


def mutants(number: int) -> list[str]:
    """Filters that are nearly right."""
    drawn = random.Random(number)
    found = []
    for _ in range(40 if EVERY else 12):
        text = drawn.choice(VALID)
        for _ in range(drawn.randint(1, 2)):
            start = drawn.randint(0, len(text))
            text = text[:start] + drawn.choice((*PIECES, "")) + text[start + drawn.randint(0, 2) :]
        found.append(text)
    return found


def main_cf(reply_filter: str, lookup: str = "reject_rbl_client", before: str = "") -> str:
    return MAIN.format(before, lookup, reply_filter)


def said(main: str, target: Target = Target()) -> list[str]:
    files = ConfigurationFiles(Source("main.cf", main), Source("master.cf", "smtp inet n - n - - smtpd\n"))
    return [
        item.message.rpartition(": ")[2] for item in lint(files, target, rules=[malformed_reply_filter]).diagnostics
    ]


DIES = ["smtpd dies at each message that comes to it"]


@pytest.mark.parametrize("number", range(4 if EVERY else 1))
def test_smtpd_dies_on_what_is_no_filter_and_on_nothing_else(mail_host: MailHost, tmp_path: Path, number: int) -> None:
    filters = {*mutants(number), *VALID}
    answers = {
        text: mail_host.session(mail_host.write(tmp_path, main_cf(text)), INNOCENT).code for text in sorted(filters)
    }
    assert {0, 250} == set(answers.values())
    assert [text for text, code in answers.items() if (code == 250) != can_be_read(text)] == []
    assert [text for text, code in answers.items() if (said(main_cf(text)) == DIES) != (code == 0)] == []


@pytest.mark.parametrize(
    ("lookup", "before"),
    [
        ("reject_rhsbl_sender", "permit_mynetworks, "),
        ("permit_dnswl_client", "permit_mynetworks, "),
        ("reject_rbl_client", "permit_mynetworks, warn_if_reject"),
    ],
)
def test_whoever_comes_to_the_lookup(mail_host: MailHost, tmp_path: Path, lookup: str, before: str) -> None:
    main = main_cf("127.0.0.2-11", lookup, before)
    directory = mail_host.write(tmp_path, main + "mynetworks = 127.0.0.1\n")
    before_it = mail_host.session(directory, FRIEND)
    session = mail_host.session(directory, INNOCENT)
    assert (before_it.code, session.code, session.banner is not None) == (250, 0, True)
    assert any("fatal: RBL reply error: garbage after pattern" in line for line in session.log)
    assert said(main) == DIES


@pytest.mark.parametrize(
    "lists",
    [
        "maps_rbl_domains = dnsbl.example=127.0.0.x\nsmtpd_client_restrictions = reject_maps_rbl\n",
        "smtpd_restriction_classes = strict\nstrict = reject_rbl_client dnsbl.example=127\n"
        "smtpd_sender_restrictions = check_sender_access inline:{innocent.example=strict}\n",
        "smtpd_data_restrictions = reject_rbl_client dnsbl.example=1.2.3\n",
    ],
    ids=["maps_rbl_domains", "class that a row names", "data list"],
)
def test_wherever_the_filter_stands(mail_host: MailHost, tmp_path: Path, lists: str) -> None:
    main = MAIN[: MAIN.index("smtpd_client")] + lists
    version = PostfixVersion.parse(mail_host.version)
    session = mail_host.session(mail_host.write(tmp_path, main), INNOCENT)
    # From 3.9 on there is no reject_maps_rbl.
    is_removed = "maps_rbl_domains" in main and version >= PostfixVersion(3, 9)
    assert session.code == (451 if is_removed else 0)
    assert any("fatal: RBL reply error" in line for line in session.log) is not is_removed
    assert said(main, Target(version)) == ([] if is_removed else DIES)


def test_nobody_comes_to_it(mail_host: MailHost, tmp_path: Path) -> None:
    main = main_cf("127.0.0.2-11", before="permit,")
    assert mail_host.session(mail_host.write(tmp_path, main), INNOCENT).code == 250
    assert said(main) == [
        '"127.0.0.2-11" is no reply filter; nothing reaches it behind the permit, reject or defer before it'
    ]
