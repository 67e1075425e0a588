"""Real configurations: each DNSBL lookup is reported where it stands, by the rule that knows what is wrong with it."""

import json
from collections import Counter
from pathlib import Path

import pytest
from conftest import CORPUS
from corpus_directories import AWS, UNKNOWN, corpus_directories, linted
from test_corpus import Check, known_checks, zone_findings

from postlint.diagnostics import Diagnostic, Severity
from postlint.facts.dnsbl import dnsbl, retirement
from postlint.facts.dqs import is_placeholder, keyed_zone
from postlint.rules import ALL
from postlint.target import Target

pytestmark = pytest.mark.corpus

# Asked for an address by reject_rbl_client and postscreen.
DOMAIN_LISTS = {"multi.surbl.org", "uribl.spameatingmonkey.net"}
DNSBL_RULES = {rule.name for rule in ALL if rule.category == "dnsbl"}


def weights() -> dict[tuple[str, int, str, str], int]:
    rows = (json.loads(line) for line in (CORPUS / "dnsbl_truth.jsonl").read_text(encoding="utf-8").split("\n") if line)
    return {
        (row["dir"], row["line"], row["zone"], row["filter"]): int(row["weight"] or 1)
        for row in rows
        if row["verb"] == "postscreen"
    }


def expected_rule(check: Check) -> str:
    """The rule for a lookup without a filter of a list that is not Spamhaus' own."""
    if retirement(check.zone):
        return "retired-dnsbl"
    zone = keyed_zone(check.zone)
    if zone is not None and is_placeholder(zone.key):
        return "dqs-key-placeholder"
    weight = weights().get((check.directory, check.line, check.zone, check.filter), 1)
    if check.verb.startswith("permit") or weight < 0:
        return "dnswl-without-reply-filter"
    if check.zone in DOMAIN_LISTS and not check.verb.startswith("reject_rhsbl"):
        return "wrong-kind-of-dnsbl"
    return "dnsbl-without-reply-filter"


def unfiltered_lookups() -> list[Check]:
    """All but those of Spamhaus' public zones, which other tests follow."""
    return [check for check in known_checks("dnsbl_truth.jsonl") if not check.filter and not check.is_public_spamhaus]


@pytest.mark.parametrize("target", [UNKNOWN, AWS], ids=["unknown platform", "aws"])
def test_each_unfiltered_lookup_is_reported_by_its_rule_alone(target: Target) -> None:
    checks = unfiltered_lookups()
    wrong = [
        (check, spoke)
        for check in checks
        if (spoke := {rule for rule in DNSBL_RULES if zone_findings(check, target, rule)}) != {expected_rule(check)}
    ]
    assert Counter(map(expected_rule, checks)) == {
        "dnsbl-without-reply-filter": 56,
        "dqs-key-placeholder": 1,
        "retired-dnsbl": 39,
        "wrong-kind-of-dnsbl": 3,
        "dnswl-without-reply-filter": 1,
    }
    assert sum(dnsbl(check.zone) is None and retirement(check.zone) is None for check in checks) == 12
    assert wrong == []


def test_lookups_of_retired_lists_are_reported_with_a_filter_too() -> None:
    checks = [check for check in known_checks("dnsbl_truth.jsonl") if check.filter and retirement(check.zone)]
    missed = [check for check in checks if not zone_findings(check, UNKNOWN, "retired-dnsbl")]
    assert len(checks) == 20
    assert missed == []


def test_allowlist_filters_that_admit_error_codes_are_found() -> None:
    checks = [check for check in known_checks("dnsbl_truth.jsonl") if check.zone == "list.dnswl.org" and check.filter]
    wide = {"127.0.[0..255].3", "127.0.[0..255].[1..3]", "127.0.[0..255].[2..3]"}
    for check in checks:
        found = zone_findings(check, UNKNOWN, "dnswl-without-reply-filter")
        assert bool(found) == (check.filter in wide), check
    assert Counter(check.filter in wide for check in checks) == {True: 4, False: 7}


def findings_of(directory: Path, target: Target) -> list[Diagnostic]:
    return [item for item in linted(directory, target).diagnostics if item.rule in DNSBL_RULES]


@pytest.mark.parametrize("target", [UNKNOWN, AWS], ids=["unknown platform", "aws"])
def test_no_real_list_is_called_misspelt_and_no_word_has_two_errors(target: Target) -> None:
    errors: Counter[tuple[str, int, int]] = Counter()
    for directory in corpus_directories():
        for item in findings_of(directory, target):
            assert item.rule != "misspelt-dnsbl"
            errors[item.location.key] += item.severity is Severity.ERROR
    assert max(errors.values()) == 1


def test_errors_on_an_unknown_platform_are_lists_that_answered_everybody() -> None:
    found = Counter(
        item.message.partition(" ")[0]
        for directory in corpus_directories()
        for item in findings_of(directory, UNKNOWN)
        if item.severity is Severity.ERROR and item.rule != "dqs-key-placeholder"
    )
    assert found == {"dnsbl.njabl.org": 4, "relays.ordb.org": 2, "list.dsbl.org": 2, "spam.dnsbl.anonmails.de": 1}
