"""duplicate-table-key: a lookup table with two rows for one key."""

import string
from collections.abc import Iterator
from typing import NamedTuple

from postlint.configuration.tables import INDEXED_TYPES, LookupTable, TableFile, TableRow
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.policy.dnsbl import IDLE, Lookup
from postlint.policy.replies import SMTPD_MAPS, reply_maps
from postlint.rules.base import Bad, Context, Good, rule
from postlint.text import Source

# A table of another kind has thousands of them; the first ones tell as much.
_SHOWN = 50
# Lookups fold all of Unicode, and only where smtputf8_enable is on; these are folded everywhere.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_COMES = "each client that comes to the lookup is answered with 451"
_LISTED = "each client that a DNSBL lists is answered with 451"
_CLIENTS = "smtpd_client_restrictions = check_client_access {}:/etc/postfix/clients\n"
_TWICE = "192.0.2.1 OK\n192.0.2.1 REJECT\n"


class _Duplicate(NamedTuple):
    """A row whose key an earlier one has."""

    first: TableRow
    row: TableRow


@rule(
    name="duplicate-table-key",
    category="tables",
    severity=Severity.ERROR,
    summary="a lookup table has two rows for one key: the later one is ignored, or smtpd refuses the whole table",
    since="0.1.0",
    manual="postmap.1.html",
    examples=(
        Bad(_CLIENTS.format("texthash"), tables=(("clients", _TWICE),)),
        Bad(_CLIENTS.format("hash"), tables=(("clients", _TWICE),), severity=Severity.WARNING),
        Bad(_CLIENTS.format("lmdb"), tables=(("clients", "a.example OK\nA.example OK\n"),), severity=Severity.INFO),
        Bad(
            "rbl_reply_maps = texthash:/etc/postfix/replies\n"
            "smtpd_client_restrictions = reject_rbl_client bl.spamcop.net=127.0.0.2\n",
            tables=(("replies", "zen.spamhaus.org 554 5.7.1 no\nZen.Spamhaus.org 554 5.7.1 no\n"),),
        ),
        Good(_CLIENTS.format("cidr"), tables=(("clients", _TWICE),)),
        Good(_CLIENTS.format("texthash"), tables=(("clients", "192.0.2.1 OK\n192.0.2 REJECT\n"),)),
    ),
)
def duplicate_table_key(context: Context) -> Iterator[Diagnostic]:
    """Keys are compared without regard to case. postmap warns of a "duplicate entry" and keeps the first row, so what
    the later one says never happens; where both say the same that is an info. A texthash table is read by smtpd
    itself, which refuses the whole of it: every client that comes to the lookup is answered with 451 4.3.5 "Server
    configuration error", also under warn_if_reject. `postmap -q` only warns there and answers as if nothing was wrong.

    Of a texthash table in rbl_reply_maps the same holds for each client that smtpd finds listed.

    Tables of patterns and networks (regexp, pcre, cidr) may hold a row twice. postlint looks at the access maps that
    restrictions name and at rbl_reply_maps, where it can read them.
    """
    files = _files(context)
    rows = {(source, kind): found for source, kind, found in context.configuration.tables.read_rows}
    for file, comes in files.items():
        duplicates = list(_duplicates(rows.get((file.source, file.type), ())))
        if not duplicates:
            continue
        if file.type == "texthash":
            yield _refused(file, duplicates, comes)
        else:
            yield from _ignored(file, duplicates)


def _files(context: Context) -> dict[TableFile, str | None]:
    """The keyed tables that restrictions name and the reply maps, and who comes to one of those; None: nobody."""
    found: dict[TableFile, str | None] = {}
    for occurrence in context.lists.occurrences:
        name = occurrence.restriction.table_name
        reachable = any(use.reachable for use in occurrence.uses)
        for file in _keyed(context.configuration.tables.table(name)) if name is not None else ():
            found[file] = found.get(file) or (_COMES if reachable else None)
    refusing = {use.view for lookup in context.lookups if _answers(lookup) for use in lookup.uses}
    for view in context.lists.smtpd_views or (context.configuration.main_view,):
        for table in reply_maps(context.lists, view, SMTPD_MAPS):
            for file in _keyed(table):
                found[file] = found.get(file) or (_LISTED if view in refusing else None)
    return found


def _answers(lookup: Lookup) -> bool:
    """Whether smtpd looks for the reply to a client that is listed."""
    return not lookup.by_postscreen and lookup.effect not in IDLE


def _keyed(table: LookupTable) -> Iterator[TableFile]:
    return (file for file in table.files if file.type in INDEXED_TYPES or file.type == "texthash")


def _duplicates(rows: tuple[TableRow, ...]) -> Iterator[_Duplicate]:
    first: dict[str, TableRow] = {}
    for row in rows:
        known = first.setdefault(row.pattern.text.translate(_LOWER), row)
        if known is not row:
            yield _Duplicate(known, row)


def _refused(file: TableFile, duplicates: list[_Duplicate], comes: str | None) -> Diagnostic:
    (first, row), *others = duplicates
    more = f" ({len(others):,} more such rows follow)" if others else ""
    return _diagnostic(
        Severity.ERROR if comes else Severity.WARNING,
        row,
        f"{row.pattern.text} stands here for the second time{more}: smtpd refuses the whole of "
        f"texthash:{file.path}, and {comes or 'nothing comes to the lookup'}",
        "take out all rows but one for each key",
        (first, *(other.row for other in others[:_SHOWN])),
    )


def _ignored(file: TableFile, duplicates: list[_Duplicate]) -> Iterator[Diagnostic]:
    for number, (first, row) in enumerate(duplicates[:_SHOWN], 1):
        same = first.result.text == row.result.text
        line = _line(first.source, first)
        rest = len(duplicates) - _SHOWN
        more = f"; {rest:,} more such rows follow" if number == _SHOWN and rest > 0 else ""
        yield _diagnostic(
            Severity.INFO if same else Severity.WARNING,
            row,
            f"postmap ignores this row, as line {line} has the key {row.pattern.text}"
            + (" with the same result" if same else " with another result"),
            f"take out one of them, then {file.rebuild_command}{more}",
            (first,),
        )


def _line(source: Source, row: TableRow) -> int:
    return source.position(row.span.start)[0]


def _diagnostic(
    severity: Severity, row: TableRow, message: str, cure: str, related: tuple[TableRow, ...]
) -> Diagnostic:
    return Diagnostic(
        rule="duplicate-table-key",
        severity=severity,
        message=message,
        location=row.pattern.locations[0],
        help=cure,
        related=tuple(
            Related(other.pattern.locations[0], "the same key" if other is related[0] else "another one")
            for other in related
        ),
    )
