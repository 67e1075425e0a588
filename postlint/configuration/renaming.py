"""What has to be written so that a definition has another name, and what programs see then."""

from collections.abc import Iterable, Iterator

from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.edits import Rewrite
from postlint.syntax.nodes import Override, ParameterDefinition
from postlint.syntax.tables import TableRow
from postlint.text import Span


def renaming(configuration: Configuration, definition: Definition, name: str) -> Rewriting | Obstacle:
    """``name`` in place of the name of a definition in force, if no other one is concerned."""
    nodes = [node.name for node in _layer(configuration, definition)]
    if nodes.count(definition.parameter) > 1:
        return Obstacle(f"{definition.parameter} is set twice")
    if name in nodes:
        return Obstacle(f"{name} is set, too")
    for mention in configuration.mentions(definition.parameter):
        return Obstacle(f"{mention.definition.parameter} names ${definition.parameter}")
    if definition.parameter in configuration.users(name):
        return Obstacle(f"{name} would name itself")
    return renamed(definition, name)


def _layer(configuration: Configuration, definition: Definition) -> Iterable[ParameterDefinition | Override]:
    """Every definition of main.cf, or every override of the service."""
    if definition.service is not None:
        return definition.service.overrides
    return configuration.main.definitions if configuration.main else ()


def renamed(definition: Definition, name: str) -> Rewriting:
    """``name`` in place of the name of a definition in main.cf or of an override; its value stays."""
    node, service = definition
    assert not isinstance(node, TableRow)
    rewrite = Rewrite(node.source, node.name_span, (node.name_span,), name)
    return Rewriting(rewrite, definition.name, new_name=Definition(node._replace(name=name), service).name)


def views_with(views: Iterable[View], definition: Definition, name: str) -> Iterator[tuple[View, View]]:
    """Each of the ``views`` in which something else holds once the definition is called ``name``, and what it is then;
    as if the value were an override.
    """
    node, service = definition
    for view in views:
        concerned = name not in view.overrides if service is None else view.service is service
        if concerned:
            equals = Span(definition.region.start, definition.region.start)
            override = Override(node.source, name, definition.name_location.span, equals, definition.value, "long")
            yield view, View(view.service, {**view.overrides, name: override})
