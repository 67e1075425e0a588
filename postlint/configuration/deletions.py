"""What has to be written so that a definition is gone."""

from postlint.configuration.rewriting import Rewriting
from postlint.edits import Rewrite
from postlint.syntax.nodes import ParameterDefinition, text_lines


def deletion(node: ParameterDefinition) -> Rewriting:
    """All lines of a definition in main.cf gone, those behind comments, too. The comments among them stay.

    The rewrite's region is the whole definition, by which others know that it goes.
    """
    words = tuple(text_lines(node.source, node.span))
    return Rewriting(Rewrite(node.source, node.span, words, None), node.name)
