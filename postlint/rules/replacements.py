"""What can be written in place of a deprecated parameter without a change of what Postfix does."""

from typing import NamedTuple

from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.renaming import renaming
from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.edits import Fix, Rewrite
from postlint.facts import parameters
from postlint.rules.base import Context
from postlint.rules.repairs import fix_of, removal
from postlint.rules.replies import fix_of_all
from postlint.target import PostfixVersion
from postlint.text import BLANKS

# Old names of which the new one takes its whole default, $old or ${old?{$old}:{...}} (postconf -d of 3.5.25, 3.7.11,
# 3.10.13 and 3.11.7). Not so postscreen_dnsbl_max_ttl, which puts an h behind the old value,
# smtpd_client_event_limit_exceptions and the tlsproxy_client_* of 3.7, which the old name only empties.
_RENAMED = {
    "authorized_verp_clients",
    "fallback_relay",
    "lmtp_per_record_deadline",
    "postscreen_blacklist_action",
    "postscreen_dnsbl_whitelist_threshold",
    "postscreen_whitelist_interfaces",
    "smtp_per_record_deadline",
    "smtpd_per_record_deadline",
    "virtual_maps",
}
# What yes means in the terms of the new name where nothing else of the unit is set (smtpd.c, postscreen_smtpd.c,
# tlsproxy.c and smtp.c, alike in 3.5 to 3.11; smtp_tls_policy.c, global_tls_level()).
_LEVELS = {
    "lmtp_enforce_tls": "verify",
    "lmtp_use_tls": "may",
    "smtp_enforce_tls": "verify",
    "smtp_use_tls": "may",
    "smtpd_enforce_tls": "encrypt",
    "smtpd_use_tls": "may",
}
# Each program's parameters of this kind are one unit. Those of the programs named take their defaults from it.
_SWITCHES = ("use_tls", "enforce_tls", "tls_enforce_peername", "tls_per_site")
_LEVEL = "tls_security_level"
_DEPENDENT = {"smtpd": ("postscreen_", "tlsproxy_"), "smtp": ("tlsproxy_client_",), "lmtp": ()}
_DEPENDENT_LEVELS = ("tls_security_level", "security_level", "level")
# From this release on the level has a default of its own, under which smtp_enforce_tls may not be read.
_DEFAULT_LEVEL = PostfixVersion(3, 11)
_OLDEST_ASSUMED = PostfixVersion(3, 5)


class Replacement(NamedTuple):
    """What to do, as the start of a help line, and the fix that does it, or why there is none."""

    action: str
    outcome: Fix | Obstacle


def replacement(context: Context, definition: Definition, new: str) -> Replacement | None:
    """What takes the place of a definition in force whose parameter ``new`` replaces; None: nothing that means the
    same.
    """
    configuration, old = context.configuration, definition.parameter
    if (old not in _RENAMED and old not in _LEVELS) or configuration.mentions(old):
        return None
    program, _, _ = old.partition("_")
    unit = frozenset((old, new)) if old in _RENAMED else _unit(program)
    others = [item for item in configuration.live_definitions if item.parameter in unit and item != definition]
    text = definition.value.text.lower()
    if definition.service is None and old in _LEVELS and text == "no":
        return Replacement("remove it, as no is the default", _remove(context, old, None))
    if others:
        own = all(
            item.parameter == new or not item.parameter.startswith(_DEPENDENT.get(program, ())) for item in others
        )
        if definition.service is None and own and _is_set_everywhere(configuration, new):
            return Replacement(f"remove it, as it is not read where {new} is set", _remove(context, old, new))
        return None
    if old in _RENAMED:
        return Replacement(f"call it {new}", _rename(context, definition, new))
    level = _LEVELS[old]
    if text != "yes":
        return None
    return Replacement(f"write {new} = {level} instead", _level(context, definition, new, level))


def _unit(program: str) -> frozenset[str]:
    """The names that decide on the TLS of a program, and on that of the programs that take their defaults from it."""
    names = {f"{program}_{name}" for name in (*_SWITCHES, _LEVEL)}
    for prefix in _DEPENDENT[program]:
        names.update(f"{prefix}{name}" for name in (*_SWITCHES, *_DEPENDENT_LEVELS))
    return frozenset(names)


def _is_set_everywhere(configuration: Configuration, new: str) -> bool:
    """Whether main.cf sets the new name, and every program finds a value for it."""
    views: tuple[View, ...] = (configuration.main_view, *configuration.service_views.values())
    return new in configuration.definitions and all(configuration.plain(new, view) for view in views)


def _remove(context: Context, old: str, new: str | None) -> Fix | Obstacle:
    """All definitions in main.cf gone: an earlier one would be in force else."""
    reason = _doubt(context, new) if new else None
    if reason:
        return Obstacle(reason)
    main = context.configuration.main
    return removal(f"remove {old}", [node for node in main.definitions if node.name == old] if main else ())


def _rename(context: Context, definition: Definition, new: str) -> Fix | Obstacle:
    if not definition.value.text.strip(BLANKS):
        return Obstacle("it is empty, which leaves the new name its default")
    rewriting = renaming(context.configuration, definition, new)
    if isinstance(rewriting, Obstacle):
        return rewriting
    return fix_of(f"call it {new}", rewriting, _doubt(context, new), announces=True)


def _level(context: Context, definition: Definition, new: str, level: str) -> Fix | Obstacle:
    name = renaming(context.configuration, definition, new)
    location = definition.value.location
    if isinstance(name, Obstacle):
        return name
    if location is None:
        return Obstacle("its value stands in several places")
    assert name.new_name is not None
    value = Rewriting(Rewrite(location.source, definition.region, (location.span,), level), name.new_name)
    unsafe, version = _doubt(context, new), context.target.version
    if level == "verify" and (version is None or version >= _DEFAULT_LEVEL):
        unsafe = f"from Postfix {_DEFAULT_LEVEL} on {new} may have a default, under which this is not read"
    return fix_of_all(f"write {new} = {level} instead", (name, value), unsafe, announces=True)


def _doubt(context: Context, new: str) -> str | None:
    """Why the new name may not mean the same: another layer, which is not there to look at, or the target."""
    configuration = context.configuration
    for name, nodes in (("main.cf", configuration.main), ("master.cf", configuration.master)):
        if nodes is None:
            return f"{name} is not there to look at"
    since = parameters.came_with(new, context.target.version or _OLDEST_ASSUMED)
    return f"a Postfix before {since} does not know {new}" if since else None
