"""Which rows of an access map strangers can match with mail to a foreign recipient."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from postlint.configuration.restrictions import RestrictionLists
from postlint.configuration.tables import LookupTable, TableRow
from postlint.facts.access import Action, action_of
from postlint.policy.trust import Doubt, client_doubt, place_of


class DoubtfulRow(NamedTuple):
    """A row that strangers may match. ``result``: its right-hand side if that holds restrictions; None: it permits."""

    result: str | None
    row: TableRow
    doubt: Doubt


class AccessMaps:
    """Reads each table once, however many programs and lists look it up."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, frozenset[str]], tuple[DoubtfulRow, ...]] = {}

    def doubtful_rows(self, table: LookupTable, verb: str, own_domains: frozenset[str]) -> tuple[DoubtfulRow, ...]:
        """Of the rows with one result the first one that strangers surely match and the first one that they may match,
        in order.
        """
        key = table.name, verb, own_domains if verb == "check_recipient_access" else frozenset()
        if key not in self._found:
            self._found[key] = tuple(_doubtful_rows(table, verb, own_domains))
        return self._found[key]


@lru_cache(maxsize=4)
def access_maps(lists: RestrictionLists) -> AccessMaps:
    """Those of one configuration."""
    return AccessMaps()


def _doubtful_rows(table: LookupTable, verb: str, own_domains: frozenset[str]) -> Iterator[DoubtfulRow]:
    seen: set[tuple[str | None, bool]] = set()
    for row in table.rows:
        action = action_of(row.result.text)
        if action not in (Action.PERMIT, Action.RESTRICTIONS):
            continue
        result = row.result.text if action is Action.RESTRICTIONS else None
        if (result, True) in seen:
            continue
        doubt = _stranger(verb, row, own_domains)
        if doubt is not None and (result, doubt.certain) not in seen:
            seen.add((result, doubt.certain))
            yield DoubtfulRow(result, row, doubt)


def _stranger(verb: str, row: TableRow, own_domains: frozenset[str]) -> Doubt | None:
    """Whether a stranger's mail to a foreign recipient can match the row."""
    if verb == "check_client_access":
        return client_doubt(row)
    place, pattern = place_of(row), row.pattern.text
    if not pattern:
        return Doubt(f"{place} means everybody", certain=True)
    if verb == "check_recipient_access" and row.kind == "key" and pattern.rpartition("@")[2].lower() in own_domains:
        return None
    if verb == "check_recipient_access":
        return Doubt(f"{place} means the recipient {pattern}", certain=False)
    # A stranger says what HELO name and sender he likes.
    return Doubt(f"{place} means whoever claims {pattern}", certain=row.kind == "key" and not row.negated)
