"""The order of the elements of a list: behind which permits a check can stand, and what it passes on the way."""

from collections.abc import Iterable

from postlint.configuration.elements import Restriction
from postlint.policy.answers import GUARDS, REFUSALS, cannot_permit

# Permits for machines and users of the site's own.
_OWN_PERMITS = frozenset(
    {"permit_inet_interfaces", "permit_mynetworks", "permit_sasl_authenticated", "permit_tls_clientcerts"}
)
# Permits for some of the clients that a check is there for; those for the others would leave it nothing to refuse.
_PERMITS_ON_MERIT = frozenset({"permit_dnswl_client", "permit_rhswl_client", "permit_tls_all_clientcerts"})
# Refusals whose place matters: they refuse in the place of others, or ask a remote host.
_PLACED_REFUSALS = GUARDS | REFUSALS | {"reject_unverified_recipient", "reject_unverified_sender"}


def run_behind(elements: Iterable[Restriction], names: frozenset[str]) -> Restriction | None:
    """The last permit of the first run of permits for the site's own that has one of the ``names`` among them; checks
    that only refuse may stand in the run.
    """
    last: Restriction | None = None
    helps = False
    for element in elements:
        if element.known is not None and element.name in _OWN_PERMITS and not element.uncertain:
            last = element
            helps = helps or element.name in names
        elif helps and not can_be_passed(element):
            break
    return last if helps else None


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
