"""Whom a check in a restriction list hits: everybody, or only the strangers that it is meant for."""

from collections.abc import Iterable

from postlint.configuration.restrictions import Occurrence, Restriction, RestrictionLists, Use
from postlint.policy.answers import cannot_permit
from postlint.policy.exposure import is_submission, uses_in_force

_LOCAL_PERMITS = frozenset({"permit_mynetworks", "permit_sasl_authenticated"})
_LOCAL_ADDRESSES = frozenset({"permit_inet_interfaces", "permit_mynetworks"})


def idle_reason(lists: RestrictionLists, occurrence: Occurrence) -> str | None:
    """Why no message meets the check, or None when some do."""
    live = uses_in_force(lists, occurrence.uses)
    if not live:
        return "every smtpd service overrides this list"
    if not any(use.restriction.reachable for use in live):
        return "nothing reaches it behind the permit, reject or defer before it"
    return None


def softened(occurrence: Occurrence) -> bool:
    """Whether warn_if_reject stands before it wherever it is used."""
    return all(use.restriction.warnings for use in occurrence.uses)


def hits_everybody(lists: RestrictionLists, uses: Iterable[Use]) -> str | None:
    """Why the check also hits the site's own users, as a clause, or None."""
    for use in uses_in_force(lists, uses):
        if use.restriction.warnings or not use.restriction.reachable:
            continue
        restrictions = use.list.restrictions
        before, after = restrictions[: use.restriction.position], restrictions[use.restriction.position + 1 :]
        if is_submission(use.list.view) and not any(_may_spare_mail_clients(lists, use, item) for item in before):
            return f"mail clients that hand in mail to {use.list.view.identity} are refused, too"
        local = next((item.name for item in after if item.known and item.name in _LOCAL_PERMITS), None)
        if local and not any(item.known and item.name in _LOCAL_PERMITS for item in before):
            return f"it stands before {local}, so the site's own clients are refused, too"
    return None


def _may_spare_mail_clients(lists: RestrictionLists, use: Use, restriction: Restriction) -> bool:
    """Whether a mail client somewhere on the Internet can get past the rest of the list because of this."""
    if restriction.known is None:
        # A class, a table or a conditional form may, and is not read; a word that is no restriction spares nobody.
        is_class = restriction.keyword.text in lists.classes(use.list.view)
        return is_class or restriction.is_table or restriction.opaque
    return not cannot_permit(restriction.known) and restriction.name not in _LOCAL_ADDRESSES


def relay_views(lists: RestrictionLists, uses: Iterable[Use]) -> tuple[Use, ...]:
    """The uses whose services let more through when the check refuses less."""
    uses = tuple(uses)
    return uses_in_force(lists, uses) or uses
