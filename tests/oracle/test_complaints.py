"""Of all that postconf(1) of each generation, and a program that starts, says of every case and of the corpus, nothing
is missed; and the four verdicts that postconf has on names are the same.
"""

import re
from collections.abc import Iterable
from functools import cache

import pytest
from complaints import EXEMPTIONS, complaint, exemption
from corpus_directories import reread
from generation_answers import Asked, asked, loaded
from generations import Generation, in_each_generation
from real_postconf import masked

from postlint.diagnostics import Diagnostic
from postlint.engine.lint import lint
from postlint.facts import parameters
from postlint.target import PostfixVersion, Target

pytestmark = pytest.mark.corpus

# Kind, file and name.
Verdict = tuple[str, str, str]


@cache
def judged(generation: Generation) -> list[tuple[str, Asked, tuple[Diagnostic, ...]]]:
    """By configuration what Postfix says and what postlint says."""
    found = []
    rounds = [(name, item) for name, items in asked(generation).items() for item in items]
    for name, item in (*rounds, *loaded(generation).items()):
        result = lint(reread(dict(item.files)), Target(generation.version))
        found.append((name, item, (*result.diagnostics, *result.suppressed)))
    return found


@in_each_generation
def test_nothing_that_postfix_says_is_missed(generation: Generation) -> None:
    missed = []
    made, exempted = set(), set()
    for name, item, diagnostics in judged(generation):
        for message in {message for answer in item.answers.values() for message in answer.messages}:
            exempt, form = exemption(name, message), complaint(message)
            if exempt is not None:
                assert exempt.holds(generation.version), message
                exempted.add(exempt)
            elif form is not None and any(form.is_made_by(diagnostic, message) for diagnostic in diagnostics):
                made.add(form)
            elif form is None or form.is_covered:
                missed.append((name, message))
    assert missed == []
    assert exempted == {item for item in EXEMPTIONS if item.holds(generation.version)}
    assert len(made) >= 12


_NAMES = {
    "unused parameter": r"unused parameter: ([^=]*)=",
    "undefined parameter": "undefined parameter: (.*)",
    "read-only parameter": "read-only parameter assignment: ([^=]*)=",
    "support for parameter": 'support for parameter "(.*?)" will be removed',
}
# postconf 3.11 forgets one of the three that are (src/postconf/postconf_builtin.c); the programs do not.
_FORGOTTEN: dict[str, tuple[set[Verdict], set[Verdict]]] = {
    "case-070-readonly-name": ({("read-only parameter", "main.cf", "service_name")}, set())
}


def verdicts_of_postconf(name: str, item: Asked) -> set[Verdict]:
    found = set()
    for message in item.answers["-n"].messages:
        for kind, pattern in _NAMES.items():
            match = re.match(f"warning: DIR/(main.cf|master.cf): {pattern}", message)
            if match and exemption(name, message) is None:
                found.add((kind, match[1], match[2]))
    return found


def verdicts_of_postlint(diagnostics: Iterable[Diagnostic], version: PostfixVersion) -> set[Verdict]:
    found = set()
    for item in diagnostics:
        name, file = masked(item.location.text), item.location.source.path
        if item.rule in ("unknown-parameter", "parameter-too-new"):
            found.add(("unused parameter", file, name))
        elif item.rule == "undefined-name":
            found.add(("undefined parameter", file, name.strip("${}() ")))
        elif item.rule == "read-only-parameter":
            found.add(("read-only parameter", file, name))
        elif item.rule == "deprecated-parameter":
            deprecation = parameters.deprecation(name)
            assert deprecation is not None
            if version >= PostfixVersion.parse(deprecation.warns):
                found.add(("support for parameter", file, name))
    return found


@in_each_generation
def test_verdicts_on_names_are_those_of_postconf(generation: Generation) -> None:
    different = {}
    for name, item, diagnostics in judged(generation):
        if "-n" in item.answers and item.is_read:
            ours = verdicts_of_postlint(diagnostics, generation.version)
            theirs = verdicts_of_postconf(name, item)
            if ours != theirs:
                different[name] = (ours - theirs, theirs - ours)
    assert different == (_FORGOTTEN if generation.version >= PostfixVersion(3, 11) else {})
