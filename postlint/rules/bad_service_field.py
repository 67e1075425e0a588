"""bad-service-field: an entry of master.cf that master or postconf dies on."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from postlint.diagnostics import Diagnostic, Severity
from postlint.rules.base import Bad, Context, Good, rule
from postlint.syntax.nodes import ServiceDefinition
from postlint.text import BLANKS, Location, Span

# A file of another kind has thousands of such lines; the first ones tell as much.
_SHOWN = 50
_FIELDS = ("service", "type", "private", "unprivileged", "chroot", "wakeup", "process_limit", "command")
_YES_NO = "y, n, or - for the default"
_CURES = {
    "type": "the types are inet, unix, unix-dgram, fifo and pass, in small letters",
    "private": _YES_NO,
    "unprivileged": _YES_NO,
    "chroot": _YES_NO,
    "wakeup": "a number of seconds without a unit, with a ? behind it to wake up only what is in use, or -",
    "process_limit": "a number, 0 for no limit, or - for default_process_limit",
}
_MASTER_CURES = {
    "service": "write [address]:port",
    "private": "write n",
    "wakeup": "write - or 0 for none, or a number and ?",
    "command": "write the name of the daemon",
}
_COUNT = (
    "an entry has eight fields: service type private unprivileged chroot wakeup process_limit command; "
    "indent the line if it continues the one above, or put # in front"
)
_OPTIONS = "indent the line: options continue the entry above only with a blank in front"
_BRACES = "a { in front of an argument groups words up to its }, and a blank has to follow that one"
_BOTH = "postfix start, postfix reload and postconf die on this entry"
_MASTER = "master dies on this entry, which postconf does not notice"


class _Fault(NamedTuple):
    """What is wrong, where, what comes of it, and what to write. ``by_master``: only master(8) looks at it."""

    place: Location
    reason: str
    consequence: str
    cure: str
    by_master: bool = True


@rule(
    name="bad-service-field",
    category="master.cf",
    severity=Severity.ERROR,
    summary="an entry of master.cf has a wrong number of fields or a wrong value in one: Postfix does not start",
    since="0.1.0",
    manual="master.5.html",
    examples=(
        Bad("", "smtp inet n - y - smtpd\n"),
        Bad("", "smtp tcp n - y - - smtpd\n"),
        Bad("", "smtp inet no - y - - smtpd\n"),
        Bad("", "smtp inet - - y - - smtpd\n"),
        Bad("", "qmgr unix n - n 5m 1 qmgr\n"),
        Bad("", "qmgr unix n - n -? 1 qmgr\n"),
        Bad("", "[::1:25 inet n - y - - smtpd\n"),
        Bad("", "smtp inet n - y - - smtpd -o { smtpd_helo_required = yes\n"),
        Bad("master_service_disable = smtp/inet\n", "smtp inet y - y - - smtpd\n", severity=Severity.WARNING),
        Good("", "smtp inet n - y - - smtpd\npickup unix n - y 60 1 pickup\nqmgr unix n - n 300? 1 qmgr\n"),
        Good("", "scan unix - - n - 0 smtp\n  -o { smtp_helo_name = mx.example.com }\n"),
    ),
)
def bad_service_field(context: Context) -> Iterator[Diagnostic]:
    """An entry of master.cf is one logical line with eight fields and the arguments of the daemon. postconf and
    master read it each in their own way. postconf dies on fewer than eight fields and on values that it does not know,
    whatever it was asked for; the scripts behind `postfix start` and `postfix reload` ask it, and stop.

    master, which runs the services, refuses more: a private inet service (`-` in the third field means private), a
    wakeup of `-?`, `-` for the command, a `[` without its `]` in the service's name, and braces that are not closed or
    have text right behind them. postconf says nothing, or only warns; the mail system does not start, and a running
    one stops when it is reloaded. master alone would take `5m` for 5 seconds and `1k` for 1 process.

    The usual causes of a wrong number of fields are options that lost their indentation and a forgotten column.
    postlint takes an entry that postconf dies on, or whose braces are wrong, for absent, and judges the rest. It
    repairs nothing in the file until each entry is right. Entries that master_service_disable names are not looked at
    by master: where that is set, a fault that only master sees is a warning, and repairs go on.
    """
    master = context.configuration.master
    if master is None:
        return
    disabled = context.configuration.disables_services
    faults = [fault for service in master.services if (fault := _fault(service))]
    for number, fault in enumerate(faults[:_SHOWN], 1):
        rest = len(faults) - _SHOWN
        more = f"; {rest:,} more such entries follow" if number == _SHOWN and rest > 0 else ""
        excused = disabled and fault.by_master
        unless = ", unless master_service_disable names it" if excused else ""
        yield Diagnostic(
            rule="bad-service-field",
            severity=Severity.WARNING if excused else Severity.ERROR,
            message=f"{fault.reason}: {fault.consequence}{unless}",
            location=fault.place,
            help=fault.cure + more,
        )


def _fault(service: ServiceDefinition) -> _Fault | None:
    return _fault_that_counts_as_absent(service) if service.fatal else _fault_for_master(service)


def _fault_that_counts_as_absent(service: ServiceDefinition) -> _Fault:
    reason = service.fatal or ""
    invalid = re.match(r"invalid (\w+) field", reason)
    if invalid:
        place = service.fields[_FIELDS.index(invalid[1])].locations[0]
        number = re.match("[0-9]+", place.text) if invalid[1] in ("wakeup", "process_limit") else None
        reads = f"; master would read {number[0]}" if number else ""
        return _Fault(place, reason, _BOTH + reads, _CURES[invalid[1]], by_master=False)
    if reason == "bad field count":
        count = len(service.fields)
        return _Fault(
            _first_line(service),
            f"{count} field{'s' if count > 1 else ''} where eight are needed",
            _BOTH,
            _OPTIONS if service.name.startswith("-") else _COUNT,
            by_master=False,
        )
    argument = next(item for item in service.arguments if item.text and reason.endswith(f'in "{item.text}"'))
    return _Fault(argument.locations[0], reason.split(' in "')[0], _MASTER, _BRACES)


def _fault_for_master(service: ServiceDefinition) -> _Fault | None:
    if service.refusal is None:
        return None
    index, reason = service.refusal
    return _Fault(service.fields[index].locations[0], reason, _MASTER, _MASTER_CURES[_FIELDS[index]])


def _first_line(service: ServiceDefinition) -> Location:
    text = service.source.text
    first = service.source.line_span(service.span.start)
    end = first.start + len(text[first.start : first.end].rstrip(BLANKS))
    return Location(service.source, Span(service.span.start, end))
