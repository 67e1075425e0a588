"""Chooses the fixes that can be applied together."""

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator

from postlint.diagnostics import Diagnostic
from postlint.edits import Applicability, Creation, Fix, Outcome, Rewrite
from postlint.text import Span


def choose(
    diagnostics: Iterable[Diagnostic], judged: Container[str], unsafe: bool, created: Container[str] = ()
) -> tuple[Diagnostic, ...]:
    """The diagnostics whose fixes apply in one round, in order.

    ``judged``: the paths that may be edited, as may be those that an earlier round ``created``. Of two fixes that want
    different things of one word the first one goes now; the other is judged again in the next round. One that moves the
    word comes last: where another takes the word away there is nothing to move. One with an outcome for a definition
    or a service has it for itself. Fixes that change no definition wait until no other is left: a comment that
    suppresses nothing may do so once the words below it are repaired.
    """
    ordered = tuple(diagnostics)
    wholes = _wholes(ordered)
    chosen: set[int] = set()
    taken: dict[object, object] = {}
    for index, diagnostic in sorted(enumerate(ordered), key=lambda item: _moves(item[1])):
        fix = diagnostic.fix
        if fix is None or (fix.applicability is Applicability.UNSAFE and not unsafe):
            continue
        paths = [rewrite.source.path for rewrite in fix.rewrites]
        if any(path not in judged and path not in created for path in paths):
            continue
        wanted: dict[object, object] = {
            # Several texts may be put in at one place, one behind the other.
            (rewrite.source.path, word, None if word.end > word.start else rewrite): rewrite
            for rewrite in fix.rewrites
            for word in rewrite.words
        }
        wanted.update((creation.name, creation) for creation in fix.creations)
        # A word behind which others are put in has to stay, whatever they are.
        wanted.update(
            ((rewrite.source.path, rewrite.behind, None), "stays") for rewrite in fix.rewrites if rewrite.behind
        )
        wanted.update(_claims(fix, wholes))
        if all(taken.get(place, rewrite) == rewrite for place, rewrite in wanted.items()):
            taken.update(wanted)
            chosen.add(index)
    found = tuple(ordered[index] for index in sorted(chosen))
    return tuple(diagnostic for diagnostic in found if diagnostic.fix and diagnostic.fix.changes) or found


def _moves(diagnostic: Diagnostic) -> bool:
    return diagnostic.fix is not None and any(rewrite.behind for rewrite in diagnostic.fix.rewrites)


def _wholes(diagnostics: Iterable[Diagnostic]) -> dict[str, list[Span]]:
    """Where that stands of which some fix has an outcome, per path in order."""
    wholes: dict[str, set[Span]] = {}
    for outcome in outcomes_of(diagnostics):
        wholes.setdefault(outcome.source.path, set()).add(outcome.span)
    return {path: sorted(spans) for path, spans in wholes.items()}


def _claims(fix: Fix, wholes: dict[str, list[Span]]) -> Iterator[tuple[object, object]]:
    """What a fix wants of each of ``wholes``: its outcome, or some words."""
    outcomes = {(outcome.source.path, outcome.span): outcome for outcome in fix.outcomes}
    for path, spans in wholes.items():
        for rewrite in fix.rewrites if spans else ():
            for word in rewrite.words if rewrite.source.path == path else ():
                whole = spans[max(bisect_right(spans, word.start, key=lambda span: span.start) - 1, 0)]
                if whole.start <= word.start and word.end <= whole.end:
                    outcome = outcomes.get((path, whole))
                    # Two ways to one outcome do not go together.
                    yield ("whole", path, whole), (outcome, fix.rewrites) if outcome else None


def rewrites_of(diagnostics: Iterable[Diagnostic]) -> tuple[Rewrite, ...]:
    """What the fixes of ``diagnostics`` want, each thing once."""
    wanted = (rewrite for diagnostic in diagnostics if diagnostic.fix for rewrite in diagnostic.fix.rewrites)
    return tuple(dict.fromkeys(wanted))


def outcomes_of(diagnostics: Iterable[Diagnostic]) -> tuple[Outcome, ...]:
    """The outcomes of the fixes of ``diagnostics``, each once."""
    return tuple(
        dict.fromkeys(item for diagnostic in diagnostics if diagnostic.fix for item in diagnostic.fix.outcomes)
    )


def creations_of(diagnostics: Iterable[Diagnostic]) -> tuple[Creation, ...]:
    """The files that the fixes of ``diagnostics`` make, each once."""
    return tuple(
        dict.fromkeys(item for diagnostic in diagnostics if diagnostic.fix for item in diagnostic.fix.creations)
    )
