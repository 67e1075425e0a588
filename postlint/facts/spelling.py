"""Did you mean: the known names that a misspelt word is close to."""

from functools import lru_cache
from typing import NamedTuple


class TypingError(NamedTuple):
    """A letter too many, missing, wrong, or swapped with its neighbour: what stands ``at`` an offset, what is meant."""

    at: int
    written: str
    meant: str


def typing_error(word: str, name: str) -> TypingError | None:
    """The only typing error that ``word`` has when ``name`` is meant; None when they are equal or further apart."""
    if word == name or abs(len(word) - len(name)) > 1:
        return None
    shorter = min(len(word), len(name))
    at = next((i for i in range(shorter) if word[i] != name[i]), shorter)
    tail = next((i for i in range(shorter - at) if word[-1 - i] != name[-1 - i]), shorter - at)
    error = TypingError(at, word[at : len(word) - tail], name[at : len(name) - tail])
    swapped = len(error.written) == 2 and error.written == error.meant[::-1]
    return error if swapped or max(len(error.written), len(error.meant)) == 1 else None


@lru_cache(maxsize=1024)
def closest(word: str, names: frozenset[str]) -> tuple[str, ...]:
    """The names with the fewest typing errors away from ``word``, sorted; empty when none is close enough.

    A typing error is a letter too many, missing, wrong, or swapped with its neighbour: one in a short word, two from
    eight letters on.
    """
    limit = 2 if len(word) >= 8 else 1
    best: list[str] = []
    for name in sorted(names):
        if abs(len(name) - len(word)) <= limit:
            errors = _typing_errors(word.lower(), name.lower(), limit)
            if errors < limit or (errors == limit and not best):
                best = [name] if errors < limit else [*best, name]
                limit = errors
            elif errors == limit:
                best.append(name)
    return tuple(best)


def _typing_errors(left: str, right: str, limit: int) -> int:
    """The optimal string alignment distance, or something above ``limit``."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and b == left[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, row = row, current
    return row[-1]
