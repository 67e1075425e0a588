"""The definitions that each part of a file makes, by the names that a fix declares."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from postlint.configuration.model import Configuration
from postlint.syntax.nodes import MainItem, MasterItem, ParameterDefinition, ServiceDefinition
from postlint.syntax.parse import unpack
from postlint.text import BLANKS, MappedText, Source, Span

Entry = tuple[str, MappedText]
_AS_WRITTEN: Mapping[Span, str] = MappingProxyType({})


def items_of(configuration: Configuration) -> Iterator[tuple[Source, MainItem | MasterItem]]:
    """Every part of main.cf, then of master.cf, in order."""
    for file in (configuration.main, configuration.master):
        for item in file.items if file else ():
            assert file is not None
            yield file.source, item


def entries_of(item: MainItem | MasterItem, names: Mapping[Span, str] = _AS_WRITTEN) -> tuple[Entry, ...]:
    """The name and the value of a definition; of a service the fields and arguments, then its overrides; nothing of
    what Postfix ignores or dies on. ``names``: other names than those that stand there.
    """
    if isinstance(item, ParameterDefinition):
        return ((names.get(item.name_span, item.name), item.value),)
    if not isinstance(item, ServiceDefinition):
        return ()
    overrides = (
        (f"{item.identity}/{names.get(override.name_span, override.name)}", override.value)
        for override in item.overrides
    )
    return ((item.identity, _without_overrides(item)), *overrides)


def name_spans(item: MainItem | MasterItem) -> tuple[Span, ...]:
    """Where the names of a definition, or of a service's overrides, stand."""
    if isinstance(item, ParameterDefinition):
        return (item.name_span,)
    return tuple(override.name_span for override in item.overrides) if isinstance(item, ServiceDefinition) else ()


def _without_overrides(service: ServiceDefinition) -> MappedText:
    """The fields behind name and type, and the arguments except each that holds an override, with the -o before it."""
    starts = sorted(override.name_span.start for override in service.overrides)
    others: list[str] = []
    for argument in service.arguments:
        if not _holds_one(argument, starts):
            others.append(unpack(argument)[0].text)
        elif not argument.text.startswith("-"):
            others.pop()
    return MappedText.unwritten(" ".join([*(field.text for field in service.fields[2:]), *others]))


def declared_entries(item: MainItem | MasterItem) -> tuple[tuple[str, str], ...]:
    """`entries_of` with the values as an Outcome lists them."""
    return tuple((name, squeezed(value.text)) for name, value in entries_of(item))


def _holds_one(word: MappedText, starts: Sequence[int]) -> bool:
    spans = [location.span for location in word.locations]
    index = bisect_left(starts, spans[0].start) if spans else len(starts)
    return index < len(starts) and starts[index] < spans[-1].end


def squeezed(text: str) -> str:
    """``text`` with one space for each run of blanks, and none at its ends."""
    return re.sub(f"[{BLANKS}]+", " ", text).strip(" ")
