"""Whom a check in a restriction list hits: everybody, or only the strangers that it is meant for."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache

from postlint.configuration.elements import Restriction
from postlint.configuration.model import Configuration, View
from postlint.configuration.restrictions import Call, Occurrence, RestrictionList, RestrictionLists, Use
from postlint.facts.access import Action, action_of
from postlint.policy.answers import cannot_permit, is_helo_check
from postlint.policy.exposure import is_submission, uses_in_force

_LOCAL_PERMITS = frozenset({"permit_mynetworks", "permit_sasl_authenticated"})
_LOCAL_ADDRESSES = frozenset({"permit_inet_interfaces", "permit_mynetworks"})
# Evaluated before a client can log in when they do not wait for RCPT TO (postconf(5), smtpd_delay_reject).
_EARLY_LISTS = frozenset({"smtpd_client_restrictions", "smtpd_helo_restrictions"})
# Services whose answers are kept, so that asking for every word of a long list takes no time in the square of it.
_VIEWS = 256


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
    return None if _may_name_classes(lists, use.view) else f"no list that smtpd evaluates names {use.list.name}"


def _may_name_classes(lists: RestrictionLists, view: View) -> bool:
    """Whether a table that is not read or a policy service may answer with the name of a class."""
    return bool(unread_answers(lists, view))


@lru_cache(maxsize=_VIEWS)
def unread_answers(lists: RestrictionLists, view: View) -> tuple[Restriction, ...]:
    """The elements whose answer may be the name of a class, and cannot be read: tables and policy services."""
    return tuple(
        restriction
        for item in lists.of_view(view)
        for restriction in item.restrictions
        if restriction.opaque
        or restriction.name == "check_policy_service"
        or ((table := lists.table(restriction)) is not None and table.unread is not None)
    )


def softened(occurrence: Occurrence) -> bool:
    """Whether warn_if_reject covers it wherever it is used."""
    return all(use.warned for use in occurrence.uses)


def for_some_only(lists: RestrictionLists, uses: Iterable[Use]) -> bool:
    """Whether only mail that a key of an access map names comes to the check, as far as can be read."""
    return not any(use.list in _general_lists(lists, use.view) for use in uses)


@lru_cache(maxsize=_VIEWS)
def _general_lists(lists: RestrictionLists, view: View) -> frozenset[RestrictionList]:
    """The lists that evaluation comes to through parameters and classes alone."""
    found = {item: None for item in lists.of_view(view) if item.kind == "parameter"}
    for item in (pending := list(found)):
        for restriction in item.restrictions:
            for called in lists.called(restriction, view):
                if called.kind == "class" and called not in found:
                    found[called] = None
                    pending.append(called)
    return frozenset(found)


def looks_up_names(configuration: Configuration, view: View) -> bool:
    """Whether smtpd asks the DNS for the names of its clients; if not, each is called "unknown" (smtpd_peer.c)."""
    return configuration.boolean("smtpd_peername_lookup", view) is not False


def hits_everybody(lists: RestrictionLists, uses: Iterable[Use]) -> str | None:
    """Why the check also hits the site's own users, as a clause, or None.

    That a check of HELO names hits mail clients is left to the rule for it.
    """
    for use in uses_in_force(lists, uses):
        if refuses_mail_clients(lists, use):
            if is_helo_check(use.restriction):
                continue
            return f"mail clients that hand in mail to {use.view.identity} are refused, too"
        if _refuses(use):
            steps = _way_without(lists, use, _is_local_permit)
            local = next((name for step in steps if (name := _local_permit_behind(*step))), None)
            if local:
                return f"it stands before {local}, so the site's own clients are refused, too"
    return None


def refuses_mail_clients(lists: RestrictionLists, use: Use) -> bool:
    """Whether the check stands in the way of mail clients that hand in mail: at a submission service, with nothing in
    front that lets those pass who have logged in.
    """
    if not is_submission(use.view) or not _refuses(use):
        return False
    if not _offers_logins(lists, use.view):
        wanted = _may_permit  # whoever may hand in mail does so by his address
    else:
        wanted = _may_spare_mail_clients if _knows_logins(lists, use) else _may_spare_before_login
    return bool(_way_without(lists, use, wanted))


def _offers_logins(lists: RestrictionLists, view: View) -> bool:
    """Whether clients can log in; without main.cf or master.cf nobody knows."""
    if lists.configuration.main is None or view.service is None:
        return True
    return lists.configuration.boolean("smtpd_sasl_auth_enable", view) is not False


def _knows_logins(lists: RestrictionLists, use: Use) -> bool:
    """Whether the list is evaluated when a client has had the time to log in."""
    delayed = lists.configuration.boolean("smtpd_delay_reject", use.view) is not False
    return delayed or use.way.parameter not in _EARLY_LISTS


def own_permits_behind(lists: RestrictionLists, use: Use) -> tuple[Restriction, ...]:
    """The first permit_mynetworks and the first permit_sasl_authenticated that the check keeps those from whom they
    mean: behind it, and none with the same name in front.
    """
    if not use.reachable or use.list.kind == "row":
        return ()
    wanted = [_is_mynetworks_permit]
    if _offers_logins(lists, use.view) and _knows_logins(lists, use):
        wanted.append(_is_login_permit)
    found = (_first_behind(lists, use, predicate) for predicate in wanted)
    return tuple(permit for permit in found if permit is not None)


def _first_behind(lists: RestrictionLists, use: Use, wanted: "_Predicate") -> Restriction | None:
    steps = _way_without(lists, use, wanted)
    if any(item.kind == "row" for item, _ in steps):
        return None
    for item, restriction in steps:
        permits = _certain_permits(lists, item, wanted)
        index = bisect_right(permits, restriction.position, key=lambda permit: permit.position)
        if index < len(permits):
            return permits[index]
    return None


@lru_cache(maxsize=4096)
def _certain_permits(lists: RestrictionLists, item: RestrictionList, wanted: "_Predicate") -> tuple[Restriction, ...]:
    return tuple(
        element
        for element in _local_permits(item)
        if element.reachable and not element.uncertain and wanted(lists, item.view, element)
    )


def _refuses(use: Use) -> bool:
    """Whether it is evaluated and refuses; a row of an access map does so for those alone whom its key means."""
    return use.reachable and not use.warned and use.list.kind != "row"


_Predicate = Callable[[RestrictionLists, View, Restriction], bool]
_Steps = tuple[tuple[RestrictionList, Restriction], ...]


def _way_without(lists: RestrictionLists, use: Use, wanted: _Predicate) -> _Steps:
    """A way to the use, from its own list up to the list of a parameter, with no ``wanted`` element in front of it in
    any list on the way; empty when every way has one.
    """
    callers, first = _open_lists(lists, use.view, wanted)
    if use.list not in callers or use.restriction.position > first.get(use.list, use.restriction.position):
        return ()
    steps = [(use.list, use.restriction)]
    while (call := callers[steps[-1][0]]) is not None:
        steps.append((call.list, call.restriction))
    return tuple(steps)


@lru_cache(maxsize=4 * _VIEWS)
def _open_lists(
    lists: RestrictionLists, view: View, wanted: _Predicate
) -> tuple[dict[RestrictionList, Call | None], dict[RestrictionList, int]]:
    """The lists that evaluation comes to with no ``wanted`` element in front, each with a call that leads there (None:
    nothing calls it); and the position of the first element of each list that is ``wanted``, or has one evaluated.
    """
    first = _first_positions(lists, view, wanted)
    callers: dict[RestrictionList, Call | None] = {
        item: None for item in lists.of_view(view) if item.kind == "parameter" or not lists.calls(item)
    }
    for item in (pending := list(callers)):
        for restriction in item.restrictions[: first.get(item, len(item.restrictions)) + 1]:
            for called in lists.called(restriction, view):
                if called not in callers:
                    callers[called] = Call(item, restriction)
                    pending.append(called)
    return callers, first


def _first_positions(lists: RestrictionLists, view: View, wanted: _Predicate) -> dict[RestrictionList, int]:
    first: dict[RestrictionList, int] = {}
    for item in lists.of_view(view):
        for restriction in item.restrictions:
            if wanted(lists, view, restriction):
                first[item] = restriction.position
                break
    for item in (pending := list(first)):
        for call in lists.calls(item):
            if call.list not in first:
                pending.append(call.list)
            first[call.list] = min(call.restriction.position, first.get(call.list, call.restriction.position))
    return first


def _local_permit_behind(item: RestrictionList, restriction: Restriction) -> str | None:
    """The first permit for the site's own clients that stands behind an element of a list."""
    permits = _local_permits(item)
    index = bisect_right(permits, restriction.position, key=lambda permit: permit.position)
    return permits[index].name if index < len(permits) else None


@lru_cache(maxsize=4096)
def _local_permits(item: RestrictionList) -> tuple[Restriction, ...]:
    return tuple(element for element in item.restrictions if element.known and element.name in _LOCAL_PERMITS)


def _is_local_permit(lists: RestrictionLists, view: View, restriction: Restriction) -> bool:
    return restriction.known is not None and restriction.name in _LOCAL_PERMITS


def _is_mynetworks_permit(lists: RestrictionLists, view: View, restriction: Restriction) -> bool:
    return restriction.known is not None and restriction.name == "permit_mynetworks"


def _is_login_permit(lists: RestrictionLists, view: View, restriction: Restriction) -> bool:
    return restriction.known is not None and restriction.name == "permit_sasl_authenticated"


def _may_spare_before_login(lists: RestrictionLists, view: View, restriction: Restriction) -> bool:
    if restriction.name in ("permit_sasl_authenticated", "check_sasl_access"):
        return False
    return _may_spare_mail_clients(lists, view, restriction)


def _may_permit(lists: RestrictionLists, view: View, restriction: Restriction) -> bool:
    return restriction.name in _LOCAL_ADDRESSES or _may_spare_mail_clients(lists, view, restriction)


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
