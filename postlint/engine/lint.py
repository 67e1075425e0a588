"""Runs the rules over a configuration."""

from collections.abc import Iterable
from dataclasses import dataclass

from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.diagnostics import Diagnostic
from postlint.engine.suppress import CATEGORY, Suppressions
from postlint.rules import ALL
from postlint.rules.base import Context, Rule
from postlint.target import Options, Target
from postlint.text import Source


@dataclass(frozen=True, eq=False)
class LintResult:
    """The diagnostics, in the order of their places, and the context that they were found in.

    ``suppressed``: what the comments in ``suppressions`` took away.
    """

    diagnostics: tuple[Diagnostic, ...]
    context: Context
    suppressions: Suppressions
    suppressed: tuple[Diagnostic, ...]

    @property
    def found(self) -> tuple[Diagnostic, ...]:
        """The diagnostics, and those that comments took away."""
        return self.diagnostics + self.suppressed


def lint(
    files: ConfigurationFiles,
    target: Target = Target(),
    options: Options = Options(),
    rules: Iterable[Rule] = ALL,
) -> LintResult:
    """Judge one configuration directory. A file with a line that Postfix dies on gets no fix, and no word moves away
    from a suppression comment.

    Rules about suppression comments judge by what the other ``rules`` find; where there are no others, by what all do.
    """
    rules = tuple(rules)
    suppressions = Suppressions(files.sources)
    context = Context(Configuration(files), target, options, suppressions.covers)
    asked = ALL if suppressions.all and all(rule.category == CATEGORY for rule in rules) else rules
    found = [diagnostic for rule in asked for diagnostic in rule.check(context)]
    outcome = suppressions.apply(found, frozenset(rule.name for rule in asked if not rule.blind(target)))
    fatal = context.configuration.fatal_sources
    selected = frozenset(rule.name for rule in rules)

    def shown(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        wanted = (diagnostic for diagnostic in diagnostics if diagnostic.rule in selected)
        kept = (_without_impossible_fix(diagnostic, fatal, suppressions) for diagnostic in wanted)
        return tuple(sorted(kept, key=lambda diagnostic: diagnostic.sort_key))

    return LintResult(shown((*outcome.kept, *outcome.complaints)), context, suppressions, shown(outcome.suppressed))


def _without_impossible_fix(diagnostic: Diagnostic, fatal: frozenset[Source], suppressions: Suppressions) -> Diagnostic:
    rewrites = diagnostic.fix.rewrites if diagnostic.fix is not None else ()
    if any(rewrite.source in fatal for rewrite in rewrites):
        return _without_fix(diagnostic, "while a line of this file stops Postfix")
    if any(rewrite.behind is not None and suppressions.tie(rewrite) for rewrite in rewrites):
        return _without_fix(diagnostic, "while a comment above it speaks of its line to postlint")
    return diagnostic


def _without_fix(diagnostic: Diagnostic, reason: str) -> Diagnostic:
    text = diagnostic.help or ""
    marker = next((text.index(word) for word in (" (safe fix", " (unsafe") if word in text), len(text))
    help_text = f"{text[:marker]}; no fix {reason}"
    return diagnostic._replace(fix=None, help=help_text)
