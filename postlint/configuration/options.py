"""The options of a service as its daemon reads them, and what has to be written so that a setting is one word."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from postlint.configuration.entries import squeezed
from postlint.configuration.rewriting import Obstacle
from postlint.edits import Rewrite
from postlint.facts.services import takes_no_arguments
from postlint.syntax.nodes import Override, ServiceDefinition
from postlint.syntax.parse import split_list, unpack
from postlint.text import BLANKS, FIELD_SEPARATORS, MappedText, Source, Span

# Of the letters that Postfix daemons know, those with an argument (src/master/single_server.c).
_OPTION = re.compile("-[^oimnst]*+(?:([oimnst])(.*))?", re.DOTALL)
_SETTING = re.compile(r"([^ \t\r\n\v\f=]+)[ \t\r\n\v\f]*=[ \t\r\n\v\f]*(.*)", re.DOTALL)


class Setting(NamedTuple):
    """What stands behind an ``-o``, and the words from there to the next option when none of them starts one.

    ``braced``: the setting stands in braces. ``glued``: there is no blank before these, so that master leaves them.
    """

    word: MappedText
    following: tuple[MappedText, ...]
    braced: bool
    glued: bool

    @property
    def name_and_value(self) -> tuple[str, str] | None:
        """Both, or None for what the daemon dies on because it has no name or no ``=``."""
        match = _SETTING.fullmatch(self.word.text)
        return (match[1], match[2].rstrip(BLANKS)) if match else None


class ServiceOptions(NamedTuple):
    """``others``: the arguments that are no settings and follow none. Left out are ``backslashes`` at the end of a
    line, and ``comments`` where they are arguments, too, from the ``#`` to the end of the line.
    """

    settings: tuple[Setting, ...]
    others: tuple[MappedText, ...]
    backslashes: tuple[MappedText, ...]
    comments: tuple[Span, ...]


class Joined(NamedTuple):
    """A setting put together: how it is written, what it means, and the rewrites."""

    text: str
    name: str
    value: str
    rewrites: tuple[Rewrite, ...]


def options_of(service: ServiceDefinition) -> ServiceOptions:
    """As getopt(3) finds them. It stops at the first word that is no option; where that is a fault, what follows would
    be the next one.
    """
    comments = tuple(_comments(service)) if takes_no_arguments(service.command) else ()
    lines = {service.source.line_span(comment.start).start: comment.start for comment in comments}
    words: list[MappedText] = []
    backslashes: list[MappedText] = []
    for word in service.arguments:
        start = word.locations[0].span.start
        if start < lines.get(service.source.line_span(start).start, start + 1):
            (backslashes if word.text == "\\" and _ends_line(word) else words).append(word)
    others: list[MappedText] = []
    settings = tuple(_settings(service, tuple(words), others))
    return ServiceOptions(settings, tuple(others), tuple(backslashes), comments)


def _comments(service: ServiceDefinition) -> Iterator[Span]:
    source, line_end = service.source, -1
    for word in service.arguments:
        start = word.locations[0].span.start
        if word.text.startswith("#") and start >= line_end:
            line = source.line_span(start)
            line_end = line.end
            yield Span(start, line.start + len(source.text[line.start : line.end].rstrip("\r\n")))


def _ends_line(word: MappedText) -> bool:
    source, span = word.locations[0]
    return not source.text[span.end : source.line_span(span.start).end].strip(BLANKS)


def _settings(service: ServiceDefinition, words: tuple[MappedText, ...], others: list[MappedText]) -> Iterator[Setting]:
    index = 0
    while index < len(words) and (match := _OPTION.fullmatch(words[index].text)) and match[0] not in ("-", "--"):
        word = words[index]
        index += 1
        glued = bool(match[2])
        if match[1] and not glued and index < len(words):
            value = words[index]
            index += 1
        else:
            value = word.slice(match.start(2), match.end(2)) if glued else word
        if match[1] != "o" or (value is word):
            others.extend([word] if value is word or glued else [word, unpack(value)[0]])
            continue
        end = index
        while end < len(words) and not words[end].text.startswith("-"):
            end += 1
        setting, braced, error = unpack(value)
        yield Setting(setting, words[index:end], braced, braced and glued and error is None)
        if takes_no_arguments(service.command) or "=" not in setting.text:
            index = end
    others.extend(unpack(word)[0] for word in words[index:])


def is_cut_short(service: ServiceDefinition, override: Override) -> bool:
    """Whether the daemon dies on a word behind an override, which was meant as the rest of its value."""
    return takes_no_arguments(service.command) and any(
        setting.following and any(place.span.start == override.name_span.start for place in setting.word.locations[:1])
        for setting in options_of(service).settings
    )


def joined_setting(service: ServiceDefinition, setting: Setting, braces: bool, is_list: bool) -> Joined | Obstacle:
    """A setting with the words that follow it. ``braces``: whether Postfix knows them; ``is_list``: whether commas
    would do instead of the blanks.
    """
    if setting.glued:
        return _with_blank(service.source, setting)
    words = [setting.word, *setting.following]
    spans = [location.span for word in words for location in word.locations]
    if setting.braced or len(spans) != len(words) or any(re.search("[{}]", word.text) for word in words):
        return Obstacle("there are braces in it")
    text = " ".join(word.text for word in words)
    match = _SETTING.fullmatch(text)
    if match is None or (setting.name_and_value is None and not setting.following[0].text.startswith("=")):
        return Obstacle("there is no = behind its name")
    if not takes_no_arguments(service.command) and len(split_list(match[2])) > 1:
        return Obstacle(f"the arguments of {service.command} are its own")
    return _put_together(service.source, spans, match[1], match[2].rstrip(BLANKS), braces, is_list)


def _put_together(
    source: Source, spans: list[Span], name: str, value: str, braces: bool, is_list: bool
) -> Joined | Obstacle:
    whole = Span(spans[0].start, spans[-1].end)
    written = source.text[whole.start : whole.end]
    one_line = "\n" not in written
    short = ",".join(value[word.start : word.end] for word in split_list(value)) if is_list and not braces else value
    if one_line and not re.search(f"[{FIELD_SEPARATORS}]", short):
        return Joined(f"{name}={short}", name, short, (_rewrite(source, whole, f"{name}={short}"),))
    if not braces:
        return Obstacle("braces need Postfix 3.0")
    glued = source.text[whole.start - 1] not in BLANKS
    # The blanks around the sign, as far as they stand on its line.
    head = re.match(rf"[^{BLANKS}=]+[ \t\r\v\f]*=[ \t\r\v\f]*(?=[^ \t\r\v\f\n])", written)
    opened = f"{' ' if glued else ''}{{ {f'{name} = ' if head else ''}"
    first = Span(whole.start, whole.start + (head.end() if head else 0))
    last = Span(whole.end, whole.end)
    rewrites = (_rewrite(source, first, opened), _rewrite(source, last, " }"))
    return Joined(f"{{ {name} = {value} }}", name, value, rewrites)


def _with_blank(source: Source, setting: Setting) -> Joined | Obstacle:
    found = setting.name_and_value
    location = next(iter(setting.word.locations), None)
    if found is None or location is None or setting.following:
        return Obstacle("it is no setting")
    brace = source.text.rindex("{", 0, location.span.start)
    name, value = found
    place = Span(brace, brace)
    return Joined(f"{{ {name} = {value} }}", name, value, (_rewrite(source, place, " "),))


def _rewrite(source: Source, span: Span, text: str) -> Rewrite:
    return Rewrite(source, span, (span,), text)


def entries_with(
    service: ServiceDefinition, options: ServiceOptions, joined: Iterable[Joined]
) -> tuple[tuple[str, str], ...]:
    """What the service becomes, as an Outcome lists it. ``joined``: what each of the settings is from then on."""
    words = (*service.fields[2:], *options.others)
    settings = ((f"{service.identity}/{item.name}", squeezed(item.value)) for item in joined)
    return ((service.identity, squeezed(" ".join(word.text for word in words))), *settings)
