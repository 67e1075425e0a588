"""Real configurations: the names that real postconf calls unused or undefined, against what postlint says of them.

Where a directory has one of the two files, postconf was asked with a stock file in place of the other, which postlint
does not see.
"""

import re
from pathlib import Path

import pytest
from conftest import CORPUS
from corpus_directories import linted, read_directory

from postlint.target import PostfixVersion, Target
from postlint.text import decode

pytestmark = pytest.mark.corpus

_RECORDED_WITH = Target(PostfixVersion(3, 7))
_SERVICE_PARAMETER = re.compile(r".*_(?:time_limit|destination_recipient_limit)")


def told(kind: str) -> dict[Path, set[str]]:
    """The names that postconf warned of, by directory."""
    pattern = re.compile(rf"warning: CONFDIR/(?:main|master)\.cf: {kind} parameter: ([^=\n]*)")
    files = sorted((CORPUS / "files").glob("*/oracle.err"))
    assert len(files) == 180
    found = {path.parent: set(pattern.findall(decode(path.read_bytes()))) for path in files}
    return {directory: names for directory, names in found.items() if names}


def found(directory: Path, rules: set[str]) -> set[str]:
    return {item.location.text for item in linted(directory, _RECORDED_WITH).diagnostics if item.rule in rules}


def has(directory: Path, name: str) -> bool:
    return any(Path(item.source.path).name == name for item in read_directory(directory).read_files)


def test_unused_names_are_those_of_postconf() -> None:
    unused = told("unused")
    assert sum(map(len, unused.values())) == 26
    for directory in sorted((CORPUS / "files").glob("*")):
        expected = unused.get(directory, set())
        if not has(directory, "master.cf"):
            # Whether a service reads it, only master.cf tells.
            expected = {name for name in expected if not _SERVICE_PARAMETER.fullmatch(name)}
        assert found(directory, {"unknown-parameter", "parameter-too-new"}) == expected, directory.name


def test_undefined_names_are_those_of_postconf() -> None:
    undefined = told("undefined")
    assert sum(map(len, undefined.values())) == 10
    for directory in sorted((CORPUS / "files").glob("*")):
        # main.cf may define what only master.cf shows.
        expected = undefined.get(directory, set()) if has(directory, "main.cf") else set()
        names = {text.lstrip("$") for text in found(directory, {"undefined-name"})}
        assert names == expected, directory.name
