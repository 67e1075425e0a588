"""Whole definitions that a fix deletes: what verification lets pass, and what becomes of comments."""

import pytest
from test_suppress import files_of

from postlint.configuration.deletions import deletion
from postlint.configuration.model import Configuration
from postlint.edits import Fix, apply_edits, edits_of
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.engine.verify import objection
from postlint.rules.duplicate_parameter import duplicate_parameter

TWICE = "mynetworks = 192.0.2.1\nmyorigin = a.example\nmynetworks = 192.0.2.2\n"


def test_all_lines_go_and_comments_among_them_stay() -> None:
    text = "a\n# one\n  = b,\r\n\n  # two\n\tc\0\n# three\n d\n# four\ne = f"
    main = Configuration(files_of(text)).main
    assert main is not None
    first = next(main.definitions)
    (edits,) = edits_of([deletion(first).rewrite]).values()
    assert apply_edits(text, edits) == "# one\n\n  # two\n# three\n# four\ne = f"


@pytest.mark.parametrize(
    ("changes", "deleted", "reason"),
    [
        (("mynetworks",), "mynetworks", None),
        (("myorigin",), "mynetworks", "mynetworks was deleted without being declared"),
    ],
)
def test_deletion_has_to_be_declared(changes: tuple[str, ...], deleted: str, reason: str | None) -> None:
    before = lint(files_of(TWICE), rules=[duplicate_parameter])
    main = before.context.configuration.main
    assert main is not None
    node = next(node for node in main.definitions if node.name == deleted)
    (found,) = before.diagnostics
    repair = Fix("delete", (deletion(node).rewrite,), changes)
    texts = {source: apply_edits(source.text, edits) for source, edits in repair.edits.items()}
    after = lint(before.context.configuration.files.replaced(texts), rules=[duplicate_parameter])
    chosen = found._replace(fix=repair)
    assert objection(before, (chosen,), after) == reason


def test_another_definition_must_not_vanish_along_with_it() -> None:
    before = lint(files_of(TWICE), rules=[duplicate_parameter])
    after = lint(files_of("mynetworks = 192.0.2.2\n"), rules=[duplicate_parameter])
    assert objection(before, before.diagnostics, after) == "definitions appeared, vanished or moved"


def test_suppression_of_a_deleted_definition_goes_although_a_comment_stands_within() -> None:
    comment = "# postlint: ignore[unknown-helo-rejected]: partners only\n"
    text = f"{comment}mynetworks =\n  # ours\n  192.0.2.1\nmynetworks = 192.0.2.2\n"
    result = fix(files_of(text), {"main.cf"}, rules=[duplicate_parameter])
    main = result.remaining.context.configuration.files.main
    assert main is not None
    assert main.text == "  # ours\nmynetworks = 192.0.2.2\n"
