"""What has to be written so that a parameter has another value, or a table a row that was not there before."""

from collections.abc import Iterable

from postlint.configuration.model import Configuration, View
from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.configuration.tables import TableFile
from postlint.edits import Rewrite
from postlint.text import Source, Span


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
