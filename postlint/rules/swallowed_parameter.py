"""swallowed-parameter: an indented definition, which is part of the value above."""

from collections.abc import Iterator

from postlint.configuration.rewriting import Obstacle
from postlint.configuration.swallowed import swallowed_names
from postlint.configuration.unindenting import unindented
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.edits import Fix
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.remaking import Remaking, fixes_of, remaking
from postlint.rules.repairs import help_of
from postlint.syntax.nodes import ParameterDefinition
from postlint.text import Location, Span

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_ENVIRONMENT = "import_environment =\n    MAIL_CONFIG TZ=UTC\n    LANG = C\n"
_REASON = "then it counts, which it never did"


@rule(
    name="swallowed-parameter",
    category="syntax",
    severity=Severity.ERROR,
    summary="an indented name = value is part of the value above and sets nothing",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad(
            "myorigin = example.com\n  myhostname = mx.example.com\n",
            fixed="myorigin = example.com\nmyhostname = mx.example.com\n",
            unsafe=True,
        ),
        Bad(
            "mydestination = example.com\n# The relay.\n#mynetworks = 192.0.2.1\n relayhost = \n",
            fixed="mydestination = example.com\n# The relay.\n#mynetworks = 192.0.2.1\nrelayhost = \n",
            unsafe=True,
        ),
        Bad(
            "myhostname = mx.example.com\n\tsmtp-amavis_destination_recipient_limit = 1\n",
            fixed="myhostname = mx.example.com\nsmtp-amavis_destination_recipient_limit = 1\n",
            unsafe=True,
        ),
        Bad(
            "myorigin = example.com\n  mydestination =\n    example.com,\n    example.net\n",
            fixed="myorigin = example.com\nmydestination =\n    example.com,\n    example.net\n",
            unsafe=True,
        ),
        Bad("mydestination =\n  example.com,\n  relayhost =\n  example.net\n"),
        Bad(f"{_GUARD}myorigin = example.com\n  mynetworks = 0.0.0.0/0\n"),
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
    start with the name of a parameter, a blank and an equals sign, outside braces.

    The fix takes the blanks away, from all such lines of one value. It is unsafe: a parameter that was never in force
    counts from then on, and the value above loses words. There is none where strangers might relay then, and none where
    a line below is not indented more: it may belong to either value.
    """
    main = context.configuration.main
    names = {node: list(swallowed_names(node)) for node in main.definitions} if main else {}
    fixes = fixes_of(context, {node: _plan(context, node, found) for node, found in names.items() if found}, _REASON)
    for node, found in names.items():
        for span in found:
            yield _diagnostic(node, Location(node.source, span), fixes[node])


def _plan(context: Context, node: ParameterDefinition, names: list[Span]) -> Remaking | Obstacle:
    places = [Location(node.source, span) for span in names]
    wanted = [place for place in places if not context.is_suppressed("swallowed-parameter", place)]
    rewrites = unindented(node.source, node.body, [place.span.start for place in wanted])
    if isinstance(rewrites, Obstacle):
        return rewrites
    title = f"remove the blanks in front of {' and '.join(place.text for place in wanted)}"
    plan = remaking(context, title, node.source, node, rewrites, safe=False)
    if isinstance(plan, Remaking) and [name for name, _ in plan.outcome.entries] != [
        node.name,
        *(place.text for place in wanted),
    ]:
        return Obstacle("its value cannot be told from the others")
    return plan


def _diagnostic(node: ParameterDefinition, place: Location, fix: Fix | Obstacle) -> Diagnostic:
    name, host = place.text, node.name
    action = f"remove the blanks in front of {name}, or put # there if {host} alone is meant"
    return Diagnostic(
        rule="swallowed-parameter",
        severity=Severity.ERROR,
        message=f"{name} is not set here: the line starts with a blank, which makes it part of the value of {host}",
        location=place,
        help=help_of(action, fix),
        related=(Related(Location(node.source, node.name_span), "the value that it is part of"),),
        fix=fix if isinstance(fix, Fix) else None,
    )
