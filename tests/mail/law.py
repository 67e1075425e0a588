"""The law of safe fixes, and that of unsafe ones, over the replies before and after."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from properties.configurations import MISSPELT

from mail.dialogue import Reply
from mail.envelopes import FOREIGN, Envelope
from mail.serving import Place, Served
from postlint.diagnostics import Diagnostic
from postlint.edits import Applicability

_RELAY, _BROKEN, _DEAD, _ASKED = "the guard", "a broken configuration", "no smtpd", "a reply that was asked for"
# Which check says what (src/smtpd/smtpd_check.c).
_SAID = (
    (r"Relay access denied", _RELAY),
    (r"4\.3\.5 Server configuration error|4\.3\.0 ", _BROKEN),
    (r"cannot find your hostname", "reject_unknown_client_hostname"),
    (r"cannot find your reverse hostname", "reject_unknown_reverse_client_hostname"),
    (r"Helo command rejected: Host not found", "reject_unknown_helo_hostname"),
    (r"Helo command rejected: [Ii]nvalid name", "reject_invalid_helo_hostname"),
    (r"Helo command rejected: need fully-qualified hostname", "reject_non_fqdn_helo_hostname"),
    # Instead of another refusal, or of an acceptance: the reply does not say whose.
    (r"defer_if_(reject|permit) requested", _ASKED),
    (r"server closed the connection", _DEAD),
)
_NAMES = (
    (r"reject_unknown_client(_hostname)?\b", "reject_unknown_client_hostname"),
    (r"reject_unknown_reverse_client_hostname", "reject_unknown_reverse_client_hostname"),
    (r"reject_unknown(_helo)?_hostname", "reject_unknown_helo_hostname"),
    (r"reject_invalid(_helo)?_hostname", "reject_invalid_helo_hostname"),
    (r"reject_non_fqdn(_helo)?_hostname", "reject_non_fqdn_helo_hostname"),
)
_HELO_CHECKS = frozenset(name for _, name in _NAMES if name.endswith("_helo_hostname"))
_ZONE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
# A fix of these lets smtpd or a list live that did not, so that what comes then is what the words say.
_REVIVING = frozenset({"unknown-restriction", "undeclared-restriction-class"})


def check_of(reply: Reply) -> str:
    """Which check gave the reply: a keyword, ``lookup ZONE``, or the text of others."""
    blocked = re.search(r"(?:blocked using|listed by) ([^\s;=]+)", reply.text)
    if blocked:
        return f"lookup {blocked[1].lower().rstrip('.')}"
    if re.search(r"\blisted$", reply.text):
        return "lookup"
    return next((name for text, name in _SAID if re.search(text, reply.text)), reply.text)


def checks_in(text: str) -> set[str]:
    """The checks that are named in part of a list, as `check_of` calls them."""
    for wrong, right in MISSPELT.items():
        text = re.sub(rf"\b{wrong}\b", right, text)
    lower = text.lower()
    found = {name for pattern, name in _NAMES if re.search(pattern, lower)}
    zones = {f"lookup {zone}" for zone in _ZONE.findall(lower.replace("=", " "))}
    return found | zones | ({"lookup"} if zones else set())


def explained(diagnostic: Diagnostic) -> set[str]:
    """The checks whose refusals the fix says it ends."""
    found = checks_in(diagnostic.location.text)
    if diagnostic.rule in _REVIVING:
        found |= {_BROKEN, _DEAD}
    if diagnostic.rule == "helo-check-on-submission":
        found |= _HELO_CHECKS
    return found


class Breach(NamedTuple):
    """``kind``: what must not happen without being announced: ``refused``, ``relayed``, ``refused for good``, or
    ``undeclared``: a reply that no fix speaks of is another one.
    """

    kind: str
    place: Place
    envelope: Envelope
    old: Reply
    new: Reply

    def __str__(self) -> str:
        said = " -> ".join(f"{reply.code} {reply.text}" for reply in (self.old, self.new))
        return f"{self.kind}: {'/'.join(self.place)} {self.envelope}: {said}"


def breaches(before: Served, after: Served, applied: Sequence[Diagnostic]) -> Iterator[Breach]:
    """Where the fixes broke the law of safe fixes."""
    said = {_ASKED}.union(*map(explained, applied))
    revived = set().union(*(explained(item) for item in applied if item.rule in _REVIVING)) - {_BROKEN, _DEAD}
    for place, envelope, old, new in differences(before, after):
        if is_accepted(old):
            yield Breach("refused", place, envelope, old, new)
            continue
        if is_accepted(new) and envelope.visitor.is_stranger and envelope.recipient == FOREIGN:
            yield Breach("relayed", place, envelope, old, new)
        was, now = check_of(old), check_of(new)
        is_same = _are_same(was, now) or (was in (_BROKEN, _DEAD) and now in revived)
        if old.code < 500 <= new.code and is_same and now != _RELAY:
            yield Breach("refused for good", place, envelope, old, new)
        if was not in said:
            yield Breach("undeclared", place, envelope, old, new)


# What the reason in an unsafe fix's title announces.
ANNOUNCED: tuple[tuple[str, Callable[[Breach], bool]], ...] = (
    (r"close the relay first|that the relay is closed", lambda breach: breach.kind == "relayed"),
    (
        r"clients that it speaks for today may then be refused",
        lambda breach: breach.envelope.visitor.listed != "nothing",
    ),
    (r"while the list is useless are refused again", lambda breach: breach.envelope.visitor.listed != "nothing"),
    (r"clients that send no HELO are refused with 503 then", lambda breach: breach.new.code == 503),
    (r"mail that passes today may then be refused", lambda breach: check_of(breach.new).startswith("lookup")),
    (r"malformed names for good with 501", lambda breach: breach.new.code == 501),
    (r"and a \*\.name that resolves", lambda breach: (breach.envelope.helo or "").startswith("*.")),
    (
        r"may let in what the word keeps out today",
        lambda breach: check_of(breach.old) == _BROKEN and breach.kind == "relayed",
    ),
    (
        r"keeps out today, and that is tried again, may then be refused for good",
        lambda breach: check_of(breach.old) == _BROKEN and breach.kind == "refused for good",
    ),
    (
        r"keeps out today is then judged by the class",
        lambda breach: check_of(breach.old) == _BROKEN and breach.kind in ("relayed", "refused for good"),
    ),
    (r"listed clients get the reply of a new entry", lambda breach: check_of(breach.new).startswith("lookup")),
    (r"it is not used for", lambda breach: check_of(breach.new).startswith("lookup")),
    # Moves: what the check hid comes first, and may also let mail be relayed.
    (
        r"would be evaluated first|who may relay|is not read\)|relay nothing more",
        lambda breach: breach.kind == "relayed",
    ),
)


def unannounced(found: Iterable[Breach], applied: Sequence[Diagnostic]) -> Iterator[Breach]:
    """Those breaches of the law of safe fixes that no title of an unsafe fix speaks of."""
    titles = "\n".join(
        item.fix.title for item in applied if item.fix and item.fix.applicability is Applicability.UNSAFE
    )
    holding = [announces for reason, announces in ANNOUNCED if re.search(reason, titles)]
    return (breach for breach in found if not any(announces(breach) for announces in holding))


def differences(before: Served, after: Served) -> Iterator[tuple[Place, Envelope, Reply, Reply]]:
    """The envelopes that are answered in another way: accepted or not, now or never, by another check."""
    for place, old in before.items():
        for envelope, reply in old.items():
            other = after[place].get(envelope)
            if other is not None and _essence(reply) != _essence(other):
                yield place, envelope, reply, other


def is_accepted(reply: Reply) -> bool:
    """Whether the mail is in the queue, or would be."""
    return reply.code == 250


def _are_same(old: str, new: str) -> bool:
    """Whether two names of checks may mean the same one."""
    return old == new or ("lookup" in (old, new) and old.startswith("lookup") and new.startswith("lookup"))


def _essence(reply: Reply) -> tuple[int, str]:
    return (reply.code // 100, "" if is_accepted(reply) else check_of(reply))
