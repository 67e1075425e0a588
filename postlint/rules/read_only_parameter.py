"""read-only-parameter: a value for what each program sets itself."""

from collections.abc import Iterator

from postlint.configuration.model import Definition
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.facts import parameters
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import help_of, removal, removed_options
from postlint.target import PostfixVersion, Target

_SMTP = "smtp inet n - y - - smtpd\n"
# Programs set it before they read main.cf, the other two after; from 3.12 on again after it (src/master/
# single_server.c and its like).
_TAKES_EFFECT = "process_name"


@rule(
    name="read-only-parameter",
    category="parameters",
    severity=Severity.WARNING,
    summary="a value for process_id, process_name or service_name, which each program sets itself",
    since="0.1.0",
    manual="postconf.5.html#process_id",
    examples=(
        Bad(
            "# The name.\nservice_name =\n    # long\n    mx\nmyhostname = mx.example\n",
            severity=Severity.WARNING,
            fixed="# The name.\n    # long\nmyhostname = mx.example\n",
        ),
        Bad("process_id = 7\nmail_name = Mail $process_id\n", severity=Severity.WARNING),
        Bad(
            "myhostname = mx.example\n",
            _SMTP + "    -o process_id=7 -o smtpd_helo_required=yes\n",
            severity=Severity.WARNING,
            fixed_master=_SMTP + "    -o smtpd_helo_required=yes\n",
        ),
        Bad("process_name = mx\n", severity=Severity.INFO),
        Bad("process_name = mx\n", target=Target(PostfixVersion(3, 12)), severity=Severity.WARNING, fixed=""),
        Good("syslog_name = postfix/mx\nsmtpd_banner = $myhostname $service_name\n"),
        Good("service_name = mx\nsmtpd_banner = $myhostname $service_name\n", target=Target(PostfixVersion(2, 11))),
    ),
    blind=lambda target: target.version is not None and target.version < PostfixVersion(3, 0),
)
def read_only_parameter(context: Context) -> Iterator[Diagnostic]:
    """Each program sets `process_id`, `process_name` and, from Postfix 3.0 on, `service_name` to what it is: values
    such as `$service_name` in `syslog_name` or a banner stand for that. What main.cf or `-o` says of `process_id` and
    `service_name` is without effect in the daemons. `postconf` says `warning: read-only parameter assignment` and
    leaves the line out of what it prints; that of 3.11 forgets to do so for `service_name`, which has no effect there
    either. The fix removes the line, or the `-o` option.

    There is no fix where a value names it: commands such as newaliases set neither `process_id` nor `service_name`,
    and take main.cf's value where another one names it (seen with 3.5 to 3.11: `alias_database`).

    `process_name` is info before Postfix 3.12, and is not removed: `postconf` leaves it out, too, but the programs take
    the value (seen with smtpd of 3.5 to 3.11: it stands in a banner that holds `$process_name`). Remove it yourself
    when you have seen where it shows. The log's names come from `syslog_name`.
    """
    version = context.target.version
    for definition in context.configuration.live_definitions:
        name = definition.parameter
        if not parameters.is_read_only(name) or (version is not None and parameters.came_with(name, version)):
            continue
        severity, message = Severity.WARNING, f"each program sets {name} itself: this value is without effect"
        fix: Fix | Obstacle | None = None
        if name == _TAKES_EFFECT and context.may_be_older_than(3, 12):
            severity = Severity.INFO
            message = f"postconf takes {name} for read-only and hides this value, which the programs take"
        else:
            fix = _removal(context, definition)
        action = "remove it"
        yield Diagnostic(
            rule="read-only-parameter",
            severity=severity,
            message=message,
            location=definition.name_location,
            service=definition.service.identity if definition.service else None,
            help=f"{help_of(action, fix) if fix else action}; what a program is called in the log is syslog_name",
            fix=fix if isinstance(fix, Fix) else None,
        )


def _removal(context: Context, definition: Definition) -> Fix | Obstacle:
    """All definitions in main.cf gone: an earlier one would be in force else."""
    name, service = definition.parameter, definition.service
    for mention in context.configuration.mentions(name):
        if not _is_log_name(mention.definition):
            return Obstacle(f"{mention.definition.parameter} names ${name}")
    if service is not None:
        if sum(override.name == name for override in service.overrides) > 1:
            return Obstacle(f"{name} is set twice")
        return removed_options(service)[definition.name_location.span.start]
    main = context.configuration.main
    return removal(f"remove {name}", [node for node in main.definitions if node.name == name] if main else ())


def _is_log_name(definition: Definition) -> bool:
    """Whether it is what one service is called in the log, which has no bearing on mail."""
    return definition.service is not None and definition.parameter == "syslog_name"
