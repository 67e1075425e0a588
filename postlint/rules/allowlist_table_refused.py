"""allowlist-table-refused: an access map says OK where smtpd takes no OK, and answers 451 instead."""

from collections.abc import Iterator

from postlint.configuration.model import View
from postlint.configuration.restrictions import Occurrence, RestrictionList
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.facts.access import Action, action_of
from postlint.policy.answers import refuses_ok
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import check_diagnostic
from postlint.syntax.tables import TableRow
from postlint.text import Location

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_LIST = _GUARD + "smtpd_client_restrictions = check_reverse_client_hostname_access texthash:/etc/postfix/friends\n"
# Rows that a finding shows; an allowlist may hold thousands.
_SHOWN = 5


@rule(
    name="allowlist-table-refused",
    category="helo",
    severity=Severity.ERROR,
    summary="an access map that smtpd takes no OK from says OK, so exactly that mail gets 451",
    since="0.1.0",
    manual="postconf.5.html#check_reverse_client_hostname_access",
    examples=(
        Bad(_LIST, tables=(("friends", "relay.example.net OK\n"),)),
        Bad(_LIST, tables=(("friends", "relay.example.net permit\nexample.org REJECT\n"),)),
        Bad(_GUARD + "smtpd_sender_restrictions = warn_if_reject check_sender_mx_access static:OK\n"),
        Bad(
            _GUARD
            + "smtpd_restriction_classes = friendly\nfriendly = permit_dnswl_client list.dnswl.org=127.0.[0..9].1\n"
            "smtpd_helo_restrictions = check_helo_a_access cidr:{{192.0.2.0/24 friendly}}\n"
        ),
        Good(_LIST, tables=(("friends", "relay.example.net DUNNO\nexample.org REJECT\n"),)),
        Good(
            _GUARD + "smtpd_client_restrictions = check_client_access texthash:/etc/postfix/friends\n",
            tables=(("friends", "relay.example.net OK\n"),),
        ),
        Good(_GUARD + "smtpd_sender_restrictions = check_sender_ns_access ldap:servers\n"),
    ),
)
def allowlist_table_refused(context: Context) -> Iterator[Diagnostic]:
    """The owner of an address writes its reverse name into the DNS, and the owner of a domain writes its servers there.
    smtpd therefore lets neither permit anything: where a table behind `check_reverse_client_hostname_access` or behind
    a check whose name ends in `_a_access`, `_mx_access` or `_ns_access` says OK, it logs `this is not allowed for
    security reasons` and answers `451 4.3.5 Server configuration error`. That hits exactly the mail that the row was
    meant to let in. `warn_if_reject` does not soften it.

    `RELAY`, `DISCARD`, a number, and a right-hand side whose restrictions permit count as OK, too. Write `DUNNO`
    instead: it ends the lookup, so that a wider row of the same table does not answer. To let a client past the checks
    behind it, name its address in a `cidr:` table for `check_client_access` in front of them.
    """
    for occurrence in context.lists.occurrences:
        known = occurrence.restriction.known
        if known is None or not refuses_ok(known):
            continue
        rows = _permitting_rows(context, occurrence)
        if not rows:
            continue
        first = rows[0]
        where = " ".join(text for text in (first.pattern.text, first.result.text) if text)
        message = (
            f"{known.name} takes no OK: smtpd answers 451 to the mail that meets "
            f'{"the row" if len(rows) == 1 else f"one of {len(rows)} rows, such as"} "{where}"'
        )
        yield check_diagnostic(
            context,
            occurrence,
            "allowlist-table-refused",
            Severity.ERROR,
            message,
            "write DUNNO instead of OK in the table; to let a client past other checks, name its address in a cidr: "
            "table for check_client_access in front of them",
            related=tuple(Related(location, "this row permits") for location in _locations(rows[:_SHOWN])),
        )


def _permitting_rows(context: Context, occurrence: Occurrence) -> list[TableRow]:
    table = context.lists.table(occurrence.restriction)
    if table is None:
        return []
    view = occurrence.uses[0].view
    permitting = {
        called.definition.node
        for called in context.lists.called(occurrence.restriction, view)
        if called.definition is not None and _permits(context, view, called)
    }
    return [row for row in table.rows if action_of(row.result.text) is Action.PERMIT or row in permitting]


def _permits(context: Context, view: View, row: RestrictionList) -> bool:
    """Whether evaluation may come to a permit in a row's list or in the classes that it leads to."""
    seen = {row}
    for item in (pending := [row]):
        for restriction in item.restrictions:
            if not restriction.reachable:
                break
            if restriction.known is not None and restriction.known.effect == "permit":
                return True
            for called in context.lists.called(restriction, view):
                if called.kind == "class" and called not in seen:
                    seen.add(called)
                    pending.append(called)
    return False


def _locations(rows: list[TableRow]) -> Iterator[Location]:
    for row in rows:
        yield from (*row.pattern.locations, *row.result.locations)[:1]
