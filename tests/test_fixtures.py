"""Whole configurations with their whole output and their whole fixed files.

``pytest tests/test_fixtures.py --update-fixtures`` writes what postlint says now; read the difference first.
"""

import tomllib
from pathlib import Path

import pytest
from conftest import PROJECT

from postlint.configuration.reading import with_tables
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.files import read_inputs
from postlint.output.text import render
from postlint.rules import ALL
from postlint.target import Options, PostfixVersion, Target

FIXTURES = PROJECT / "fixtures" / "rules"
CASES = sorted(path.parent for path in FIXTURES.rglob("main.cf") if path.parent.name != "fixed")


def settings(case: Path) -> tuple[Target, Options]:
    path = case / "case.toml"
    values = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    version = PostfixVersion.parse(values["version"]) if "version" in values else None
    target = Target(version, values.get("platform"), tuple(values.get("resolvers", ())))
    return target, Options(values.get("dnsbl_fix"), values.get("helo_fix"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_output_and_fixed_files(case: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.chdir(case)
    target, options = settings(case)
    (item,) = read_inputs(["."])
    files = with_tables(item.files, item.read_table)
    diagnostics = lint(files, target, options).diagnostics
    output = render(diagnostics)
    result = fix(files, item.judged, target, options)
    assert result.dropped == ()
    fixed = {
        source.path: source.text
        for source, before in zip(result.remaining.context.configuration.files.sources, files.sources, strict=True)
        if source.text != before.text
    }
    if request.config.getoption("--update-fixtures"):
        update(case, output, fixed)
    expected = (case / "expected.txt").read_text(encoding="utf-8") if (case / "expected.txt").exists() else ""
    assert output == expected
    folder = case / "fixed"
    assert {Path(path).name: text for path, text in fixed.items()} == {
        path.name: path.read_text(encoding="utf-8") for path in (folder.iterdir() if folder.is_dir() else ())
    }
    if case.name.startswith("clean-"):
        assert diagnostics == ()
    else:
        assert case.parent.name in {diagnostic.rule for diagnostic in diagnostics}


def update(case: Path, output: str, fixed: dict[str, str]) -> None:
    (case / "expected.txt").write_text(output, encoding="utf-8")
    if not output:
        (case / "expected.txt").unlink()
    for path, text in fixed.items():
        (case / "fixed").mkdir(exist_ok=True)
        (case / "fixed" / Path(path).name).write_text(text, encoding="utf-8")


def test_every_rule_has_a_case_and_a_clean_case() -> None:
    for rule in ALL:
        names = [case.name for case in CASES if case.parent.name == rule.name]
        assert any(name.startswith("clean-") for name in names), rule.name
        assert any(not name.startswith("clean-") for name in names), rule.name
