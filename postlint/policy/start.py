"""Whether smtpd starts: it looks for a guard in the words of two lists and of the classes that they name."""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from postlint.configuration.elements import Restriction
from postlint.configuration.model import View
from postlint.configuration.restrictions import RestrictionLists
from postlint.facts.restrictions import Keyword
from postlint.policy.answers import START_CHECK
from postlint.text import OPAQUE


class Start(Enum):
    """``OVERFLOW``: smtpd comes to a class that holds itself, and dies with signal 11 (seen with 3.7.11)."""

    GUARDED = "guarded"
    UNGUARDED = "unguarded"
    OVERFLOW = "overflow"


def start_of(
    lists: RestrictionLists, view: View, relay: Iterable[Restriction], repairs: Mapping[Restriction, Keyword]
) -> Start:
    """What smtpd_check_init of src/smtpd/smtpd_check.c finds: the recipient list comes first. ``relay``: the elements
    of the relay list; ``repairs``: words that are taken for other restrictions.
    """
    recipient = lists.of("smtpd_recipient_restrictions", view)
    for items in (recipient.restrictions if recipient else (), relay):
        found = _search(lists, view, items, repairs)
        if found is not Start.UNGUARDED:
            return found
    return Start.UNGUARDED


def _search(
    lists: RestrictionLists, view: View, items: Iterable[Restriction], repairs: Mapping[Restriction, Keyword]
) -> Start:
    """has_required: it looks at words, not at what they mean, so that a guard which another word takes as its argument
    counts (seen with 3.7.11). What cannot be read may hold what it looks for.
    """
    classes = lists.classes(view)
    entered: dict[str, bool] = {}  # whether the search is still inside
    pending: list[tuple[str, Iterator[str]]] = [("", _words(items, repairs))]
    while pending:
        name, words = pending[-1]
        word = next(words, None)
        if word is None or word.lower() == "permit":
            pending.pop()
            entered[name] = False
        elif word.lower() == "warn_if_reject":
            # Passes over exactly the next word: behind a doubled one it counts the guard that is softened.
            next(words, None)
        elif word.lower() in START_CHECK or OPAQUE in word:
            return Start.GUARDED
        elif entered.get(word):
            return Start.OVERFLOW
        elif word in classes and word not in entered:
            entered[word] = True
            found = lists.of(word, view)
            pending.append((word, _words(found.restrictions if found else (), repairs)))
    return Start.UNGUARDED


def _words(items: Iterable[Restriction], repairs: Mapping[Restriction, Keyword]) -> Iterator[str]:
    for item in items:
        yield from (word.text for word in item.warnings)
        repaired = repairs.get(item)
        yield repaired.name if repaired else item.keyword.text
        if item.argument is not None:
            yield item.argument.text
