"""spaced-override: a blank in an -o setting, behind which the daemon reads something else."""

from collections.abc import Iterator

from postlint.configuration.options import SETTING, TAKE_NO_ARGUMENTS, Setting, settings
from postlint.diagnostics import Diagnostic, Severity
from postlint.rules.base import Bad, Context, Good, rule
from postlint.syntax.nodes import ServiceDefinition
from postlint.text import BLANKS, MappedText


@rule(
    name="spaced-override",
    category="master.cf",
    severity=Severity.ERROR,
    summary="a blank in an -o setting of master.cf ends it: the daemon dies on the rest",
    since="0.1.0",
    manual="master.5.html",
    examples=(
        Bad("", "smtp inet n - y - - smtpd -o smtpd_helo_required = yes\n"),
        Bad("", "smtp inet n - y - - smtpd\n  -o smtpd_helo_required= yes -o smtpd_delay_reject=no\n"),
        Bad("", "smtp inet n - y - - smtpd\n  -o smtpd_client_restrictions=permit_mynetworks, reject\n"),
        Bad("", "smtp unix - - y - - smtp -o smtp_helo_name\n"),
        Bad("", "smtp inet n - y - - smtpd -o smtpd_helo_required=yes # for now\n"),
        Good("", "smtp inet n - y - - smtpd -o { smtpd_helo_required = yes }\n"),
        Good("", "smtp inet n - y - - smtpd -o smtpd_client_restrictions=permit_mynetworks,reject\n"),
        Good("", "smtp inet n - y - - smtpd -o smtpd_client_restrictions= -v\n"),
        Good("", "scan unix - n n - - pipe -o syslog_name=scan flags=R user=scan argv=/bin/scan -o a = b\n"),
        Good("", "lmtp unix - - y - - lmtp -o syslog_name=dovecot flags=O\n"),
    ),
)
def spaced_override(context: Context) -> Iterator[Diagnostic]:
    """An `-o name=value` in master.cf is one word: no blank may stand around the `=`, nor in the value, nor behind its
    commas. Quotes do not help. `-o name = value` gives the daemon a setting without `=`, on which it dies with
    "missing '=' after attribute name"; `-o name= value` gives it an empty value and an argument `value`, and
    `-o name=a, b` the value `a,` and an argument `b`: it dies with "unexpected command-line argument". master starts it
    again and again, and no client is served. postconf says nothing. A `#` behind an option starts no comment; it is an
    argument, too.

    Since Postfix 3.0 braces hold a setting with blanks together: `-o { name = a, b }`. The braces need a blank in
    front; `-o name={ a, b }` is one word whose value has the braces in it. Before 3.0, give the value to a name of your
    own in main.cf and write `-o name=$my_value`.

    postlint looks for arguments at the daemons that take none; the arguments of pipe and spawn are their own.
    """
    for service in context.configuration.services:
        for setting in settings(service):
            word = setting.word
            if not SETTING.match(word.text):
                yield _without_sign(context, service, setting)
            elif setting.following and service.command in TAKE_NO_ARGUMENTS:
                yield _with_rest(context, service, setting)


def _without_sign(context: Context, service: ServiceDefinition, setting: Setting) -> Diagnostic:
    text = setting.word.text
    reason = "has no name" if text.startswith("=") else "has no = of its own"
    rest = " ".join(word.text for word in setting.following)
    value = rest.removeprefix("=").strip(BLANKS) if rest.startswith("=") else ""
    cure = _cure(context, text, value) if rest.startswith("=") else "write -o name=value"
    shown = f"{text} {rest}" if rest.startswith("=") else text
    return _diagnostic(service, setting.word, f"-o {shown}: the setting {reason}, and {service.command} dies", cure)


def _with_rest(context: Context, service: ServiceDefinition, setting: Setting) -> Diagnostic:
    match = SETTING.match(setting.word.text)
    assert match is not None
    name, value = match[1], match[2]
    first = setting.following[0]
    rest = " ".join(word.text for word in setting.following)
    read = f"the setting ends at the blank as {name}={value}" if value else f"{name} is empty"
    cure = _cure(context, name, f"{value} {rest}".strip(BLANKS))
    if first.text.startswith("#"):
        cure = "give the comment a line of its own"
    return _diagnostic(service, first, f"{read}, and {service.command} dies on the argument {first.text}", cure)


def _cure(context: Context, name: str, value: str) -> str:
    if " " not in value:
        return f"write -o {name}={value}"
    if context.is_older_than(3, 0):
        return f"give the value to a name of your own in main.cf, and write -o {name}=$that_name"
    return f"write -o {{ {name} = {value} }}"


def _diagnostic(service: ServiceDefinition, word: MappedText, message: str, cure: str) -> Diagnostic:
    locations = word.locations
    return Diagnostic(
        rule="spaced-override",
        severity=Severity.ERROR,
        message=message,
        location=locations[0] if locations else service.location,
        service=service.identity,
        help=cure,
    )
