"""Unified diffs that `patch -p1` and `git apply` take, made around the known edits."""

import difflib
import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from postlint.edits import Edit, apply_edits
from postlint.text import Source, Span, split_lines

_CONTEXT = 3
# difflib is quadratic; a block of more lines than this is shown as one replacement.
_LARGE_BLOCK = 500


class _Change(NamedTuple):
    """The old lines from ``start`` up to ``end``, and what comes in their place."""

    start: int
    end: int
    lines: tuple[str, ...]


def unified_diff(source: Source, edits: Sequence[Edit], real_path: str) -> str:
    """The patch for one file; empty without edits.

    ``real_path``: absolute, symbolic links resolved. The headers name it relative to the working directory when it is
    below, else relative to /. difflib sees only the lines that are edited: on whole files it is quadratic.
    """
    hunks: list[str] = []
    shift = 0
    for group in _groups(_changes(source, edits)):
        old_start = max(0, group[0].start - _CONTEXT)
        old_end = min(_line_count(source), group[-1].end + _CONTEXT)
        body: list[str] = []
        position = old_start
        new_start = old_start + shift
        for change in group:
            body += _prefixed(" ", _lines(source, position, change.start))
            body += _prefixed("-", _lines(source, change.start, change.end))
            body += _prefixed("+", change.lines)
            position = change.end
            shift += len(change.lines) - (change.end - change.start)
        body += _prefixed(" ", _lines(source, position, old_end))
        hunks.append(f"@@ -{_range(old_start, old_end)} +{_range(new_start, old_end + shift)} @@\n" + "".join(body))
    if not hunks:
        return ""
    old_name, new_name = (_header_name(prefix, real_path) for prefix in "ab")
    return f"--- {old_name}\n+++ {new_name}\n" + "".join(hunks)


def creation_diff(text: str, real_path: str) -> str:
    """The patch that makes a file, as patch(1) and git apply know it."""
    lines = split_lines(text)
    hunk = f"@@ -0,0 +{_range(0, len(lines))} @@\n" + "".join(_prefixed("+", lines))
    return f"--- /dev/null\n+++ {_header_name('b', real_path)}\n{hunk}" if lines else ""


def _changes(source: Source, edits: Sequence[Edit]) -> Iterator[_Change]:
    """The lines that differ, in order."""
    starts = source.line_starts
    pending = list(reversed(edits))
    while pending:
        taken = [pending.pop()]
        low = bisect_right(starts, taken[0].span.start) - 1
        high = bisect_right(starts, taken[0].span.end)
        while pending and bisect_right(starts, pending[-1].span.start) <= high:
            taken.append(pending.pop())
            high = bisect_right(starts, taken[-1].span.end)
        start, end = starts[low], starts[high] if high < len(starts) else len(source.text)
        local = [Edit(Span(edit.span.start - start, edit.span.end - start), edit.replacement) for edit in taken]
        old = split_lines(source.text[start:end])
        new = split_lines(apply_edits(source.text[start:end], local))
        if len(old) + len(new) > _LARGE_BLOCK:
            yield _Change(low, low + len(old), tuple(new))
            continue
        for code, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if code != "equal":
                yield _Change(low + i, low + j, tuple(new[k:m]))


def _groups(changes: Iterator[_Change]) -> Iterator[list[_Change]]:
    """The changes that share a hunk: those with few lines between them."""
    group: list[_Change] = []
    for change in changes:
        if group and change.start - group[-1].end > 2 * _CONTEXT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _lines(source: Source, low: int, high: int) -> list[str]:
    starts = source.line_starts
    if low >= high or low >= len(starts):
        return []
    return split_lines(source.text[starts[low] : starts[high] if high < len(starts) else len(source.text)])


def _line_count(source: Source) -> int:
    return len(source.line_starts) - (source.line_starts[-1] == len(source.text))


def _prefixed(sign: str, lines: Sequence[str]) -> list[str]:
    # difflib leaves the marker out, and patch and git refuse a diff without it.
    return [sign + (line if line.endswith("\n") else line + "\n\\ No newline at end of file\n") for line in lines]


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _header_name(prefix: str, real_path: str) -> str:
    try:
        directory = os.path.realpath(os.getcwd()).rstrip("/") + "/"
    except FileNotFoundError:
        directory = "/"  # the working directory was removed
    name = f"{prefix}/" + (real_path[len(directory) :] if real_path.startswith(directory) else real_path.lstrip("/"))
    if any(character in '"\\' or ord(character) < 32 or ord(character) == 127 for character in name):
        return '"' + "".join(_quoted(character) for character in name) + '"'
    # As git does: a tab ends a name that holds a blank.
    return name + "\t" if " " in name else name


def _quoted(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return f"\\{ord(character):03o}" if ord(character) < 32 or ord(character) == 127 else character
