"""Whole definitions and services that a fix deletes or renames: what verification lets pass, what of comments."""

from typing import NamedTuple

import pytest
from test_suppress import files_of

from postlint.configuration.deletions import deletion, option_deletions
from postlint.configuration.model import Configuration, Definition
from postlint.configuration.renaming import renamed
from postlint.configuration.rewriting import Rewriting
from postlint.edits import Edit, Fix, apply_edits, edits_of
from postlint.engine.fix import fix
from postlint.engine.lint import LintResult, lint
from postlint.engine.verify import objection
from postlint.rules.duplicate_parameter import duplicate_parameter
from postlint.rules.duplicate_service import duplicate_service
from postlint.syntax.nodes import ServiceDefinition
from postlint.text import Span

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


SERVICES = (
    "smtp inet n - y - - smtpd\n  -o myorigin=a.example\n# one\n\t-v\nsmtp inet n - y - - smtpd\n  -o myhostnme=a\n"
)


class Judged(NamedTuple):
    """A configuration with two entries of one service, and these entries."""

    result: LintResult
    first: ServiceDefinition
    second: ServiceDefinition

    def objection(self, rewriting: Rewriting, changes: tuple[str, ...], more: str = "") -> str | None:
        """What verification says of a fix that declares ``changes``; ``more``: what the fixed file holds besides."""
        texts = {
            source: apply_edits(source.text, edits) + more for source, edits in edits_of([rewriting.rewrite]).items()
        }
        after = lint(self.result.context.configuration.files.replaced(texts), rules=[])
        repair = Fix("repair", (rewriting.rewrite,), changes)
        return objection(self.result, tuple(item._replace(fix=repair) for item in self.result.diagnostics), after)


def judged() -> Judged:
    result = lint(files_of("", SERVICES), rules=[duplicate_service])
    master = result.context.configuration.master
    assert master is not None
    return Judged(result, *master.services)


def test_lines_of_a_service_go_and_comments_among_them_stay() -> None:
    (edits,) = edits_of([deletion(judged().first).rewrite]).values()
    assert apply_edits(SERVICES, edits) == "# one\nsmtp inet n - y - - smtpd\n  -o myhostnme=a\n"


def test_deletion_of_a_service_has_to_be_declared() -> None:
    case = judged()
    assert case.objection(deletion(case.first), ("smtp/inet",)) is None
    undeclared = "smtp/inet was deleted without being declared"
    assert case.objection(deletion(case.first), ("smtp/inet/myorigin",)) == undeclared


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("  -o myorigin=b\n", "definitions appeared, vanished or moved"),
        ("  -v\n", "smtp/inet does not hold the expected words"),
        ("lmtp unix - - y - - lmtp\n", "definitions appeared, vanished or moved"),
    ],
)
def test_nothing_else_changes_along_with_a_deleted_service(more: str, reason: str) -> None:
    case = judged()
    assert case.objection(deletion(case.first), ("smtp/inet",), more) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (("smtp/inet/myhostnme", "smtp/inet/myhostname"), None),
        (("smtp/inet/myhostnme",), "smtp/inet/myhostnme was called smtp/inet/myhostname without being declared"),
        (("myhostnme", "myhostname"), "smtp/inet/myhostnme was called smtp/inet/myhostname without being declared"),
    ],
)
def test_new_name_has_to_be_declared(changes: tuple[str, ...], reason: str | None) -> None:
    case = judged()
    rewriting = renamed(Definition(case.second.overrides[0], case.second), "myhostname")
    assert rewriting.new_name == "smtp/inet/myhostname"
    assert case.objection(rewriting, changes) == reason


def test_new_name_must_not_be_set_already() -> None:
    text = "mynetwork = 192.0.2.1\nmynetworks = 192.0.2.2\n"
    before = lint(files_of(text + text), rules=[duplicate_parameter])
    node = before.context.configuration.definitions["mynetwork"]
    repair = Fix("rename", (renamed(Definition(node), "mynetworks").rewrite,), ("mynetwork", "mynetworks"))
    (chosen, _) = before.diagnostics
    after = lint(files_of(text + text.replace("mynetwork ", "mynetworks ")), rules=[])
    assert objection(before, (chosen._replace(fix=repair),), after) == "mynetworks is set already"


def test_rename_keeps_value_and_layout() -> None:
    text = "mynetwork\r\n# one\r\n  = 192.0.2.1,\r\n  192.0.2.2"
    (node,) = Configuration(files_of(text)).definitions.values()
    (edits,) = edits_of([renamed(Definition(node), "mynetworks").rewrite]).values()
    assert apply_edits(text, edits) == text.replace("mynetwork", "mynetworks")
    assert edits == (Edit(Span(9, 9), "s"),)


def test_deletion_of_an_override_has_to_be_declared() -> None:
    case = judged()
    rewriting = option_deletions(case.first)[case.first.overrides[0].name_span.start]
    assert isinstance(rewriting, Rewriting)
    assert rewriting.changes == "smtp/inet/myorigin"
    (edits,) = edits_of([rewriting.rewrite]).values()
    assert apply_edits(SERVICES, edits) == SERVICES.replace("  -o myorigin=a.example\n", "")
    assert case.objection(rewriting, ("smtp/inet/myorigin",)) is None
    assert case.objection(rewriting, ("smtp/inet",)) == "smtp/inet/myorigin was deleted without being declared"


def test_option_that_is_joined_with_its_setting_goes() -> None:
    """postconf -P shows other names for it; getopt(3), which daemons use, does not."""
    master = "smtp inet n - y - - smtpd -omyorigin=a -vo myorigin=b\n"
    result = fix(files_of("", master), {"master.cf"}, rules=[duplicate_parameter])
    fixed = result.remaining.context.configuration.files.master
    assert fixed is not None
    assert fixed.text == master.replace(" -omyorigin=a", "")
