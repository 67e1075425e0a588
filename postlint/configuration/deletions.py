"""What has to be written so that a definition, what is lost of it, or a service is gone."""

from postlint.configuration.rewriting import Rewriting
from postlint.edits import Rewrite
from postlint.syntax.nodes import ParameterDefinition, ServiceDefinition, text_lines
from postlint.text import Source, Span


def deletion(node: ParameterDefinition | ServiceDefinition) -> Rewriting:
    """All lines of a definition in main.cf or an entry of master.cf gone, those behind comments, too. The comments
    among them stay.

    The rewrite's region is the whole definition or entry, by which others know that it goes.
    """
    words = tuple(text_lines(node.source, node.span))
    name = node.identity if isinstance(node, ServiceDefinition) else node.name
    return Rewriting(Rewrite(node.source, node.span, words, None), name)


def deletion_from(node: ParameterDefinition | ServiceDefinition, start: int) -> Rewriting:
    """What stands in a definition or a service from ``start`` on gone, on all of its lines. The comments among them
    stay.
    """
    if isinstance(node, ParameterDefinition):
        body, name = node.body, node.name
    else:
        body, name = Span(node.location.span.end, node.span.end), node.identity
    lines = (line for line in text_lines(node.source, body) if line.end > start)
    words = tuple(Span(max(line.start, start), line.end - _ends_in_cr(node.source, line)) for line in lines)
    return Rewriting(Rewrite(node.source, body, words, None), name)


def _ends_in_cr(source: Source, line: Span) -> bool:
    return source.text[line.end - 1] == "\r"
