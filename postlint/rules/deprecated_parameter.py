"""deprecated-parameter: a parameter that Postfix is going to remove."""

from collections.abc import Iterator

from postlint.configuration.model import Definition, View
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.facts import parameters
from postlint.facts.parameters import Deprecation
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import help_of
from postlint.rules.replacements import replacement
from postlint.target import PostfixVersion, Target

# smtp and lmtp read this one, and have a replacement each (smtp.c, lmtp_params.c).
_BOTH = "disable_dns_lookups"
_SMTP = "smtp inet n - y - - smtpd\n"
_OLD = Target(PostfixVersion(3, 5))
_NEW = Target(PostfixVersion(3, 11))


@rule(
    name="deprecated-parameter",
    category="parameters",
    severity=Severity.INFO,
    summary="Postfix is going to remove the parameter",
    since="0.1.0",
    manual="postconf.1.html",
    examples=(
        Bad("smtpd_use_tls = yes\n", _SMTP, severity=Severity.INFO, fixed="smtpd_tls_security_level = may\n"),
        Bad(
            "smtp_enforce_tls = yes\n",
            _SMTP,
            severity=Severity.INFO,
            fixed="smtp_tls_security_level = verify\n",
            unsafe=True,
        ),
        Bad(
            "smtpd_use_tls = yes\nsmtpd_tls_security_level = may\n",
            _SMTP,
            severity=Severity.INFO,
            fixed="smtpd_tls_security_level = may\n",
        ),
        Bad("smtpd_use_tls = yes\nsmtpd_tls_security_level =\n", severity=Severity.INFO),
        Bad("smtpd_use_tls = no\n", severity=Severity.INFO, fixed=""),
        Bad("virtual_maps = hash:/x\n", _SMTP, severity=Severity.INFO, fixed="virtual_alias_maps = hash:/x\n"),
        Bad("virtual_maps = hash:/x\n", severity=Severity.INFO, fixed="virtual_alias_maps = hash:/x\n", unsafe=True),
        Bad("smtpd_tls_eecdh_grade = strong\n", target=_NEW, severity=Severity.INFO),
        Bad(
            "postscreen_blacklist_action = drop\n",
            _SMTP,
            target=_NEW,
            severity=Severity.INFO,
            fixed="postscreen_denylist_action = drop\n",
        ),
        Good("smtpd_tls_eecdh_grade = strong\n", target=_OLD),
        Good("postscreen_blacklist_action = drop\n", target=_OLD),
        Good("smtpd_tls_security_level = may\nsmtp_tls_security_level = may\n"),
    ),
    blind=lambda target: target.version is not None and target.version < PostfixVersion(3, 11),
)
def deprecated_parameter(context: Context) -> Iterator[Diagnostic]:
    """From Postfix 3.9 on `postconf`, and with it `postfix start`, warns of parameters that will be removed, most of
    them old switches for TLS; from 3.11 on of old names, too, which until then give the new name its default. Once
    they are removed the line does nothing: TLS that it demands is no longer demanded, without a word in the log.

    The replacement is not always the same under another name. `smtp_enforce_tls = yes` demands that the certificate
    matches, which is `smtp_tls_security_level = verify`. `smtpd_use_tls`, `smtpd_enforce_tls` and their like, in
    main.cf and behind `-o`, are one unit, as the new name overrides all of them wherever it is set: where several are
    set, move them together yourself. DEPRECATION_README of Postfix lists what takes the place of each.
    A new name that has no value takes that of the old one, except smtpd_client_event_limit_exceptions: the old name
    only empties it. postscreen_dnsbl_max_ttl puts an `h` behind the value of postscreen_dnsbl_ttl: a number without a
    unit means hours there, and `1h` becomes `1hh`, which postscreen reads as one hour.

    The safe fix gives the line its new name, or writes the level that `yes` stands for, where that means the same:
    where nothing else of the unit is set in main.cf or behind any `-o`, the value is not empty, no value names the old
    parameter with a `$`, both files are there, and the target knows the new name; else the fix is unsafe, or there is
    none. A line in main.cf that says `no`, the default, or that is not read because the new name has a value for every
    service, is removed.

    Nothing is said where the target does not know the replacement yet, nor of a parameter without a replacement where
    the target's `postconf` does not warn of it.
    """
    for definition in context.configuration.live_definitions:
        deprecation = parameters.deprecation(definition.parameter)
        if deprecation is not None and _is_due(context, definition.parameter, deprecation):
            name, new = definition.parameter, deprecation.replacement
            found = replacement(context, definition, new) if new else None
            yield Diagnostic(
                rule="deprecated-parameter",
                severity=Severity.INFO,
                message=f"{name} will be removed from Postfix; postconf warns of it from {deprecation.warns} on",
                location=definition.name_location,
                service=definition.service.identity if definition.service else None,
                help=help_of(*found) if found else _help(context, definition, deprecation),
                fix=found.outcome if found and isinstance(found.outcome, Fix) else None,
            )


def _is_due(context: Context, name: str, deprecation: Deprecation) -> bool:
    version = context.target.version
    if version is None:
        return True
    if parameters.removed_in(name, version) is not None:
        return False  # It is unknown-parameter's.
    if deprecation.replacement is None:
        return version >= PostfixVersion.parse(deprecation.warns)
    return parameters.came_with(deprecation.replacement, version) is None


def _help(context: Context, definition: Definition, deprecation: Deprecation) -> str:
    configuration, name, new = context.configuration, definition.parameter, deprecation.replacement
    if new is None:
        return "remove it: it is meant to be left at its default"
    if configuration.mentions(name):
        return f"use {new} instead, here and where a value names ${name}"
    if name == _BOTH and configuration.boolean(name, configuration.main_view) is not False:
        return "write smtp_dns_support_level = disabled instead, and lmtp_dns_support_level = disabled for lmtp"
    values = [item for item in configuration.live_definitions if item.parameter == new]
    view = configuration.main_view if definition.service is None else _view_of(context, definition)
    holding = configuration.setting(new, view)
    # Where some service empties the new name, it reads the old one.
    if holding and holding.definition and configuration.plain(new, view) and all(item.value.text for item in values):
        return f"remove it: {new} is set, and this is not read then"
    unit = sorted({item.parameter for item in configuration.live_definitions if _replacement(item.parameter) == new})
    if len(unit) > 1 or values:
        return f"use {new} instead, which overrides {' and '.join(unit)} wherever it is set: move them together"
    if parameters.is_renamed(name):
        default = parameters.default(new) or ""
        if f"${name}" not in default:
            return f"use {new}, which it leaves empty"
        behind = default.rpartition("}")[2]
        return f"use {new}; Postfix puts {behind} behind this value" if behind else f"call it {new}"
    return f"use {new} instead; its values are others"


def _view_of(context: Context, definition: Definition) -> View:
    assert definition.service is not None
    return context.configuration.service_views[definition.service.identity]


def _replacement(name: str) -> str | None:
    deprecation = parameters.deprecation(name)
    return deprecation.replacement if deprecation else None
