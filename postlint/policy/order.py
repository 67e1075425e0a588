"""The order of the elements of a list: behind which permits a check can stand, and what it passes on the way."""

from functools import lru_cache
from typing import NamedTuple

from postlint.configuration.elements import Restriction
from postlint.configuration.restrictions import RestrictionList
from postlint.policy.answers import GUARDS, REFUSALS, cannot_permit

# Permits for machines and users of the site's own.
_OWN_PERMITS = frozenset(
    {"permit_inet_interfaces", "permit_mynetworks", "permit_sasl_authenticated", "permit_tls_clientcerts"}
)
# Permits for some of the clients that a check is there for; those for the others would leave it nothing to refuse.
_PERMITS_ON_MERIT = frozenset({"permit_dnswl_client", "permit_rhswl_client", "permit_tls_all_clientcerts"})
# Refusals whose place matters: they refuse in the place of others, or ask a remote host.
_PLACED_REFUSALS = GUARDS | REFUSALS | {"reject_unverified_recipient", "reject_unverified_sender"}


class Order(NamedTuple):
    """What stands behind each element of a list, by its position; one more entry for the end of the list.

    ``runs``: the last permit of the first run of permits for the site's own with a permit that is asked for among them;
    checks that only refuse may stand in the run. ``obstacles``: the first element that a check cannot pass.
    """

    runs: tuple[Restriction | None, ...]
    obstacles: tuple[Restriction | None, ...]


@lru_cache(maxsize=512)
def order_behind(item: RestrictionList, names: frozenset[str]) -> Order:
    """The order of a list, asked for the permits called ``names``. Read once, from the end on."""
    runs: list[Restriction | None] = [None]
    obstacles: list[Restriction | None] = [None]
    last: Restriction | None = None
    helps = False
    for element in reversed(item.restrictions):
        # Now the entries for what stands behind the element are complete.
        if can_be_passed(element):
            if element.name in _OWN_PERMITS:
                last = last or element
                helps = helps or element.name in names
            runs.append(last if helps else runs[-1])
            obstacles.append(obstacles[-1])
        else:
            last, helps = None, False
            runs.append(runs[-1])
            obstacles.append(element)
    return Order(tuple(reversed(runs)), tuple(reversed(obstacles)))


def can_be_passed(element: Restriction) -> bool:
    """Whether a check that moves behind it refuses what it refused, but for what a permit lets in: it is a check that
    only refuses, or a permit of another kind than those that let in everybody, or everybody's mail to this host.
    """
    if element.known is None or element.opaque or element.uncertain:
        return False
    name = element.known.present_name
    if name in _OWN_PERMITS or name in _PERMITS_ON_MERIT:
        return True
    return element.known.effect == "reject" and cannot_permit(element.known) and name not in _PLACED_REFUSALS
