"""Whether smtpd accepts a message, for the restrictions that the random configurations use."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from .configurations import LISTS, LOOKUPS, SITES, SPAMHAUS, WIDE_FILTER, Case, Words
from .reading import Reading
from .reference import expand, plain
from .repairs import ARGUMENT_WORDS, OTHER_WORDS, elements_of

DEFAULT_RELAY_WORDS = ("permit_mynetworks", "permit_sasl_authenticated", "defer_unauth_destination")
# What lets smtpd start: has_required of src/smtpd/smtpd_check.c.
_REQUIRED = frozenset({"reject_unauth_destination", "defer_unauth_destination", "reject", "defer"})


class Message(NamedTuple):
    """Who sends what.

    ``client``: stranger, own (in mynetworks) or login. ``name``: of the client, confirmed, unconfirmed or none.
    ``helo``: known or unknown. ``listed``: what DNSBLs answer that do answer, nothing, yes or "other". ``tables``:
    what tables and policy services answer.
    """

    client: str
    name: str
    helo: str
    listed: str
    tables: str
    recipient: str


MESSAGES = tuple(
    Message(*values)
    for values in product(
        ("stranger", "own", "login"),
        ("confirmed", "unconfirmed", "none"),
        ("known", "unknown"),
        ("nothing", "yes", "other"),
        ("DUNNO", "OK"),
        ("local", "foreign"),
    )
)


class Service:
    """One smtpd service, and the postscreen in front of it when it has one.

    ``relay_default``: smtpd_relay_restrictions where the list is not set.
    """

    def __init__(self, reading: Reading, program: str, case: Case, relay_default: Words) -> None:
        items = [item for item in reading.lists if item.program == program]
        settings = reading.programs[program][1]
        self.refused_network = case.target.platform == "aws"
        self.elements = {item.parameter: tuple(elements_of(item)) for item in items}
        self.words = {item.parameter: tuple(plain(word) for word in item.words) for item in items}
        self.classes = items[0].classes if items else frozenset()
        self.settings = {name: plain(expand(value, settings)) for name, value in settings.items()}
        self.relay_default = () if "smtpd_relay_restrictions" in self.words else relay_default

    def accepts(self, message: Message) -> bool:
        """Whether the message passes every list. Nothing passes when smtpd does not start."""
        try:
            relay = self._has_required(self.words.get("smtpd_relay_restrictions", self.relay_default))
            starts = relay or self._has_required(self.words.get("smtpd_recipient_restrictions", ()))
        except RecursionError:
            starts = False
        if not starts:
            return False
        is_relayed = message.client == "stranger" and message.recipient == "foreign" and not self._trusts_everybody
        if self.relay_default and is_relayed:
            return False
        return all(
            self._verdict(name, message) in ("", "permit") for name in LISTS if name != "smtpd_etrn_restrictions"
        )

    def screens_out(self, message: Message) -> bool:
        """Whether postscreen with these settings refuses the client."""
        total = 0
        for word in self.words.get(SITES, ()):
            argument, star, weight = word.partition("*")
            counts = self._counts(argument, message)
            if counts is None or weight == "x":
                return True  # it does not start
            total += counts * int(weight if star else "1")
        is_ignored = self.settings.get("postscreen_dnsbl_action", "ignore") == "ignore"
        is_spared = message.client == "own" or self._trusts_everybody or is_ignored
        return not is_spared and total >= int(self.settings.get("postscreen_dnsbl_threshold", "1"))

    @property
    def _trusts_everybody(self) -> bool:
        return self.settings.get("mynetworks") == "0.0.0.0/0"

    def _has_required(self, words: Sequence[str]) -> bool:
        """Raises RecursionError for a class that holds itself; smtpd's search never ends there either: it crashes."""
        pending = list(words)
        while pending:
            word = pending.pop(0)
            if word.lower() == "warn_if_reject" and pending:
                pending.pop(0)
            elif word.lower() == "permit":
                return False
            elif word.lower() in _REQUIRED or (word in self.classes and self._has_required(self.words.get(word, ()))):
                return True
        return False

    def _verdict(self, name: str, message: Message, depth: int = 0) -> str:
        if depth > 100:
            return "broken"
        for element in self.elements.get(name, ()):
            answer = self._answer(tuple(plain(word) for word in element.words), message, depth)
            if answer in ("permit", "broken") or (answer == "refused" and not element.warnings):
                return answer
        return ""

    def _answer(self, words: Words, message: Message, depth: int) -> str:
        """permit, refused, broken (451 or a dead smtpd, which warn_if_reject does not soften) or nothing."""
        if not words:
            return ""
        if words[0] in self.classes:
            return self._verdict(words[0], message, depth + 1) if self.words.get(words[0]) else "broken"
        keyword = words[0].lower()
        if ":" in keyword or keyword.startswith("check_"):
            return ("permit" if message.tables == "OK" else "") if ":" in words[-1] else "broken"
        if keyword not in ARGUMENT_WORDS | OTHER_WORDS:
            return "broken"
        if keyword in LOOKUPS:
            return self._lookup(words[1], message) if len(words) == 2 else ""
        unnamed = message.name == "none" or self.settings.get("smtpd_peername_lookup") == "no"
        unconfirmed = unnamed or message.name == "unconfirmed"
        permits = {
            "permit": True,
            "permit_mynetworks": message.client == "own" or self._trusts_everybody,
            "permit_sasl_authenticated": message.client == "login",
            "permit_auth_destination": message.recipient == "local",
        }
        refuses = {
            "reject": True,
            "defer": True,
            "reject_unauth_destination": message.recipient == "foreign",
            "defer_unauth_destination": message.recipient == "foreign",
            "reject_unknown_client": unconfirmed,
            "reject_unknown_client_hostname": unconfirmed,
            "reject_unknown_reverse_client_hostname": unnamed,
            "reject_unknown_helo_hostname": message.helo == "unknown",
            "reject_unknown_hostname": message.helo == "unknown",
        }
        return "permit" if permits.get(keyword) else "refused" if refuses.get(keyword) else ""

    def _lookup(self, argument: str, message: Message) -> str:
        return {True: "refused", False: "", None: "broken"}[self._counts(argument, message)]

    def _counts(self, argument: str, message: Message) -> bool | None:
        """Whether a DNSBL's answer means "listed" to Postfix; None when Postfix dies on the filter."""
        zone, equals, answers = argument.partition("=")
        if answers == "127.0.0":
            return None
        if zone in SPAMHAUS and self.refused_network:
            return not equals or answers.startswith("127.255.") or answers == WIDE_FILTER
        if message.listed == "other":
            return not equals or answers == WIDE_FILTER
        return message.listed == "yes" and not answers.startswith("127.255.")


class Site:
    """The services that a configuration runs."""

    def __init__(self, case: Case, relay_default: Words) -> None:
        reading = Reading(case.main, case.master)
        commands = {program: command for program, (command, _) in reading.programs.items()}
        smtpds = [program for program, command in commands.items() if command == "smtpd"] or [""]
        screens = [program for program, command in commands.items() if command == "postscreen"]
        self.services = {program: Service(reading, program, case, relay_default) for program in smtpds}
        self.screens = [Service(reading, program, case, ()) for program in screens]

    def accepts(self, program: str, message: Message) -> bool:
        """Whether a message gets through the service, and through the postscreen before it."""
        screens = self.screens if program.endswith("/pass") else []
        return self.services[program].accepts(message) and not any(one.screens_out(message) for one in screens)


def relay_defaults(case: Case) -> Iterator[Words]:
    """What smtpd_relay_restrictions can be when it is not set."""
    if case.target.version is None or "compatibility_level" not in case.main:
        yield ()
    if case.target.version is None or "compatibility_level" in case.main:
        yield DEFAULT_RELAY_WORDS
