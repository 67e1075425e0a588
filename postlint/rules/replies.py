"""Repairs of several parts, and those that need an entry in a reply map."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from postlint.configuration.additions import new_definition, new_rows
from postlint.configuration.model import NOT_THERE, View
from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.edits import Applicability, Creation, Fix
from postlint.facts.dnsbl import dnsbl
from postlint.facts.dqs import KeyedZone, keyed_zone, twin
from postlint.policy.dnsbl import Lookup
from postlint.policy.replies import POSTSCREEN_MAP, SMTPD_MAPS, reply, reply_maps, stores_small_letters
from postlint.rules.base import Context

# Only root reads them: smtpd and postscreen open their maps before they give up its rights.
_MODE = 0o600
NEW_MAPS = {SMTPD_MAPS: "dnsbl-reply-map", POSTSCREEN_MAP: "postscreen-dnsbl-reply-map"}


class Entries(NamedTuple):
    """What makes a reply map hold some entries; all empty when it does already."""

    rewritings: tuple[Rewriting, ...] = ()
    creations: tuple[Creation, ...] = ()


def reply_text(zone: KeyedZone) -> str:
    """smtpd's reply for a zone with a key, with the list's public name in its place."""
    reason = "${rbl_reason?; $rbl_reason}"
    return f"$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using {zone.public_name}{reason}"


def entries(context: Context, views: Iterable[View], parameter: str, wanted: Mapping[str, str]) -> Entries | Obstacle:
    """What has to be written so that ``parameter`` answers each key with its text for the programs of ``views``.

    Appended to a map that is there, else in a new one that Postfix reads without postmap(1).
    """
    configuration = context.configuration
    own = next((view for view in views if parameter in view.overrides), None)
    if own is not None:
        return Obstacle(f"{own.identity} sets {parameter} of its own")
    view = configuration.main_view
    missing: dict[str, str] = {}
    for key, text in wanted.items():
        found = reply(context.lists, view, parameter, key)
        if found.unread is not None and found.table is not None:
            return Obstacle(f"{found.table.name} in {parameter} {found.unread}")
        if found.row is None:
            missing[key] = text
    if not missing:
        return Entries()
    if parameter in configuration.definitions:
        for table in reply_maps(context.lists, view, parameter):
            if table.editable and len(table.files) == 1:
                if stores_small_letters(table, parameter) and any(key != key.lower() for key in missing):
                    return Obstacle(f"postmap writes the keys of {table.name} in small letters: write the zone so, too")
                return Entries((new_rows(table.files[0], missing.items()),))
        return Obstacle(f"{parameter} is set and names no table that a line can be added to")
    name = NEW_MAPS[parameter]
    text = "".join(f"{key}\t{value}\n" for key, value in missing.items())
    there = configuration.files.table(name)
    # A run that was killed before it changed main.cf leaves the file behind.
    made = not isinstance(there, str) and there.text == text
    if there != NOT_THERE and not made:
        return Obstacle(
            f"{name} {there if isinstance(there, str) else f'is there already, and {parameter} does not name it'}"
        )
    if context.is_older_than(2, 8):
        return Obstacle("texthash: tables need Postfix 2.8")
    definition = new_definition(configuration, parameter, f"texthash:$config_directory/{name}")
    if isinstance(definition, Obstacle):
        return definition
    return Entries((definition,), () if made else (Creation(name, text, _MODE),))


def fix_of_all(
    title: str,
    rewritings: Iterable[Rewriting],
    unsafe_because: str | None = None,
    announces: bool = False,
    creations: tuple[Creation, ...] = (),
) -> Fix:
    """The fix that does all ``rewritings``; unsafe with the reason in its title, safe without one."""
    rewritings = tuple(rewritings)
    changes = (name for rewriting in rewritings for name in (rewriting.changes, rewriting.new_name) if name)
    return Fix(
        f"{title} (unsafe: {unsafe_because})" if unsafe_because else title,
        tuple(rewriting.rewrite for rewriting in rewritings),
        tuple(dict.fromkeys(changes)),
        Applicability.UNSAFE if unsafe_because else Applicability.SAFE,
        announces,
        tuple(dict.fromkeys(command for rewriting in rewritings for command in rewriting.commands)),
        creations,
    )


def filtered_keys(context: Context, lookup: Lookup, reply_filter: str) -> tuple[tuple[Rewriting, ...], str | None]:
    """For a lookup that gets a filter, or another one: what adds the key ``zone=filter`` to the reply maps that have
    the lookup as it is spelt now, and why the filter is not safe there. The entry for the zone alone holds for a lookup
    with a filter only from Postfix 3.10 on. postscreen's map knows no filters, and a permit sends no reply.
    """
    if lookup.by_postscreen or lookup.permits:
        return (), None
    written = lookup.zone if lookup.filter_text is None else f"{lookup.zone}={lookup.filter_text}"
    if lookup.filter_text is None and not context.may_be_older_than(3, 10):
        return (), None
    key = f"{lookup.zone}={reply_filter}"
    rewritings: dict[Rewriting, None] = {}
    for view in lookup.relay_views:
        found = reply(context.lists, view, SMTPD_MAPS, written)
        if found.unread is not None and found.table is not None:
            return (), f"{found.table.name} may hold a reply for {written} and {found.unread}; it is not used for {key}"
        if found.row is None or found.table is None or reply(context.lists, view, SMTPD_MAPS, key).row is not None:
            continue
        if not found.table.editable:
            return (), f"{found.table.name} holds a reply for {written}, and needs the key {key}"
        # In small letters, as keys are compared: of two that differ in capitals alone texthash takes neither.
        rewritings[new_rows(found.table.files[0], [(key.lower(), found.row.result.text)])] = None
        if found.row.result.text.startswith("4"):
            return tuple(
                rewritings
            ), f"until the reply map is rebuilt, the reply is no longer {found.row.result.text[:3]}"
    return tuple(rewritings), None


def keyed_entries(context: Context, lookup: Lookup, every: Iterable[tuple[str, Lookup]]) -> Entries | Obstacle:
    """What keeps the keys of ``every`` lookup, as it will be asked (``zone`` or ``zone=filter``), out of the replies of
    the program that makes ``lookup``.
    """
    wanted: dict[str, str] = {}
    for asked, other in every:
        domain = asked.partition("=")[0]
        zone = keyed_zone(domain)
        if zone is not None and other.by_postscreen == lookup.by_postscreen:
            # smtpd asks in small letters, and takes no two keys that differ in capitals alone.
            wanted[domain if other.by_postscreen else asked.lower()] = (
                zone.public_name if other.by_postscreen else reply_text(zone)
            )
    parameter = POSTSCREEN_MAP if lookup.by_postscreen else SMTPD_MAPS
    return entries(context, [use.view for use in lookup.uses], parameter, wanted)


def ask_with_key(context: Context, lookup: Lookup, every: Iterable[Lookup]) -> Fix | Obstacle:
    """A lookup of Spamhaus' public zones asked with the customer's key, which no reply shows.

    ``every``: the lookups that are treated alike; their entries come in one go.
    """
    asked = _asked_with_key(context, lookup)
    if isinstance(asked, Obstacle):
        return asked
    rewriting = lookup.with_zone(context.rewriter, *asked.split("=", 1))
    if isinstance(rewriting, Obstacle):
        return rewriting
    others = ((text, other) for other in every if isinstance(text := _asked_with_key(context, other), str))
    shown = keyed_entries(context, lookup, others)
    if isinstance(shown, Obstacle):
        return shown
    zone = keyed_zone(asked.partition("=")[0])
    assert zone is not None
    return fix_of_all(
        f"ask {zone.name}.dq.spamhaus.net with the DQS key",
        (rewriting, *shown.rewritings),
        context.open_relay(lookup.relay_views)
        or "listed clients that pass while the list is useless are refused again",
        creations=shown.creations,
    )


def _asked_with_key(context: Context, lookup: Lookup) -> str | Obstacle:
    key = context.options.dqs_key
    if key is None:
        return Obstacle("no key was given, which --dqs-key-file does")
    zone = twin(lookup.zone, key.text)
    facts = dnsbl(zone) if zone else None
    if zone is None or facts is None or facts.filter is None:
        return Obstacle(f"the Data Query Service has no zone for {lookup.zone}")
    if context.is_older_than(2, 8):
        return Obstacle("reply filters with ranges need Postfix 2.8")
    own = lookup.filter
    sound = own is not None and not any(own.matches(code) for code in facts.errors)
    return f"{zone}={lookup.filter_text if sound else facts.filter}"
