"""Chooses the fixes that can be applied together."""

from collections.abc import Container, Iterable

from postlint.diagnostics import Diagnostic
from postlint.edits import Applicability, Creation, Rewrite


def choose(
    diagnostics: Iterable[Diagnostic], judged: Container[str], unsafe: bool, created: Container[str] = ()
) -> tuple[Diagnostic, ...]:
    """The diagnostics whose fixes apply in one round, in order.

    ``judged``: the paths that may be edited, as may be those that an earlier round ``created``. Of two fixes that want
    different things of one word the first one goes now; the other is judged again in the next round. Fixes that change
    no definition wait until no other is left: a comment that suppresses nothing may do so once the words below it are
    repaired.
    """
    chosen: list[Diagnostic] = []
    taken: dict[object, object] = {}
    for diagnostic in diagnostics:
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
        if all(taken.get(place, rewrite) == rewrite for place, rewrite in wanted.items()):
            taken.update(wanted)
            chosen.append(diagnostic)
    return tuple(diagnostic for diagnostic in chosen if diagnostic.fix and diagnostic.fix.changes) or tuple(chosen)


def rewrites_of(diagnostics: Iterable[Diagnostic]) -> tuple[Rewrite, ...]:
    """What the fixes of ``diagnostics`` want, each thing once."""
    wanted = (rewrite for diagnostic in diagnostics if diagnostic.fix for rewrite in diagnostic.fix.rewrites)
    return tuple(dict.fromkeys(wanted))


def creations_of(diagnostics: Iterable[Diagnostic]) -> tuple[Creation, ...]:
    """The files that the fixes of ``diagnostics`` make, each once."""
    return tuple(
        dict.fromkeys(item for diagnostic in diagnostics if diagnostic.fix for item in diagnostic.fix.creations)
    )
