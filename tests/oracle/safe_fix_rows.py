"""Repairs that look harmless and are not: the counterexample to each, and what postlint offers in its place."""

from collections.abc import Mapping
from typing import NamedTuple

from mail.dialogue import Client

from postlint.target import Options, PostfixVersion

Files = Mapping[str, str]

LEVEL = "compatibility_level = 3.6\n"
RELAY, RECIPIENT, CLIENT = "smtpd_relay_restrictions", "smtpd_recipient_restrictions", "smtpd_client_restrictions"
GUARD = f"{RELAY} = permit_mynetworks, reject_unauth_destination\n"
NO_RELAY_LIST = f"{RELAY} =\n"
SERVICE = "smtp inet n - n - - smtpd\n"
ZEN, FILTERED = "reject_rbl_client zen.spamhaus.org", "reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]"
MAP = "check_client_access {}:$config_directory/map"
KEY = "abcdefghijklmnopqrstuvwxyz"

INNOCENT = Client("203.0.113.50", "mail.innocent.example")
LISTED = Client("203.0.113.10", "mail.listed.example")
STRANGER = Client("203.0.113.51", "mail.stranger.example", recipients=("someone@elsewhere.example",))
# Of mynetworks, where a case says so.
OFFICE = Client("203.0.113.52", "office.dest.example", recipients=("someone@elsewhere.example",))
OFFICE_NETWORK = "mynetworks = 203.0.113.52/32\n"

CLOSE_FIRST = "close the relay first"


def main(text: str) -> Files:
    """Nothing but a main.cf."""
    return {"main.cf": text}


def asking(word: str) -> str:
    """A list that does nothing but this, behind a guard that stands elsewhere."""
    return f"{GUARD}{CLIENT} = {word}\n"


class Row(NamedTuple):
    """``before``: the files. ``naive``: those that the repair which is warned against changes, as it leaves them.

    ``offer``: what postlint has for ``rule``: safe, unsafe, advice, or nothing. ``after``: the files that
    ``--unsafe-fixes`` changes. ``says``: a part of the help. ``severity``: the finding's.

    ``replies``: of smtpd to ``client`` before, after the naive repair, and after ``postlint fix``; 0: no banner. None
    where smtpd alone cannot show it.
    ``until``: the first version that answers otherwise.
    """

    shows: str
    rule: str
    before: Files
    naive: Files
    offer: str
    after: Files
    says: str
    replies: tuple[int, int, int] | None
    severity: str = "error"
    client: Client = INNOCENT
    resolver: str = "refused"
    listings: Mapping[str, str] = {}
    platform: str = "aws"
    options: Options = Options()
    until: PostfixVersion | None = None


SPAMHAUS = "spamhaus-from-refused-network"
