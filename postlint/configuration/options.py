"""The ``-o`` options of a service as its daemon reads them, and what follows each up to the next one."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from postlint.syntax.nodes import Override, ServiceDefinition
from postlint.syntax.parse import unpack
from postlint.text import MappedText

# Those that die on any argument that is no option ("unexpected command-line argument" in src/*/*.c).
TAKE_NO_ARGUMENTS = frozenset(
    (
        "anvil",
        "bounce",
        "cleanup",
        "discard",
        "dnsblog",
        "error",
        "flush",
        "local",
        "nqmgr",
        "oqmgr",
        "pickup",
        "postlogd",
        "proxymap",
        "qmgr",
        "qmqpd",
        "scache",
        "showq",
        "smtpd",
        "tlsmgr",
        "tlsproxy",
        "trivial-rewrite",
        "verify",
        "virtual",
    )
)
# Of the letters that Postfix daemons know, those with an argument (src/master/single_server.c).
_OPTION = re.compile("-[^oimnst]*+(?:([oimnst])(.*))?", re.DOTALL)
SETTING = re.compile(r"([^ \t\r\n\v\f=]+)[ \t\r\n\v\f]*=[ \t\r\n\v\f]*(.*)", re.DOTALL)


class Setting(NamedTuple):
    """What stands behind an ``-o``, and the words from there to the next option when none of them starts one."""

    word: MappedText
    following: tuple[MappedText, ...]


def settings(service: ServiceDefinition) -> Iterator[Setting]:
    """As getopt(3) finds them. It stops at the first word that is no option; where that is a fault, what follows would
    be the next one.
    """
    words = [unpack(argument)[0] for argument in service.arguments]
    index = 0
    while index < len(words) and (match := _OPTION.fullmatch(words[index].text)) and match[0] not in ("-", "--"):
        value = words[index].slice(match.start(2), match.end(2)) if match[1] else words[index]
        if match[1] and not match[2]:
            index += 1
            if index == len(words):
                return
            value = words[index]
        index += 1
        if match[1] == "o":
            end = index
            while end < len(words) and not words[end].text.startswith("-"):
                end += 1
            yield Setting(unpack(value)[0], tuple(words[index:end]))
            index = end if service.command in TAKE_NO_ARGUMENTS else index


def is_cut_short(service: ServiceDefinition, override: Override) -> bool:
    """Whether the daemon dies on a word behind an override, which was meant as the rest of its value."""
    return service.command in TAKE_NO_ARGUMENTS and any(
        setting.following and any(place.span.start == override.name_span.start for place in setting.word.locations[:1])
        for setting in settings(service)
    )
