"""What has to be written so that a parameter has another value, or a table a row that was not there before."""

from collections.abc import Iterable

from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.configuration.tables import TableFile
from postlint.edits import Rewrite
from postlint.syntax.nodes import ServiceDefinition
from postlint.syntax.parse import split_list
from postlint.text import BLANKS, Source, Span


def changed_definition(
    configuration: Configuration, name: str, value: str, views: Iterable[View]
) -> Rewriting | Obstacle:
    """``name = value`` for the programs of ``views``, where it is set now; else as the last line of main.cf."""
    settings = [configuration.setting(name, view) for view in views]
    definition, *others = dict.fromkeys(setting.definition if setting else None for setting in settings)
    if others:
        return Obstacle(f"{name} is set in several places")
    if definition is None:
        return new_definition(configuration, name, value)
    location = definition.value.location
    if location is None:
        return Obstacle(f"{name} holds no value that can be replaced")
    return Rewriting(Rewrite(location.source, definition.region, (location.span,), value), definition.name)


def new_definition(configuration: Configuration, name: str, value: str) -> Rewriting | Obstacle:
    """``name = value`` as the last line of main.cf, which does not set it yet."""
    main = configuration.files.main
    if main is None:
        return Obstacle("there is no main.cf to set it in")
    return Rewriting(_last_lines(main, [f"{name} = {value}"]), name)


def empty_override(configuration: Configuration, view: View, name: str) -> Rewriting | Obstacle:
    """``-o name=`` for the service of ``view``: its own override without a value, or a new one behind the others."""
    for mention in configuration.mentions(name):
        return Obstacle(f"{mention.definition.parameter} uses ${name}, too")
    service = view.service
    if service is None:
        return Obstacle("master.cf has no service to set it for")
    entries = configuration.master.services if configuration.master else ()
    if sum(entry.identity == service.identity for entry in entries) > 1:
        return Obstacle(f"master.cf defines {service.identity} more than once")
    override = view.overrides.get(name)
    if override is None:
        return Rewriting(_last_option(service, f"-o {name}="), f"{service.identity}/{name}")
    definition = Definition(override, service)
    words = [override.value.slice(*word).location for word in split_list(override.value.text)]
    spans = tuple(word.span for word in words if word is not None)
    if "$" in override.value.text or len(spans) < len(words):
        return Obstacle(f"its override names other parameters: {override.value.text}")
    return Rewriting(Rewrite(override.source, override.region, spans, None), definition.name)


def _last_option(service: ServiceDefinition, option: str) -> Rewrite:
    """An option behind the last override: on a line of its own where that one is on a continuation line."""
    source, text = service.source, service.source.text
    last = service.fields[7].locations[-1]
    name = last.span
    if service.overrides:
        name = service.overrides[-1].name_span
        arguments = (argument.locations for argument in service.arguments)
        last = next(spans[-1] for spans in arguments if spans[0].span.start <= name.start < spans[-1].span.end)
    line = source.line_span(name.start)
    place = Span(last.span.end, last.span.end)
    separator = " "
    if line.start > service.span.start:
        content = text[line.start : line.end]
        indentation = content[: len(content) - len(content.lstrip(BLANKS))]
        separator = ("\r\n" if content.endswith("\r\n") else "\n") + indentation
    return Rewrite(source, place, (place,), separator + option)


def new_rows(file: TableFile, rows: Iterable[tuple[str, str]]) -> Rewriting:
    """``key result`` lines at the end of a table's source."""
    lines = [f"{key}\t{result}" for key, result in rows]
    commands = (file.rebuild_command,) if file.rebuild_command else ()
    return Rewriting(_last_lines(file.source, lines), f"table:{file.source.path}", commands)


def _last_lines(source: Source, lines: Iterable[str]) -> Rewrite:
    text = source.text
    line_end = "\r\n" if "\r\n" in text else "\n"
    place = Span(len(text), len(text))
    if text and not text.endswith("\n"):
        # The last line stays without its line feed, so that others can follow at the same place.
        added = "".join(line_end + line for line in lines)
    else:
        added = "".join(line + line_end for line in lines)
    return Rewrite(source, place, (place,), added)
