"""Applies fixes round after round until none is left."""

from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Diagnostic
from postlint.edits import Creation, Edit, apply_edits, compose, edits_of
from postlint.engine.lint import LintResult, lint
from postlint.engine.plan import choose, creations_of, rewrites_of
from postlint.engine.verify import objection
from postlint.rules import ALL
from postlint.rules.base import Rule
from postlint.target import Options, Target
from postlint.text import Source

_ROUNDS = 10


class Dropped(NamedTuple):
    """A fix that did not do what it declared: our bug. It was not applied."""

    diagnostic: Diagnostic
    reason: str


class FixResult(NamedTuple):
    """``edits``: per path, those that turn the original text into the fixed one. ``created``: the new files.

    ``applied``: the diagnostics that were repaired, places as they were in the round of the repair. ``remaining``: what
    is left.
    """

    before: LintResult
    edits: dict[str, tuple[Edit, ...]]
    created: tuple[Creation, ...]
    applied: tuple[Diagnostic, ...]
    dropped: tuple[Dropped, ...]
    remaining: LintResult


def fix(
    files: ConfigurationFiles,
    judged: Container[str],
    target: Target = Target(),
    options: Options = Options(),
    rules: Iterable[Rule] = ALL,
    unsafe: bool = False,
) -> FixResult:
    """Repair what may be repaired in the ``judged`` paths; safe fixes, with ``unsafe`` all of them.

    Raises RuntimeError when fixes remain after ten rounds, which is a bug in the rules that it names.
    """
    rules = tuple(rules)

    def judge(texts: ConfigurationFiles) -> LintResult:
        return lint(texts, target, options, rules)

    before = result = judge(files)
    edits: dict[str, tuple[Edit, ...]] = {}
    lengths = {source.path: len(source.text) for source in files.sources}
    created: dict[str, Creation] = {}
    applied: list[Diagnostic] = []
    dropped: list[Dropped] = []
    for _ in range(_ROUNDS):
        bad = {(drop.diagnostic.rule, drop.diagnostic.message) for drop in dropped}
        candidates = [item for item in result.diagnostics if (item.rule, item.message) not in bad]
        chosen = choose(candidates, judged, unsafe, created)
        if not chosen:
            made = tuple(item._replace(text=_text_of(result, item)) for item in created.values())
            return FixResult(before, edits, made, tuple(applied), tuple(dropped), result)
        verified, after, failures = _largest_verified(result, chosen, judge)
        dropped.extend(failures)
        for source, done in _edits(result, verified).items():
            if source.path in lengths:
                edits[source.path] = compose(lengths[source.path], edits.get(source.path, ()), done)
        created.update((files.path_of(item.name), item) for item in creations_of(verified))
        applied.extend(verified)
        result = after
    names = ", ".join(sorted({diagnostic.rule for diagnostic in choose(result.diagnostics, judged, unsafe, created)}))
    raise RuntimeError(f"fixes remain after {_ROUNDS} rounds: {names}")


def _edits(result: LintResult, chosen: tuple[Diagnostic, ...]) -> dict[Source, tuple[Edit, ...]]:
    """The edits of the chosen fixes together; where they delete a line, a suppression comment of its own goes, too."""
    rewrites = rewrites_of(chosen)
    return edits_of((*rewrites, *result.suppressions.left_behind(edits_of(rewrites))))


def _applied(result: LintResult, chosen: tuple[Diagnostic, ...]) -> ConfigurationFiles:
    texts = {source: apply_edits(source.text, edits) for source, edits in _edits(result, chosen).items()}
    files = result.context.configuration.files.replaced(texts)
    for item in creations_of(chosen):
        files = files.with_table(item.name, item.text)
    return files


def _text_of(result: LintResult, item: Creation) -> str:
    """What a new file holds in the end; a later round may have added to it."""
    source = result.context.configuration.files.table(item.name)
    return source.text if isinstance(source, Source) else item.text


def _largest_verified(
    before: LintResult, chosen: tuple[Diagnostic, ...], judge: Callable[[ConfigurationFiles], LintResult]
) -> tuple[tuple[Diagnostic, ...], LintResult, list[Dropped]]:
    """The fixes that pass verification together, what they lead to, and those that do not; found by halving."""
    after = judge(_applied(before, chosen))
    reason = objection(before, chosen, after)
    if reason is None:
        return chosen, after, []
    if len(chosen) == 1:
        return (), before, [Dropped(chosen[0], reason)]
    half = len(chosen) // 2
    left, after_left, left_failures = _largest_verified(before, chosen[:half], judge)
    right, after_right, right_failures = _largest_verified(before, chosen[half:], judge)
    failures = left_failures + right_failures
    if not left or not right:
        return left or right, after_left if left else after_right, failures
    together = judge(_applied(before, left + right))
    if objection(before, left + right, together) is None:
        return left + right, together, failures
    # Each half holds alone and both together do not: the rest waits for the next round.
    return left, after_left, failures
