"""Real configurations: the HELO lists that a client avoids by sending no HELO, against what real postconf says."""

import json

import pytest
from conftest import CORPUS
from corpus_directories import UNKNOWN, linted

pytestmark = pytest.mark.corpus

_RULE = "helo-restrictions-without-helo-required"


def test_helo_lists_that_clients_avoid_are_found() -> None:
    rows = [json.loads(line) for line in (CORPUS / "hostname_truth.jsonl").read_text(encoding="utf-8").splitlines()]
    written = {row["dir"] for row in rows if (row["kind"], row["where"]) == ("main", "smtpd_helo_restrictions")}
    settings = {name: (CORPUS / name / "oracle.n").read_text(encoding="utf-8") for name in written}
    avoided = {name for name, text in settings.items() if "\nsmtpd_helo_required = yes\n" not in text}
    found = {
        name: {
            diagnostic.location.text
            for diagnostic in linted(CORPUS / name, UNKNOWN).diagnostics
            if diagnostic.rule == _RULE
        }
        for name in written
    }
    assert (len(written), len(avoided)) == (23, 2)
    assert {name for name, texts in found.items() if texts} == avoided
    assert all(found[name] == {"smtpd_helo_restrictions"} for name in avoided)
