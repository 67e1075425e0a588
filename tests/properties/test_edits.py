"""Edits do what they say, can be composed, and come out as patches that other tools apply."""

import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postlint.edits import Edit, apply_edits, compose
from postlint.output.diff import unified_diff
from postlint.text import Source, Span, decode, encode

# Few lines are equal, so that a hunk in the wrong place shows.
_LINE_PIECES = [
    *("a", "b", "name = value", "  reject,", "#", " ", "\t", "\f", "\v", "\r", "\u2028", "\u0085", "\x1c", "\u00e9"),
    *("-- a", "++ b", "@@ -1 +1 @@", "\\ No newline at end of file", "\udcff", "diff --git a/x b/x", "-", "+", "\\"),
]
_lines = st.lists(st.sampled_from(_LINE_PIECES), max_size=3).map("".join)
_line_ends = st.sampled_from(["\n", "\n", "\n", "\r\n"])


@st.composite
def texts(draw: st.DrawFn, max_lines: int = 30) -> str:
    """Text with and without a last line feed, with CRLF and other characters that Python takes for line ends."""
    lines = draw(st.lists(st.tuples(_lines, _line_ends), max_size=max_lines))
    text = "".join(line + end for line, end in lines)
    return text + draw(st.just("") | _lines)


@st.composite
def edit_lists(draw: st.DrawFn, length: int, max_size: int = 6) -> tuple[Edit, ...]:
    """Edits in order, without overlap; insertions, deletions, neighbours and edits that change nothing among them."""
    count = draw(st.integers(0, max_size))
    cuts = sorted(draw(st.lists(st.integers(0, length), min_size=2 * count, max_size=2 * count)))
    spans = [Span(cuts[2 * index], cuts[2 * index + 1]) for index in range(count)]
    return tuple(Edit(span, draw(st.just("") | texts(max_lines=2))) for span in spans)


@st.composite
def edited_texts(draw: st.DrawFn) -> tuple[str, tuple[Edit, ...]]:
    text = draw(texts())
    return text, draw(edit_lists(len(text)))


def apply_naively(text: str, edits: Sequence[Edit]) -> str:
    for edit in reversed(edits):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


@given(edited_texts())
def test_edits_are_applied_as_one_by_one_from_the_end(case: tuple[str, tuple[Edit, ...]]) -> None:
    text, edits = case
    assert apply_edits(text, edits) == apply_naively(text, edits)


@given(edited_texts(), st.data())
def test_overlapping_edits_are_refused(case: tuple[str, tuple[Edit, ...]], data: st.DataObject) -> None:
    text, edits = case
    wide = [edit for edit in edits if edit.span.end - edit.span.start > 1]
    if wide:
        edit = data.draw(st.sampled_from(wide))
        second = Edit(Span(edit.span.end - 1, edit.span.end), "x")
        with pytest.raises(ValueError, match="overlapping"):
            apply_edits(text, (edit, second))


@given(edited_texts(), st.data())
def test_composed_edits_do_what_both_do_one_after_the_other(
    case: tuple[str, tuple[Edit, ...]], data: st.DataObject
) -> None:
    text, first = case
    between = apply_naively(text, first)
    second = data.draw(edit_lists(len(between)))
    after = apply_naively(between, second)
    third = data.draw(edit_lists(len(after)))
    both = compose(len(text), first, second)
    assert apply_edits(text, both) == after
    assert apply_edits(text, compose(len(text), both, third)) == apply_naively(after, third)
    touched = [edit.span for edit in both]
    assert all(left.end < right.start for left, right in itertools.pairwise(touched))


@given(edited_texts())
def test_composing_with_nothing_keeps_the_outcome(case: tuple[str, tuple[Edit, ...]]) -> None:
    text, edits = case
    after = apply_naively(text, edits)
    assert apply_edits(text, compose(len(text), (), edits)) == after
    assert apply_edits(text, compose(len(text), edits, ())) == after
    assert compose(len(text), (), ()) == ()


@given(edited_texts())
def test_patch_gives_the_edited_text(case: tuple[str, tuple[Edit, ...]]) -> None:
    text, edits = case
    patch = patch_of(text, edits)
    assert apply_patch(text, patch) == apply_naively(text, edits)
    assert (patch == "") == (apply_naively(text, edits) == text)


@given(edited_texts())
def test_patch_shows_three_lines_around_each_change(case: tuple[str, tuple[Edit, ...]]) -> None:
    patch = patch_of(*case)
    for hunk in re.split(r"(?m)^@@ .*\n", patch)[1:]:
        signs = "".join(line[0] for line in hunk.split("\n")[:-1] if not line.startswith("\\"))
        before, changed, after = re.fullmatch(r"( *)([+-].*[+-]|[+-])( *)", signs).groups()  # type: ignore[union-attr]
        assert len(before) <= 3
        assert len(after) <= 3
        assert " " * 7 not in changed


def patch_of(text: str, edits: Sequence[Edit]) -> str:
    return unified_diff(Source("main.cf", text), edits, os.path.realpath("main.cf"))


_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n")


def apply_patch(text: str, patch: str) -> str:
    """A unified diff of one file applied as POSIX describes it, without any tolerance."""
    if not patch:
        return text
    header, rest = patch.split("@@", 1)
    assert header == "--- a/main.cf\n+++ b/main.cf\n"
    old = re.findall(r"[^\n]*\n|[^\n]+", text)
    lines = re.findall(r"[^\n]*\n", "@@" + rest)
    new: list[str] = []
    done = position = 0
    while position < len(lines):
        match = _HUNK.fullmatch(lines[position])
        assert match, f"no hunk: {lines[position]!r}"
        old_start, old_count, new_start, new_count = (int(number or "1") for number in match.groups())
        start = old_start - 1 if old_count else old_start
        new += old[done:start]
        assert len(new) == (new_start - 1 if new_count else new_start)
        position += 1
        seen: dict[str, list[str]] = {"-": [], "+": []}
        while len(seen["-"]) < old_count or len(seen["+"]) < new_count or lines[position : position + 1] == [_NO_END]:
            sign, line = lines[position][0], lines[position][1:]
            position += 1
            if lines[position : position + 1] == [_NO_END]:
                line = line.removesuffix("\n")
                position += 1
            for side in {" ": "-+", "-": "-", "+": "+"}[sign]:
                seen[side].append(line)
        assert seen["-"] == old[start : start + old_count]
        assert (len(seen["-"]), len(seen["+"])) == (old_count, new_count)
        new += seen["+"]
        done = start + old_count
    return "".join(new + old[done:])


_NO_END = "\\ No newline at end of file\n"
_few_examples = settings(max_examples=max(60, settings().max_examples // 20))


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
@_few_examples
@given(edited_texts())
def test_patch_command_gives_the_edited_text(case: tuple[str, tuple[Edit, ...]]) -> None:
    assert patched_by(["patch", "-s", "-p1", "--fuzz=0"], *case) == encode(apply_naively(*case))


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@_few_examples
@given(edited_texts())
def test_git_apply_gives_the_edited_text(case: tuple[str, tuple[Edit, ...]]) -> None:
    assert patched_by(["git", "apply", "-p1"], *case) == encode(apply_naively(*case))


def patched_by(command: list[str], text: str, edits: Sequence[Edit]) -> bytes:
    patch = patch_of(text, edits)
    with TemporaryDirectory() as directory:
        file = Path(directory, "main.cf")
        file.write_bytes(encode(text))
        if patch:
            environment = {"PATH": os.environ["PATH"], "HOME": directory, "GIT_CEILING_DIRECTORIES": directory}
            subprocess.run(
                command, cwd=directory, env=environment, input=encode(patch), check=True, capture_output=True
            )
        return file.read_bytes()


@given(st.binary(max_size=200), st.data())
def test_patch_of_any_bytes_gives_the_edited_bytes(data: bytes, choices: st.DataObject) -> None:
    text = decode(data)
    edits = choices.draw(edit_lists(len(text)))
    assert encode(apply_patch(text, decode(encode(patch_of(text, edits))))) == encode(apply_naively(text, edits))
