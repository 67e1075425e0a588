"""What has to be written so that a definition has another name."""

from postlint.configuration.model import Definition
from postlint.configuration.rewriting import Rewriting
from postlint.edits import Rewrite
from postlint.syntax.tables import TableRow


def renaming(definition: Definition, name: str) -> Rewriting:
    """``name`` in place of the name of a definition in main.cf or of an override; its value stays."""
    node, service = definition
    assert not isinstance(node, TableRow)
    rewrite = Rewrite(node.source, node.name_span, (node.name_span,), name)
    return Rewriting(rewrite, definition.name, new_name=Definition(node._replace(name=name), service).name)
