"""unconfirmed-client-name-rejected: clients are refused because their name does not lead back to their address."""

from collections.abc import Iterator

from postlint.configuration.restrictions import Occurrence
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.policy.reach import looks_up_names, relay_views, softened
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, help_of, name_check_diagnostic, relax
from postlint.target import Options

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_WEAKER = "reject_unknown_reverse_client_hostname"


@rule(
    name="unconfirmed-client-name-rejected",
    category="helo",
    severity=Severity.ERROR,
    summary="clients whose host name has no address record are refused, large providers' relays among them",
    since="0.1.0",
    manual="postconf.5.html#reject_unknown_client_hostname",
    examples=(
        Bad(
            _GUARD + "smtpd_client_restrictions = permit_mynetworks, reject_unknown_client_hostname\n",
            severity=Severity.WARNING,
            fixed=_GUARD + f"smtpd_client_restrictions = permit_mynetworks, {_WEAKER}\n",
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = permit_mynetworks, reject_unknown_client\n",
            severity=Severity.WARNING,
            options=Options(helo_fix="warn"),
            fixed=_GUARD + "smtpd_client_restrictions = permit_mynetworks, warn_if_reject reject_unknown_client\n",
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_unknown_client_hostname, permit_mynetworks\n",
            fixed=_GUARD + f"smtpd_client_restrictions = {_WEAKER}, permit_mynetworks\n",
        ),
        Bad(
            _GUARD + "smtpd_authorized_xclient_hosts = 192.0.2.25\n"
            "smtpd_client_restrictions = permit_mynetworks, reject_unknown_client_hostname\n",
            severity=Severity.WARNING,
            fixed=_GUARD + "smtpd_authorized_xclient_hosts = 192.0.2.25\n"
            f"smtpd_client_restrictions = permit_mynetworks, {_WEAKER}\n",
            unsafe=True,
        ),
        Good(_GUARD + f"smtpd_client_restrictions = permit_mynetworks, {_WEAKER}\n"),
        Good(_GUARD + "smtpd_client_restrictions = warn_if_reject reject_unknown_client_hostname\n"),
    ),
)
def unconfirmed_client_name_rejected(context: Context) -> Iterator[Diagnostic]:
    """`reject_unknown_client_hostname` refuses a client with 450 unless its address has a name (PTR) and that name
    leads back to the address. Some large providers give their relays a PTR record and no address record. Their mail
    waits for days and then bounces, for every sender at that provider, and a DNS failure looks the same in the log.

    `reject_unknown_reverse_client_hostname` refuses only clients without any PTR record: what it refuses, the stricter
    check refused with the same code. `--helo-fix warn` puts `warn_if_reject` in front instead, `--helo-fix remove`
    deletes the check. A proxy that sends XCLIENT can hand over a name that is confirmed without a reverse name, so
    the replacement is not safe where `smtpd_authorized_xclient_hosts` is set.
    """
    for occurrence in context.lists.named(frozenset({"reject_unknown_client_hostname", "reject_unknown_client"})):
        if softened(occurrence) or _without_lookup(context, occurrence):
            continue
        action, outcome = _repair(context, occurrence)
        yield name_check_diagnostic(
            context,
            occurrence,
            "unconfirmed-client-name-rejected",
            f"{occurrence.restriction.name} refuses every client whose host name does not lead back to its address, "
            "relays of large providers among them",
            help_of(action, outcome),
            outcome,
        )


def _repair(context: Context, occurrence: Occurrence) -> tuple[str, Fix | Obstacle]:
    strategy = context.options.helo_fix or "weaken"
    if strategy == "weaken" and context.is_older_than(2, 3):
        strategy = "warn"  # the weaker check is not there yet
    if strategy != "weaken":
        return relax(context, occurrence, strategy)
    action = f"put {_WEAKER} in its place"
    rewriting = context.rewriter.replace_keyword(occurrence, _WEAKER)
    if isinstance(rewriting, Obstacle):
        return action, rewriting
    views = [use.view for use in relay_views(context.lists, occurrence.uses)]
    unsafe = context.open_relay(views)
    if any(context.configuration.expanded("smtpd_authorized_xclient_hosts", view).text for view in views):
        unsafe = unsafe or "smtpd_authorized_xclient_hosts is set, and a proxy may send a name without a reverse name"
    return action, fix_of(action, rewriting, unsafe)


def _without_lookup(context: Context, occurrence: Occurrence) -> bool:
    """Whether no service looks up client names: client-name-check-without-lookup speaks then."""
    uses = relay_views(context.lists, occurrence.uses)
    return not any(looks_up_names(context.configuration, use.view) for use in uses)
