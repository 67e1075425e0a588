"""Diagnostics for programs: a versioned JSON document."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.text import Location, mask_secrets

VERSION = 1


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """The document, with a line feed. Lines and columns count from 1; edit offsets are code points and bytes."""
    diagnostics = tuple(diagnostics)
    document = {
        "version": VERSION,
        "diagnostics": [_diagnostic(diagnostic) for diagnostic in diagnostics],
        "summary": _summary(diagnostics),
    }
    return json.dumps(document, indent=2) + "\n"


def _summary(diagnostics: Sequence[Diagnostic]) -> dict[str, int]:
    counts = {f"{severity}": 0 for severity in Severity}
    for diagnostic in diagnostics:
        counts[f"{diagnostic.severity}"] += 1
    for applicability in ("safe", "unsafe"):
        counts[f"{applicability}_fixes"] = sum(
            1 for item in diagnostics if item.fix is not None and item.fix.applicability.value == applicability
        )
    return counts


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "rule": diagnostic.rule,
        "severity": f"{diagnostic.severity}",
        **_place(diagnostic.location),
        "service": diagnostic.service,
        "message": mask_secrets(diagnostic.message),
        "help": mask_secrets(diagnostic.help) if diagnostic.help is not None else None,
        "related": [{**_place(item.location), "message": mask_secrets(item.message)} for item in diagnostic.related],
        "fix": _fix(diagnostic.fix) if diagnostic.fix is not None else None,
    }


def _place(location: Location) -> dict[str, Any]:
    line, column = location.source.position(location.span.start)
    end_line, end_column = location.source.position(location.span.end)
    return {
        "path": location.source.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [
        {
            "path": source.path,
            "start": edit.span.start,
            "end": edit.span.end,
            "start_byte": source.byte_offset(edit.span.start),
            "end_byte": source.byte_offset(edit.span.end),
            "replacement": edit.replacement,
        }
        for source, edits in fix.edits.items()
        for edit in edits
    ]
    carries_secret = any(
        mask_secrets(edit.replacement) != edit.replacement for _, group in fix.edits.items() for edit in group
    )
    return {
        "title": mask_secrets(fix.title),
        "applicability": fix.applicability.value,
        "changes": list(fix.changes),
        "edits": None if carries_secret else edits,
    }
