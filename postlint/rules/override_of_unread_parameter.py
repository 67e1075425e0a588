"""override-of-unread-parameter: an -o setting of a parameter that its daemon does not read."""

from collections.abc import Iterator

from postlint.configuration.adopted import adopted_lines
from postlint.configuration.model import Definition, View
from postlint.diagnostics import Diagnostic, Severity
from postlint.facts import parameters
from postlint.facts.programs import DAEMONS, QUEUE_MANAGERS, readers
from postlint.facts.services import service_of
from postlint.rules.base import Bad, Context, Good, rule

_SMTP = "smtp inet n - y - - smtpd\n"
_PICKUP = "pickup unix n - y 60 1 pickup\n"
_RELAY = "relay unix - - y - - smtp\n"
# Parameters of the service itself, which pipe(8) and spawn(8) read.
_OWN = "_time_limit"
# They hand their mail to cleanup(8), and may each have one of their own.
_BEFORE_CLEANUP = frozenset(("pickup", "qmqpd", "smtpd"))
# Programs under another name, and those that read what another one reads first: the help does not list them.
_ALIASES = frozenset(("lmtp", "nqmgr", "oqmgr", "proxymap", "tlsproxy"))
_SIDES = {"smtp": "smtpd", "smtpd": "smtp"}


@rule(
    name="override-of-unread-parameter",
    category="master.cf",
    severity=Severity.WARNING,
    summary="an -o setting of a parameter that this daemon does not read: it does nothing",
    since="0.1.0",
    manual="master.5.html",
    examples=(
        Bad("", _SMTP + "  -o header_checks=\n", severity=Severity.WARNING),
        Bad("", _RELAY + "  -o relay_destination_concurrency_limit=2\n", severity=Severity.WARNING),
        Bad("", "smtp inet n - y - 1 postscreen -o smtpd_sasl_auth_enable=no\n", severity=Severity.WARNING),
        Bad("", _SMTP + "  -o { smtp_bind_address = 192.0.2.1 }\n", severity=Severity.WARNING),
        Bad("", _SMTP + "  -o authorized_submit_users=root\n", severity=Severity.WARNING),
        Bad("", _SMTP + "  -o smtp_tls_security_level=none\n", severity=Severity.WARNING),
        Good("", _SMTP + "  -o receive_override_options=no_header_body_checks -o cleanup_service_name=in\n"),
        Good("", "in unix n - y - 0 cleanup -o header_checks=\n" + _PICKUP + "  -o content_filter=\n"),
        Good("smtpd_helo_required = $smtp_tls_security_level\n", _SMTP + "  -o smtp_tls_security_level=yes\n"),
        Good("", "smtp inet n - y - 1 postscreen -o smtpd_helo_required=yes\n"),
        Good("smtpd_helo_restrictions = $mua_checks\n", _SMTP + "  -o mua_checks=permit\n"),
        Good(
            "", "scan unix - n n - 10 pipe -o scan_time_limit=60 flags=R user=scan argv=/bin/scan -o header_checks=\n"
        ),
        Good("", "scan unix - n n - 10 /usr/bin/scan -o header_checks=\n"),
    ),
)
def override_of_unread_parameter(context: Context) -> Iterator[Diagnostic]:
    """An `-o` in master.cf holds for the one process that the entry starts. `-o header_checks=` on an smtpd switches
    nothing off: it is cleanup(8) that reads header_checks, and it sees main.cf and the options of its own entry.
    Neither the daemon nor postconf says a word.

    The usual ones: header_checks, body_checks and non_smtpd_milters on smtpd, where
    `-o receive_override_options=no_header_body_checks` or a cleanup service of one's own does what was meant;
    `-o relay_destination_concurrency_limit=2` on the service relay, which the queue manager reads, from main.cf alone;
    parameters of the SMTP client, smtp_..., on smtpd, or the other way round.

    A parameter counts as read when the daemon, or a library that it is linked with, has it in any release, or when a
    value that it may read names it as `$name`, a built-in default too: `-o smtpd_helo_required=yes` on postscreen is
    what postscreen_helo_required defaults to. Names of your own, the arguments of pipe and spawn, and programs that
    are not Postfix's are not looked at. Of names that no program reads unknown-parameter speaks, of options that belong
    to the wrong entry override-under-comment.
    """
    unread = frozenset(context.names.unread)
    for view in context.configuration.service_views.values():
        service = view.service
        if service is None or service.command not in DAEMONS:
            continue
        adopted = tuple(adopted_lines(service))
        for override in view.overrides.values():
            definition = Definition(override, service)
            if definition in unread or any(item.covers(definition.name_location) for item in adopted):
                continue
            if not _may_be_read(context, service.command, override.name, view):
                yield _judge(context, service.command, definition, view)


def _may_be_read(context: Context, program: str, name: str, view: View) -> bool:
    if parameters.is_parameter(name):
        version = context.target.version
        other_rule = parameters.is_read_only(name) or (version is not None and parameters.came_with(name, version))
        return bool(other_rule) or context.names.is_read_by(program, name, view)
    if service_of(name) is None or name.endswith(_OWN) or program in QUEUE_MANAGERS:
        return True
    return bool(context.configuration.mentions(name))


def _judge(context: Context, program: str, definition: Definition, view: View) -> Diagnostic:
    name = definition.parameter
    return Diagnostic(
        rule="override-of-unread-parameter",
        # A value in main.cf may name it.
        severity=Severity.WARNING if context.configuration.main is not None else Severity.INFO,
        message=f"{program} does not read {name}: the setting does nothing",
        location=definition.name_location,
        service=view.identity,
        help=_meant(context, program, name, view) or _help(program, name, definition, view),
    )


def _meant(context: Context, program: str, name: str, view: View) -> str | None:
    """The parameter of the same kind for the other direction, where the daemon reads that one."""
    side, _, rest = name.partition("_")
    twin = f"{_SIDES[side]}_{rest}" if side in _SIDES else ""
    if parameters.is_parameter(twin) and twin not in view.overrides and context.names.is_read_by(program, twin, view):
        return f"did you mean {twin}? else remove it"
    return None


def _help(program: str, name: str, definition: Definition, view: View) -> str:
    value = definition.value.text
    programs = sorted((readers(name) or frozenset(QUEUE_MANAGERS)) - _ALIASES) or ["tlsproxy"]
    shown = " and ".join(programs)
    if name == "non_smtpd_milters" and program == "smtpd":
        return "remove it: mail that comes in through smtpd does not go to these milters"
    if programs == ["cleanup"] and program in _BEFORE_CLEANUP:
        checks = ", or write -o receive_override_options=no_header_body_checks" if _is_check(name) and not value else ""
        return f"set it for cleanup, in an entry of its own that -o cleanup_service_name=NAME names here{checks}"
    called_by = service_of(name)
    if programs == ["qmgr"] and called_by is not None and program in called_by[1] and view.service is not None:
        own = view.service.name + name.removeprefix(called_by[0])
        return f"qmgr reads {own}, from main.cf: write {own} = {value} there"
    if DAEMONS.isdisjoint(programs):
        return f"{shown} {'reads' if len(programs) == 1 else 'read'} it, from main.cf: write it there, or remove it"
    return f"{shown} {'reads' if len(programs) == 1 else 'read'} it: set it there or in main.cf, or remove it"


def _is_check(name: str) -> bool:
    return name.endswith(("header_checks", "body_checks"))
