"""Each rule on its own examples: it speaks once on the bad ones, with the promised fix, and not on the good ones."""

import pytest

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules import ALL
from postlint.rules.base import Bad, Good, Rule

BAD = [pytest.param(rule, example, id=f"{rule.name}-{n}") for rule in ALL for n, example in enumerate(rule.bad)]
GOOD = [pytest.param(rule, example, id=f"{rule.name}-{n}") for rule in ALL for n, example in enumerate(rule.good)]


def texts(files: ConfigurationFiles) -> dict[str, str]:
    return {source.path: source.text for source in files.sources}


@pytest.mark.parametrize(("rule", "example"), BAD)
def test_rule_speaks_once_on_a_bad_example(rule: Rule, example: Bad) -> None:
    (diagnostic,) = lint(example.files, example.target, example.options, [rule]).diagnostics
    assert diagnostic.rule == rule.name
    assert diagnostic.severity is example.severity
    assert (diagnostic.fix is not None) == example.has_fix
    if diagnostic.fix is not None:
        assert diagnostic.fix.applicability.value == ("unsafe" if example.unsafe else "safe")


@pytest.mark.parametrize(("rule", "example"), BAD)
def test_fix_of_a_bad_example_gives_the_promised_files(rule: Rule, example: Bad) -> None:
    judged = frozenset(texts(example.files))
    before = texts(example.files)
    expected = before | {
        path: fixed
        for path, fixed in (("main.cf", example.fixed), ("master.cf", example.fixed_master), *example.fixed_tables)
        if fixed is not None
    }
    safe = fix(example.files, judged, example.target, example.options, [rule])
    everything = fix(example.files, judged, example.target, example.options, [rule], unsafe=True)
    assert safe.dropped == everything.dropped == ()
    assert texts(everything.remaining.context.configuration.files) == expected
    assert texts(safe.remaining.context.configuration.files) == (before if example.unsafe else expected)


@pytest.mark.parametrize(("rule", "example"), GOOD)
def test_rule_is_silent_on_a_good_example(rule: Rule, example: Good) -> None:
    assert lint(example.files, example.target, example.options, [rule]).diagnostics == ()
