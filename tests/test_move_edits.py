"""Edits that move words, together with others of the same text."""

from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Applicability, Fix, Rewrite, apply_edits, edits_of
from postlint.engine.plan import choose
from postlint.text import Location, Source, Span

TEXT = "x = a, b, c, d\n"
SOURCE = Source("main.cf", TEXT)
REGION = Span(3, len(TEXT))


def word(letter: str) -> Span:
    start = TEXT.index(letter, 4)
    return Span(start, start + 1)


def move(letter: str, behind: str) -> Rewrite:
    return Rewrite(SOURCE, REGION, (word(letter),), f", {letter}", behind=word(behind))


def replace(letter: str, text: str | None) -> Rewrite:
    return Rewrite(SOURCE, REGION, (word(letter),), text)


def edited(*rewrites: Rewrite) -> str:
    return apply_edits(TEXT, edits_of(rewrites)[SOURCE])


def finding(rule: str, rewrite: Rewrite) -> Diagnostic:
    fix = Fix("do it", (rewrite,), ("x",), Applicability.SAFE)
    return Diagnostic(rule, Severity.WARNING, rule, Location(SOURCE, rewrite.words[0]), fix=fix)


def chosen(*rewrites: Rewrite) -> list[str]:
    findings = [finding(f"rule-{number}", rewrite) for number, rewrite in enumerate(rewrites)]
    return [diagnostic.rule for diagnostic in choose(findings, {"main.cf"}, unsafe=False)]


def test_words_move_in_the_order_of_the_rewrites() -> None:
    assert edited(move("a", "c"), move("b", "c")) == "x = c, a, b, d\n"
    assert edited(move("a", "b"), move("c", "d")) == "x = b, a, d, c\n"


def test_move_to_the_end_and_past_what_goes() -> None:
    assert edited(move("a", "d")) == "x = b, c, d, a\n"
    assert edited(move("a", "c"), replace("b", None)) == "x = c, a, d\n"
    assert edited(move("a", "c"), replace("d", None)) == "x = b, c, a,\n"
    assert edited(move("a", "c"), replace("d", "e")) == "x = b, c, a, e\n"


def test_other_repairs_of_the_word_go_first() -> None:
    assert chosen(move("a", "c"), replace("a", "e")) == ["rule-1"]
    assert chosen(move("a", "c"), replace("a", None)) == ["rule-1"]


def test_no_word_moves_behind_one_that_changes() -> None:
    assert chosen(move("a", "c"), replace("c", None)) == ["rule-1"]
    assert chosen(move("a", "c"), replace("c", "e")) == ["rule-1"]


def test_moves_and_repairs_of_other_words_go_together() -> None:
    rewrites = move("a", "c"), replace("b", "e"), replace("d", "f")
    assert chosen(*rewrites) == ["rule-0", "rule-1", "rule-2"]
    assert edited(*rewrites) == "x = e, c, a, f\n"
