"""duplicate-service: two entries of master.cf for one service."""

from bisect import bisect
from collections.abc import Iterator

from postlint.configuration.adopted import adopted_lines
from postlint.configuration.deletions import deletion
from postlint.configuration.model import canonical_name
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.edits import Fix
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, help_of
from postlint.syntax.nodes import ServiceDefinition

_DISABLE = "master_service_disable"
_SMTP = "smtp inet n - y - - smtpd\n"


@rule(
    name="duplicate-service",
    category="master.cf",
    severity=Severity.WARNING,
    summary="a service stands in master.cf twice: the earlier entry and its -o overrides count for nothing",
    since="0.1.0",
    manual="master.5.html",
    examples=(
        Bad(
            "",
            "smtp inet n - y - - smtpd\n# strict\n  -o smtpd_helo_required=yes\n25 inet n - y - - smtpd\n",
            severity=Severity.WARNING,
            fixed_master="# strict\n25 inet n - y - - smtpd\n",
        ),
        Bad(
            "",
            "[127.0.0.1]:10025 inet n - y - - smtpd\n127.0.0.1:10025 inet n - y - 1 smtpd\n",
            severity=Severity.WARNING,
            fixed_master="127.0.0.1:10025 inet n - y - 1 smtpd\n",
        ),
        Bad(
            "",
            "smtp unix - - y - - smtp\nsmtp unix -  -  y - - smtp\n",
            severity=Severity.INFO,
            fixed_master="smtp unix -  -  y - - smtp\n",
        ),
        Bad(
            "",
            f"{_SMTP}#submission inet n - y - - smtpd\n  -o smtpd_tls_security_level=encrypt\n{_SMTP}",
            severity=Severity.WARNING,
        ),
        Bad(
            "master_service_disable = 25/inet\n",
            f"{_SMTP}25 inet n - y - - smtpd\n",
            severity=Severity.INFO,
        ),
        Good("", "smtp inet n - y - - smtpd\nsmtp unix - - y - - smtp\n"),
        Good("", "smtp inet n - y - - smtpd\n127.0.0.1:smtp inet n - y - - smtpd\n"),
        Good("", "scan unix - - y - - smtp\nscan unix n - y - - smtp\n"),
        Good("", "{% if v %}\nsmtp inet n - y - - smtpd -v\n{% else %}\nsmtp inet n - y - - smtpd\n{% endif %}\n"),
    ),
)
def duplicate_service(context: Context) -> Iterator[Diagnostic]:
    """A service is known by its type and its name. The name of an inet service is its port, with the host in front
    where one is given; `smtp` and `25` are the same, and so are `127.0.0.1:25` and `[127.0.0.1]:25`. A unix service
    that is private is not the public one of the same name.

    master runs the last entry of a service and forgets the earlier ones with all their overrides. Since Postfix 3.4
    it logs "duplicate master.cf entry for service"; postconf is silent, and `postconf -M` and `-P` show both entries.
    What only the earlier entry sets is not in force. Two entries that say the same are an info. Nothing is said where
    an entry that postconf dies on stands between the two, as in a template whose branches they are.

    The fix removes the earlier entry with its overrides, which changes nothing that is in force; comments among its
    lines stay. Before you apply it, see whether the entry that is lost is the one that you want. There is no fix where
    options in it stand below a commented entry, whose they seem to be (override-under-comment), and where
    `master_service_disable` may switch off the later entry, which has another name.
    """
    master = context.configuration.master
    if master is None:
        return
    entries = [service for service in master.services if service.fatal is None]
    last = {(service.type, canonical_name(service)): service for service in entries}
    breaks = [service.span.start for service in master.services if service.fatal]
    for service in entries:
        winner = last[service.type, canonical_name(service)]
        apart = bisect(breaks, service.span.start) != bisect(breaks, winner.span.start)
        if winner is not service and not apart:
            yield _replaced(service, winner, _removal(context, service, winner))


def _removal(context: Context, service: ServiceDefinition, winner: ServiceDefinition) -> Fix | Obstacle:
    for _, comment, _ in adopted_lines(service):
        # Options that somebody believes to be another service's must not go along with it.
        return Obstacle(f"options of {comment.service.identity}, which is commented out, are part of it")
    configuration = context.configuration
    if service.identity != winner.identity and configuration.plain(_DISABLE, configuration.main_view) != "":
        return Obstacle(f"{_DISABLE} is set, and may name {winner.identity}")
    return fix_of("remove the earlier entry", deletion(service))


def _replaced(service: ServiceDefinition, winner: ServiceDefinition, fix: Fix | Obstacle) -> Diagnostic:
    same = _words(service) == _words(winner)
    again = "" if winner.name == service.name else f" as {winner.identity}"
    taken_over = {(item.name, item.value.text) for item in winner.overrides}
    lost = any((item.name, item.value.text) not in taken_over for item in service.overrides)
    return Diagnostic(
        rule="duplicate-service",
        severity=Severity.INFO if same else Severity.WARNING,
        message=f"{service.identity} is defined again{again} further down"
        + (
            ", with the same words"
            if same
            else f": master runs that entry{', without the overrides here' if lost else ''}"
        ),
        location=service.location,
        service=service.identity,
        help=help_of(
            "remove this entry" if same else "take over what the later one lacks, then remove this entry", fix
        ),
        related=(Related(winner.location, "the entry that master runs"),),
        fix=fix if isinstance(fix, Fix) else None,
    )


def _words(service: ServiceDefinition) -> list[str]:
    return [word.text for word in (*service.fields[1:], *service.arguments)]
