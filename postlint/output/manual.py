"""The manual pages of the rules, in Markdown: for `postlint explain` and for docs/rules."""

from collections.abc import Iterable

from postlint.engine.lint import lint
from postlint.output.diff import creation_diff, unified_diff
from postlint.output.text import printable
from postlint.rules.base import Bad, Example, Rule
from postlint.text import Source

_POSTCONF = "https://www.postfix.org/"


def page(rule: Rule) -> str:
    """What Postfix does, why it hurts, the first bad example with its fix, and the first good one."""
    parts = [
        f"# {rule.name}\n",
        f"{rule.summary[0].upper()}{rule.summary[1:]}.\n",
        f"Category: {rule.category}. Severity: up to {rule.severity}. Fix: {_fix_words(rule)}. Since {rule.since}.\n",
        _paragraphs(rule.description),
        *(_example(rule, "Bad", example) for example in rule.bad[:2]),
        *(_example(rule, "Good", example) for example in rule.good[:1]),
        f"See {_POSTCONF}{rule.manual}\n",
    ]
    return "\n".join(parts)


def table(rules: Iterable[Rule]) -> str:
    """One line a rule: name, category, highest severity, fix, summary."""
    rows = [(rule.name, rule.category, f"{rule.severity}", rule.fix, rule.summary) for rule in rules]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = (
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) for row in rows
    )
    return "".join(f"{line}\n" for line in lines)


def _fix_words(rule: Rule) -> str:
    if rule.fix == "safe":
        return "safe, unless the relay is open" if any(example.unsafe for example in rule.bad) else "safe"
    return {"unsafe": "unsafe", "-": "none, advice only"}[rule.fix]


def _paragraphs(description: str) -> str:
    """The docstring without its indentation."""
    return "\n".join(line.strip(" ") for line in description.strip(" \n").split("\n")) + "\n"


def _example(rule: Rule, title: str, example: Example) -> str:
    target = f", on {example.target.platform}" if example.target.platform else ""
    text = f"{title}{target}:\n\n" + "".join(_block(source) for source in example.files.sources)
    if isinstance(example, Bad) and example.has_fix:
        kind = "unsafe fix" if example.unsafe else "safe fix"
        text += f"The {kind}:\n\n```diff\n{_diff(rule, example)}```\n"
    return "".join(character if character in "\n\t" else printable(character) for character in text)


def _block(source: Source) -> str:
    return f"```\n# {source.path}\n{source.text}```\n"


def _diff(rule: Rule, example: Bad) -> str:
    """What the fix of the example does, as the engine does it."""
    (diagnostic,) = lint(example.files, example.target, example.options, [rule]).diagnostics
    assert diagnostic.fix is not None
    parts = [unified_diff(source, edits, f"/{source.path}") for source, edits in diagnostic.fix.edits.items()]
    return "".join(parts + [creation_diff(item.text, f"/{item.name}") for item in diagnostic.fix.creations])
