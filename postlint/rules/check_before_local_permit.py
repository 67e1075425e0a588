"""check-before-local-permit: a check refuses own machines and users, because their permit stands behind it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from postlint.configuration.elements import Restriction
from postlint.configuration.restrictions import Occurrence, Use
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.policy.answers import CLIENT_NAME_CHECKS, HELO_CHECKS, is_helo_check
from postlint.policy.dnsbl import REFUSING_LOOKUPS
from postlint.policy.exposure import uses_in_force
from postlint.policy.reach import hits_everybody, idle_reason, own_permits_behind, refuses_mail_clients, softened
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.moves import move_of
from postlint.rules.repairs import fix_of, help_of, related_lists, service_of, uses_of

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_CLIENT, _RECIPIENT = "smtpd_client_restrictions =", "smtpd_recipient_restrictions ="
_SPAMCOP = "reject_rbl_client bl.spamcop.net=127.0.0.2"
_CHECKS = HELO_CHECKS | CLIENT_NAME_CHECKS | REFUSING_LOOKUPS | {"reject_maps_rbl"}
# Rules of their own speak of them, and of this, too.
_STRICT_CHECKS = frozenset({"reject_unknown_client_hostname", "reject_unknown_helo_hostname"})
_WHO = {"permit_mynetworks": "the own network's machines", "permit_sasl_authenticated": "users who have logged in"}


@rule(
    name="check-before-local-permit",
    category="helo",
    severity=Severity.WARNING,
    summary="a check of names or a DNSBL lookup refuses own machines and users, whose permit stands behind it",
    since="0.1.0",
    manual="postconf.5.html#permit_mynetworks",
    examples=(
        Bad(
            f"{_GUARD}{_CLIENT} {_SPAMCOP}, permit_mynetworks\n",
            severity=Severity.WARNING,
            fixed=f"{_GUARD}{_CLIENT} permit_mynetworks, {_SPAMCOP}\n",
        ),
        Bad(
            f"{_GUARD}{_RECIPIENT}\n    permit_mynetworks,\n    {_SPAMCOP},\n    reject_non_fqdn_sender,\n"
            "    permit_sasl_authenticated,\n    permit_tls_clientcerts,\n    reject_unlisted_recipient\n",
            severity=Severity.WARNING,
            fixed=f"{_GUARD}{_RECIPIENT}\n    permit_mynetworks,\n    reject_non_fqdn_sender,\n"
            f"    permit_sasl_authenticated,\n    permit_tls_clientcerts,\n    {_SPAMCOP},\n"
            "    reject_unlisted_recipient\n",
        ),
        Bad(
            f"smtpd_relay_restrictions = {_SPAMCOP}, permit_mynetworks, reject_unauth_destination\n",
            severity=Severity.WARNING,
            fixed=f"smtpd_relay_restrictions = permit_mynetworks, {_SPAMCOP}, reject_unauth_destination\n",
            unsafe=True,
        ),
        Bad(
            f"{_GUARD}{_CLIENT} reject_non_fqdn_helo_hostname, check_client_access hash:/x, permit_mynetworks\n",
            severity=Severity.WARNING,
            fixed=f"{_GUARD}{_CLIENT} check_client_access hash:/x, permit_mynetworks, reject_non_fqdn_helo_hostname\n",
            unsafe=True,
        ),
        Bad(
            f"{_GUARD}lookups = {_SPAMCOP}\n{_CLIENT} $lookups, permit_mynetworks\n",
            severity=Severity.WARNING,
        ),
        Bad(
            f"{_GUARD}{_CLIENT} warn_if_reject {_SPAMCOP}, permit_mynetworks\n",
            severity=Severity.INFO,
            fixed=f"{_GUARD}{_CLIENT} permit_mynetworks, warn_if_reject {_SPAMCOP}\n",
        ),
        Good(f"{_GUARD}{_CLIENT} permit_mynetworks, {_SPAMCOP}\n"),
        Good(f"{_GUARD}{_CLIENT} {_SPAMCOP}, permit\n"),
        Good(f"{_GUARD}smtpd_delay_reject = no\n{_CLIENT} {_SPAMCOP}, permit_sasl_authenticated\n"),
    ),
)
def check_before_local_permit(context: Context) -> Iterator[Diagnostic]:
    """smtpd evaluates a list from left to right and stops at the first permit or refusal. A check of client names, HELO
    names or a DNSBL that stands before `permit_mynetworks` or `permit_sasl_authenticated` is therefore asked about
    the own network's machines and the own users, too. A desktop computer says `EHLO laptop`, a phone sends from an
    address that DNSBLs list as dynamic, and their mail is refused.

    The repair moves the check right behind the permits. The permit itself never moves: in front of a check it would
    relay what the check kept it from. Only checks that refuse and permits for others may stand in between, and only
    lists count that do not decide who may relay: those for client, HELO and sender, and the recipient list where
    `smtpd_relay_restrictions` has a guard of its own. Elsewhere the same repair is unsafe, and its title says why.

    `permit_sasl_authenticated` does not count where it cannot match: for a service with `smtpd_sasl_auth_enable = no`,
    and in the client and HELO lists with `smtpd_delay_reject = no`, which are evaluated before anybody can log in.
    Leave a check where it is if it is meant for own machines, and say so.
    """
    for occurrence in context.lists.occurrences:
        known = occurrence.restriction.known
        if known is None or known.present_name not in _CHECKS:
            continue
        if context.target.version is not None and known.is_removed_in(context.target.version):
            continue
        hits = tuple(_hits(context, occurrence))
        if hits and not (known.present_name in _STRICT_CHECKS and _is_told(context, occurrence)):
            yield from _diagnostics(context, occurrence, hits)


class _Hit(NamedTuple):
    use: Use
    permits: tuple[Restriction, ...]


def _hits(context: Context, occurrence: Occurrence) -> Iterator[_Hit]:
    for use in uses_in_force(context.lists, occurrence.uses):
        if is_helo_check(occurrence.restriction) and refuses_mail_clients(context.lists, use):
            continue  # helo-check-on-submission says so
        permits = own_permits_behind(context.lists, use)
        if permits:
            yield _Hit(use, permits)


def _is_told(context: Context, occurrence: Occurrence) -> bool:
    """Whether the rule about the check says that it refuses own machines and users."""
    return not softened(occurrence) and hits_everybody(context.lists, occurrence.uses) is not None


def _diagnostics(context: Context, occurrence: Occurrence, hits: Sequence[_Hit]) -> Iterator[Diagnostic]:
    location = occurrence.location
    if location is None:
        return
    names = tuple(name for name in _WHO if any(permit.name == name for hit in hits for permit in hit.permits))
    restriction = occurrence.restriction
    words = " ".join(word.text for word in restriction.words[len(restriction.warnings) :])
    who = " and ".join(_WHO[name] for name in names)
    message = f"{words} stands before {' and '.join(names)} and refuses {who}, too"
    severity = Severity.WARNING
    idle = idle_reason(context.lists, occurrence)
    if idle:
        severity, message = Severity.INFO, f"{message}; {idle}"
    elif all(hit.use.warned for hit in hits):
        severity = Severity.INFO
        message = f"{words} stands before {' and '.join(names)} and would refuse {who}, too, but for warn_if_reject"
    action, outcome = _move(context, occurrence, hits)
    yield Diagnostic(
        rule="check-before-local-permit",
        severity=severity,
        message=message,
        location=location,
        service=service_of(context.configuration, location),
        help=help_of(action, outcome),
        related=related_lists(context.configuration, location, uses_of(context, occurrence)),
        fix=outcome if isinstance(outcome, Fix) else None,
    )


def _move(context: Context, occurrence: Occurrence, hits: Sequence[_Hit]) -> tuple[str, Fix | Obstacle]:
    permits = [permit for hit in hits for permit in hit.permits]
    move = move_of(context, occurrence, hits[0].use, permits)
    if isinstance(move, Obstacle):
        return f"move it behind {permits[-1].name}", move
    action = f"move it behind {move.target.name}"
    return action, fix_of(action, move.rewriting, move.unsafe_because)
