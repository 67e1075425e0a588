"""read-only-parameter: a value for what each program sets itself."""

from collections.abc import Iterator

from postlint.diagnostics import Diagnostic, Severity
from postlint.facts import parameters
from postlint.rules.base import Bad, Context, Good, rule
from postlint.target import PostfixVersion, Target

_SMTP = "smtp inet n - y - - smtpd\n"
# Programs set it before they read main.cf, the other two after (src/master/single_server.c and its like).
_TAKES_EFFECT = "process_name"


@rule(
    name="read-only-parameter",
    category="parameters",
    severity=Severity.WARNING,
    summary="a value for process_id, process_name or service_name, which each program sets itself",
    since="0.1.0",
    manual="postconf.5.html#process_id",
    examples=(
        Bad("service_name = mx\n", severity=Severity.WARNING),
        Bad("myhostname = mx.example\n", _SMTP + "    -o process_id=7\n", severity=Severity.WARNING),
        Bad("process_name = mx\n", severity=Severity.INFO),
        Good("syslog_name = postfix/mx\nsmtpd_banner = $myhostname $service_name\n"),
        Good("service_name = mx\nsmtpd_banner = $myhostname $service_name\n", target=Target(PostfixVersion(2, 11))),
    ),
    blind=lambda target: target.version is not None and target.version < PostfixVersion(3, 0),
)
def read_only_parameter(context: Context) -> Iterator[Diagnostic]:
    """Each program sets `process_id`, `process_name` and, from Postfix 3.0 on, `service_name` to what it is: values
    such as `$service_name` in `syslog_name` or a banner stand for that. What main.cf or `-o` says of `process_id` and
    `service_name` is without effect. `postconf` says `warning: read-only parameter assignment` and leaves the line out
    of what it prints; that of 3.11 forgets to do so for `service_name`, which has no effect there either.

    `process_name` is info: `postconf` leaves it out, too, but the programs take the value (seen with smtpd of 3.7.11:
    it stands in a banner that holds `$process_name`). The log's names come from `syslog_name`.
    """
    version = context.target.version
    for definition in context.configuration.live_definitions:
        name = definition.parameter
        if not parameters.is_read_only(name) or (version is not None and parameters.came_with(name, version)):
            continue
        severity, message = Severity.WARNING, f"each program sets {name} itself: this value is without effect"
        if name == _TAKES_EFFECT:
            severity = Severity.INFO
            message = f"postconf takes {name} for read-only and hides this value, which the programs take"
        yield Diagnostic(
            rule="read-only-parameter",
            severity=severity,
            message=message,
            location=definition.name_location,
            service=definition.service.identity if definition.service else None,
            help="remove it; what a program is called in the log is syslog_name",
        )
