"""A safe fix refuses nothing that was accepted, and relays nothing for strangers that was refused."""

from hypothesis import given

from .configurations import Case, cases
from .reading import Reading
from .reception import MESSAGES, Site, relay_defaults
from .test_fixes import left_out, repair, repaired


@given(cases(unsafe=False))
def test_safe_fixes_neither_refuse_mail_nor_open_the_relay(case: Case) -> None:
    result = repair(case)
    if not result.edits:
        return
    fixed = repaired(case, result)
    opened = left_out(Reading(case.main, case.master), Reading(fixed.main, fixed.master))
    for relay_default in relay_defaults(case):
        before, after = Site(case, relay_default), Site(fixed, relay_default)
        assert before.services.keys() == after.services.keys()
        for program in before.services:
            for message in MESSAGES:
                was, now = before.accepts(program, message), after.accepts(program, message)
                assert now or not was, f"{program or 'smtpd'} refuses {message}"
                if message.client == "stranger" and message.recipient == "foreign":
                    assert was or not now, f"{program or 'smtpd'} relays {message}"
                if message.client == "stranger" and program in opened:
                    assert not now, f"{program} lets in {message}"
