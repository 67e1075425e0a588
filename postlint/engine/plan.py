"""Chooses the fixes that can be applied together."""

from collections.abc import Container, Iterable

from postlint.diagnostics import Diagnostic
from postlint.edits import Applicability, Rewrite
from postlint.text import Span


def choose(diagnostics: Iterable[Diagnostic], judged: Container[str], unsafe: bool) -> tuple[Diagnostic, ...]:
    """The diagnostics whose fixes apply in one round, in order.

    ``judged``: the paths that may be edited. Of two fixes that want different things of one word the first one goes
    now; the other is judged again in the next round.
    """
    chosen: list[Diagnostic] = []
    taken: dict[tuple[str, Span], Rewrite] = {}
    for diagnostic in diagnostics:
        fix = diagnostic.fix
        if fix is None or (fix.applicability is Applicability.UNSAFE and not unsafe):
            continue
        if any(rewrite.source.path not in judged for rewrite in fix.rewrites):
            continue
        wanted = {(rewrite.source.path, word): rewrite for rewrite in fix.rewrites for word in rewrite.words}
        if all(taken.get(place, rewrite) == rewrite for place, rewrite in wanted.items()):
            taken.update(wanted)
            chosen.append(diagnostic)
    return tuple(chosen)


def rewrites_of(diagnostics: Iterable[Diagnostic]) -> tuple[Rewrite, ...]:
    """What the fixes of ``diagnostics`` want, each thing once."""
    wanted = (rewrite for diagnostic in diagnostics if diagnostic.fix for rewrite in diagnostic.fix.rewrites)
    return tuple(dict.fromkeys(wanted))
