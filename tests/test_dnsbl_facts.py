"""What is known of DNSBL zones: living, retired, misspelt; and the arithmetic of reply filters."""

import itertools
import subprocess
import sys

import pytest
from conftest import PROJECT
from hypothesis import given
from hypothesis import strategies as st

from postlint.facts.dnsbl import (
    Dnsbl,
    ReplyFilter,
    RetiredDnsbl,
    common_misspelling,
    dnsbl,
    meant_zone,
    parse_filter,
    retirement,
)
from postlint.facts.spelling import TypingError, typing_error
from postlint.facts.tables import json_table, toml_table

LIVING = frozenset(row["zone"] for row in toml_table("dnsbls")["dnsbl"])
RETIRED = frozenset(json_table("retired_dnsbls"))
SPAMHAUS_ERRORS = ("127.255.255.252", "127.255.255.254", "127.255.255.255")


def test_a_domain_list_answers_addresses_with_a_code_of_its_own() -> None:
    assert dnsbl("DBL.Spamhaus.org.") == Dnsbl(
        "dbl.spamhaus.org",
        "Spamhaus",
        "block",
        "domain",
        "127.0.1.[2..99]",
        None,
        ("127.0.1.255", *SPAMHAUS_ERRORS),
        "127.0.1.255",
        filter_auto_safe=True,
        public_spamhaus=True,
    )


def test_a_zone_with_a_key_has_the_codes_of_its_public_twin_and_no_refused_networks() -> None:
    public, keyed = dnsbl("zen.spamhaus.org"), dnsbl("abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net")
    assert public is not None
    assert keyed == public._replace(zone="zen.dq.spamhaus.net", public_spamhaus=False)


def test_a_mixed_list_has_answers_for_both_kinds() -> None:
    known = dnsbl("hostkarma.junkemailfilter.com")
    assert known is not None
    assert (known.kind, known.filter, known.allow_filter) == ("mixed", "127.0.0.2", "127.0.0.1")


def test_all_retired_zones_are_known() -> None:
    assert len(RETIRED) == 184
    assert not RETIRED & LIVING
    for name in RETIRED:
        zone = retirement(name.upper() + ".")
        assert zone is not None
        assert zone.zone == name
        assert zone.evidence
    known = [zone for name in RETIRED if (zone := retirement(name))]
    count = {answer: sum(zone.answer == answer for zone in known) for answer in {zone.answer for zone in known}}
    assert count == {"lists_world": 25, "empty": 31, "nxdomain": 8, "gone": 42, "unknown": 78}
    assert sum(zone.auto_remove for zone in known) == 72
    assert sum(zone.allowlist for zone in known) == 5


def test_a_retired_zone_says_when_and_how_it_ended() -> None:
    assert retirement("Dnsbl.NJABL.org") == RetiredDnsbl(
        "dnsbl.njabl.org",
        "lists_world",
        "2013-03-01 emptied; 2024-01 squatter wildcard",
        "check_rbl commit be3a480 2014-11-18 Removed dead servers; Wikipedia 'NJABL'; SpamAssassin 0f298c2eb",
        auto_remove=True,
        allowlist=False,
    )
    assert retirement("dnswl.inps.de") == RetiredDnsbl(
        "dnswl.inps.de", "empty", "2020-05-25", "operator notice; check_rbl", auto_remove=True, allowlist=True
    )


@pytest.mark.parametrize("zone", ["sorbs.net", "new.dnsbl.sorbs.net", "mx.ordb.org", "zen.spamhaus.org", "org", ""])
def test_another_name_of_a_retired_operator_is_not_retired(zone: str) -> None:
    assert retirement(zone) is None


@pytest.mark.parametrize(
    ("zone", "meant"),
    [
        ("bl.spamcop.com", "bl.spamcop.net"),
        ("BL.SpamCop.COM.", "bl.spamcop.net"),
        ("dnsbl.njabl.or", "dnsbl.njabl.org"),
        ("zen.spamhaus.net", "zen.spamhaus.org"),
        ("zen.spamhaus.com", "zen.spamhaus.org"),
        ("zen.spamhuas.org", "zen.spamhaus.org"),
        ("zen.spamhau.org", "zen.spamhaus.org"),
        ("zne.spamhaus.org", "zen.spamhaus.org"),
        ("zenspamhaus.org", "zen.spamhaus.org"),
        ("zen.spamhaus.or", "zen.spamhaus.org"),
        ("b.baracudacentral.org", "b.barracudacentral.org"),
        ("hostkarma.junkmailfilter.com", "hostkarma.junkemailfilter.com"),
        ("relays.odrb.org", "relays.ordb.org"),
    ],
)
def test_a_slip_of_the_pen_is_a_misspelling(zone: str, meant: str) -> None:
    assert meant_zone(zone) == meant


def test_a_retired_zone_can_be_a_misspelling_all_the_same() -> None:
    assert common_misspelling("RBL.spamhaus.org.") == "zen.spamhaus.org"
    assert common_misspelling("zen.spamhaus.org") is None


@pytest.mark.parametrize(
    "zone",
    [
        *("l3.apews.org", "dnsbl-4.uceprotect.net", "fresh15.spameatingmonkey.net", "spam.spamrats.com"),
        *("dwl.spamhaus.org", "ubl.spamhaus.org", "xl.spamhaus.org", "zem.spamhaus.org", "bls.spamcop.net"),
        *("list.dnsbl.org", "dnswl.sorbs.net", "z.mailspike.net", "hul.habeas.com", "dul.rs", "relay.ordb.org"),
        *("blackhole.easynet.nl", "dnsbl.example.org", "x.zen.dq.spamhaus.net", "zen.spamhaus.org.example.com", ""),
    ],
)
def test_what_may_be_another_list_is_no_misspelling(zone: str) -> None:
    assert meant_zone(zone) is None


@pytest.mark.parametrize("zone", sorted(LIVING | RETIRED))
def test_a_known_zone_is_no_misspelling(zone: str) -> None:
    assert meant_zone(zone) is None


def test_reading_the_facts_waits_for_the_first_zone() -> None:
    code = (
        "from postlint.configuration.model import ConfigurationFiles\n"
        "from postlint.engine.lint import lint\n"
        "from postlint.text import Source\n"
        "def judge(text):\n"
        "    seen.clear()\n"
        "    lint(ConfigurationFiles(Source('main.cf', text), None))\n"
        "    return sorted(seen & {'dnsbls.toml', 'retired_dnsbls.json'})\n"
        "import pathlib\n"
        "seen, read = set(), pathlib.Path.read_text\n"
        "def reading(self, *args, **kwargs):\n"
        "    seen.add(self.name)\n"
        "    return read(self, *args, **kwargs)\n"
        "pathlib.Path.read_text = reading\n"
        "print(judge('smtpd_client_restrictions = permit_mynetworks\\nmaps_rbl_domains = bl.spamcop.net\\n'))\n"
        "print(judge('smtpd_client_restrictions = reject_rbl_client dnsbl.sorbs.net\\n'))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True)
    assert result.stdout == "[]\n['dnsbls.toml', 'retired_dnsbls.json']\n"


_ALPHABET = "ab."
_words = st.text(alphabet=_ALPHABET, max_size=6)


@given(_words, _words)
def test_typing_error_is_the_one_that_was_made(word: str, name: str) -> None:
    error = typing_error(word, name)
    assert (error is not None) == (word in one_error_away(name))
    if error is not None:
        assert word[: error.at] == name[: error.at]
        end = error.at + len(error.written)
        assert word[error.at : end] == error.written
        assert name == word[: error.at] + error.meant + word[end:]


def test_typing_error_of_equal_words_is_none() -> None:
    assert typing_error("zen", "zen") is None
    assert typing_error("zne", "zen") == TypingError(1, "ne", "en")


def one_error_away(name: str) -> set[str]:
    found: set[str] = set()
    for at in range(len(name) + 1):
        found.update(name[:at] + letter + name[at + end :] for letter in _ALPHABET for end in (0, 1))
        found.update((name[:at] + name[at + 1 :], name[:at] + name[at : at + 2][::-1] + name[at + 2 :]))
    return found - {name}


_numbers = st.sampled_from([0, 1, 2, 3, 4, 10, 11, 99, 127, 253, 254, 255])
_ranges = st.lists(st.tuples(_numbers, _numbers).map(lambda pair: (min(pair), max(pair))), min_size=1, max_size=3)


@st.composite
def filter_texts(draw: st.DrawFn) -> str:
    """A reply filter as somebody may write it: ranges that overlap, in any order, with leading zeros."""

    def field() -> str:
        zero = draw(st.sampled_from(["", "", "0", "000"]))
        items = [f"{zero}{low}..{high}" if low < high else f"{zero}{low}" for low, high in draw(_ranges)]
        return items[0] if len(items) == 1 and ".." not in items[0] else f"[{';'.join(items)}]"

    text = ".".join(field() for _ in range(4))
    return draw(st.sampled_from([text, text, f"[{text}]"]))


def parsed(text: str) -> ReplyFilter:
    found = parse_filter(text)
    assert found is not None
    return found


def numbers(reply_filter: ReplyFilter) -> list[set[int]]:
    """Per field the numbers that match: an address matches when each of its numbers does."""
    matching = [set[int](), set[int](), set[int](), set[int]()]
    for field, number in itertools.product(range(4), range(256)):
        if any(low <= number <= high for low, high in reply_filter.fields[field]):
            matching[field].add(number)
    return matching


@given(filter_texts(), filter_texts())
def test_intersection_matches_what_both_match(left: str, right: str) -> None:
    mine, theirs = numbers(parsed(left)), numbers(parsed(right))
    common = [a & b for a, b in zip(mine, theirs, strict=True)]
    both = parsed(left).intersection(parsed(right))
    assert (both is None) == (not all(common))
    if both is not None:
        assert numbers(both) == common


@given(filter_texts(), filter_texts())
def test_subset_is_that_of_the_addresses(left: str, right: str) -> None:
    expected = all(a <= b for a, b in zip(numbers(parsed(left)), numbers(parsed(right)), strict=True))
    assert parsed(left).is_subset(parsed(right)) == expected
    both = parsed(left).intersection(parsed(right))
    assert both is None or (both.is_subset(parsed(left)) and both.is_subset(parsed(right)))


@given(filter_texts())
def test_written_filter_means_the_same_and_is_written_one_way(text: str) -> None:
    written = str(parsed(text))
    assert numbers(parsed(written)) == numbers(parsed(text))
    assert str(parsed(written)) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("127.0.0.2", "127.0.0.2"),
        ("127.0.0.[2]", "127.0.0.2"),
        ("127.0.0.[10;11;12;2]", "127.0.0.[2;10..12]"),
        ("127.0.0.[2;3]", "127.0.0.[2..3]"),
        ("[127.0.0.[2..3;3..11]]", "127.0.0.[2..11]"),
        ("127.0.[2..9;11..15].[1..3]", "127.0.[2..9;11..15].[1..3]"),
    ],
)
def test_filter_as_postfix_writes_it(text: str, written: str) -> None:
    assert str(parsed(text)) == written


@pytest.mark.parametrize("text", ["", "127.0.0", "127.0.0.256", "127.0.0.[3..2]", "127.0.0.[2,3]", "127.0.0.2x", "*"])
def test_filter_that_postfix_dies_on_is_none(text: str) -> None:
    assert parse_filter(text) is None


def test_matching_asks_for_every_number() -> None:
    assert parsed("127.0.0.[2..11]").matches("127.0.0.11")
    assert not parsed("127.0.0.[2..11]").matches("127.0.0.12")
    assert not parsed("127.0.0.[2..11]").matches("127.255.255.254")
