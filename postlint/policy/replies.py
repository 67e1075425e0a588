"""Reply maps: what a client is told about a DNSBL, and whether the zone's name, and a key in it, is part of that."""

from typing import NamedTuple

from postlint.configuration.model import View
from postlint.configuration.restrictions import RestrictionLists
from postlint.configuration.tables import INDEXED_TYPES, LookupTable, TableRow
from postlint.syntax.parse import split_list
from postlint.text import OPAQUE

SMTPD_MAPS = "rbl_reply_maps"
POSTSCREEN_MAP = "postscreen_dnsbl_reply_map"


class Reply(NamedTuple):
    """What a reply map holds for a key. ``row``: the entry, None without one; ``table``: the map it stands in.

    ``unread``: why a map that may hold the key cannot be read, as in "is not there"; then ``table`` is that map.
    """

    row: TableRow | None = None
    table: LookupTable | None = None
    unread: str | None = None


def reply(lists: RestrictionLists, view: View, parameter: str, key: str) -> Reply:
    """The entry for ``key`` in the maps of ``parameter``, as the program of ``view`` finds it (maps_find).

    smtpd looks for ``zone=filter`` exactly as the lookup is written, from Postfix 3.10 on also for the zone alone;
    postscreen for the zone (smtpd_check.c, rbl_reject_reply; postscreen_dnsbl.c). To postscreen capitals matter: it
    opens its map without DICT_FLAG_FOLD_FIX.
    """
    asked = key if parameter == POSTSCREEN_MAP else key.lower()
    for table in reply_maps(lists, view, parameter):
        if table.unread is not None:
            return Reply(table=table, unread=table.unread)
        if any(row.kind != "key" for row in table.rows):
            return Reply(table=table, unread="answers by patterns")
        for row in table.rows:
            # A static: table has no keys and answers every query.
            if not row.pattern.text or _stored(table, parameter, row.pattern.text) == asked:
                return Reply(row, table)
    return Reply()


def stores_small_letters(table: LookupTable, parameter: str) -> bool:
    """Whether a key with capitals is kept in small letters: by the program that asks, or by postmap(1) before."""
    return parameter != POSTSCREEN_MAP or any(file.type in INDEXED_TYPES for file in table.files)


def _stored(table: LookupTable, parameter: str, key: str) -> str:
    return key.lower() if stores_small_letters(table, parameter) else key


def reply_maps(lists: RestrictionLists, view: View, parameter: str) -> tuple[LookupTable, ...]:
    """The tables of ``parameter``: all words of rbl_reply_maps, the whole value of postscreen's."""
    value = lists.configuration.expanded(parameter, view)
    tables = lists.configuration.tables
    if parameter == POSTSCREEN_MAP:
        return (tables.table(value),) if value.text else ()
    return tuple(tables.table(value.slice(word.start, word.end)) for word in split_list(value.text))


def shows_zone(template: str) -> bool:
    """Whether a reply template of smtpd names the zone (postconf(5), default_rbl_reply)."""
    return OPAQUE in template or "rbl_domain" in template


def default_shows_zone(lists: RestrictionLists, view: View) -> bool:
    """Whether smtpd's reply without an entry in a map names the zone."""
    setting = lists.configuration.setting("default_rbl_reply", view)
    # A raw parameter: its $names are smtpd's own.
    return setting is None or shows_zone(setting.value.text)
