"""The relay verdict: may a stranger have mail sent to a foreign recipient, every refusal but the guard ignored?

Evaluated over the lists of one program as smtpd does, through classes and access maps. What cannot be read in front of
the guard makes it "cannot tell".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cached_property, lru_cache
from typing import NamedTuple

from postlint.configuration.elements import Restriction, parse_restrictions
from postlint.configuration.model import Configuration, View
from postlint.configuration.restrictions import RestrictionList, RestrictionLists
from postlint.facts.restrictions import Keyword
from postlint.policy.answers import GUARDS, REFUSALS, STRANGER_PROOF_PERMITS, cannot_permit
from postlint.policy.start import Start, start_of
from postlint.policy.strangers import access_maps
from postlint.policy.trust import Doubt, Unread, own_domains, trusted_networks
from postlint.target import PostfixVersion
from postlint.text import MappedText

_DEFAULT_RELAY_LIST = "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination"
# The list that a bare type:name in a list, or in what it has evaluated, stands for (smtpd_check.c, def_acl).
_OWN_MAPS = {
    "smtpd_client_restrictions": "check_client_access",
    "smtpd_helo_restrictions": "check_helo_access",
    "smtpd_sender_restrictions": "check_sender_access",
    "smtpd_relay_restrictions": "check_recipient_access",
    "smtpd_recipient_restrictions": "check_recipient_access",
}
# Maps whose keys a stranger has no way to match: a login, a certificate's fingerprint.
_PROVEN_KEYS = frozenset({"check_ccert_access", "check_sasl_access"})
_OWN_DOMAINS = ("mydestination", "relay_domains", "virtual_alias_domains", "virtual_mailbox_domains")


class RelayState(Enum):
    """``DEAD``: smtpd does not start for lack of a guard, so nothing is relayed."""

    CLOSED = "closed"
    DEAD = "dead"
    OPEN = "open"
    UNKNOWN = "unknown"


class RelayVerdict(NamedTuple):
    """The state, and for open and unknown the reason as a clause. ``unread``: what has to be read to tell, when it is
    unknown for that.
    """

    state: RelayState
    reason: str = ""
    unread: Unread | None = None

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
    verdicts = [judge.verdict(relay) for relay in judge.relay_lists(version)]
    for state in (RelayState.OPEN, RelayState.UNKNOWN, RelayState.DEAD):
        for verdict in verdicts:
            if verdict.state is state:
                return verdict
    return verdicts[0]


@lru_cache(maxsize=256)
def lacks_guard(lists: RestrictionLists, view: View, version: PostfixVersion | None) -> bool:
    """Whether smtpd does not start for want of a word that guards the relay; of an unknown version, in each."""
    possible = _Judge(lists, view, {}).relay_lists(version)
    return all(start_of(lists, view, relay, {}) is Start.UNGUARDED for relay in possible)


@lru_cache(maxsize=256)
def relay_list_guards(lists: RestrictionLists, view: View, version: PostfixVersion | None) -> bool:
    """Whether smtpd_relay_restrictions alone keeps strangers from relaying, whatever the other lists hold."""
    judge = _Judge(lists, view, {})
    relay = "smtpd_relay_restrictions"
    return all(judge.scan(items, relay, False).state is RelayState.CLOSED for items in judge.relay_lists(version))


def demands_login(lists: RestrictionLists, view: View, names: Iterable[str]) -> bool:
    """Whether one of the lists called ``names`` refuses strangers whatever recipient they name, unless they log in or
    show a certificate that is listed.
    """
    judge = _LoginJudge(lists, view, {})
    return any(judge.scan(judge.elements(name), name, False).state is RelayState.CLOSED for name in names)


# Far beyond any real configuration; smtpd stops at 100 for the rows of access maps.
_DEPTH_LIMIT = 100
_FALLS_THROUGH = RelayVerdict(RelayState.OPEN)
_PERMITS = RelayVerdict(RelayState.OPEN, "OK")


class _Judge:
    # What ends the search for a guard, and what cannot let a stranger pass.
    refusals = GUARDS | REFUSALS
    stranger_proof = STRANGER_PROOF_PERMITS

    def __init__(self, lists: RestrictionLists, view: View, repairs: Repairs) -> None:
        self.lists = lists
        self.view = view
        self.repairs = repairs
        self.scanned: dict[tuple[RestrictionList, str, bool], RelayVerdict] = {}
        self.depth = 0

    @property
    def configuration(self) -> Configuration:
        return self.lists.configuration

    def elements(self, parameter: str) -> tuple[Restriction, ...]:
        found = self.lists.of(parameter, self.view)
        return found.restrictions if found else ()

    def relay_lists(self, version: PostfixVersion | None) -> list[tuple[Restriction, ...]]:
        """The relay list, or those that it can be by default (postconf(5), smtpd_relay_restrictions)."""
        setting = self.configuration.setting("smtpd_relay_restrictions", self.view)
        if version is not None and version < PostfixVersion(2, 10):
            return [()]
        if setting is not None and setting.definition is not None:
            return [self.elements("smtpd_relay_restrictions")]
        full = parse_restrictions(MappedText.unwritten(_DEFAULT_RELAY_LIST))
        if version is not None and version < PostfixVersion(3, 3):
            return [full]
        level = self.configuration.plain("compatibility_level", self.view)
        if level is not None and re.match("[1-9]", level):
            return [full]
        return [()] if version is not None and level is not None else [full, ()]

    def verdict(self, relay: tuple[Restriction, ...]) -> RelayVerdict:
        """Every list is evaluated for each recipient; one that holds is enough. smtpd must start, too."""
        recipient = self.elements("smtpd_recipient_restrictions")
        outcomes = [
            self.scan(relay, "smtpd_relay_restrictions", False),
            self.scan(recipient, "smtpd_recipient_restrictions", False),
        ]
        if any(outcome.state is RelayState.CLOSED for outcome in outcomes):
            return RelayVerdict(RelayState.CLOSED)
        if start_of(self.lists, self.view, relay, self.repairs) is not Start.GUARDED:
            return RelayVerdict(RelayState.DEAD)
        if any(self.scan(self.elements(name), name, False).state is RelayState.CLOSED for name in self.early_lists()):
            return RelayVerdict(RelayState.CLOSED)
        for state in (RelayState.OPEN, RelayState.UNKNOWN):
            for outcome in outcomes:
                if outcome.state is state and outcome.reason:
                    return outcome
        return RelayVerdict(RelayState.OPEN, "no reject_unauth_destination is in force")

    def early_lists(self) -> Iterator[str]:
        """The lists that know the recipient, too, because smtpd_delay_reject has them wait for it."""
        if self.configuration.boolean("smtpd_delay_reject", self.view):
            yield "smtpd_client_restrictions"
            yield "smtpd_sender_restrictions"
            if self.configuration.boolean("smtpd_helo_required", self.view):
                yield "smtpd_helo_restrictions"

    def scan(self, items: Iterable[Restriction], parameter: str, warned: bool) -> RelayVerdict:
        """One list on its own; open without a reason when its end is reached. ``parameter``: where evaluation began.

        ``warned``: a warn_if_reject covers the whole list.
        """
        for item in items:
            verdict = self.element(item, parameter, warned or bool(item.warnings))
            if verdict != _FALLS_THROUGH:
                return verdict
        return _FALLS_THROUGH

    def element(self, item: Restriction, parameter: str, warned: bool) -> RelayVerdict:
        if item.opaque:
            return RelayVerdict(RelayState.UNKNOWN, "a conditional form before the guard cannot be read")
        known = self.repairs.get(item, item.known)
        if known is None:
            if item.is_table:
                return self.access_map(item, _OWN_MAPS.get(parameter), parameter, warned)
            for called in self.lists.called(item, self.view):
                return self.scan_class(called, parameter, warned)
            return _FALLS_THROUGH  # no restriction at all: 451 for everybody, a refusal
        name = known.present_name
        if name in self.refusals:
            return _FALLS_THROUGH if warned else RelayVerdict(RelayState.CLOSED)
        if name == "permit_mynetworks":
            return _verdict_of(trusted_networks(self.configuration, self.view))
        if name == "permit":
            return RelayVerdict(RelayState.OPEN, "permit stands before the guard")
        if name in self.stranger_proof or cannot_permit(known):
            return _FALLS_THROUGH
        if item.table_name is not None:
            return self.access_map(item, name, parameter, warned)
        words = " ".join(word.text for word in item.words)
        return RelayVerdict(RelayState.UNKNOWN, f"{words} stands before the guard and is not read")

    def scan_class(self, called: RestrictionList, parameter: str, warned: bool) -> RelayVerdict:
        key = called, parameter, warned
        if key not in self.scanned:
            # Until it is known: smtpd never comes to the end of a class that holds itself.
            self.scanned[key] = RelayVerdict(RelayState.UNKNOWN, f"the class {called.name} holds itself")
            if self.depth == _DEPTH_LIMIT:
                return RelayVerdict(RelayState.UNKNOWN, f"classes hold one another more than {_DEPTH_LIMIT} deep")
            self.depth += 1
            self.scanned[key] = self.scan(called.restrictions, parameter, warned)
            self.depth -= 1
        return self.scanned[key]

    def access_map(self, item: Restriction, verb: str | None, parameter: str, warned: bool) -> RelayVerdict:
        """What the rows of an access map let strangers do; a row that refuses leaves the others open."""
        table = self.lists.table(item)
        if table is None or verb is None or verb in _PROVEN_KEYS:
            return _FALLS_THROUGH
        if table.unread is not None:
            words = " ".join(word.text for word in item.words)
            reason = f"{words} stands before the guard, and the table {table.unread}"
            unread = Unread(item.table_name, table.unread) if item.table_name is not None else None
            return RelayVerdict(RelayState.UNKNOWN, reason, unread)
        verdicts = self.verdicts_of_results(item, parameter, warned)
        unknown = _FALLS_THROUGH
        for result, row, doubt in access_maps(self.lists).doubtful_rows(table, verb, self.own_domains):
            permits = _PERMITS if result is None else verdicts.get(result, _FALLS_THROUGH)
            if permits == _FALLS_THROUGH or permits.state is RelayState.CLOSED:
                continue
            reason = f"{doubt.reason}, before the guard, and answers {row.result.text}"
            if doubt.certain and permits.state is RelayState.OPEN:
                return RelayVerdict(RelayState.OPEN, reason)
            if unknown == _FALLS_THROUGH:
                unknown = RelayVerdict(RelayState.UNKNOWN, reason)
        return unknown

    def verdicts_of_results(self, item: Restriction, parameter: str, warned: bool) -> dict[str, RelayVerdict]:
        """For each right-hand side with restrictions in an access map, what evaluating it comes to."""
        found: dict[str, RelayVerdict] = {}
        for called in self.lists.called(item, self.view):
            if called.definition is not None and called.definition.value.text not in found:
                found[called.definition.value.text] = self.scan_class(called, parameter, warned)
        return found

    @cached_property
    def own_domains(self) -> frozenset[str]:
        """In lower case, those that surely are; tables and subdomains are not among them."""
        found = (own_domains(self.configuration, name, self.view) for name in _OWN_DOMAINS)
        return frozenset(domain for domains in found for domain in domains)


class _LoginJudge(_Judge):
    """Asks for recipients of this host, too: no guard refuses those, and what permits them lets strangers pass."""

    refusals = REFUSALS
    stranger_proof = frozenset({"permit_inet_interfaces", "permit_sasl_authenticated", "permit_tls_clientcerts"})
    own_domains = frozenset()


def _verdict_of(doubt: Doubt | None) -> RelayVerdict:
    if doubt is None:
        return _FALLS_THROUGH
    return RelayVerdict(RelayState.OPEN if doubt.certain else RelayState.UNKNOWN, doubt.reason, doubt.unread)
