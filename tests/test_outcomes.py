"""Definitions that a fix takes apart or puts together: what verification lets pass, and which fixes go together."""

import pytest
from test_suppress import files_of

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Applicability, Fix, Outcome, Rewrite, apply_edits
from postlint.engine.lint import LintResult, lint
from postlint.engine.plan import choose
from postlint.engine.verify import objection
from postlint.text import Location, Source, Span

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
SWALLOWED = "myorigin = a.example\n  relayhost = [192.0.2.1]\nmydestination =\n"
MADE = (("myorigin", "a.example"), ("relayhost", "[192.0.2.1]"))


def judged(main: str, master: str | None = None) -> LintResult:
    return lint(files_of(main) if master is None else files(main, master), rules=[])


def files(main: str, master: str) -> ConfigurationFiles:
    return ConfigurationFiles(Source("main.cf", main), Source("master.cf", master))


def repair(
    before: LintResult,
    old: str,
    new: str,
    entries: tuple[tuple[str, str], ...],
    changes: tuple[str, ...],
    item: int = 0,
) -> Diagnostic:
    """A finding whose fix replaces one text, in the numbered part of main.cf, or of master.cf."""
    configuration = before.context.configuration
    file = configuration.master if configuration.master and old in configuration.master.source.text else None
    part = file or configuration.main
    assert part is not None
    source = part.source
    start = source.text.index(old)
    word = Span(start, start + len(old))
    span = part.items[item].span
    rewrite = Rewrite(source, span, (word,), new)
    fix = Fix("repair", (rewrite,), changes, announces=True, outcomes=(Outcome(source, span, entries),))
    return Diagnostic("rule", Severity.ERROR, "message", Location(source, word), fix=fix)


def verdict(before: LintResult, *chosen: Diagnostic) -> str | None:
    configuration = before.context.configuration
    texts: dict[Source, str] = {}
    for diagnostic in chosen:
        assert diagnostic.fix is not None
        for source, edits in diagnostic.fix.edits.items():
            texts[source] = apply_edits(source.text, edits)
    return objection(before, chosen, lint(configuration.files.replaced(texts), rules=[]))


@pytest.mark.parametrize(
    ("entries", "changes", "reason"),
    [
        (MADE, ("myorigin", "relayhost"), None),
        (MADE, ("myorigin",), "relayhost was changed without being declared"),
        (MADE, ("relayhost",), "myorigin was changed without being declared"),
        (MADE[:1], ("myorigin", "relayhost"), "relayhost was added with another value"),
        (MADE[:1], ("myorigin",), "definitions appeared, vanished or moved"),
        ((MADE[0], ("relayhost", "x")), ("myorigin", "relayhost"), "relayhost does not hold the declared value"),
        (MADE[::-1], ("myorigin", "relayhost"), "definitions appeared, vanished or moved"),
    ],
)
def test_what_a_definition_becomes_is_what_was_declared(
    entries: tuple[tuple[str, str], ...], changes: tuple[str, ...], reason: str | None
) -> None:
    before = judged(SWALLOWED)
    found = repair(before, "\n  relayhost", "\nrelayhost", entries, changes)
    assert verdict(before, found) == reason


def test_lists_change_along_with_a_name_that_they_use() -> None:
    text = f"myorigin = a.example\n  mine = reject\n{GUARD}smtpd_client_restrictions = $mine\n"
    before = judged(text)
    made = (("myorigin", "a.example"), ("mine", "reject"))
    assert verdict(before, repair(before, "\n  mine", "\nmine", made, ("myorigin", "mine"))) is None


def test_relay_must_not_be_opened() -> None:
    before = judged(f"myorigin = a.example\n  mynetworks = 0.0.0.0/0\n{GUARD}")
    made = (("myorigin", "a.example"), ("mynetworks", "0.0.0.0/0"))
    reason = verdict(before, repair(before, "\n  mynetworks", "\nmynetworks", made, ("myorigin", "mynetworks")))
    assert reason is not None
    assert reason.startswith("the relay is no longer closed")


@pytest.mark.parametrize(
    ("entries", "changes", "reason"),
    [
        ((("smtp/inet", "n - y - - smtpd -v"), ("smtp/inet/a", "b")), ("smtp/inet", "smtp/inet/a"), None),
        (
            (("smtp/inet", "n - y - - smtpd"), ("smtp/inet/a", "b")),
            ("smtp/inet", "smtp/inet/a"),
            "smtp/inet does not hold the declared value",
        ),
        (
            (("smtp/inet", "n - y - - smtpd -v"), ("smtp/inet/a", "b")),
            ("smtp/inet/a",),
            "smtp/inet was changed without being declared",
        ),
    ],
)
def test_arguments_of_a_service_are_part_of_it(
    entries: tuple[tuple[str, str], ...], changes: tuple[str, ...], reason: str | None
) -> None:
    before = judged(GUARD, "smtp inet n - y - - smtpd -v -o a = b\n")
    assert verdict(before, repair(before, "a = b", "a=b", entries, changes)) == reason


@pytest.mark.parametrize(
    ("relay", "passes"),
    [("permit_mynetworks, reject_unauth_destination", True), ("check_client_access static:OK, reject", False)],
)
def test_service_must_not_appear_untold_when_strangers_relay_through_it(relay: str, passes: bool) -> None:
    line = "smtp inet n - y - - smtpd"
    before = judged(f"smtpd_relay_restrictions = {relay}\n", f" {line}\n")
    found = repair(before, f" {line}", line, (("smtp/inet", "n - y - - smtpd"),), ("smtp/inet",))
    assert verdict(before, found) is None
    assert found.fix is not None
    untold = found._replace(fix=found.fix._replace(applicability=Applicability.SAFE))
    assert (verdict(before, untold) is None) == passes


def test_outcome_has_its_definition_for_itself() -> None:
    before = judged(SWALLOWED)
    whole = repair(before, "\n  relayhost", "\nrelayhost", MADE, ("myorigin", "relayhost"))
    assert whole.fix is not None
    word = repair(before, "a.example", "b.example", (), ("myorigin",))
    assert word.fix is not None
    word = word._replace(fix=word.fix._replace(outcomes=()))
    other = repair(before, "mydestination", "mydomain", (("mydomain", ""),), ("mydestination", "mydomain"), item=1)
    same = whole._replace(message="another finding, the same fix")
    assert choose([whole, word, other, same], {"main.cf"}, unsafe=True) == (whole, other, same)
    assert choose([word, whole], {"main.cf"}, unsafe=True) == (word,)
