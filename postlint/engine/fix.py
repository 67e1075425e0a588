"""Applies fixes round after round until none is left."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Diagnostic
from postlint.edits import Edit, apply_edits, compose, edits_of
from postlint.engine.lint import LintResult, lint
from postlint.engine.plan import choose, rewrites_of
from postlint.engine.verify import objection
from postlint.rules import ALL
from postlint.rules.base import Rule
from postlint.target import Options, Target

_ROUNDS = 10


class Dropped(NamedTuple):
    """A fix that did not do what it declared: our bug. It was not applied."""

    diagnostic: Diagnostic
    reason: str


class FixResult(NamedTuple):
    """``edits``: per path, those that turn the original text into the fixed one. ``remaining``: what is left.

    ``applied``: the diagnostics that were repaired, places as they were in the round of the repair.
    """

    before: LintResult
    edits: dict[str, tuple[Edit, ...]]
    applied: tuple[Diagnostic, ...]
    dropped: tuple[Dropped, ...]
    remaining: LintResult


def fix(
    files: ConfigurationFiles,
    judged: frozenset[str],
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
    applied: list[Diagnostic] = []
    dropped: list[Dropped] = []
    for _ in range(_ROUNDS):
        bad = {(drop.diagnostic.rule, drop.diagnostic.message) for drop in dropped}
        candidates = [item for item in result.diagnostics if (item.rule, item.message) not in bad]
        chosen = choose(candidates, judged, unsafe)
        if not chosen:
            return FixResult(before, edits, tuple(applied), tuple(dropped), result)
        verified, failures = _largest_verified(result, chosen, judge)
        dropped.extend(failures)
        if not verified:
            continue
        for source, done in edits_of(rewrites_of(verified)).items():
            edits[source.path] = compose(lengths[source.path], edits.get(source.path, ()), done)
        applied.extend(verified)
        result = judge(_applied(result, verified))
    names = ", ".join(sorted({diagnostic.rule for diagnostic in choose(result.diagnostics, judged, unsafe)}))
    raise RuntimeError(f"fixes remain after {_ROUNDS} rounds: {names}")


def _applied(result: LintResult, chosen: tuple[Diagnostic, ...]) -> ConfigurationFiles:
    texts = {source: apply_edits(source.text, edits) for source, edits in edits_of(rewrites_of(chosen)).items()}
    return result.context.configuration.files.replaced(texts)


def _largest_verified(
    result: LintResult, chosen: tuple[Diagnostic, ...], judge: Callable[[ConfigurationFiles], LintResult]
) -> tuple[tuple[Diagnostic, ...], list[Dropped]]:
    """The fixes that pass verification together, found by halving, and those that do not."""
    reason = objection(result, chosen, judge(_applied(result, chosen)))
    if reason is None:
        return chosen, []
    if len(chosen) == 1:
        return (), [Dropped(chosen[0], reason)]
    half = len(chosen) // 2
    left, left_failures = _largest_verified(result, chosen[:half], judge)
    right, right_failures = _largest_verified(result, chosen[half:], judge)
    failures = left_failures + right_failures
    if left and right and objection(result, left + right, judge(_applied(result, left + right))) is not None:
        # Each half holds alone and both together do not: the rest waits for the next round.
        return left, failures
    return left + right, failures
