"""Runs the rules over a configuration."""

from collections.abc import Iterable
from dataclasses import dataclass

from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.diagnostics import Diagnostic
from postlint.edits import Fix
from postlint.rules import ALL
from postlint.rules.base import Context, Rule
from postlint.target import Options, Target
from postlint.text import Source


@dataclass(frozen=True, eq=False)
class LintResult:
    """The diagnostics, in the order of their places, and the context that they were found in."""

    diagnostics: tuple[Diagnostic, ...]
    context: Context


def lint(
    files: ConfigurationFiles,
    target: Target = Target(),
    options: Options = Options(),
    rules: Iterable[Rule] = ALL,
) -> LintResult:
    """Judge one configuration directory. A file with a line that Postfix dies on gets no fix."""
    context = Context(Configuration(files), target, options)
    found = [diagnostic for rule in rules for diagnostic in rule.check(context)]
    fatal = context.configuration.fatal_sources
    kept = [_without_fix(diagnostic) if _touches(diagnostic.fix, fatal) else diagnostic for diagnostic in found]
    return LintResult(tuple(sorted(kept, key=lambda diagnostic: diagnostic.sort_key)), context)


def _touches(fix: Fix | None, sources: frozenset[Source]) -> bool:
    return fix is not None and any(rewrite.source in sources for rewrite in fix.rewrites)


def _without_fix(diagnostic: Diagnostic) -> Diagnostic:
    text = diagnostic.help or ""
    marker = next((text.index(word) for word in (" (safe fix", " (unsafe") if word in text), len(text))
    help_text = f"{text[:marker]}; no fix while a line of this file stops Postfix"
    return diagnostic._replace(fix=None, help=help_text)
