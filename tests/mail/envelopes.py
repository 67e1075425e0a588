"""Who sends what to whom: the matrix of envelopes that a policy is asked with."""

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import NamedTuple

from properties.configurations import OTHER_ZONES, SPAMHAUS
from properties.reception import ADDRESSES, CLIENT_NAMES, HELO_NAMES, RECIPIENTS, SENDER, Message

from mail.dialogue import UNSAID, Reply, Transaction, Visit

LOCAL, FOREIGN = RECIPIENTS["local"], RECIPIENTS["foreign"]
RELAYED = "user@relayed.example"
OWN_NETWORKS = "127.0.0.0/8, 10.0.0.0/8"
# What a DNSBL answers about who is on it, for the filters of every kind of list; and what no operator documents.
_LISTED = {"yes": ("127.0.0.2", "127.0.0.4", "127.0.1.2"), "other": ("127.0.255.9",), "nothing": ()}
_ALLOWLISTS = ("list.dnswl.org",)
# A key of Spamhaus' Data Query Service, and the zones that are asked with it.
KEY = "abcdefghijklmnopqrstuvwxyz"
_KEYED = tuple(f"{KEY}.{name}.dq.spamhaus.net" for name in ("zen", "sbl", "xbl", "dbl"))
ZONES = tuple(dict.fromkeys(zone.lower() for zone in (*SPAMHAUS, *OTHER_ZONES, *_KEYED) if zone not in _ALLOWLISTS))
_WORLD = (
    ("localhost", "A 127.0.0.1"),
    *((name, "A 203.0.113.200") for name in ("sender.example", "foreign.example", "mail.stranger.example")),
    *((name, "MX 10 mail.sender.example.") for name in ("sender.example", "example.com", "relayed.example")),
)


class Visitor(NamedTuple):
    """``client``: stranger, own (in mynetworks) or login. ``named``, ``listed``: as in Message. A visitor that is no
    ``member`` of the reference model has an address that it does not know.
    """

    client: str
    named: str
    listed: str = "nothing"
    address: str = ""
    member: bool = True

    @property
    def source(self) -> str:
        """Its address."""
        return self.address or ADDRESSES[self.client]

    @property
    def is_stranger(self) -> bool:
        """Whether nothing but a policy of its own would let it relay."""
        return self.client == "stranger"


class Envelope(NamedTuple):
    """``helo``: None where the client does not say any."""

    visitor: Visitor
    helo: str | None
    sender: str
    recipient: str

    @property
    def message(self) -> Message | None:
        """The same for the reference model, where it can say it."""
        helo = next((key for key, name in HELO_NAMES.items() if name == self.helo), None)
        recipient = next((key for key, address in RECIPIENTS.items() if address == self.recipient), None)
        if not self.visitor.member or helo is None or recipient is None or self.sender != SENDER:
            return None
        who = self.visitor
        return Message(who.client, who.named, helo, who.listed, "DUNNO", recipient)


VISITORS = (
    Visitor("stranger", "confirmed"),
    Visitor("stranger", "unconfirmed"),
    Visitor("stranger", "none"),
    Visitor("stranger", "confirmed", "yes"),
    Visitor("stranger", "confirmed", "other"),
    Visitor("own", "confirmed"),
    Visitor("own", "confirmed", "yes"),
    Visitor("own", "none", address="10.0.0.7", member=False),
    Visitor("login", "unconfirmed"),
    Visitor("login", "none", "yes"),
)
_NAMES = tuple(HELO_NAMES.values())
# What else clients say, and None.
_FORMS = (None, "localhost", "203.0.113.9", "[203.0.113.9]", "WIN-5J2K", "a..b", "*.wild.example", "")
_TALKATIVE = (VISITORS[0], VISITORS[2], VISITORS[7], VISITORS[8])


def _said_by(visitor: Visitor) -> Iterator[Envelope]:
    if visitor in _TALKATIVE:
        yield from (
            Envelope(visitor, helo, SENDER, recipient)
            for helo in _FORMS
            if helo is not None or visitor.client != "login"
            for recipient in (LOCAL, FOREIGN)
        )
    yield from (Envelope(visitor, helo, SENDER, to) for helo in _NAMES for to in (LOCAL, RELAYED, FOREIGN))
    if visitor in _TALKATIVE:
        yield from (Envelope(visitor, _NAMES[0], sender, LOCAL) for sender in ("", "x@bogus.invalid", "x@example.com"))


ENVELOPES = tuple(envelope for visitor in VISITORS for envelope in _said_by(visitor))
Outcomes = dict[Envelope, Reply]


class Manner(NamedTuple):
    """How the matrix is spoken. ``logins``: clients can log in; else those that would are left out. ``sends``: each
    message goes through DATA, and to one recipient. ``apart``: whoever logs in says one HELO in a session, since a
    greeting that is refused at once decides whether a login follows.
    """

    logins: bool
    sends: bool
    apart: bool


def visits(zones: Collection[str], manner: Manner) -> tuple[Visit, ...]:
    """The matrix as sessions. ``zones``: the DNSBLs in use."""
    return tuple(
        Visit(
            visitor.source,
            tuple(_records(visitor, zones)),
            tuple(_transactions(spoken, manner.sends)),
            visitor.client == "login",
        )
        for visitor, spoken in _spoken(manner)
    )


def outcomes(answers: tuple[tuple[tuple[Reply, ...], ...], ...], manner: Manner) -> Outcomes:
    """The reply to each envelope, from what was said in `visits`, but for those that came behind the death of smtpd."""
    found: Outcomes = {}
    for (_, spoken), answered in zip(_spoken(manner), answers, strict=True):
        replies = [reply for transaction in answered for reply in transaction]
        found.update((item, reply) for item, reply in zip(spoken, replies, strict=True) if reply != UNSAID)
    return found


def _spoken(manner: Manner) -> Iterator[tuple[Visitor, tuple[Envelope, ...]]]:
    for visitor, spoken in groupby(ENVELOPES, key=lambda envelope: envelope.visitor):
        if visitor.client != "login":
            yield visitor, tuple(spoken)
        elif manner.logins and manner.apart:
            for _, said in groupby(spoken, key=lambda envelope: envelope.helo):
                yield visitor, tuple(said)
        elif manner.logins:
            yield visitor, tuple(spoken)


def _transactions(spoken: tuple[Envelope, ...], sends: bool) -> Iterator[Transaction]:
    if sends:
        yield from (Transaction(item.helo, item.sender, (item.recipient,), True) for item in spoken)
        return
    for (helo, sender), items in groupby(spoken, key=lambda item: (item.helo, item.sender)):
        yield Transaction(helo, sender, tuple(item.recipient for item in items))


def _records(visitor: Visitor, zones: Collection[str]) -> Iterator[tuple[str, str]]:
    """What DNS knows: the domains of the matrix, the client's name, and what DNSBLs say of all of them."""
    yield from _WORLD
    reverse = ".".join(reversed(visitor.source.split(".")))
    name = CLIENT_NAMES[visitor.client]
    if visitor.named != "none":
        yield f"{reverse}.in-addr.arpa", f"PTR {name}."
    if visitor.named == "confirmed" and name != "localhost":
        yield name, f"A {visitor.source}"
    listed = (reverse, name, *HELO_NAMES.values(), *(address.partition("@")[2] for address in (SENDER, LOCAL, FOREIGN)))
    for zone in zones:
        for entry in dict.fromkeys(listed):
            yield from ((f"{entry}.{zone}", f"A {answer}") for answer in _LISTED[visitor.listed])
