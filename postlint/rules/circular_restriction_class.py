"""circular-restriction-class: a restriction class that has itself evaluated."""

from collections.abc import Iterator

from postlint.configuration.model import View
from postlint.configuration.restrictions import RestrictionLists
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.policy.classes import Cycle, cycles
from postlint.policy.reach import unread_answers
from postlint.policy.start import Start
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import service_of
from postlint.text import Location

# Where smtpd looks for a guard when it starts.
_SEARCHED = ("smtpd_recipient_restrictions", "smtpd_relay_restrictions")
_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_CLASSES = _GUARD + "smtpd_restriction_classes = strict, stricter\n"
_CLIENT = "smtpd_client_restrictions = permit_mynetworks, strict\n"


@rule(
    name="circular-restriction-class",
    category="restrictions",
    severity=Severity.ERROR,
    summary="a restriction class holds itself: smtpd dies when it comes to it",
    since="0.1.0",
    manual="postconf.5.html#smtpd_restriction_classes",
    examples=(
        Bad(
            _CLASSES + "strict = reject_unauth_pipelining, stricter\n"
            "stricter = reject_non_fqdn_sender, strict\n" + _CLIENT
        ),
        Bad(
            "smtpd_restriction_classes = strict\nstrict = reject_unauth_pipelining, strict\n"
            "smtpd_relay_restrictions = strict, reject_unauth_destination\n"
        ),
        Bad(
            _CLASSES + "strict = check_sender_access hash:/etc/postfix/senders\nstricter = reject\n" + _CLIENT,
            tables=(("senders", "example.com strict\n"),),
            severity=Severity.WARNING,
        ),
        Good(_CLASSES + "strict = stricter, stricter\nstricter = reject_unauth_pipelining\n" + _CLIENT),
        Good(_CLASSES + "strict = stricter, permit, strict\nstricter = reject_unauth_pipelining\n" + _CLIENT),
    ),
)
def circular_restriction_class(context: Context) -> Iterator[Diagnostic]:
    """smtpd evaluates a restriction class where its name stands, and the classes in it in their turn. A class that
    holds itself, directly or over other classes, is evaluated without end: the process dies with signal 11 for each
    message that comes to it, and master starts it again more and more slowly. In smtpd_relay_restrictions and
    smtpd_recipient_restrictions smtpd looks for a guard before it accepts anything, and dies at once when such a class
    stands in front of it.

    Where a row of an access map is part of the way, smtpd notices after a hundred steps and answers with 451, which is
    a warning here, as it depends on who the rows are for.
    """
    found: dict[Location, tuple[Cycle, list[View]]] = {}
    dying: set[View] = set()
    for view in context.lists.smtpd_views or (context.configuration.main_view,):
        if context.start(view) is Start.OVERFLOW:
            dying.add(view)
        for cycle in cycles(context.lists, view):
            place = min((word.locations[0] for word in cycle.words if word.locations), key=_key, default=None)
            if place is not None:
                found.setdefault(place, (cycle, []))[1].append(view)
    for place, (cycle, views) in found.items():
        severity, consequence = max(_judge(context.lists, view, cycle, view in dying) for view in views)
        others = dict.fromkeys(word.locations[0] for word in cycle.words if word.locations)
        yield Diagnostic(
            rule="circular-restriction-class",
            severity=severity,
            message=f"{_shown(cycle)}: {consequence}",
            location=place,
            service=service_of(context.configuration, place),
            help="take out the word that leads back to the class",
            related=tuple(Related(other, "part of the circle") for other in others if other != place),
        )


def _key(location: Location) -> tuple[str, int, int]:
    return location.key


def _judge(lists: RestrictionLists, view: View, cycle: Cycle, dying: bool) -> tuple[Severity, str]:
    # The cycle as this program has it: its lists are others than those of other programs.
    own = [lists.of(name, view) for name in cycle.classes]
    ways = [way for item in own if item is not None for way in lists.ways(item)]
    if dying and not cycle.over_rows and any(way.parameter in _SEARCHED for way in ways):
        return Severity.ERROR, "smtpd dies with signal 11 when it starts"
    if any(way.parameter and way.reachable for way in ways):
        if cycle.over_rows:
            return Severity.WARNING, "messages for which the rows lead on are answered with 451"
        return Severity.ERROR, "smtpd dies with signal 11 at each message that comes to it"
    return _idle(lists, view, any(way.parameter for way in ways))


def _idle(lists: RestrictionLists, view: View, named: bool) -> tuple[Severity, str]:
    if named:
        return Severity.INFO, "nothing reaches it behind the permit, reject or defer before it"
    if unread_answers(lists, view):
        return Severity.WARNING, "smtpd dies with signal 11 if a table or a policy service names it"
    return Severity.INFO, "no list that smtpd evaluates names it"


def _shown(cycle: Cycle) -> str:
    name, *others = cycle.classes
    over = others[:3] if len(others) <= 4 else [*others[:2], f"{len(others) - 2} other classes"]
    if cycle.over_rows:
        over = [*over, next(item.name for item in cycle.lists if item.kind == "row")]
    if not over:
        return f"the class {name} holds itself"
    listed = f"{', '.join(over[:-1])} and {over[-1]}" if len(over) > 1 else over[0]
    return f"the class {name} holds itself over {listed}"
