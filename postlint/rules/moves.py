"""Checks that move behind the permits for own machines and users, and when that is safe."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from postlint.configuration.elements import Restriction
from postlint.configuration.moving import move_behind
from postlint.configuration.restrictions import Occurrence, RestrictionList, Use
from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.policy.order import order_behind
from postlint.policy.reach import relay_views
from postlint.policy.relay import relay_list_guards
from postlint.rules.base import Context
from postlint.text import Location

# What smtpd asks before it knows the recipient: no answer there lets a message pass the lists that come later.
_EARLY_LISTS = frozenset({"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions"})


class Move(NamedTuple):
    """A check put right behind ``target``, the last of a run of permits. ``unsafe_because``: None when it is safe."""

    target: Restriction
    rewriting: Rewriting
    unsafe_because: str | None


def move_of(context: Context, occurrence: Occurrence, use: Use, permits: Iterable[Restriction]) -> Move | Obstacle:
    """The check behind the first run of permits in the list of ``use`` that holds one of the ``permits``."""
    permits = tuple(permits)
    names = frozenset(permit.name for permit in permits)
    run = order_behind(use.list, names).runs[use.restriction.position + 1]
    if run is None:
        return Obstacle(f"{permits[-1].name} stands in another list than the check")
    rewriting = move_behind(context.configuration, context.rewriter, occurrence, run)
    if isinstance(rewriting, Obstacle):
        return rewriting
    uses = relay_views(context.lists, occurrence.uses)
    reason = context.open_relay([use.view for use in uses])
    for other in uses:
        reason = reason or _reason_against(context, other, run)
    return Move(run, rewriting, reason)


def _reason_against(context: Context, use: Use, target: Restriction) -> str | None:
    """Why the move may change more in one list than that own machines and users pass."""
    obstacle = order_behind(use.list, frozenset()).obstacles[use.restriction.position + 1]
    if obstacle is not None and obstacle.position < _position(use.list, target):
        words = " ".join(word.text for word in obstacle.words)
        return f"{words} stands between them and would be evaluated first"
    parameter = use.way.parameter
    if parameter in _EARLY_LISTS:
        return None
    if parameter is None:
        return f"what names the class {use.list.name} is not read"
    if parameter == "smtpd_relay_restrictions":
        return "there it also decides who may relay"
    if parameter != "smtpd_recipient_restrictions":
        return "only in the client, HELO, sender and recipient lists is a move known to relay nothing more"
    if relay_list_guards(context.lists, use.view, context.target.version):
        return None
    return "smtpd_relay_restrictions has no guard of its own, so this list decides who may relay"


def _position(item: RestrictionList, target: Restriction) -> int:
    """Where the element with the words of ``target`` stands in a list that may be another program's."""
    return _positions(item)[target.keyword.locations]


@lru_cache(maxsize=512)
def _positions(item: RestrictionList) -> dict[tuple[Location, ...], int]:
    return {element.keyword.locations: element.position for element in item.restrictions}
