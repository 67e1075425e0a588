"""Diagnostics for programs: a versioned JSON document."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix, Rewrite
from postlint.text import Location, mask_secrets, secrets_in

VERSION = 1


def render(diagnostics: Iterable[Diagnostic], secrets: frozenset[str] = frozenset(), suppressed: int = 0) -> str:
    """The document, with a line feed. Lines and columns count from 1; edit offsets are code points and bytes.

    ``secrets`` and whatever looks like a key or a password are masked. A fix that would carry one, or makes a file, has
    no edits.
    ``suppressed``: how many findings comments took away.
    """
    diagnostics = tuple(diagnostics)
    document = {
        "version": VERSION,
        "diagnostics": [_diagnostic(diagnostic, secrets) for diagnostic in diagnostics],
        "summary": _summary(diagnostics) | {"suppressed": suppressed},
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


def _diagnostic(diagnostic: Diagnostic, secrets: frozenset[str]) -> dict[str, Any]:
    def masked(text: str) -> str:
        return mask_secrets(text, secrets)

    return {
        "rule": diagnostic.rule,
        "severity": f"{diagnostic.severity}",
        **_place(diagnostic.location),
        "service": diagnostic.service,
        "message": masked(diagnostic.message),
        "help": masked(diagnostic.help) if diagnostic.help is not None else None,
        "related": [{**_place(item.location), "message": masked(item.message)} for item in diagnostic.related],
        "fix": _fix(diagnostic.fix, secrets) if diagnostic.fix is not None else None,
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


def _fix(fix: Fix, secrets: frozenset[str]) -> dict[str, Any]:
    edits: list[dict[str, Any]] = [
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
    carries_secret = any(mask_secrets(edit["replacement"], secrets) != edit["replacement"] for edit in edits) or any(
        _brings_secret(rewrite, secrets) for rewrite in fix.rewrites
    )
    return {
        "title": mask_secrets(fix.title, secrets),
        "applicability": fix.applicability.value,
        "changes": list(fix.changes),
        # Without its new file a fix would be half done.
        "edits": None if carries_secret or fix.creations else edits,
    }


def _brings_secret(rewrite: Rewrite, secrets: frozenset[str]) -> bool:
    """Whether the new words hold a key that the old ones did not. Edits are trimmed, so they alone do not show it."""
    new = rewrite.replacement or ""
    old = rewrite.source.text[rewrite.words[0].start : rewrite.words[-1].end]
    return any(new[span.start : span.end] not in old for span in secrets_in(new, secrets))
