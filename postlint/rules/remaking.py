"""Fixes that write a definition, a service or ignored lines anew, and what the relay verdict says of them."""

from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from postlint.configuration.entries import declared_entries
from postlint.configuration.outcomes import items_after, outcome_of
from postlint.configuration.rewriting import Obstacle
from postlint.edits import EVERYTHING, Applicability, Fix, Outcome, Rewrite
from postlint.rules.base import Context
from postlint.rules.repairs import context_after, worse_relays
from postlint.syntax.nodes import MainItem, MasterItem
from postlint.text import Source

Key = TypeVar("Key", bound=Hashable)
# Beyond it each fix is not looked at alone when all of them together make a relay worse.
_LOOKED_AT_ALONE = 20


class Remaking(NamedTuple):
    """What is to be done, the rewrites, what comes of them, and the names of the definitions that change.

    ``safe``: the fix is, whatever the relay verdict.
    """

    title: str
    rewrites: tuple[Rewrite, ...]
    outcome: Outcome
    changes: tuple[str, ...]
    safe: bool = False


def remaking(
    context: Context, title: str, source: Source, item: MainItem | MasterItem, rewrites: Iterable[Rewrite], safe: bool
) -> Remaking | Obstacle:
    """``item`` of main.cf or master.cf, written anew by rewrites that touch nothing else."""
    rewrites = tuple(rewrites)
    after = items_after(source, item.span, rewrites, source is context.configuration.files.master)
    outcome = outcome_of(source, item.span, after)
    if isinstance(outcome, Obstacle):
        return outcome
    was = declared_entries(item)
    changes = {name for name, _ in set(was) ^ set(outcome.entries)} or {name for name, _ in was}
    return Remaking(title, rewrites, outcome, tuple(sorted(changes)), safe)


def fixes_of(context: Context, wanted: Mapping[Key, Remaking | Obstacle], reason: str) -> dict[Key, Fix | Obstacle]:
    """The fixes, except where a relay that is closed would not be any more. ``reason``: why they are unsafe where the
    relay is closed.
    """
    plans = {key: plan for key, plan in wanted.items() if isinstance(plan, Remaking)}
    fixes: dict[Key, Fix | Obstacle] = {key: plan for key, plan in wanted.items() if isinstance(plan, Obstacle)}
    rewrites = tuple(dict.fromkeys(rewrite for plan in plans.values() if not plan.safe for rewrite in plan.rewrites))
    after = context_after(context, rewrites) if rewrites else context
    worse = bool(worse_relays(context, after))
    views = (after.configuration.main_view, *after.lists.smtpd_views)
    warning = after.open_relay(views) if plans else None
    for number, (key, plan) in enumerate(plans.items()):
        if worse and not plan.safe:
            alone = context_after(context, plan.rewrites) if number < _LOOKED_AT_ALONE else after
            if found := next(iter(worse_relays(context, alone).values()), None):
                fixes[key] = Obstacle(found)
                continue
        fixes[key] = _fix(plan, warning or reason)
    return fixes


def _fix(plan: Remaking, reason: str) -> Fix:
    title = plan.title if plan.safe else f"{plan.title} (unsafe: {reason})"
    applicability = Applicability.SAFE if plan.safe else Applicability.UNSAFE
    # Rules that leave the definition to this one may speak of it once it is mended.
    wakes = () if plan.safe else (EVERYTHING,)
    return Fix(title, plan.rewrites, plan.changes, applicability, announces=True, wakes=wakes, outcomes=(plan.outcome,))
