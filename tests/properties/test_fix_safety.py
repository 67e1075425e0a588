"""A safe fix refuses nothing that was accepted, and relays nothing for strangers that was refused."""

from hypothesis import given

from .access_maps import map_cases
from .configurations import MISSPELT, Case, Words, cases
from .reading import Reading
from .reception import MESSAGES, Site, relay_defaults
from .test_fixes import left_out, repair, repaired

_GUARDS = ("reject_unauth_destination", "defer_unauth_destination")


@given(cases(unsafe=False))
def test_safe_fixes_neither_refuse_mail_nor_open_the_relay(case: Case) -> None:
    assert_safe(case)


@given(map_cases(unsafe=False))
def test_safe_fixes_in_classes_and_access_maps_neither_refuse_mail_nor_open_the_relay(case: Case) -> None:
    assert_safe(case)


def assert_safe(case: Case) -> None:
    """For every message, before and after; indexed tables also as they answer until they are rebuilt."""
    result = repair(case)
    if not result.edits:
        return
    fixed = repaired(case, result)
    opened = left_out(Reading(case.main, case.master), Reading(fixed.main, fixed.master))
    for relay_default in relay_defaults(case):
        before = Site(case, relay_default)
        for indexed in dict.fromkeys([case.tables, fixed.tables]):
            assert_no_worse(before, Site(fixed, relay_default, indexed), opened)


def assert_no_worse(before: Site, after: Site, opened: frozenset[str]) -> None:
    """``opened``: the services whose HELO list a repair has emptied."""
    assert before.services.keys() == after.services.keys()
    for program, service in before.services.items():
        kept = after.services[program].every_element()
        for message in MESSAGES:
            was, now = before.accepts(program, message), after.accepts(program, message)
            assert now or not was, f"{program or 'smtpd'} refuses {message}"
            if message.client == "stranger" and message.recipient == "foreign":
                assert was or not now, f"{program or 'smtpd'} relays {message}"
            if message.client == "stranger" and program in opened:
                assert not now, f"{program} lets in {message}"
            old, answer = service.reply(message), after.services[program].reply(message)
            if old.code == "4" and answer.code == "5" and old.words and old.words not in kept:
                is_same = meant(old.words) == meant(answer.words) and answer.words[0] not in _GUARDS
                assert not is_same, f"{program or 'smtpd'} answers {message} by {answer.words} with 5xx instead of 4xx"


def meant(words: Words) -> Words:
    """The keyword without misspelling and the zone without filter: what an edit of the element leaves."""
    return (MISSPELT.get(words[0], words[0]).lower(), *(word.partition("=")[0] for word in words[1:]))
