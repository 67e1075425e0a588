"""What the right-hand side of an access map makes smtpd do (access(5); src/smtpd/smtpd_check.c, check_table_result)."""

import re
from enum import Enum

# The words that are actions only as the first word, cut at a blank or tab, of any case.
_PERMITS = frozenset({"OK", "RELAY", "DISCARD"})
_PASSES = frozenset({"BCC", "DEFER_IF_REJECT", "DUNNO", "FILTER", "HOLD", "INFO", "PREPEND", "REDIRECT", "WARN"})
_REFUSES = frozenset({"DEFER", "DEFER_IF_PERMIT", "HANGUP", "REJECT"})


class Action(Enum):
    """``BROKEN``: 451 for the key, because a lookup table stands among its restrictions."""

    PERMIT = "permit"
    PASS = "pass"
    REFUSE = "refuse"
    RESTRICTIONS = "restrictions"
    BROKEN = "broken"


def action_of(result: str) -> Action:
    """What a right-hand side is: an action with its text, or a list of restrictions."""
    word = re.match(r"[^ \t]*", result, re.ASCII)
    command = word[0].upper() if word else ""
    if command in _PERMITS or re.fullmatch(r"[0-9]+", result):
        return Action.PERMIT
    if command in _PASSES:
        return Action.PASS
    if command in _REFUSES or re.match(r"[45][0-9][0-9][ \t]+[^ \t]", result):
        return Action.REFUSE
    return Action.BROKEN if ":" in result else Action.RESTRICTIONS
