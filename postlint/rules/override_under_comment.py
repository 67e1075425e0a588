"""override-under-comment: options below a service that is commented out belong to the service above."""

from collections.abc import Iterator

from postlint.configuration.adopted import Adopted, adopted_lines
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.rules.base import Bad, Context, Good, rule

_SMTP = "smtp inet n - y - - smtpd\n"


@rule(
    name="override-under-comment",
    category="master.cf",
    severity=Severity.ERROR,
    summary="a service of master.cf is commented out, its options are not: they belong to the service above it",
    since="0.1.0",
    manual="master.5.html",
    examples=(
        Bad("", _SMTP + "#submission inet n - y - - smtpd\n  -o smtpd_tls_security_level=encrypt\n"),
        Bad("", "smtp unix - - y - - smtp\n# scan unix - n n - - pipe\n  user=scan\n  argv=/usr/bin/scan\n"),
        Bad(
            "",
            _SMTP + "#smtps inet n - y - - smtpd\n#  -o syslog_name=smtps\n  -o smtpd_tls_wrappermode=yes\n",
            severity=Severity.WARNING,
        ),
        Good("", _SMTP + "#submission inet n - y - - smtpd\n#  -o smtpd_tls_security_level=encrypt\n"),
        Good("", _SMTP + "#smtp inet n - y - 1 postscreen\n  -o smtpd_helo_required=yes\n"),
        Good("", _SMTP + "#smtpd pass - - y - - smtpd\n  -o smtpd_helo_required=yes\n"),
        Good("", _SMTP + "# for all of them\n  -o smtpd_helo_required=yes\n#smtps inet n - y - - smtpd\n"),
    ),
)
def override_under_comment(context: Context) -> Iterator[Diagnostic]:
    """A line of master.cf that starts with a blank continues the entry above it, whatever comments and empty lines
    stand between them. When only the first line of an entry is commented out, its options are read as those of the
    last entry before: `-o smtpd_tls_security_level=encrypt` of a submission service that was switched off makes port 25
    demand TLS, and `-o smtpd_client_restrictions=permit_sasl_authenticated,reject` there refuses all mail from outside.
    Arguments of another program's make the daemon die. postconf says nothing, but `postconf -M` shows the whole entry.

    Where options of the entry are commented out, too, and a later one is not, that is a warning. A commented entry for
    the same service, or for the same daemon behind postscreen, is taken for another way to write its first line. An
    option without a blank in front starts an entry of its own: see bad-service-field.
    """
    master = context.configuration.master
    for service in master.services if master else ():
        if service.fatal is None:
            yield from map(_diagnostic, adopted_lines(service))


def _diagnostic(adopted: Adopted) -> Diagnostic:
    service, comment, lines = adopted
    number = service.source.position(comment.location.span.start)[0]
    what = "this line belongs" if len(lines) == 1 else f"these {len(lines)} lines belong"
    identity = comment.service.identity
    some = ", and so are options of it" if comment.has_options else ""
    return Diagnostic(
        rule="override-under-comment",
        severity=Severity.WARNING if comment.has_options else Severity.ERROR,
        message=f"{what} to {service.identity}, as the line of {identity} above is commented out{some}",
        location=lines[0],
        service=service.identity,
        help=f"take the # from line {number} away, or comment its options out, too; what is meant for "
        f"{service.identity} belongs above that line",
        related=(Related(comment.location, f"{identity} is commented out"),),
    )
