"""The law of safe fixes, with a real smtpd: no fix refuses accepted mail, opens the relay, or turns a "later" of the
edited check into a "never", and each difference is one that a fix speaks of. Unsafe fixes do so only as they announce.

POSTLINT_POLICIES: how many random policies; `make mail` tries 500.
"""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import pytest
from conftest import PROJECT
from properties.configurations import Case
from properties.test_fixes import repair, repaired

from mail.agreement import disagreements, is_modelled
from mail.corpus_policies import corpus_policies
from mail.dialogue import NO_REPLY
from mail.host import MailHost
from mail.law import ANNOUNCED, breaches, unannounced
from mail.policies import drawn
from mail.serving import Count, Place, Served, serve
from postlint.target import Options, Target

pytestmark = [pytest.mark.postfix, pytest.mark.root]

POLICIES = int(os.environ.get("POSTLINT_POLICIES", "3"))
_SHARE = 25
# The directories of the corpus, with every way to repair them, are dealt out into so many parts.
_PARTS = 16
_SHOWN = 5
Record = Callable[[str, object], None]


class Trial:
    """Policies before and after their repair, and what was found."""

    def __init__(self, host: MailHost, folder: Path) -> None:
        self.host, self.folder = host, folder
        self.count, self.found = Count(), list[str]()
        self.tables = frozenset[str]()
        self.policies = self.compared = 0

    def serve(self, case: Case, name: str, built: tuple[tuple[str, str], ...] | None = None) -> Served:
        shutil.rmtree(self.folder / name, ignore_errors=True)
        served = serve(self.host, self.folder / name, case, built)
        self.count = self.count.plus(served)
        if is_modelled(case) and built is None:
            self.compared += 1
            self.found += [f"model: {line}" for line in islice(disagreements(case, served), _SHOWN)]
        return served

    def try_policy(self, case: Case) -> bool:
        """Whether there is something to repair; what breaks the law goes to ``found``."""
        safe, unsafe = repair(case), repair(case._replace(unsafe=True))
        if not unsafe.edits:
            return False
        self.policies += 1
        assert not safe.dropped
        assert not unsafe.dropped
        before = self.serve(case, "before")
        fixed = repaired(case, safe)
        if safe.edits:
            after = self.serve(fixed, "after")
            self.found += map(str, islice(breaches(before, after, safe.applied), _SHOWN))
            if _indexed(case) != _indexed(fixed):
                # Until the databases are built again smtpd answers from the old ones.
                stale = self.serve(fixed, "stale", case.tables)
                self.found += map(str, islice(breaches(before, stale, safe.applied), _SHOWN))
        bold = repaired(case, unsafe)
        if bold != fixed:
            after = self.serve(bold, "bold")
            left = unannounced(breaches(before, after, unsafe.applied), unsafe.applied)
            self.found += [f"unsafe: {breach}" for breach in islice(left, _SHOWN)]
        return True

    def report(self, record: Record, started: float) -> None:
        for name, value in (
            ("policies", self.policies),
            ("envelopes", self.count.envelopes),
            ("sessions", self.count.sessions),
            ("compared with the model", self.compared),
            ("seconds", time.monotonic() - started),
        ):
            record(name, value)


def _indexed(case: Case) -> dict[str, str]:
    """The sources of the tables that smtpd asks by their databases."""
    names = set(re.findall(r"hash:/etc/postfix/(\w+)", f"{case.main}{case.master}")) if "hash:" in case.main else set()
    return {name: text for name, text in case.tables if name in names}


def run(host: MailHost, folder: Path, cases: Iterable[Case], wanted: int, record: Record) -> None:
    trial, started = Trial(host, folder), time.monotonic()
    for number, case in enumerate(cases):
        if trial.policies == wanted:
            break
        trial.try_policy(case)
        assert not trial.found, f"policy {number}:\n" + "\n".join((*trial.found, _shown(case)))
    trial.report(record, started)


def _shown(case: Case) -> str:
    tables = "".join(f"--- {name}\n{text}" for name, text in case.tables)
    return f"{case.main}--- master.cf\n{case.master}{tables}--- {case.options} {case.target}"


# What a repair might do and must not, and what the law says of it.
_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_BAD_REPAIRS = {
    "permit lost": (
        f"{_GUARD}smtpd_client_restrictions = permit_mynetworks, reject_unknown_reverse_client_hostname\n",
        f"{_GUARD}smtpd_client_restrictions = reject_unknown_reverse_client_hostname\n",
        {"refused"},
    ),
    "guard softened": (
        _GUARD,
        _GUARD.replace("reject_", "warn_if_reject reject_") + "\tdefer\n",
        {"refused", "undeclared"},
    ),
    "guard undone": (
        _GUARD,
        _GUARD.replace("reject_", "check_recipient_access static:OK, reject_"),
        {"relayed", "undeclared"},
    ),
    "now made never": (
        f"{_GUARD}smtpd_helo_restrictions = reject_unknown_helo_hostname\n",
        f"{_GUARD}smtpd_helo_restrictions = reject_unknown_helo_hostname\nunknown_hostname_reject_code = 550\n",
        {"refused for good", "undeclared"},
    ),
}


@pytest.mark.parametrize("name", _BAD_REPAIRS)
def test_law_sees_bad_repairs(name: str, mail_host: MailHost, tmp_path: Path) -> None:
    bad, worse, kinds = _BAD_REPAIRS[name]
    case = Case(f"mynetworks = 10.0.0.0/8\n{bad}", None, frozenset(), Target(), Options(), unsafe=False)
    before = serve(mail_host, tmp_path / "before", case)
    after = serve(mail_host, tmp_path / "after", case._replace(main=f"mynetworks = 10.0.0.0/8\n{worse}"))
    assert {breach.kind for breach in breaches(before, after, ())} == kinds
    assert {breach.kind for breach in unannounced(breaches(before, after, ()), ())} == kinds


def test_death_of_smtpd_is_the_answer_to_what_it_died_of(mail_host: MailHost, tmp_path: Path) -> None:
    """Amid a session, of a class that holds itself; and at start, of a policy service without an address."""
    loop = "smtpd_restriction_classes = loop\nloop = loop\n"
    for policy in (
        f"{loop}smtpd_sender_restrictions = check_recipient_access inline:{{foreign.example=loop}}\n{_GUARD}",
        f"smtpd_client_restrictions = permit, check_policy_service loop\n{_GUARD}",
    ):
        case = Case(f"mynetworks = 10.0.0.0/8\n{policy}", None, frozenset(), Target(), Options(), unsafe=False)
        answers = serve(mail_host, tmp_path / str(len(policy)), case)
        assert not list(disagreements(case, answers))
        assert NO_REPLY in answers[Place("", "answered")].values()


@pytest.mark.parametrize("reason", [reason for reason, _ in ANNOUNCED])
def test_reasons_are_those_of_the_rules(reason: str) -> None:
    """Else a reason that is worded anew announces nothing to the law."""
    assert any(re.search(reason, path.read_text(encoding="utf-8")) for path in (PROJECT / "postlint").rglob("*.py"))


# What once broke the law.
_COUNTEREXAMPLES = {
    # Of two keys that differ in capitals alone smtpd takes neither, nor any other of the table.
    "keys added to a reply map": Case(
        "compatibility_level = 3.6\nmydestination = example.com\nmynetworks = 127.0.0.0/8, 10.0.0.0/8\n"
        f"{_GUARD}rbl_reply_maps = texthash:/etc/postfix/replies\n"
        "smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org, reject_rbl_client Zen.SpamHaus.org\n",
        None,
        frozenset({"main.cf", "replies"}),
        Target(),
        Options(),
        unsafe=True,
        tables=(("replies", "zen.spamhaus.org\t554 5.7.1 listed by $rbl_domain\n"),),
    ),
}


@pytest.mark.parametrize("name", _COUNTEREXAMPLES)
def test_counterexamples(name: str, mail_host: MailHost, tmp_path: Path, record_property: Record) -> None:
    run(mail_host, tmp_path, [_COUNTEREXAMPLES[name]], 1, record_property)


@pytest.mark.parametrize("share", range(-(-POLICIES // _SHARE)))
def test_random_policies(share: int, mail_host: MailHost, tmp_path: Path, record_property: Record) -> None:
    run(mail_host, tmp_path, drawn(share), min(_SHARE, POLICIES - share * _SHARE), record_property)


@pytest.mark.corpus
@pytest.mark.parametrize("part", range(min(_PARTS, -(-POLICIES // _SHARE))))
def test_corpus_policies(part: int, mail_host: MailHost, tmp_path: Path, record_property: Record) -> None:
    chosen = (case for _, case in islice(corpus_policies(), part, None, _PARTS))
    run(mail_host, tmp_path, chosen, min(_SHARE, POLICIES - 1), record_property)
