"""swallowed-parameter: an indented definition, which is part of the value above."""

from collections.abc import Iterator

from postlint.configuration.swallowed import swallowed_names
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.rules.base import Bad, Context, Good, rule
from postlint.text import Location

_ENVIRONMENT = "import_environment =\n    MAIL_CONFIG TZ=UTC\n    LANG = C\n"


@rule(
    name="swallowed-parameter",
    category="syntax",
    severity=Severity.ERROR,
    summary="an indented name = value is part of the value above and sets nothing",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad("myorigin = example.com\n  myhostname = mx.example.com\n"),
        Bad("mydestination = example.com\n# The relay.\n#mynetworks = 192.0.2.1\n relayhost = \n"),
        Bad("myhostname = mx.example.com\n\tsmtp-amavis_destination_recipient_limit = 1\n"),
        Good("myorigin = example.com\nmyhostname\n  = mx.example.com\n"),
        Good(_ENVIRONMENT),
        Good("smtpd_client_restrictions = check_client_access inline:{\n  { b = OK }, {\n  relayhost = OK } }\n"),
        Good("mydestination = example.com\n  # relayhost = [192.0.2.1]\n  example.net\n"),
    ),
)
def swallowed_parameter(context: Context) -> Iterator[Diagnostic]:
    """A line that starts with a blank continues the logical line above, whatever it says, and comments and empty lines
    between the two do not end that. So an indented `relayhost = [192.0.2.1]` leaves relayhost as it was, and its words
    are added to the value above: to a list of domains or of networks, or to one of restrictions, where each message
    that reaches them is answered with 451. postconf warns of nothing.

    The usual cause is a comment mark that was taken away and left its blank: `# relayhost = ...`. Lines count that
    start with the name of a parameter, a blank and an equals sign, outside braces. There is no fix: a parameter that
    was never in force, and a value above that loses words, can change who gets through.
    """
    main = context.configuration.main
    for node in main.definitions if main else ():
        for span in swallowed_names(node):
            location = Location(node.source, span)
            name = location.text
            yield Diagnostic(
                rule="swallowed-parameter",
                severity=Severity.ERROR,
                message=f"{name} is not set here: the line starts with a blank, which makes it part of the value of "
                f"{node.name}",
                location=location,
                help=f"remove the blanks in front of {name}, or put # there if {node.name} alone is meant",
                related=(Related(Location(node.source, node.name_span), "the value that it is part of"),),
            )
