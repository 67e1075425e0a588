"""The layers, the rule list, the docs and the data are what they are said to be."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import PROJECT

from postlint import __version__
from postlint.facts.dnsbl import dnsbl, parse_filter
from postlint.facts.parameters import is_parameter
from postlint.facts.restrictions import RESTRICTION_LISTS, keywords
from postlint.facts.tables import json_table, toml_table
from postlint.rules import ALL

PACKAGE = PROJECT / "postlint"
# What each part may import of the project; a part may always import itself.
LAYERS = (
    ("text", "edits", "diagnostics", "target"),
    ("syntax", "facts"),
    ("configuration",),
    ("policy",),
    ("rules",),
    ("engine",),
    ("output", "host", "files", "directories", "writing"),
    ("request", "session", "showing", "arguments", "cli", "__main__"),
)
# Within a layer: who may import whom.
WITHIN = {
    "edits": {"text"},
    "diagnostics": {"text", "edits"},
    "directories": {"files"},
    "writing": {"directories", "files"},
    "session": {"request"},
    "showing": {"request"},
    "cli": {"arguments", "request", "session", "showing"},
    "__main__": {"cli"},
}
ONLY_IN = {
    "lark": {"syntax/parse.py", "syntax/tables.py", "syntax/grammars.py"},
    "typer": {"arguments.py", "cli.py"},
    "difflib": {"output/diff.py"},
    "socket": set(),
    "subprocess": set(),
}
RULE_HELPERS = {"__init__.py", "base.py", "moves.py", "remaking.py", "repairs.py", "replacements.py", "replies.py"}


def imports(path: Path) -> list[tuple[str, int]]:
    """Every module that a file imports, with the line."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.extend((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.module, node.lineno))
    return found


def part_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def level(part: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if part in layer)


PYTHON_FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.name != "__init__.py")


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    part = part_of(path)
    for module, line in imports(path):
        top, _, rest = module.partition(".")
        if top == "postlint" and rest:
            other = rest.split(".")[0]
            allowed = other == part or level(other) < level(part) or other in WITHIN.get(part, set())
            assert allowed, f"{path}:{line}: {part} must not import {other}"
        for library, places in ONLY_IN.items():
            if top == library:
                assert str(path.relative_to(PACKAGE)) in places, f"{path}:{line}: {library} belongs into {places}"


def test_rules_are_pure_and_do_not_import_each_other() -> None:
    for path in (PACKAGE / "rules").glob("*.py"):
        for module, line in imports(path):
            assert module.partition(".")[0] not in {"os", "pathlib", "socket", "subprocess", "time", "sys"}, (
                f"{path}:{line}"
            )
            if path.name != "__init__.py" and module.startswith("postlint.rules"):
                assert module in {f"postlint.rules.{Path(name).stem}" for name in RULE_HELPERS}, f"{path}:{line}"


def test_package_itself_imports_nothing() -> None:
    assert imports(PACKAGE / "__init__.py") == []


def test_every_rule_file_holds_the_rule_of_its_name() -> None:
    files = {path.name for path in (PACKAGE / "rules").glob("*.py")} - RULE_HELPERS
    assert files == {f"{rule.name.replace('-', '_')}.py" for rule in ALL}
    assert [rule.name for rule in ALL] == sorted(rule.name for rule in ALL)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_every_rule_is_documented_and_has_examples(rule: object) -> None:
    from postlint.rules.base import Rule

    assert isinstance(rule, Rule)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    assert len(rule.description) > 200
    assert rule.bad
    assert rule.good
    assert re.fullmatch(r"[a-z.0-9]+\.html(#[a-z_]+)?", rule.manual)
    assert max(example.severity for example in rule.bad) == rule.severity
    assert rule.summary[-1] != "."


def test_docs_are_what_the_rules_say() -> None:
    sys.path.insert(0, str(PROJECT / "tools"))
    try:
        from build_docs import DOCS, pages
    finally:
        sys.path.pop(0)
    assert {path.name: path.read_text(encoding="utf-8") for path in DOCS.iterdir()} == pages()


def test_start_is_cheap() -> None:
    code = "import postlint.cli, sys; print([m for m in ('lark', 'rich', 'importlib.metadata') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True)
    assert result.stdout == "[]\n"


def test_check_does_not_load_what_only_show_needs() -> None:
    code = (
        "import sys; from postlint.request import Request; from postlint.session import Session;"
        "Session(Request(paths=('fixtures/seeds',), platform='aws'), print).check();"
        "print([name for name in sys.modules if name.endswith(('.effective', '.show', '.showing'))])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True)
    assert result.stdout == "[]\n"


def test_version_stands_in_one_place_and_agrees_with_the_package() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == __version__
    assert f"## {__version__}" in (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_packages_are_all_listed() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {".".join(path.parent.relative_to(PROJECT).parts) for path in PACKAGE.rglob("__init__.py")}
    assert set(project["tool"]["setuptools"]["packages"]) == folders | {"postlint.grammar"}


def test_files_stay_short() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert path.read_text(encoding="utf-8").count("\n") <= 400, path


def test_text_is_not_handled_with_pythons_notion_of_blanks() -> None:
    bad = re.compile(r"\.splitlines\(|\.isspace\(|\.l?r?strip\(\)|\\s")
    for path in PYTHON_FILES:
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            found = bad.search(line)
            assert not found, f"{path}:{number}: {line}"


def test_possessive_quantifiers_follow_a_single_class_only() -> None:
    """CPython before 3.11.5 matches a possessive group wrongly (?:...)*+ ."""
    for path in [*PYTHON_FILES, *(PROJECT / "grammar").glob("*.lark")]:
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if not line.startswith("//") and not line.lstrip(" ").startswith("#"):
                assert not re.search(r"\)[*+?]\+", line), f"{path}:{number}"


def test_facts_are_sane() -> None:
    rows = toml_table("dnsbls")["dnsbl"]
    zones = [row["zone"] for row in rows]
    assert zones == sorted(set(zones))
    for row in rows:
        known = dnsbl(row["zone"].upper() + ".")
        assert known is not None
        assert row["source"]
        if known.filter is not None:
            reply_filter = parse_filter(known.filter)
            assert reply_filter is not None, known.zone
            assert not any(reply_filter.matches(code) for code in known.errors), known.zone
        assert known.filter or not known.filter_auto_safe
    assert all(is_parameter(name) for name in RESTRICTION_LISTS)
    assert {"permit", "warn_if_reject", "reject_rbl_client"} <= set(keywords())
    for known_keyword in keywords().values():
        assert known_keyword.alias_of is None or known_keyword.alias_of in keywords()
        assert known_keyword.code_parameter is None or is_parameter(known_keyword.code_parameter)
    assert list(json_table("parameters")) == sorted(json_table("parameters"))
    sources = (PACKAGE / "facts" / "data" / "SOURCES.md").read_text(encoding="utf-8")
    for path in (PACKAGE / "facts" / "data").iterdir():
        if path.suffix in {".json", ".toml"}:
            assert path.name in sources
