"""client-name-check-without-lookup: a check of the client's name where smtpd looks up no names."""

from collections.abc import Iterator

from postlint.configuration.model import View
from postlint.configuration.restrictions import Occurrence
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.policy.reach import looks_up_names, relay_views, softened
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import check_diagnostic, help_of, relax
from postlint.target import Options

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_OFF = "smtpd_peername_lookup = no\n"
_REVERSE = "reject_unknown_reverse_client_hostname"
_CHECKS = frozenset({"reject_unknown_client", "reject_unknown_client_hostname", _REVERSE})
_MASTER = "smtp inet n - y - - smtpd\n10025 inet n - y - - smtpd -o smtpd_peername_lookup=no\n"


@rule(
    name="client-name-check-without-lookup",
    category="helo",
    severity=Severity.ERROR,
    summary="the client's name is checked, and smtpd_peername_lookup = no leaves every client without one",
    since="0.1.0",
    manual="postconf.5.html#smtpd_peername_lookup",
    examples=(
        Bad(
            _GUARD + _OFF + f"smtpd_client_restrictions = permit_mynetworks, {_REVERSE}\n",
            fixed=_GUARD + _OFF + "smtpd_client_restrictions = permit_mynetworks,\n",
        ),
        Bad(
            _GUARD + _OFF + "smtpd_client_restrictions = reject_unknown_client_hostname\n",
            fixed=_GUARD + _OFF + "smtpd_client_restrictions =\n",
        ),
        Bad(
            _GUARD + _OFF + f"smtpd_client_restrictions = {_REVERSE}\n",
            options=Options(helo_fix="warn"),
            fixed=_GUARD + _OFF + f"smtpd_client_restrictions = warn_if_reject {_REVERSE}\n",
        ),
        Bad(
            _GUARD + _OFF + "smtpd_authorized_xclient_hosts = 192.0.2.25\n"
            f"smtpd_client_restrictions = permit_mynetworks, {_REVERSE}\n",
            severity=Severity.WARNING,
            fixed=_GUARD + _OFF + "smtpd_authorized_xclient_hosts = 192.0.2.25\n"
            "smtpd_client_restrictions = permit_mynetworks,\n",
        ),
        Bad(_GUARD + f"smtpd_client_restrictions = permit_mynetworks, {_REVERSE}\n", master=_MASTER),
        Bad(
            "mynetworks = 0.0.0.0/0\n" + _GUARD + _OFF + f"smtpd_client_restrictions = {_REVERSE}\n",
            fixed="mynetworks = 0.0.0.0/0\n" + _GUARD + _OFF + "smtpd_client_restrictions =\n",
            unsafe=True,
        ),
        Good(_GUARD + f"smtpd_client_restrictions = permit_mynetworks, {_REVERSE}\n"),
        Good(_GUARD + _OFF + f"smtpd_client_restrictions = warn_if_reject {_REVERSE}\n"),
        Good(
            _GUARD + f"smtpd_client_restrictions = permit_mynetworks, {_REVERSE}\n",
            master="smtp inet n - y - - smtpd\n"
            "10025 inet n - y - - smtpd -o smtpd_peername_lookup=no -o smtpd_client_restrictions=\n",
        ),
    ),
)
def client_name_check_without_lookup(context: Context) -> Iterator[Diagnostic]:
    """With `smtpd_peername_lookup = no` smtpd asks the DNS for no client's name, and every client is called `unknown`.
    `reject_unknown_client_hostname` and `reject_unknown_reverse_client_hostname` then refuse each client that comes to
    them with 450: its mail waits for days and bounces.

    The fix removes the check; `--helo-fix warn` puts `warn_if_reject` in front instead. The other way out is to turn
    the lookup on, which asks the DNS about each client. Where `smtpd_authorized_xclient_hosts` is set, a proxy may hand
    over names with XCLIENT, so that only the other clients are refused: a warning then. A list that services with and
    without the lookup share is not edited: an override for the service without it, such as
    `-o smtpd_client_restrictions=`, leaves the others as they are.
    """
    for occurrence in context.lists.named(_CHECKS):
        if softened(occurrence):
            continue
        diagnostic = _judge(context, occurrence)
        if diagnostic is not None:
            yield diagnostic


def _judge(context: Context, occurrence: Occurrence) -> Diagnostic | None:
    uses = relay_views(context.lists, occurrence.uses)
    blind = [use for use in uses if not use.warned and not looks_up_names(context.configuration, use.view)]
    if not blind:
        return None
    name = occurrence.restriction.name
    views = tuple(dict.fromkeys(use.view for use in blind))
    proxied = all(_takes_names(context, view) for view in views)
    message = f"{name} refuses every client{_services(views)} that comes to it, because smtpd_peername_lookup = no"
    if proxied:
        message += ", except for names that smtpd_authorized_xclient_hosts hand over"
    severity = Severity.WARNING if proxied else Severity.ERROR
    fix: Fix | Obstacle | None = None
    if any(looks_up_names(context.configuration, use.view) for use in uses):
        help_text = "override the list for the services without the lookup, or turn the lookup on for them"
    else:
        action, fix = relax(context, occurrence, "warn" if context.options.helo_fix == "warn" else "remove")
        help_text = help_of(action, fix)
    return check_diagnostic(context, occurrence, "client-name-check-without-lookup", severity, message, help_text, fix)


def _services(views: tuple[View, ...]) -> str:
    names = [view.identity for view in views if view.identity]
    return f" of {', '.join(names)}" if names else ""


def _takes_names(context: Context, view: View) -> bool:
    return bool(context.configuration.expanded("smtpd_authorized_xclient_hosts", view).text)
