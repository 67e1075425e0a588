"""What has to be written so that restriction classes are listed in smtpd_restriction_classes."""

from collections.abc import Iterable

from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.restrictions import RestrictionLists
from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.edits import Rewrite
from postlint.syntax.parse import split_list
from postlint.text import Location, Source, Span

_PARAMETER = "smtpd_restriction_classes"


def list_classes(lists: RestrictionLists, names: Iterable[str], view: View) -> Rewriting | Obstacle:
    """The names behind those that smtpd_restriction_classes lists for a program, or in a definition of their own."""
    configuration = lists.configuration
    names = tuple(names)
    definition = listing(configuration, view)
    for other in (*lists.smtpd_views, configuration.main_view):
        if listing(configuration, other) == definition:
            for name in names:
                if not configuration.expanded(name, other).text:
                    return Obstacle(
                        f"{other.identity or 'sendmail -bs'} has no definition of {name}, and would not start"
                    )
    for mention in configuration.mentions(_PARAMETER):
        return Obstacle(f"{mention.definition.parameter} uses ${_PARAMETER}, too")
    if definition is None:
        main = configuration.files.main
        if main is None:
            return Obstacle("there is no main.cf to set it in")
        return Rewriting(_last_line(main, f"{_PARAMETER} = {', '.join(names)}"), _PARAMETER)
    value = definition.value
    words = split_list(value.text)
    last = value.slice(*words[-1]).location if words else None
    if last is None:
        return Obstacle(f"{definition.name} is empty")
    separator = "," if getattr(definition.node, "form", "long") == "short" else _separator(value.text)
    text = separator.join((last.text, *names))
    return Rewriting(Rewrite(definition.node.source, definition.region, (last.span,), text), definition.name)


def listing(configuration: Configuration, view: View) -> Definition | None:
    """The definition of smtpd_restriction_classes that holds for a program; None: the built-in default, none."""
    setting = configuration.setting(_PARAMETER, view)
    return setting.definition if setting else None


def words_of(lists: RestrictionLists, views: Iterable[View]) -> dict[Location, tuple[str, list[View]]]:
    """The names that smtpd_restriction_classes lists where they are written, each with the programs that read it."""
    found: dict[Location, tuple[str, list[View]]] = {}
    for view in views:
        for word in lists.class_words(view):
            for location in word.locations[:1]:
                found.setdefault(location, (word.text, []))[1].append(view)
    return found


def _separator(value: str) -> str:
    return ", " if "," in value else " "


def _last_line(source: Source, line: str) -> Rewrite:
    text = source.text
    line_end = "\r\n" if "\r\n" in text else "\n"
    place = Span(len(text), len(text))
    added = line + line_end if not text or text.endswith("\n") else line_end + line
    return Rewrite(source, place, (place,), added)
