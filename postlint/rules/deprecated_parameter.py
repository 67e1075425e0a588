"""deprecated-parameter: a parameter that Postfix is going to remove."""

from collections.abc import Iterator

from postlint.configuration.model import Definition, View
from postlint.diagnostics import Diagnostic, Severity
from postlint.facts import parameters
from postlint.facts.parameters import Deprecation
from postlint.rules.base import Bad, Context, Good, rule
from postlint.target import PostfixVersion, Target

# smtp and lmtp read this one, and have a replacement each (smtp.c, lmtp_params.c).
_BOTH = "disable_dns_lookups"
# What yes means in the terms of the replacement (smtpd.c; smtp_tls_policy.c: without smtp_tls_enforce_peername = no the
# client demands a name that matches; smtp.c).
_YES = {
    _BOTH: "disabled",
    "lmtp_enforce_tls": "verify",
    "lmtp_use_tls": "may",
    "smtp_enforce_tls": "verify",
    "smtp_use_tls": "may",
    "smtpd_enforce_tls": "encrypt",
    "smtpd_use_tls": "may",
}
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
        Bad("smtpd_use_tls = yes\n", severity=Severity.INFO),
        Bad("smtp_enforce_tls = yes\n", severity=Severity.INFO),
        Bad("smtpd_use_tls = yes\nsmtpd_tls_security_level = may\n", severity=Severity.INFO),
        Bad("smtpd_use_tls = no\n", severity=Severity.INFO),
        Bad("smtpd_tls_eecdh_grade = strong\n", target=_NEW, severity=Severity.INFO),
        Bad("postscreen_blacklist_action = drop\n", severity=Severity.INFO),
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
    main.cf and behind `-o`, are one unit, as the new name overrides all of them wherever it is set: move them
    together. That is why postlint does not. DEPRECATION_README of Postfix lists what takes the place of each.
    A new name that has no value takes that of the old one, except smtpd_client_event_limit_exceptions: the old name
    only empties it.

    Nothing is said where the target does not know the replacement yet, nor of a parameter without a replacement where
    the target's `postconf` does not warn of it.
    """
    for definition in context.configuration.live_definitions:
        deprecation = parameters.deprecation(definition.parameter)
        if deprecation is not None and _is_due(context, definition.parameter, deprecation):
            name = definition.parameter
            yield Diagnostic(
                rule="deprecated-parameter",
                severity=Severity.INFO,
                message=f"{name} will be removed from Postfix; postconf warns of it from {deprecation.warns} on",
                location=definition.name_location,
                service=definition.service.identity if definition.service else None,
                help=_help(context, definition, deprecation),
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
        gives = f"${name}" in (parameters.default(new) or "")
        return f"call it {new}, to which it only gives the default" if gives else f"use {new}, which it leaves empty"
    value = configuration.boolean(name, view)
    if name in _YES and value is False and definition.service is None:
        return "remove it: no is the default"
    if name in _YES and value:
        return f"write {new} = {_YES[name]} instead, and in each -o that sets {name}, too"
    return f"use {new} instead; its values are others"


def _view_of(context: Context, definition: Definition) -> View:
    assert definition.service is not None
    return context.configuration.service_views[definition.service.identity]


def _replacement(name: str) -> str | None:
    deprecation = parameters.deprecation(name)
    return deprecation.replacement if deprecation else None
