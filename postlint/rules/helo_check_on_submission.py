"""helo-check-on-submission: mail clients are refused for the name that they give in HELO."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from postlint.configuration.additions import empty_override
from postlint.configuration.model import View
from postlint.configuration.restrictions import Occurrence, Use
from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.edits import Fix
from postlint.policy.answers import is_helo_check
from postlint.policy.reach import own_permits_behind, refuses_mail_clients
from postlint.policy.relay import demands_login
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.moves import Move, move_of
from postlint.rules.repairs import fix_of, help_of
from postlint.rules.replies import fix_of_all
from postlint.text import Location, Span

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_HELO = "smtpd_helo_restrictions"
_SUBMISSION = "submission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"
_LOGIN_PERMIT = "permit_sasl_authenticated"
_LOGIN = "  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n"
# The lists besides the HELO list that are evaluated for each recipient.
_OTHER_LISTS = (
    "smtpd_client_restrictions",
    "smtpd_sender_restrictions",
    "smtpd_relay_restrictions",
    "smtpd_recipient_restrictions",
)
# What mail clients call themselves that each check refuses.
_REFUSED = {
    "reject_unknown_helo_hostname": "mail clients say EHLO laptop.local, and are refused",
    "reject_non_fqdn_helo_hostname": "mail clients say EHLO laptop, and are refused",
    "reject_invalid_helo_hostname": "mail clients whose device has a name that is no host name are refused",
}


@rule(
    name="helo-check-on-submission",
    category="helo",
    severity=Severity.ERROR,
    summary="a submission service refuses mail clients for the name that they give in HELO",
    since="0.1.0",
    manual="postconf.5.html#reject_non_fqdn_helo_hostname",
    examples=(
        Bad(
            f"{_GUARD}{_HELO} = permit_mynetworks, reject_non_fqdn_helo_hostname\n",
            master=_SUBMISSION + _LOGIN,
            fixed_master=f"{_SUBMISSION}{_LOGIN}  -o {_HELO}=\n",
        ),
        Bad(
            _GUARD,
            master=f"{_SUBMISSION}  -o {_HELO}=reject_unknown_hostname,permit\n{_LOGIN}",
            fixed_master=f"{_SUBMISSION}  -o {_HELO}=\n{_LOGIN}",
        ),
        Bad(
            f"{_GUARD}{_HELO} = reject_invalid_helo_hostname\n",
            master="smtps inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes"
            " -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject\n",
            severity=Severity.WARNING,
            fixed_master="smtps inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes"
            f" -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject -o {_HELO}=\n",
        ),
        Bad(
            f"{_GUARD}{_HELO} = reject_non_fqdn_helo_hostname, permit_sasl_authenticated, reject\n",
            master=_SUBMISSION,
            fixed=f"{_GUARD}{_HELO} = permit_sasl_authenticated, reject_non_fqdn_helo_hostname, reject\n",
        ),
        Bad(f"{_GUARD}{_HELO} = reject_non_fqdn_helo_hostname, permit\n", master=_SUBMISSION),
        Bad(
            f"{_GUARD}smtpd_recipient_restrictions = reject_unknown_helo_hostname, reject_unlisted_recipient\n",
            master=_SUBMISSION + _LOGIN,
        ),
        Good(f"{_GUARD}{_HELO} = permit_sasl_authenticated, reject_non_fqdn_helo_hostname\n", master=_SUBMISSION),
        Good(f"{_GUARD}{_HELO} = reject_non_fqdn_helo_hostname\n", master=f"{_SUBMISSION}  -o {_HELO}=\n"),
        Good(
            f"{_GUARD}{_HELO} = permit_mynetworks, reject_non_fqdn_helo_hostname\n",
            master="127.0.0.1:submission inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes\n",
        ),
    ),
)
def helo_check_on_submission(context: Context) -> Iterator[Diagnostic]:
    """A mail client knows no name that the Internet knows: it says `EHLO laptop`, `laptop.local` or
    `[192.168.1.5]`. `reject_unknown_helo_hostname` refuses the first two with 450, `reject_non_fqdn_helo_hostname` the
    first with 504, and users cannot send. `reject_invalid_helo_hostname` alone is a warning: it refuses device names
    such as `Bob's-PC`. Address literals pass all three.

    A submission service is an smtpd of master.cf on the ports `submission` (587), `submissions`, `smtps` (465), unless
    it listens on the loopback address alone. main.cf's `smtpd_helo_restrictions` holds for it, too, if it has no
    override, and a permit in another list does not help: a permit ends its own list alone. `permit_mynetworks` spares
    no mail client on the road, and with `smtpd_delay_reject = no` neither does `permit_sasl_authenticated` in the
    client and HELO lists, which are evaluated before anybody can log in.

    The repair is what Postfix' own master.cf has: `-o smtpd_helo_restrictions=` for the service. It is made where
    another list of the service still demands a login, as `permit_sasl_authenticated, reject` does, and where the HELO
    list holds nothing but these checks and permits. Elsewhere the list may be what keeps strangers out; there the
    checks move behind `permit_sasl_authenticated`, if it stands behind them in the same list.
    """
    found: dict[Location, list[tuple[Occurrence, Use]]] = {}
    for occurrence in context.lists.occurrences:
        if is_helo_check(occurrence.restriction):
            for use in occurrence.uses:
                if use.way.parameter is not None and refuses_mail_clients(context.lists, use):
                    found.setdefault(_place(context, use), []).append((occurrence, use))
    for location, hits in found.items():
        yield _diagnostic(context, location, hits)


def _place(context: Context, use: Use) -> Location:
    """Where the service sets the list; where it does not, the service."""
    service = use.view.service
    assert service is not None  # it is a submission service
    override = use.view.overrides.get(use.way.parameter or "")
    if override is None:
        return service.location
    return Location(override.source, Span(override.name_span.start, override.region.end))


def _diagnostic(context: Context, location: Location, hits: Sequence[tuple[Occurrence, Use]]) -> Diagnostic:
    view = hits[0][1].view
    checks: dict[str, dict[str, None]] = {}
    for occurrence, use in hits:
        checks.setdefault(use.way.parameter or "", {})[occurrence.restriction.name] = None
    refused = {occurrence.restriction.known.present_name for occurrence, _ in hits if occurrence.restriction.known}
    worst = next(name for name in _REFUSED if name in refused)
    listed = ", and ".join(f"{' and '.join(names)} of {parameter}" for parameter, names in checks.items())
    action, outcome = _repair(context, hits, checks)
    return Diagnostic(
        rule="helo-check-on-submission",
        severity=Severity.WARNING if worst == "reject_invalid_helo_hostname" else Severity.ERROR,
        message=f"{view.identity} applies {listed} to users before any permit for them: {_REFUSED[worst]}",
        location=location,
        service=view.identity,
        help=help_of(action, outcome),
        related=_related(hits, location),
        fix=outcome if isinstance(outcome, Fix) else None,
    )


def _repair(
    context: Context, hits: Sequence[tuple[Occurrence, Use]], parameters: Collection[str]
) -> tuple[str, Fix | Obstacle]:
    """The HELO list left out, or where a permit for users stands behind the checks, these behind it."""
    view = hits[0][1].view
    obstacle = Obstacle("what else the list refuses has to stay")
    options = " and ".join(f"-o {parameter}" for parameter in parameters)
    action = f"set {options} for {view.identity} without them"
    if _HELO in parameters:
        action = f"set -o {_HELO}= for {view.identity}"
        outcome = _leave_out(context, view)
        if not isinstance(outcome, Obstacle):
            # What other lists hold is reported once this one is out of the way.
            return action, fix_of(action, outcome, context.open_relay([view]), announces=True)
        obstacle = outcome
    found = [_move_behind_login(context, occurrence, use) for occurrence, use in hits]
    moves = [move for move in dict.fromkeys(found) if isinstance(move, Move)]
    if all(isinstance(move, Move) for move in found):
        action = f"move {'it' if len(moves) == 1 else 'them'} behind {_LOGIN_PERMIT}"
        reason = next((move.unsafe_because for move in moves if move.unsafe_because), None)
        return action, fix_of_all(action, [move.rewriting for move in moves], reason)
    return action, obstacle


def _leave_out(context: Context, view: View) -> Rewriting | Obstacle:
    item = context.lists.of(_HELO, view)
    for restriction in item.restrictions if item else ():
        known = restriction.known
        is_permit = known is not None and known.effect == "permit"
        if restriction.opaque or restriction.uncertain or not (is_permit or is_helo_check(restriction)):
            return Obstacle(f"{_HELO} holds {restriction.keyword.text}, too")
    if not demands_login(context.lists, view, _OTHER_LISTS):
        return Obstacle("no other list of the service demands a login, as permit_sasl_authenticated, reject does")
    return empty_override(context.configuration, view, _HELO)


def _move_behind_login(context: Context, occurrence: Occurrence, use: Use) -> Move | Obstacle:
    permits = [permit for permit in own_permits_behind(context.lists, use) if permit.name == _LOGIN_PERMIT]
    if not permits:
        return Obstacle(f"no {_LOGIN_PERMIT} stands behind it")
    return move_of(context, occurrence, use, permits)


def _related(hits: Iterable[tuple[Occurrence, Use]], own: Location) -> tuple[Related, ...]:
    places: dict[Location, str] = {}
    for occurrence, use in hits:
        place = occurrence.location
        if place is not None and place.source.line_span(place.span.start) != own.source.line_span(own.span.start):
            places[place] = f"used in {use.way.parameter}"
    return tuple(Related(place, text) for place, text in places.items())
