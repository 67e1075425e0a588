"""reply-map-key-without-filter: a reply map has an entry for a zone that is asked with a filter, and it is not used."""

from collections.abc import Iterator

from postlint.configuration.additions import new_rows
from postlint.configuration.tables import LookupTable, TableRow
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.policy.dnsbl import Lookup
from postlint.policy.replies import SMTPD_MAPS, reply
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, help_of
from postlint.target import PostfixVersion, Target
from postlint.text import Location

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_MAIN = _GUARD + "rbl_reply_maps = texthash:/etc/postfix/replies\nsmtpd_client_restrictions = reject_rbl_client "
_LISTED = "450 4.7.1 listed by a block list"


@rule(
    name="reply-map-key-without-filter",
    category="dnsbl",
    severity=Severity.WARNING,
    summary="a reply map has an entry for the zone alone, and the lookup asks with a filter",
    since="0.1.0",
    manual="postconf.5.html#rbl_reply_maps",
    examples=(
        Bad(
            _MAIN + "psbl.surriel.com=127.0.0.2\n",
            severity=Severity.WARNING,
            tables=(("replies", f"psbl.surriel.com  {_LISTED}\n"),),
            fixed_tables=(("replies", f"psbl.surriel.com  {_LISTED}\npsbl.surriel.com=127.0.0.2\t{_LISTED}\n"),),
        ),
        Good(_MAIN + "psbl.surriel.com\n", tables=(("replies", f"psbl.surriel.com  {_LISTED}\n"),)),
        Good(
            _MAIN + "psbl.surriel.com=127.0.0.2\n",
            tables=(("replies", f"psbl.surriel.com  {_LISTED}\npsbl.surriel.com=127.0.0.2  {_LISTED}\n"),),
        ),
        Good(
            _MAIN + "psbl.surriel.com=127.0.0.2\n",
            target=Target(version=PostfixVersion(3, 10)),
            tables=(("replies", f"psbl.surriel.com  {_LISTED}\n"),),
        ),
    ),
)
def reply_map_key_without_filter(context: Context) -> Iterator[Diagnostic]:
    """smtpd looks in `rbl_reply_maps` for the lookup as it is written. For `reject_rbl_client zone=filter` that is
    `zone=filter`; an entry for the zone alone counts only from Postfix 3.10 on. Before that the client gets the default
    reply, with another code perhaps, and with a key of Spamhaus' Data Query Service where the zone holds one.

    The entry for the zone alone stays: another lookup, or a later Postfix, may use it.
    """
    if not context.may_be_older_than(3, 10):
        return
    seen: dict[tuple[str, int, str], Diagnostic] = {}
    for lookup in context.lookups:
        if lookup.by_postscreen or lookup.filter_text is None:
            continue
        key = f"{lookup.zone}={lookup.filter_text}"
        for view in dict.fromkeys(use.view for use in lookup.uses):
            exact = reply(context.lists, view, SMTPD_MAPS, key)
            bare = reply(context.lists, view, SMTPD_MAPS, lookup.zone)
            if exact.row is None and exact.unread is None and bare.row is not None and bare.table is not None:
                place = (bare.row.source.path, bare.row.span.start, key)
                if place not in seen:
                    seen[place] = _diagnostic(lookup, key, bare.row, bare.table)
    yield from seen.values()


def _diagnostic(lookup: Lookup, key: str, row: TableRow, table: LookupTable) -> Diagnostic:
    version = "Postfix before 3.10"
    action = f"add a line for {key} with the same reply"
    fix = fix_of(action, new_rows(table.files[0], [(key, row.result.text)])) if table.editable else None
    return Diagnostic(
        rule="reply-map-key-without-filter",
        severity=Severity.WARNING,
        message=f"{version} does not use the entry for {lookup.zone}, because the lookup asks with a filter: {key}",
        location=Location(row.source, row.pattern.locations[-1].span if row.pattern.locations else row.span),
        help=help_of(action, fix) if fix else action,
        related=(Related(lookup.location, "the lookup"),),
        fix=fix,
    )
