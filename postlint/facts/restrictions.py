"""The access restrictions that smtpd knows (src/smtpd/smtpd_check.c, postconf(5))."""

from functools import cache
from typing import NamedTuple

from postlint.facts.tables import json_table
from postlint.target import PostfixVersion


class Keyword(NamedTuple):
    """A restriction. ``argument``: none, number, policy service, dnsbl domain or lookup table.

    ``effect``: permit, reject, defer, conditional, modifier, neutral or any. ``code``: the default reply code, and
    ``code_parameter`` the parameter that sets it. ``alias_of``: the present name, when this is an old one.
    ``removed``: evaluating it gives 451 from this version on.
    """

    name: str
    argument: str
    effect: str
    since: PostfixVersion | None
    removed: PostfixVersion | None
    alias_of: str | None
    code_parameter: str | None
    code: str | None

    @property
    def takes_argument(self) -> bool:
        """Whether the next word belongs to this one."""
        return self.argument != "none"

    @property
    def present_name(self) -> str:
        """The name that today's manual uses."""
        return self.alias_of or self.name

    def is_removed_in(self, version: PostfixVersion) -> bool:
        """Whether this version answers 451 instead of doing what the restriction says."""
        return self.removed is not None and version >= self.removed


@cache
def keywords() -> dict[str, Keyword]:
    """Every restriction by its name in lower case."""
    found: dict[str, Keyword] = {}
    for name, row in json_table("restrictions").items():
        if row.get("implemented", True):
            since, removed = row.get("since"), row.get("removed")
            found[name] = Keyword(
                name,
                row["argument"],
                row["effect"],
                PostfixVersion.parse(since) if since else None,
                PostfixVersion.parse(removed) if removed else None,
                row.get("alias_of"),
                row.get("code_parameter"),
                row.get("code"),
            )
    return found


def keyword(word: str) -> Keyword | None:
    """The restriction that ``word`` names; smtpd compares without case (strcasecmp)."""
    return keywords().get(word.lower()) if word.isascii() else None


# The lists that smtpd evaluates, in the order in which it does (postconf(5), smtpd_delay_reject).
RESTRICTION_LISTS = (
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_sender_restrictions",
    "smtpd_relay_restrictions",
    "smtpd_recipient_restrictions",
    "smtpd_data_restrictions",
    "smtpd_end_of_data_restrictions",
    "smtpd_etrn_restrictions",
)
