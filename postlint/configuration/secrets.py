"""The keys and passwords that a configuration holds, so that they can be kept out of what is printed."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from postlint.configuration.model import Configuration
from postlint.configuration.restrictions import RestrictionLists
from postlint.configuration.sites import old_zone_occurrences, site_occurrences
from postlint.text import BLANKS, MappedText, mask_secrets, secrets_in

if TYPE_CHECKING:
    from postlint.configuration.effective import Value

_PASSWORD_NAME = r"(?i).*(?:password|passwd|bind_pw)"
_PASSWORD_MAPS = r"(?i).*password_maps"
# Shorter ones would mask half of every message, and are hidden with the line that they stand in.
_SHORTEST = 4


def secrets_of(lists: RestrictionLists) -> frozenset[str]:
    """Every key and password, as the texts that must not be shown.

    Keys of dq.spamhaus.net also where they are put together out of several values; values of parameters whose name
    ends in password, passwd or bind_pw; the contents of inline: and static: tables in a *_password_maps parameter.
    """
    configuration = lists.configuration
    found = {secret for text in _lookups(lists) for secret in _keys(text)}
    for definition in configuration.live_definitions:
        found.update(_passwords(definition.parameter, definition.value))
    for node in configuration.main.definitions if configuration.main else ():
        found.update(_passwords(node.name, node.value))
    found.update(_malformed_passwords(configuration))
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST)


def secrets_in_values(values: "Iterable[Value]") -> frozenset[str]:
    """The keys and passwords that values hold once they are expanded, put together out of several parameters or not."""
    found: set[str] = set()
    for value in values:
        text = value.expansion.text
        found.update(_keys(f"{value.name} = {text}"), _passwords(value.name, MappedText.unwritten(text)))
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST)


def masked_value(name: str, text: str, secrets: frozenset[str]) -> str:
    """The value ``text`` of a parameter with ``***`` for keys, passwords and the ``secrets``."""
    if re.fullmatch(_PASSWORD_NAME, name):
        return "***" if text else ""
    # Of many secrets few stand in one value.
    return mask_secrets(text, frozenset(secret for secret in secrets if secret in text))


def _lookups(lists: RestrictionLists) -> Iterator[str]:
    for occurrence in lists.occurrences:
        if occurrence.restriction.argument is not None:
            yield occurrence.restriction.argument.text
    old_zones = old_zone_occurrences(lists.configuration, (lists.configuration.main_view, *lists.smtpd_views))
    for zone in (*site_occurrences(lists.configuration), *old_zones):
        yield from (use.site.word.text for use in zone.uses)


def _keys(text: str) -> Iterator[str]:
    return (text[span.start : span.end] for span in secrets_in(text))


def _passwords(name: str, value: MappedText) -> Iterator[str]:
    if re.fullmatch(_PASSWORD_MAPS, name):
        for match in re.finditer(r"(?:static|inline):([^\n]+)", value.text):
            yield from (part.strip("{}" + BLANKS) for part in re.split(r"[\t ,=:{}]", match[1]))
            yield match[1].strip(BLANKS)
    elif re.fullmatch(_PASSWORD_NAME, name):
        yield value.text.strip(BLANKS)
        yield from (location.text.strip(BLANKS) for location in value.locations)


def _malformed_passwords(configuration: Configuration) -> Iterator[str]:
    """A password line that lost its ``=``."""
    main = configuration.main
    for line in main.malformed_lines if main else ():
        text = main.source.text[line.span.start : line.span.end] if main else ""
        name, _, rest = text.partition(" ")
        if re.fullmatch(_PASSWORD_NAME, name):
            yield rest.strip(BLANKS)
