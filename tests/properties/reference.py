"""Postfix's files read one character at a time: slow, short, and independent of postlint.

Each character of what is read carries where it was written, as path and offset.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

BLANKS = " \t\n\v\f\r"
LIST_SEPARATORS = ", \t\r\n"
FIELD_SEPARATORS = " \t\r\n"
NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"


class Character(NamedTuple):
    """A character, and where it was written."""

    text: str
    path: str
    offset: int


Text = tuple[Character, ...]


class Definition(NamedTuple):
    """``name = value``; ``service`` in whose override it stands, "" in main.cf."""

    service: str
    name: str
    value: Text


class Service(NamedTuple):
    """An entry of master.cf."""

    fields: tuple[Text, ...]
    arguments: tuple[Text, ...]


def plain(text: Sequence[Character]) -> str:
    """The characters alone."""
    return "".join(character.text for character in text)


def trimmed(text: Text, blanks: str = BLANKS) -> Text:
    """Without the blanks at both ends."""
    while text and text[0].text in blanks:
        text = text[1:]
    while text and text[-1].text in blanks:
        text = text[:-1]
    return text


def is_comment(physical_line: str) -> bool:
    """Whether the first character that is no blank is a ``#``."""
    return physical_line.lstrip(BLANKS).startswith("#")


def logical_lines(path: str, text: str) -> Iterator[Text]:
    """The logical lines, up to a NUL each."""
    line: list[Character] = []
    position = 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        physical = text[position:end]
        if physical.lstrip(BLANKS) and not is_comment(physical):
            line.extend(Character(text[offset], path, offset) for offset in range(position, end))
        position = end + 1
        following = text[position : position + 1]
        if line and not (following and following in BLANKS + "#"):
            nul = next((index for index, character in enumerate(line) if character.text == "\0"), len(line))
            yield tuple(line[:nul])
            line = []


def read_main_cf(path: str, text: str) -> Iterator[Definition | str]:
    """The definitions; for other logical lines what is wrong with them."""
    for line in logical_lines(path, text):
        if line and line[0].text in BLANKS:
            yield "stray"
        else:
            yield split_name_value(line)


def split_name_value(line: Text) -> Definition | str:
    """The line as name and value, or why it is none."""
    end = 0
    while end < len(line) and line[end].text not in BLANKS + "=":
        end += 1
    equals = end
    while equals < len(line) and line[equals].text in BLANKS:
        equals += 1
    if end == 0:
        return "missing attribute name"
    if equals == len(line) or line[equals].text != "=":
        return "missing '=' after attribute name"
    return Definition("", plain(line[:end]), trimmed(line[equals + 1 :]))


def split_words(text: Text, separators: str, braces: bool = True) -> Iterator[Text]:
    """mystrtokq: cut at the separators that stand outside braces."""
    word: list[Character] = []
    level = 0
    for character in text:
        if level == 0 and character.text in separators:
            if word:
                yield tuple(word)
            word = []
            continue
        if braces and character.text == "{":
            level += 1
        elif character.text == "}" and level > 0:
            level -= 1
        word.append(character)
    if word:
        yield tuple(word)


def read_master_cf(path: str, text: str) -> Iterator[Service | str]:
    """The services; "stray" for a first logical line that starts with a blank."""
    for line in logical_lines(path, text):
        if line and line[0].text in BLANKS:
            yield "stray"
        else:
            words = tuple(split_words(line, FIELD_SEPARATORS))
            yield Service(words[:8], words[8:])


def overrides(service: Service) -> Iterator[Definition]:
    """The ``-o`` settings of a service that takes no other options with an argument."""
    identity = "/".join(plain(field) for field in service.fields[:2])
    arguments = list(service.arguments)
    while arguments and arguments[0][0].text == "-" and plain(arguments[0]) not in ("-", "--"):
        option = arguments.pop(0)
        position = plain(option).find("o", 1)
        if position < 0:
            continue
        setting = option[position + 1 :]
        if not setting and arguments:
            setting = arguments.pop(0)
        if setting and setting[0].text == "{":
            if closing(setting, 0) != len(setting) - 1:
                continue  # master dies on it
            setting = trimmed(setting[1:-1])
        result = split_name_value(setting)
        if isinstance(result, Definition):
            yield result._replace(service=identity)


def expand(value: Text, settings: Mapping[str, Text]) -> Text:
    """The value with its ``$`` forms replaced: names, and ``${name?text}`` and ``${name:text}``."""
    result: list[Character] = []
    position = 0
    while position < len(value):
        if value[position].text != "$":
            result.append(value[position])
            position += 1
            continue
        position += 1
        opening = value[position].text if position < len(value) else ""
        if opening == "$":
            result.append(value[position])
            position += 1
        elif opening in ("{", "("):
            end = closing(value, position)
            result.extend(_expand_form(trimmed(value[position + 1 : end]), settings))
            position = end + 1
        else:
            name = name_at(value, position)
            result.extend(expand(settings.get(name, ()), settings))
            position += len(name)
    return tuple(result)


def _expand_form(form: Text, settings: Mapping[str, Text]) -> Text:
    name = name_at(form, 0)
    value = expand(settings.get(name, ()), settings)
    operator = plain(form[len(name) : len(name) + 1])
    if operator == "":
        return value
    assert operator in ("?", ":"), f"the reader knows no form {plain(form)}"
    return expand(form[len(name) + 1 :], settings) if (operator == "?") == bool(value) else ()


def closing(text: Text, opening: int) -> int:
    """Where the bracket at ``opening`` is closed, counting its own kind alone; the length if nowhere."""
    pair = {"{": "}", "(": ")"}[text[opening].text]
    level = 0
    for index in range(opening, len(text)):
        if text[index].text == text[opening].text:
            level += 1
        elif text[index].text == pair:
            level -= 1
        if level == 0:
            return index
    return len(text)


def name_at(text: Text, start: int) -> str:
    """The longest name from ``start`` on."""
    end = start
    while end < len(text) and text[end].text in NAME_CHARACTERS:
        end += 1
    return plain(text[start:end])


def written(text: str) -> Text:
    """Text of no file."""
    return tuple(Character(character, "", offset) for offset, character in enumerate(text))
