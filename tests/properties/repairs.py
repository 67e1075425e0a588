"""What a repair may make of an element of a list, written down once more and without postlint."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from postlint.target import Options

from .configurations import LOOKUPS, MISSPELT, SITES, SPAMHAUS, WIDE_FILTER, Case, Words
from .reading import ReadList
from .reference import Text, plain

ARGUMENT_WORDS = frozenset(
    {
        *LOOKUPS,
        "check_client_access",
        "check_helo_access",
        "check_policy_service",
        "check_recipient_access",
        "check_sender_access",
        "permit_dnswl_client",
        "sleep",
    }
)
OTHER_WORDS = frozenset(
    {
        "defer",
        "defer_unauth_destination",
        "permit",
        "permit_auth_destination",
        "permit_mynetworks",
        "permit_sasl_authenticated",
        "reject",
        "reject_invalid_helo_hostname",
        "reject_unauth_destination",
        "reject_unauth_pipelining",
        "reject_unknown_client",
        "reject_unknown_client_hostname",
        "reject_unknown_helo_hostname",
        "reject_unknown_hostname",
        "reject_unknown_reverse_client_hostname",
        "reject_unlisted_recipient",
        "warn_if_reject",
    }
)
_REVERSE = "reject_unknown_reverse_client_hostname"
# The answers that mean "listed", for the lists whose operators document them; None: not well enough.
ANSWERS = {
    "abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net": "127.0.0.[2..11]",
    "b.barracudacentral.org": "127.0.0.2",
    "bl.blocklist.de": None,
    "bl.spamcop.net": "127.0.0.2",
    "dbl.spamhaus.org": "127.0.1.[2..99]",
    "psbl.surriel.com": "127.0.0.2",
    "sbl.spamhaus.org": "127.0.0.[2..11]",
    "xbl.spamhaus.org": "127.0.0.[4..7]",
    "zen.spamhaus.org": "127.0.0.[2..11]",
}
# Lists that have shut down; a name that is not the one that is meant; and what an allowlist trusts.
RETIRED = {"dnsbl.sorbs.net", "relays.ordb.org"}
MISSPELT_ZONES = {"bl.spamcop.com": "bl.spamcop.net"}
TRUSTED = {"list.dnswl.org": "127.0.[2..9;11..15].[1..3]"}


# What moves behind the permits for the site's own, and those permits.
MOVABLE = frozenset(
    {
        *LOOKUPS,
        "reject_invalid_helo_hostname",
        "reject_unknown_client",
        "reject_unknown_client_hostname",
        "reject_unknown_helo_hostname",
        "reject_unknown_hostname",
        "reject_unknown_reverse_client_hostname",
    }
)
OWN_PERMITS = frozenset({"permit_mynetworks", "permit_sasl_authenticated"})
HELO_LIST = "smtpd_helo_restrictions"
_HELO_CHECKS = frozenset({"reject_invalid_helo_hostname", "reject_unknown_helo_hostname", "reject_unknown_hostname"})


class Element(NamedTuple):
    """The warn_if_reject in front, the keyword and its argument; no keyword where the list ends too early."""

    warnings: tuple[Text, ...]
    words: tuple[Text, ...]

    @property
    def texts(self) -> Words:
        """All of it."""
        return tuple(plain(word) for word in (*self.warnings, *self.words))


def elements_of(item: ReadList) -> Iterator[Element]:
    """The elements as smtpd takes them; a misspelt keyword has the argument that it was meant to have."""
    warnings: list[Text] = []
    words = list(item.words)
    while words:
        word = words.pop(0)
        name = plain(word)
        if name.lower() == "warn_if_reject" and item.parameter != SITES:
            warnings.append(word)
            continue
        argument: list[Text] = []
        meant = MISSPELT.get(name, name).lower()
        if meant in ARGUMENT_WORDS and words and item.parameter != SITES:
            following = plain(words[0])
            is_element = following.lower() in ARGUMENT_WORDS | OTHER_WORDS or following in item.classes
            if meant == name.lower() or not (is_element or ":" in following):
                argument = [words.pop(0)]
        yield Element(tuple(warnings), (word, *argument))
        warnings = []
    if warnings:
        yield Element(tuple(warnings), ())


def _repaired(parameter: str, element: Words, warnings: Words, case: Case) -> Iterator[Words]:
    """What repairs may make of an element, with the words in front; nothing where no rule has a repair."""
    if parameter == SITES:
        yield from _repaired_site(element[0], case)
        return
    keyword = element[0].lower() if element else ""
    if element and element[0] in MISSPELT and (len(element) == 2) == (MISSPELT[element[0]] in ARGUMENT_WORDS):
        corrected = (MISSPELT[element[0]], *element[1:])
        yield (*warnings, *corrected)
        yield from _repaired(parameter, corrected, warnings, case)
    elif keyword in LOOKUPS and len(element) == 2:
        by_domain = keyword.startswith("reject_rhsbl")
        for argument in _repaired_lookup(element[1], case, by_domain=by_domain, permits=False):
            yield (*warnings, element[0], argument) if argument else ()
    elif keyword == "permit_dnswl_client" and len(element) == 2:
        for argument in _repaired_lookup(element[1], case, by_domain=False, permits=True):
            yield (*warnings, element[0], argument) if argument else ()
    elif keyword in ("reject_unknown_client_hostname", "reject_unknown_client", _REVERSE):
        if "smtpd_peername_lookup" in case.main:
            # Without name lookups the weaker check refuses everybody, too.
            yield _relaxed("warn" if case.options.helo_fix == "warn" else "remove", element, warnings, "")
        if keyword != _REVERSE:
            yield _relaxed(case.options.helo_fix or "weaken", element, warnings, _REVERSE)
    elif keyword in ("reject_unknown_helo_hostname", "reject_unknown_hostname"):
        yield _relaxed(case.options.helo_fix or "warn", element, warnings, "reject_invalid_helo_hostname")


def _relaxed(strategy: str, element: Words, warnings: Words, weaker: str) -> Words:
    if strategy == "remove":
        return ()
    return (*warnings, weaker) if strategy == "weaken" else (*warnings, "warn_if_reject", *element)


def _repaired_site(word: str, case: Case) -> Iterator[Words]:
    argument, star, weight = word.partition("*")
    if not star or re.fullmatch("-?[1-9]", weight):
        for text in _repaired_lookup(argument, case, by_domain=False, permits=weight.startswith("-")):
            yield (text + star + weight,) if text else ()


def _repaired_lookup(argument: str, case: Case, *, by_domain: bool, permits: bool) -> Iterator[str]:
    """The new argument, "" when the lookup goes."""
    zone, equals, answers = argument.partition("=")
    name = zone.lower()
    if name in RETIRED:
        yield ""
    elif name in MISSPELT_ZONES:
        meant = MISSPELT_ZONES[name]
        written = answers or ("" if permits else ANSWERS[meant])
        yield f"{meant}={written}" if written else meant
    elif permits:
        if not equals and name in TRUSTED:
            yield f"{zone}={TRUSTED[name]}"
    else:
        yield from _repaired_refusal(zone, answers, case, by_domain)


def _repaired_refusal(zone: str, answers: str, case: Case, by_domain: bool) -> Iterator[str]:
    options: Options = case.options
    name = zone.lower()
    known = ANSWERS.get(name)
    is_refused = case.target.platform == "aws" and zone in SPAMHAUS
    if not is_refused and (name == "dbl.spamhaus.org") != by_domain:
        return  # a list of another kind
    if answers == WIDE_FILTER and known and name.endswith((".spamhaus.org", ".spamhaus.net")):
        if name != "dbl.spamhaus.org":  # which means nothing by what is left
            yield f"{zone}={known}"
    elif not answers and name in ANSWERS and options.dnsbl_fix in (("remove", None) if is_refused else ("remove",)):
        yield ""
        if is_refused and known and "smtpd_restriction_classes" in case.main:
            yield f"{zone}={known}"  # the last word of a class stays
    elif not answers and known:
        yield f"{zone}={known}"


def outcomes(parameter: str, element: Element, case: Case) -> set[Words]:
    """The element as it is, and what repairs may make of it."""
    words = tuple(plain(word) for word in element.words)
    return {element.texts, *_repaired(parameter, words, tuple(plain(word) for word in element.warnings), case)}


def is_explained(item: ReadList, after: Sequence[str], case: Case, spoken_of: Collection[tuple[str, int]]) -> bool:
    """Whether ``after`` is the list with some of the elements repaired, and no others, in the same order but for checks
    that stand right behind a permit that stood behind them.
    """
    if may_be_left_out(item) and not after:
        return True
    elements = tuple(elements_of(item))
    spoken = [is_spoken_of(element, spoken_of) for element in elements]
    possible = [
        outcomes(item.parameter, element, case) if about else {element.texts}
        for element, about in zip(elements, spoken, strict=True)
    ]
    # How many words are explained, and which elements have to come later.
    reached: set[tuple[int, frozenset[int]]] = {(0, frozenset())}
    for index, element in enumerate(elements):
        found = {(end, waiting) for start, waiting in reached for end in _ends(after, start, possible[index])}
        if spoken[index] and is_movable(element):
            found |= {(start, waiting | {index}) for start, waiting in reached}
        pending = list(found) if name_of(element) in OWN_PERMITS else []
        for start, waiting in pending:
            for other in waiting:
                new = {(end, waiting - {other}) for end in _ends(after, start, possible[other]) if end > start} - found
                found |= new
                pending += new
        reached = found
    return (len(after), frozenset()) in reached


def _ends(after: Sequence[str], start: int, possible: Collection[Words]) -> Iterator[int]:
    for words in possible:
        if tuple(after[start : start + len(words)]) == words:
            yield start + len(words)


def name_of(element: Element) -> str:
    """The keyword in lower case; what a misspelt one was meant to be."""
    name = plain(element.words[0]) if element.words else ""
    return MISSPELT.get(name, name).lower()


def is_movable(element: Element) -> bool:
    """Whether it is a check that moves behind permits."""
    return name_of(element) in MOVABLE


def may_be_left_out(item: ReadList) -> bool:
    """Whether it is the HELO list of a service for mail clients, with checks of HELO names and permits alone."""
    names = [name_of(element) for element in elements_of(item)]
    return (
        item.program.startswith("submission/")
        and item.parameter == HELO_LIST
        and all(name in _HELO_CHECKS or name.startswith("permit") for name in names)
        and any(name in _HELO_CHECKS for name in names)
    )


def is_spoken_of(element: Element, places: Collection[tuple[str, int]]) -> bool:
    """Whether a diagnostic starts or ends at one of the words."""
    return any((character.path, character.offset) in places for word in element.words for character in word)
