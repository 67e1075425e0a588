"""The elements of a restriction list: each keyword with its argument and the warn_if_reject before it."""

from typing import NamedTuple

from postlint.configuration.tables import is_table
from postlint.facts.restrictions import Keyword, keyword
from postlint.syntax.parse import split_list
from postlint.text import BRANCH_END, BRANCH_START, OPAQUE, Location, MappedText, Span

# A literal one of these ends its list: what follows is never reached (smtpd_check.c, generic_checks).
_ENDS = frozenset({"permit", "reject", "defer", "check_relay_domains"})
_MARKS = frozenset({BRANCH_START, BRANCH_END})


class Restriction(NamedTuple):
    """One element of a restriction list, in the words of Postfix.

    ``keyword``: its first word. ``known``: what that word is, None for a class, a table, or no restriction at all.
    ``warnings``: the warn_if_reject right before it. ``position``: its place in the list. ``uncertain``: a word that
    cannot be read stands before it and may take it as an argument. ``reachable``: no literal permit, reject or
    defer stands before it in its list. ``conditional``: it stands in a conditional form, and counts now and then.
    """

    keyword: MappedText
    argument: MappedText | None
    known: Keyword | None
    warnings: tuple[MappedText, ...]
    position: int
    uncertain: bool
    reachable: bool
    conditional: bool = False

    @property
    def name(self) -> str:
        """The keyword's text; restrictions compare without case."""
        return self.known.name if self.known else self.keyword.text

    @property
    def opaque(self) -> bool:
        """Whether any part of it cannot be read."""
        return OPAQUE in self.keyword.text or (self.argument is not None and OPAQUE in self.argument.text)

    @property
    def is_table(self) -> bool:
        """A ``type:name`` without a check_*_access word."""
        return self.known is None and is_table(self.keyword.text)

    @property
    def table_name(self) -> MappedText | None:
        """The ``type:name`` of the access map that it looks up, or None."""
        if self.is_table:
            return self.keyword
        if self.known is not None and self.known.argument == "lookup table" and self.argument is not None:
            return self.argument if is_table(self.argument.text) else None
        return None

    @property
    def location(self) -> Location | None:
        """From the keyword to its argument where they stand in one file, else the place of the one that is written."""
        first = self.keyword.locations
        last = self.argument.locations if self.argument is not None else first
        if first and last and last[-1].source is first[0].source and last[-1].span.end > first[0].span.start:
            return Location(first[0].source, Span(first[0].span.start, last[-1].span.end))
        return next(iter((*first, *last)), None)

    @property
    def words(self) -> tuple[MappedText, ...]:
        """The warn_if_reject before it, the keyword and the argument."""
        return (*self.warnings, self.keyword, *([self.argument] if self.argument is not None else []))


def parse_restrictions(value: MappedText) -> tuple[Restriction, ...]:
    """The elements of an expanded list, as smtpd takes them (src/smtpd/smtpd_check.c, generic_checks).

    A class that is called like a restriction is that restriction.
    """
    words = [value.slice(word.start, word.end) for word in split_list(value.text)]
    found: list[Restriction] = []
    warnings: list[MappedText] = []
    reachable, uncertain = True, False
    conditions = 0
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word.text in _MARKS:
            conditions += 1 if word.text == BRANCH_START else -1
            # What the form ends with, and whether it is there at all, decides what the next word is.
            warnings, uncertain = [], True
            continue
        known = keyword(word.text)
        if known is not None and known.name == "warn_if_reject":
            warnings.append(word)
            continue
        argument = None
        if known is not None and known.takes_argument and position < len(words) and words[position].text not in _MARKS:
            argument = words[position]
            position += 1
        conditional = conditions > 0
        restriction = Restriction(
            word, argument, known, tuple(warnings), len(found), uncertain or conditional, reachable, conditional
        )
        found.append(restriction)
        uncertain = OPAQUE in restriction.words[-1].text
        if known is not None and known.name in _ENDS and not warnings and not conditional:
            reachable = False
        warnings = []
    return tuple(found)
