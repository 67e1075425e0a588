"""duplicate-parameter: a definition that a later one replaces."""

from bisect import bisect
from collections.abc import Iterator

from postlint.configuration.entries import squeezed
from postlint.configuration.model import Configuration, Definition
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.edits import Fix
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import help_of, removal, removed_options


@rule(
    name="duplicate-parameter",
    category="parameters",
    severity=Severity.WARNING,
    summary="a parameter is set twice: only the last value counts",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad(
            "mynetworks = 192.0.2.0/24\nmyhostname = mx.example.com\nmynetworks = 198.51.100.0/24\n",
            severity=Severity.WARNING,
            fixed="myhostname = mx.example.com\nmynetworks = 198.51.100.0/24\n",
        ),
        Bad(
            "mydestination = example.com,\n# The old name.\n    example.net\nmydestination = example.com\n",
            severity=Severity.WARNING,
            fixed="# The old name.\nmydestination = example.com\n",
        ),
        Bad(
            "smtpd_helo_required = yes\nsmtpd_helo_required=yes\n",
            severity=Severity.INFO,
            fixed="smtpd_helo_required=yes\n",
        ),
        Bad(
            "",
            "smtp inet n - y - - smtpd\n  -o smtpd_helo_required=yes\n  -o smtpd_helo_required=no\n",
            severity=Severity.WARNING,
            fixed_master="smtp inet n - y - - smtpd\n  -o smtpd_helo_required=no\n",
        ),
        Good("mynetworks = 192.0.2.0/24\nMynetworks = 198.51.100.0/24\n#mynetworks = 203.0.113.0/24\n"),
        Good("smtpd_helo_required = yes\n", "smtp inet n - y - - smtpd\n  -o smtpd_helo_required=no\n"),
        Good("mydestination = example.com\nmydestination = $mydestination, example.net\n"),
        Good("{% if office %}\nmydomain = office.example\n{% else %}\nmydomain = example.com\n{% endif %}\n"),
    ),
)
def duplicate_parameter(context: Context) -> Iterator[Diagnostic]:
    """Of two definitions of one parameter Postfix takes the last one as a whole. Values are never merged: a list that
    is written in two parts keeps the second part. The same holds for two `-o` overrides of one service. postconf warns
    of "overriding earlier entry" in main.cf, and of nothing in master.cf.

    The fix removes the earlier definition, which changes nothing that is in force. Before you apply it, see whether
    the value that is lost is the one that you want. Where both say the same it is an info.

    There is no fix where the earlier value holds an indented definition that swallowed-parameter reports, nor for
    an entry of master.cf with options below a commented entry, whose they seem to be (override-under-comment). Nothing
    is said where the later value names its own parameter, as in `a = $a, b`: Postfix dies on that, and bad-expansion
    tells of it. Nor is it where a line that Postfix dies on stands between the two, as in a template whose branches
    they are.
    """
    configuration = context.configuration
    breaks = [line.span.start for line in configuration.main.malformed_lines] if configuration.main else []
    for node in configuration.main.definitions if configuration.main else ():
        last = configuration.definitions[node.name]
        apart = bisect(breaks, node.span.start) != bisect(breaks, last.span.start)
        if node is not last and not apart and not _names_itself(configuration, Definition(last)):
            yield _diagnostic(Definition(node), Definition(last), removal("remove the earlier definition", [node]))
    for view in configuration.service_views.values():
        service = view.service
        if service is None or len(service.overrides) == len(view.overrides):
            continue
        fixes = removed_options(service)
        for override in service.overrides:
            last_override = view.overrides[override.name]
            if override is not last_override:
                fix = fixes[override.name_span.start]
                yield _diagnostic(Definition(override, service), Definition(last_override, service), fix)


def _names_itself(configuration: Configuration, definition: Definition) -> bool:
    return any(mention.definition == definition for mention in configuration.mentions(definition.parameter))


def _diagnostic(definition: Definition, last: Definition, fix: Fix | Obstacle) -> Diagnostic:
    name = definition.parameter
    same = squeezed(definition.value.text) == squeezed(last.value.text)
    if same:
        message = f"a later line sets {name} to the same value again"
    else:
        message = f"Postfix ignores this value of {name}: a later line sets another one"
    return Diagnostic(
        rule="duplicate-parameter",
        severity=Severity.INFO if same else Severity.WARNING,
        message=message,
        location=definition.name_location,
        service=definition.service.identity if definition.service else None,
        help=help_of("remove the earlier one", fix),
        related=(Related(last.name_location, "the value in force"),),
        fix=fix if isinstance(fix, Fix) else None,
    )
