"""helo-restrictions-without-helo-required: a client that sends no HELO meets none of the HELO restrictions."""

from collections.abc import Iterator

from postlint.configuration.additions import changed_definition
from postlint.configuration.elements import Restriction
from postlint.configuration.model import Definition, View
from postlint.configuration.restrictions import RestrictionList
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.facts.access import Action, action_of
from postlint.policy.exposure import faces_strangers
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, help_of, service_of

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_HELO = "smtpd_helo_restrictions"
_LIST = f"{_HELO} = permit_mynetworks, reject_invalid_helo_hostname\n"
_REFUSING = frozenset({Action.BROKEN, Action.REFUSE, Action.RESTRICTIONS})


@rule(
    name="helo-restrictions-without-helo-required",
    category="helo",
    severity=Severity.INFO,
    summary="a client that sends neither HELO nor EHLO avoids smtpd_helo_restrictions",
    since="0.1.0",
    manual="postconf.5.html#smtpd_helo_required",
    examples=(
        Bad(
            _GUARD + _LIST,
            severity=Severity.INFO,
            fixed=_GUARD + _LIST + "smtpd_helo_required = yes\n",
            unsafe=True,
        ),
        Bad(
            "smtpd_helo_required = no\n" + _GUARD + _LIST,
            severity=Severity.INFO,
            fixed="smtpd_helo_required = yes\n" + _GUARD + _LIST,
            unsafe=True,
        ),
        Good("smtpd_helo_required = yes\n" + _GUARD + _LIST),
        Good(_GUARD + f"{_HELO} = permit_mynetworks, warn_if_reject reject_invalid_helo_hostname\n"),
        Good(
            _GUARD,
            master="submission inet n - y - - smtpd\n"
            f"  -o {_HELO}=permit_sasl_authenticated,reject_invalid_helo_hostname\n",
        ),
    ),
)
def helo_restrictions_without_helo_required(context: Context) -> Iterator[Diagnostic]:
    """smtpd evaluates `smtpd_helo_restrictions` only for a client that has sent HELO or EHLO. With
    `smtpd_helo_required = no`, the default, a client may begin with MAIL FROM, and nothing in that list refuses it.
    The documentation of `smtpd_helo_restrictions` says so, too: the list is fully enforced only with
    `smtpd_helo_required = yes`.

    `smtpd_helo_required = yes` refuses such clients with 503, home-grown scripts and monitoring among them, and smtpd
    logs no reject line for it. So the fix is unsafe. Services for mail clients are not reported: they need EHLO to log
    in.
    """
    told: dict[Definition, list[View]] = {}
    for view in (context.configuration.main_view, *context.lists.smtpd_views):
        found = context.lists.of(_HELO, view)
        if found and found.definition and faces_strangers(context.lists, view) and _avoidable(context, view, found):
            told.setdefault(found.definition, []).append(view)
    for definition, views in told.items():
        location = definition.name_location
        action = "set smtpd_helo_required = yes"
        rewriting = changed_definition(context.configuration, "smtpd_helo_required", "yes", views)
        fix: Fix | Obstacle = (
            rewriting
            if isinstance(rewriting, Obstacle)
            else fix_of(action, rewriting, "clients that send no HELO are refused with 503 then")
        )
        yield Diagnostic(
            rule="helo-restrictions-without-helo-required",
            severity=Severity.INFO,
            message=f"a client that sends neither HELO nor EHLO avoids {_HELO}, because smtpd_helo_required is not yes",
            location=location,
            service=service_of(context.configuration, location),
            help=help_of(action, fix),
            fix=fix if isinstance(fix, Fix) else None,
        )


def _avoidable(context: Context, view: View, found: RestrictionList) -> bool:
    """Whether a list may refuse a client that greets, and not one that does not."""
    if context.configuration.boolean("smtpd_helo_required", view) is not False:
        return False
    return any(item.reachable and not item.warnings and _refuses(context, item) for item in found.restrictions)


def _refuses(context: Context, item: Restriction) -> bool:
    """Whether an element may refuse something: everything but permits, what cannot be read, and tables that are known
    to let through.
    """
    if item.opaque:
        return False
    table = context.lists.table(item)
    if table is not None and table.unread is None:
        return any(action_of(row.result.text) in _REFUSING for row in table.rows)
    return item.known is None or item.known.effect not in ("permit", "neutral", "modifier")
