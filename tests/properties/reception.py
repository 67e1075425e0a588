"""Whether smtpd accepts a message, for the restrictions that the random configurations use."""

import functools
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from .configurations import FOLDER, LISTS, LOOKUPS, SITES, SPAMHAUS, WIDE_FILTER, Case, Words
from .lookup_tables import Table, address_keys, domain_keys, mailbox_keys, read_table
from .reading import Reading, ReadList
from .reference import LIST_SEPARATORS, expand, plain, split_words, written
from .repairs import ARGUMENT_WORDS, OTHER_WORDS, elements_of

DEFAULT_RELAY_WORDS = ("permit_mynetworks", "permit_sasl_authenticated", "defer_unauth_destination")
# The list that a bare type:name stands for (def_acl); in data lists it is an error.
_OWN_CHECKS = {
    "smtpd_client_restrictions": "check_client_access",
    "smtpd_helo_restrictions": "check_helo_access",
    "smtpd_sender_restrictions": "check_sender_access",
    "smtpd_relay_restrictions": "check_recipient_access",
    "smtpd_recipient_restrictions": "check_recipient_access",
}
ADDRESSES = {"stranger": "203.0.113.9", "own": "127.0.0.1", "login": "198.51.100.7"}
CLIENT_NAMES = {"stranger": "mail.stranger.example", "own": "localhost", "login": "laptop.isp.example"}
HELO_NAMES = {"known": "mail.stranger.example", "unknown": "bogus.invalid"}
SENDER = "someone@sender.example"
RECIPIENTS = {"local": "user@example.com", "foreign": "user@foreign.example"}
# check_table_result of src/smtpd/smtpd_check.c.
_PASSES = frozenset({"dunno", "info", "warn", "hold", "prepend"})
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


class Answer(NamedTuple):
    """``verdict``: permit, refused, broken (451 or a dead smtpd, which warn_if_reject does not soften) or nothing.

    ``code``: the reply's first digit; ``words``: of the element that gave it.
    """

    verdict: str
    code: str = ""
    words: Words = ()


_NOTHING = Answer("")
_BROKEN = Answer("broken", "4")


class Call(NamedTuple):
    """An element of a list. ``warned``: behind a warn_if_reject."""

    words: Words
    warned: bool


def calls_of(item: ReadList) -> tuple[Call, ...]:
    """The elements of a list."""
    return tuple(
        Call(tuple(plain(word) for word in element.words), bool(element.warnings)) for element in elements_of(item)
    )


class Service:
    """One smtpd service, and the postscreen in front of it when it has one.

    ``relay_default``: smtpd_relay_restrictions where the list is not set. ``indexed``: what the databases of hash:
    tables were built from.
    """

    def __init__(
        self,
        reading: Reading,
        program: str,
        case: Case,
        relay_default: Words,
        indexed: tuple[tuple[str, str], ...] | None = None,
    ) -> None:
        items = [item for item in reading.lists if item.program == program]
        settings = reading.programs[program][1]
        self.refused_network = case.target.platform == "aws"
        self.elements = {item.parameter: calls_of(item) for item in items}
        self.words = {item.parameter: tuple(plain(word) for word in item.words) for item in items}
        self.classes = items[0].classes if items else frozenset()
        self.settings = {name: plain(expand(value, settings)) for name, value in settings.items()}
        self.sources = {FOLDER + name: text for name, text in case.tables}
        self.indexed = {FOLDER + name: text for name, text in indexed} if indexed is not None else self.sources
        self.tables: dict[str, Table | None] = {}
        self.rows: dict[str, tuple[Call, ...]] = {}
        self.replies: dict[Message, Answer] = {}
        self.starts = functools.cache(self._starts)
        self.relay_default = () if "smtpd_relay_restrictions" in self.words else relay_default

    def accepts(self, message: Message) -> bool:
        """Whether the message passes every list."""
        return self.reply(message).code == "2"

    def reply(self, message: Message) -> Answer:
        """What the client is told in the end. Nothing passes when smtpd does not start."""
        if message not in self.replies:
            self.replies[message] = self._reply(message)
        return self.replies[message]

    def _reply(self, message: Message) -> Answer:
        if not self.starts():
            return _BROKEN
        is_relayed = message.client == "stranger" and message.recipient == "foreign" and not self._trusts_everybody
        if self.relay_default and is_relayed:
            return Answer("refused", "4", ("defer_unauth_destination",))
        for name in LISTS:
            if name != "smtpd_etrn_restrictions":
                answer = self._verdict(name, message, _OWN_CHECKS.get(name))
                if answer.verdict not in ("", "permit"):
                    return answer
        return Answer("permit", "2")

    def every_element(self) -> set[Words]:
        """Those of all lists, and of the rows of the tables beside the configuration."""
        tables = [self._table(f"{kind}:{path}") for kind in ("texthash", "hash") for path in self.sources]
        rows = [self._calls_in(row.result) for table in tables if table for row in table.rows]
        return {call.words for calls in (*self.elements.values(), *rows) for call in calls}

    def _calls_in(self, result: str) -> tuple[Call, ...]:
        if result not in self.rows:
            words = tuple(split_words(written(result), LIST_SEPARATORS))
            self.rows[result] = calls_of(ReadList("", "", words, self.classes))
        return self.rows[result]

    def _table(self, word: str) -> Table | None:
        if word not in self.tables:
            self.tables[word] = read_table(word, self.indexed if word.startswith("hash:") else self.sources)
        return self.tables[word]

    def _starts(self) -> bool:
        """Every declared class must have a value, each policy service an address, and one of two lists what smtpd
        requires.
        """
        if not all(self.settings.get(name, "").strip() for name in self.classes):
            return False
        for name in (*LISTS, *self.classes):
            for word, argument in pairwise(self.words.get(name, ())):
                # "need service transport:endpoint", wherever in a list it stands (smtpd_check_init).
                if word.lower() == "check_policy_service" and not re.match(r"\w+:.|\{", argument):
                    return False
        relay, recipient = (
            self.words.get("smtpd_relay_restrictions", self.relay_default),
            "smtpd_recipient_restrictions",
        )
        try:
            return self._has_required(self.words.get(recipient, ())) or self._has_required(relay)
        except RecursionError:
            return False

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

    def _verdict(self, name: str, message: Message, own: str | None, depth: int = 0) -> Answer:
        return self._scan(self.elements.get(name, ()), message, own, depth)

    def _scan(self, elements: Sequence[Call], message: Message, own: str | None, depth: int) -> Answer:
        """generic_checks; ``own``: the check that a bare table stands for."""
        if depth > 100:
            return _BROKEN
        for element in elements:
            answer = self._answer(element.words, message, own, depth)
            if answer.verdict in ("permit", "broken") or (answer.verdict == "refused" and not element.warned):
                return answer if answer.words else answer._replace(words=element.words)
        return _NOTHING

    def _answer(self, words: Words, message: Message, own: str | None, depth: int) -> Answer:
        if not words:
            return _NOTHING
        if words[0] in self.classes:
            return self._verdict(words[0], message, own, depth + 1) if self.words.get(words[0]) else _BROKEN
        keyword = words[0].lower()
        if keyword == "check_policy_service":
            return (Answer("permit") if message.tables == "OK" else _NOTHING) if ":" in words[-1] else _BROKEN
        if ":" in keyword or keyword.startswith("check_"):
            check = own if ":" in keyword else keyword
            return self._access(check, words[-1], message, own, depth) if check and ":" in words[-1] else _BROKEN
        if keyword not in ARGUMENT_WORDS | OTHER_WORDS:
            return _BROKEN
        unnamed = message.name == "none" or self.settings.get("smtpd_peername_lookup") == "no"
        unconfirmed = unnamed or message.name == "unconfirmed"
        if keyword in LOOKUPS:
            asks_nobody = {"reject_rhsbl_client": unconfirmed, "reject_rhsbl_reverse_client": unnamed}.get(keyword)
            return self._lookup(words[1], message) if len(words) == 2 and not asks_nobody else _NOTHING
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
        if permits.get(keyword):
            return Answer("permit")
        code = "4" if keyword.startswith(("defer", "reject_unknown")) else "5"
        return Answer("refused", code) if refuses.get(keyword) else _NOTHING

    def _access(self, check: str, word: str, message: Message, own: str | None, depth: int) -> Answer:
        """check_access; what is not known of a table, the message says."""
        table = self._table(word)
        if table is None:
            return Answer("permit") if message.tables == "OK" else _NOTHING
        for key, partial in _keys(check, message, self.settings.get("smtpd_peername_lookup") == "no"):
            result = table.find(key, partial)
            if result is not None:
                return self._result(result, message, own, depth)
        return _NOTHING

    def _result(self, result: str, message: Message, own: str | None, depth: int) -> Answer:
        """check_table_result."""
        command = re.split("[ \t]", result)[0].lower()
        if command in _PASSES:
            return _NOTHING
        if command in ("ok", "relay") or re.fullmatch("[0-9]+", result):
            return Answer("permit")
        if command in ("reject", "defer"):
            return Answer("refused", "5" if command == "reject" else "4")
        if re.match("[45][0-9][0-9][ \t]+[^ \t]", result):
            return Answer("refused", result[0])
        if ":" in result:
            return _BROKEN
        return self._scan(self._calls_in(result), message, own, depth + 1)

    def _lookup(self, argument: str, message: Message) -> Answer:
        counts = self._counts(argument, message)
        if counts is None:
            return _BROKEN
        return Answer("refused", self._reply_code(argument)) if counts else _NOTHING

    def _reply_code(self, argument: str) -> str:
        """The first digit of the reply: of the entry for exactly ``zone=filter`` in rbl_reply_maps, else of 554."""
        for word in split_words(written(self.settings.get("rbl_reply_maps", "")), LIST_SEPARATORS):
            table = self._table(plain(word))
            found = table.find(argument, partial=False) if table else None
            if found is not None:
                return found[0] if found[0] in "45" else "5"
        return "5"

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


def _keys(check: str, message: Message, nameless: bool) -> Iterator[tuple[str, bool]]:
    """What the check asks a table for, in order, and whether the key is partial."""
    if check == "check_client_access":
        is_named = message.name == "confirmed" and not nameless
        yield from domain_keys(CLIENT_NAMES[message.client] if is_named else "unknown")
        yield from address_keys(ADDRESSES[message.client])
    elif check == "check_helo_access":
        yield from domain_keys(HELO_NAMES[message.helo])
    elif check == "check_sender_access":
        yield from mailbox_keys(SENDER)
    elif check == "check_recipient_access":
        yield from mailbox_keys(RECIPIENTS[message.recipient])


class Site:
    """The services that a configuration runs. ``indexed``: what the databases of hash: tables were built from."""

    def __init__(self, case: Case, relay_default: Words, indexed: tuple[tuple[str, str], ...] | None = None) -> None:
        reading = Reading(case.main, case.master)
        commands = {program: command for program, (command, _) in reading.programs.items()}
        smtpds = [program for program, command in commands.items() if command == "smtpd"] or [""]
        screens = [program for program, command in commands.items() if command == "postscreen"]
        self.services = {program: Service(reading, program, case, relay_default, indexed) for program in smtpds}
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
