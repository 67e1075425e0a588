"""The relay verdict: may a stranger have mail sent to a foreign recipient, every refusal but the guard ignored?

A first form that errs towards "cannot tell": classes, tables and policy services in front of the guard are not read.
"""

import ipaddress
import re
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from postlint.configuration.model import Configuration, View
from postlint.configuration.restrictions import Restriction, RestrictionLists, parse_restrictions
from postlint.facts.restrictions import Keyword
from postlint.policy.answers import GUARDS, REFUSALS, START_CHECK, STRANGER_PROOF_PERMITS, cannot_permit
from postlint.syntax.parse import split_list
from postlint.target import PostfixVersion
from postlint.text import OPAQUE, MappedText

_DEFAULT_RELAY_LIST = "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination"
# Shared address space behind carriers' NAT (RFC 6598): neither private in Python's eyes nor on the Internet.
_SHARED_SPACE = ipaddress.IPv4Network("100.64.0.0/10")


class RelayState(Enum):
    """``DEAD``: smtpd does not start for lack of a guard, so nothing is relayed."""

    CLOSED = "closed"
    DEAD = "dead"
    OPEN = "open"
    UNKNOWN = "unknown"


class RelayVerdict(NamedTuple):
    """The state, and for open and unknown the reason as a clause."""

    state: RelayState
    reason: str = ""

    @property
    def warning(self) -> str | None:
        """Why mail that is refused today must not be let through without asking; None when the relay is closed."""
        if self.is_closed:
            return None
        action = (
            "close the relay first" if self.state is RelayState.OPEN else "make sure first that the relay is closed"
        )
        return f"{self.reason}; {action}"

    @property
    def is_closed(self) -> bool:
        """Whether mail can be let through without relaying for strangers."""
        return self.state in (RelayState.CLOSED, RelayState.DEAD)


# Words of a list that are judged as another restriction: what a repair would make of them.
Repairs = Mapping[Restriction, Keyword]


def relay_verdict(
    lists: RestrictionLists, view: View, version: PostfixVersion | None, repairs: Repairs | None = None
) -> RelayVerdict:
    """Whether the service of ``view`` relays for strangers.

    With the version unknown, and smtpd_relay_restrictions not set, the worst of the possible defaults counts.
    """
    judge = _Judge(lists, view, repairs or {})
    recipient = judge.configured("smtpd_recipient_restrictions")
    verdicts = [judge.verdict(relay, recipient) for relay in judge.relay_lists(version)]
    for state in (RelayState.OPEN, RelayState.UNKNOWN, RelayState.DEAD):
        for verdict in verdicts:
            if verdict.state is state:
                return verdict
    return verdicts[0]


class _Judge:
    def __init__(self, lists: RestrictionLists, view: View, repairs: Repairs) -> None:
        self.lists = lists
        self.view = view
        self.repairs = repairs
        self.classes = lists.classes(view)

    @property
    def configuration(self) -> Configuration:
        return self.lists.configuration

    def configured(self, parameter: str) -> tuple[Restriction, ...]:
        setting = self.configuration.setting(parameter, self.view)
        return self.lists.list(parameter, self.view, setting).restrictions if setting else ()

    def relay_lists(self, version: PostfixVersion | None) -> list[tuple[Restriction, ...]]:
        """The relay list, or those that it can be by default (postconf(5), smtpd_relay_restrictions)."""
        setting = self.configuration.setting("smtpd_relay_restrictions", self.view)
        if version is not None and version < PostfixVersion(2, 10):
            return [()]
        if setting is not None and setting.definition is not None:
            return [self.lists.list("smtpd_relay_restrictions", self.view, setting).restrictions]
        full = parse_restrictions(MappedText.unwritten(_DEFAULT_RELAY_LIST), frozenset())
        if version is not None and version < PostfixVersion(3, 3):
            return [full]
        level = self.configuration.plain("compatibility_level", self.view)
        if level is not None and re.match("[1-9]", level):
            return [full]
        return [()] if version is not None and level is not None else [full, ()]

    def verdict(self, relay: tuple[Restriction, ...], recipient: tuple[Restriction, ...]) -> RelayVerdict:
        """Both lists are evaluated for each recipient; one that holds is enough."""
        outcomes = [self.scan(relay), self.scan(recipient)]
        if any(outcome.state is RelayState.CLOSED for outcome in outcomes):
            return RelayVerdict(RelayState.CLOSED)
        if not any(self.satisfies_start_check(items) for items in (relay, recipient)):
            return RelayVerdict(RelayState.DEAD)
        for state in (RelayState.OPEN, RelayState.UNKNOWN):
            for outcome in outcomes:
                if outcome.state is state and outcome.reason:
                    return outcome
        return RelayVerdict(RelayState.OPEN, "no reject_unauth_destination is in force")

    def scan(self, items: tuple[Restriction, ...]) -> RelayVerdict:
        """One list on its own; open without a reason when its end is reached."""
        for item in items:
            if item.opaque:
                return RelayVerdict(RelayState.UNKNOWN, "a conditional form before the guard cannot be read")
            known = self.repairs.get(item, item.known)
            if known is None:
                if item.is_table or item.keyword.text in self.classes:
                    return RelayVerdict(
                        RelayState.UNKNOWN, f"{item.keyword.text} stands before the guard and is not read"
                    )
                continue  # no restriction at all: 451 for everybody, a refusal
            name = known.present_name
            if name in GUARDS or name in REFUSALS:
                if not item.warnings:
                    return RelayVerdict(RelayState.CLOSED)
            elif name == "permit_mynetworks":
                verdict = trusted_networks(self.configuration, self.view)
                if verdict is not None:
                    return verdict
            elif name == "permit":
                return RelayVerdict(RelayState.OPEN, "permit stands before the guard")
            elif name not in STRANGER_PROOF_PERMITS and not cannot_permit(known):
                words = " ".join(word.text for word in item.words)
                return RelayVerdict(RelayState.UNKNOWN, f"{words} stands before the guard and is not read")
        return RelayVerdict(RelayState.OPEN)

    def satisfies_start_check(self, items: tuple[Restriction, ...]) -> bool:
        """Whether smtpd would start because of this list; what cannot be read may hold what it looks for."""
        for item in items:
            known = self.repairs.get(item, item.known)
            if item.argument is not None and item.argument.text.lower() in START_CHECK:
                return True  # the check knows words, not arguments: a swallowed guard counts (seen with 3.7.11)
            if known is None:
                if item.opaque or item.keyword.text in self.classes:
                    return True
            elif known.name in START_CHECK and not _skipped_by_start_check(item):
                return True
            elif known.name == "permit":
                return False
        return False


def _skipped_by_start_check(item: Restriction) -> bool:
    """smtpd's start-up check passes over exactly the word behind a warn_if_reject: behind a doubled one it counts a
    guard that is softened all the same, and smtpd starts without a working one (seen with 3.7.11).
    """
    return len(item.warnings) % 2 == 1


def trusted_networks(configuration: Configuration, view: View) -> RelayVerdict | None:
    """What speaks against mynetworks: it covers strangers, or cannot be read. None: nothing."""
    setting = configuration.setting("mynetworks", view)
    if setting is None:
        if configuration.plain("mynetworks_style", view) == "class":
            return RelayVerdict(RelayState.OPEN, "mynetworks_style = class trusts whole class A, B or C networks")
        return None
    text = configuration.expanded("mynetworks", view).text
    unknown: RelayVerdict | None = None
    for word in split_list(text):
        pattern = text[word.start : word.end]
        if pattern.startswith("!"):
            continue
        network = None if OPAQUE in pattern else _network(pattern)
        if network is None:
            shown = "a part of mynetworks" if OPAQUE in pattern else f"mynetworks holds {pattern}, which"
            unknown = unknown or RelayVerdict(RelayState.UNKNOWN, f"{shown} cannot be read")
        elif _covers_strangers(network):
            return RelayVerdict(RelayState.OPEN, f"mynetworks trusts {pattern}")
    return unknown


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(pattern: str) -> _Network | None:
    if pattern.startswith("["):
        pattern = pattern.replace("[", "", 1).replace("]", "", 1)
    elif ":" in pattern:
        return None  # a lookup table to Postfix, even when it looks like an address
    try:
        return ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return None


def _covers_strangers(network: _Network) -> bool:
    """Whether the range is wider than one organisation's: beyond /16 or /32, outside private space."""
    if isinstance(network, ipaddress.IPv4Network):
        inside = network.is_private or network.subnet_of(_SHARED_SPACE)
        return network.prefixlen < 16 and not inside
    return network.prefixlen < 32 and not (network.is_private or network.is_link_local)
