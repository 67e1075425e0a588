"""parameter-too-new: a parameter that the target's Postfix does not know yet."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.facts import parameters
from postlint.rules.base import Bad, Context, Good, rule
from postlint.target import PostfixVersion, Target

_OLD = Target(PostfixVersion(3, 4))
_PATCHED = Target(PostfixVersion(3, 7))


@rule(
    name="parameter-too-new",
    category="parameters",
    severity=Severity.WARNING,
    summary="the target's Postfix is older than the parameter and does not read it",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad("smtpd_forbid_bare_newline = normalize\n", target=_OLD, severity=Severity.WARNING),
        Bad("smtpd_hide_client_session = yes\n", target=_PATCHED, severity=Severity.WARNING),
        Good("smtpd_forbid_bare_newline = normalize\n", target=_PATCHED),
        Good("smtpd_hide_client_session = yes\n"),
        Good("smtpd_hide_client_session = yes\nsmtpd_tls_received_header = $smtpd_hide_client_session\n", target=_OLD),
    ),
    blind=lambda target: True,
)
def parameter_too_new(context: Context) -> Iterator[Diagnostic]:
    """A Postfix that is older than a parameter takes the line without a word and goes on as if it were not there:
    `smtpd_forbid_bare_newline = normalize` protects no 3.4 from smuggled mail. `postconf` says
    `warning: unused parameter`.

    Some parameters came to older releases with a patch release, as smtpd_forbid_bare_newline did to 3.7.9. postlint
    knows the release of the target, not its patch, and takes it for patched. Nothing is said when the release is not
    known (`--postfix-version`), nor of a name that another value reads as `$name`.
    """
    version = context.target.version
    if version is None:
        return
    for definition in context.configuration.live_definitions:
        name = definition.parameter
        since = parameters.came_with(name, version)
        if since is None or context.configuration.mentions(name):
            continue
        yield Diagnostic(
            rule="parameter-too-new",
            severity=Severity.WARNING,
            message=f"{name} came with Postfix {since}: {version} does not read it",
            location=definition.name_location,
            service=definition.service.identity if definition.service else None,
            help=f"the line does nothing before an update to {since}",
        )
