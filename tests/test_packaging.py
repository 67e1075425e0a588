"""The wheel, an editable install and a plain checkout all work."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from conftest import PROJECT

SEEDS = PROJECT / "fixtures" / "seeds"
CLEAN = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "MAIL_CONFIG")}


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=CLEAN, capture_output=True, text=True, check=False)


def fresh_environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    return folder / "bin"


def install(binaries: Path, *arguments: str, cwd: Path) -> None:
    result = run(str(binaries / "python"), "-m", "pip", "install", "-q", *arguments, cwd=cwd)
    if "No matching distribution" in result.stderr or "Could not find a version" in result.stderr:
        pytest.skip("no package index to install from")
    assert result.returncode == 0, result.stderr


def copy_of_project(folder: Path) -> Path:
    """What git would hand over: no build leftovers of the working folder."""
    names = ("postlint", "grammar", "pyproject.toml", "setup.py", "README.md", "LICENSE")
    folder.mkdir()
    for name in names:
        subprocess.run(["cp", "-r", str(PROJECT / name), str(folder)], check=True)
    return folder


def test_wheel_carries_all_that_it_needs(tmp_path: Path) -> None:
    project = copy_of_project(tmp_path / "project")
    built = run(
        sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(project), cwd=tmp_path
    )
    if "No matching distribution" in built.stderr:
        pytest.skip("no package index to build with")
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("postlint-*.whl")
    binaries = fresh_environment(tmp_path / "environment")
    install(binaries, str(wheel), cwd=tmp_path)
    result = run(str(binaries / "postlint"), "check", "--platform", "aws", "-q", str(SEEDS), cwd=tmp_path)
    assert result.returncode == 1
    assert "error[spamhaus-from-refused-network] sbl.spamhaus.org" in result.stdout
    assert result.stderr == ""
    assert run(str(binaries / "postlint"), "explain", "unknown-restriction", cwd=tmp_path).returncode == 0
    (grammar,) = (tmp_path / "environment").rglob("postlint/grammar")
    assert sorted(path.name for path in grammar.glob("*.tables")) == [
        "main_cf.tables",
        "master_cf.tables",
        "table.tables",
        "value.tables",
    ]
    # Tables for another Lark, or for another grammar, are not used.
    for path in grammar.glob("*.tables"):
        path.write_bytes(b"other\nno tables at all")
    assert run(str(binaries / "postlint"), "check", "-q", str(SEEDS), cwd=tmp_path).returncode == 1


def test_editable_install_works(tmp_path: Path) -> None:
    project = copy_of_project(tmp_path / "project")
    binaries = fresh_environment(tmp_path / "environment")
    install(binaries, "-e", str(project), cwd=tmp_path)
    result = run(str(binaries / "postlint"), "check", "-q", str(SEEDS), cwd=tmp_path)
    assert result.returncode == 1, result.stderr


def test_checkout_works_without_an_install() -> None:
    result = run(sys.executable, "-m", "postlint", "check", "-q", "fixtures/seeds", cwd=PROJECT)
    assert result.returncode == 1, result.stderr
    assert "unknown-helo-rejected" in result.stdout
