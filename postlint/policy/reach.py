"""Whom a check in a restriction list hits: everybody, or only the strangers that it is meant for."""

from collections.abc import Callable, Iterable

from postlint.configuration.model import View
from postlint.configuration.restrictions import Occurrence, Restriction, RestrictionList, RestrictionLists, Use
from postlint.facts.access import Action, action_of
from postlint.policy.answers import cannot_permit
from postlint.policy.exposure import is_submission, uses_in_force

_LOCAL_PERMITS = frozenset({"permit_mynetworks", "permit_sasl_authenticated"})
_LOCAL_ADDRESSES = frozenset({"permit_inet_interfaces", "permit_mynetworks"})


def idle_reason(lists: RestrictionLists, occurrence: Occurrence) -> str | None:
    """Why no message meets the check, or None when some do."""
    live = uses_in_force(lists, occurrence.uses)
    if not live:
        return "every smtpd service overrides this list"
    if not any(use.reachable for use in live):
        return "nothing reaches it behind the permit, reject or defer before it"
    if all(use.way.parameter is None for use in live):
        return unnamed_reason(lists, live[0])
    return None


def unnamed_reason(lists: RestrictionLists, use: Use) -> str | None:
    """Why a class that no list names is not evaluated; None where something that is not read may name it."""
    return None if _may_name_classes(lists, use) else f"no list that smtpd evaluates names {use.list.name}"


def _may_name_classes(lists: RestrictionLists, use: Use) -> bool:
    """Whether a table that is not read or a policy service may answer with the name of a class."""
    return any(
        restriction.opaque
        or restriction.name == "check_policy_service"
        or ((table := lists.table(restriction)) is not None and table.unread is not None)
        for item in lists.all
        if item.view is use.view
        for restriction in item.restrictions
    )


def softened(occurrence: Occurrence) -> bool:
    """Whether warn_if_reject covers it wherever it is used."""
    return all(use.warned for use in occurrence.uses)


def hits_everybody(lists: RestrictionLists, uses: Iterable[Use]) -> str | None:
    """Why the check also hits the site's own users, as a clause, or None."""
    for use in uses_in_force(lists, uses):
        if use.warned or not use.reachable or use.list.kind == "row":
            continue  # a row is for whom its key says
        if is_submission(use.view) and _way_without(lists, use, _may_spare_mail_clients):
            return f"mail clients that hand in mail to {use.view.identity} are refused, too"
        steps = _way_without(lists, use, _is_local_permit)
        after = (item for end, restriction in steps for item in end.restrictions[restriction.position + 1 :])
        local = next((item.name for item in after if item.known and item.name in _LOCAL_PERMITS), None)
        if local:
            return f"it stands before {local}, so the site's own clients are refused, too"
    return None


_Predicate = Callable[[RestrictionLists, View, Restriction], bool]
_Steps = tuple[tuple[RestrictionList, Restriction], ...]


def _way_without(lists: RestrictionLists, use: Use, wanted: _Predicate) -> _Steps:
    """A way to the use, from its own list up to the list of a parameter, with no ``wanted`` element in front of it in
    any list on the way; empty when every way has one.
    """
    pending: list[_Steps] = [((use.list, use.restriction),)]
    seen = {(use.list, use.restriction.position)}
    while pending:
        steps = pending.pop()
        item, restriction = steps[-1]
        if any(holds(lists, item.view, other, wanted) for other in item.restrictions[: restriction.position]):
            continue
        calls = lists.calls(item)
        if item.kind == "parameter" or not calls:
            return steps
        for call in calls:
            if (call.list, call.restriction.position) not in seen:
                seen.add((call.list, call.restriction.position))
                pending.append((*steps, (call.list, call.restriction)))
    return ()


def holds(lists: RestrictionLists, view: View, restriction: Restriction, wanted: _Predicate) -> bool:
    """Whether the element, or one of the lists that it has evaluated, is ``wanted``."""
    pending = [restriction]
    seen: set[RestrictionList] = set()
    while pending:
        element = pending.pop()
        if wanted(lists, view, element):
            return True
        for called in lists.called(element, view):
            if called not in seen:
                seen.add(called)
                pending.extend(called.restrictions)
    return False


def _is_local_permit(lists: RestrictionLists, view: View, restriction: Restriction) -> bool:
    return restriction.known is not None and restriction.name in _LOCAL_PERMITS


def _may_spare_mail_clients(lists: RestrictionLists, view: View, restriction: Restriction) -> bool:
    """Whether a mail client somewhere on the Internet can get past the rest of the list because of this element, the
    lists that it has evaluated left aside.
    """
    if restriction.opaque:
        return True
    if restriction.known is not None and cannot_permit(restriction.known):
        return False
    table = lists.table(restriction)
    if table is not None:
        return table.unread is not None or any(action_of(row.result.text) is Action.PERMIT for row in table.rows)
    # A class permits by what it holds; a word that is no restriction spares nobody.
    return restriction.known is not None and restriction.name not in _LOCAL_ADDRESSES


def relay_views(lists: RestrictionLists, uses: Iterable[Use]) -> tuple[Use, ...]:
    """The uses whose services let more through when the check refuses less."""
    uses = tuple(uses)
    return uses_in_force(lists, uses) or uses
