"""Restriction classes that hold themselves, and classes that smtpd is not told of."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from postlint.configuration.model import View
from postlint.configuration.restrictions import Occurrence, RestrictionList, RestrictionLists
from postlint.facts.parameters import is_parameter
from postlint.policy.exposure import uses_in_force
from postlint.text import MappedText


class Cycle(NamedTuple):
    """Lists that have one another evaluated without end. ``words``: those in classes that lead on, as written.

    ``over_rows``: rows of access maps are among the lists, so that smtpd notices and answers with 451.
    """

    lists: tuple[RestrictionList, ...]
    words: tuple[MappedText, ...]
    over_rows: bool

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the words."""
        return tuple(item.name for item in self.lists if item.kind == "class")


def cycles(lists: RestrictionLists, view: View) -> Iterator[Cycle]:
    """The cycles among the lists of one program; what stands behind a literal permit, reject or defer leads nowhere."""
    items = lists.of_view(view)
    called = {
        item: [
            (restriction.keyword, other)
            for restriction in item.restrictions
            if restriction.reachable
            for other in lists.called(restriction, view)
        ]
        for item in items
    }
    classes = [item for item in items if item.kind == "class"]
    fatal: set[RestrictionList] = set()
    for over_rows, members in ((False, classes), (True, items)):
        graph = {item: [other for _, other in called[item]] for item in members}
        for group in _groups(graph):
            if group & fatal:
                continue
            ordered = tuple(item for item in members if item in group)
            words = tuple(
                word for item in ordered if item.kind == "class" for word, other in called[item] if other in group
            )
            yield Cycle(ordered, words, over_rows)
            fatal |= group


_Graph = Mapping[RestrictionList, Sequence[RestrictionList]]


def _groups(graph: _Graph) -> Iterator[set[RestrictionList]]:
    """The strongly connected components of the graph's keys that hold a cycle (Tarjan), without recursion."""
    number: dict[RestrictionList, int] = {}
    lowest: dict[RestrictionList, int] = {}
    path: dict[RestrictionList, None] = {}
    for root in graph:
        pending = [] if root in number else [(root, iter(graph[root]))]
        while pending:
            item, following = pending[-1]
            if item not in number:
                number[item] = lowest[item] = len(number)
                path[item] = None
            for other in following:
                if other in graph and other not in number:
                    pending.append((other, iter(graph[other])))
                    break
                if other in path:
                    lowest[item] = min(lowest[item], number[other])
            else:
                pending.pop()
                if pending:
                    above = pending[-1][0]
                    lowest[above] = min(lowest[above], lowest[item])
                if lowest[item] == number[item]:
                    group = {path.popitem()[0]}
                    while item not in group:
                        group.add(path.popitem()[0])
                    if len(group) > 1 or item in graph[item]:
                        yield group


def is_unlisted_class(lists: RestrictionLists, occurrence: Occurrence) -> bool:
    """Whether a word is defined as a restriction class is, and smtpd_restriction_classes does not list it."""
    restriction = occurrence.restriction
    if restriction.known is not None or restriction.opaque or restriction.uncertain or restriction.is_table:
        return False
    name = restriction.keyword.text
    return not is_parameter(name) and any(
        name not in lists.classes(use.view) and is_defined(lists, name, use.view)
        for use in uses_in_force(lists, occurrence.uses) or occurrence.uses
    )


def is_defined(lists: RestrictionLists, name: str, view: View) -> bool:
    """Whether smtpd finds a definition of the class ``name``: an empty one is none."""
    return bool(lists.configuration.expanded(name, view).text)
