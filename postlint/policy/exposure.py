"""Which services face strangers, and which serve the site's own users."""

from collections.abc import Iterable

from postlint.configuration.model import View, canonical_name
from postlint.configuration.restrictions import RestrictionLists, Use
from postlint.configuration.sites import postscreen_views

_SUBMISSION_PORTS = frozenset({"submission", "submissions"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def faces_strangers(lists: RestrictionLists, view: View) -> bool:
    """Whether any host on the Internet may connect: port 25, the service behind postscreen, no master.cf."""
    service = view.service
    if service is None:
        return lists.configuration.master is None
    if service.type == "pass":
        return bool(postscreen_views(lists.configuration))
    return service.type == "inet" and canonical_name(service).rpartition(":")[2] == "smtp"


def is_submission(view: View) -> bool:
    """Whether mail clients hand in their mail here: ports 587 and 465, on other addresses than this host's own."""
    service = view.service
    if service is None or service.type != "inet":
        return False
    host, _, port = canonical_name(service).rpartition(":")
    return port in _SUBMISSION_PORTS and host.lower() not in _LOOPBACK


def uses_in_force(lists: RestrictionLists, uses: Iterable[Use]) -> tuple[Use, ...]:
    """The uses by services of master.cf; main.cf's own when master.cf runs no smtpd at all or is not there.

    Empty: every smtpd service overrides the list, only ``sendmail -bs`` still reads it.
    """
    uses = tuple(uses)
    if not lists.smtpd_views:
        return uses
    return tuple(use for use in uses if use.view.service is not None)
