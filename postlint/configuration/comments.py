"""What has to be written so that a comment behind a value has a line of its own."""

from postlint.edits import Rewrite
from postlint.text import BLANKS, Source, Span


def moved_comment(source: Source, comment: Span) -> tuple[Rewrite, ...]:
    """The text of ``comment``, which starts with ``#``, in a line above its own, indented as that is; a comment without
    a word is gone.
    """
    line = source.line_span(comment.start)
    text = source.text[line.start : line.end]
    line_end = "\r\n" if text.endswith("\r\n") else "\n"
    start = comment.start
    while source.text[start - 1] in " \t" and source.text[line.start : start].strip(BLANKS):
        start -= 1
    gone = _rewrite(source, Span(start, comment.end), "")
    words = source.text[comment.start : comment.end].rstrip(BLANKS)
    if not words.strip("#" + BLANKS):
        return (gone,)
    indentation = text[: len(text) - len(text.lstrip(" \t"))]
    return _rewrite(source, Span(line.start, line.start), f"{indentation}{words}{line_end}"), gone


def _rewrite(source: Source, span: Span, text: str) -> Rewrite:
    return Rewrite(source, span, (span,), text)
