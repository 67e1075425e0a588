"""What a definition, a service or ignored lines become when their own text is written anew."""

from collections.abc import Iterable

from postlint.configuration.entries import declared_entries
from postlint.configuration.rewriting import Obstacle
from postlint.edits import Edit, Outcome, Rewrite, apply_edits, edits_of
from postlint.syntax.nodes import MainItem, MalformedLine, MasterItem, ServiceDefinition, StrayContinuation
from postlint.syntax.parse import parse_main_cf, parse_master_cf
from postlint.text import Source, Span


def items_after(source: Source, span: Span, rewrites: Iterable[Rewrite], master: bool) -> list[MainItem | MasterItem]:
    """What stands at ``span``, a whole item of main.cf or master.cf, once the rewrites are done."""
    edits = edits_of(rewrites).get(source, ())
    moved = [Edit(Span(edit.span.start - span.start, edit.span.end - span.start), edit.replacement) for edit in edits]
    text = Source(source.path, apply_edits(source.text[span.start : span.end], moved))
    return [*parse_master_cf(text).items] if master else [*parse_main_cf(text).items]


def outcome_of(source: Source, span: Span, items: Iterable[MainItem | MasterItem]) -> Outcome | Obstacle:
    """The same for a fix to declare, unless Postfix would die on it or ignore it."""
    entries: list[tuple[str, str]] = []
    for item in items:
        if isinstance(item, MalformedLine):
            return Obstacle(f"a line would be left on which Postfix dies: {item.reason}")
        if isinstance(item, ServiceDefinition) and item.fatal is not None:
            return Obstacle(f"a service would be left on which Postfix dies: {item.fatal}")
        if isinstance(item, StrayContinuation):
            return Obstacle("a line would be left that Postfix ignores")
        entries += declared_entries(item)
    return Outcome(source, span, tuple(entries))
