"""undeclared-restriction-class: a class that smtpd_restriction_classes does not list, or that nothing defines."""

from collections.abc import Iterator

from postlint.configuration.classes import list_classes, listing, words_of
from postlint.configuration.model import Definition, View
from postlint.configuration.restrictions import Occurrence
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.facts.parameters import is_parameter
from postlint.policy.classes import cycles, is_defined, is_unlisted_class
from postlint.policy.exposure import uses_in_force
from postlint.policy.reach import idle_reason
from postlint.policy.words import swallowed_words
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import context_after, fix_of, help_of, related_lists, service_of, when_reached, worse_relays
from postlint.text import OPAQUE

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_CLIENT = "strict = reject_unauth_pipelining\nsmtpd_client_restrictions = permit_mynetworks, strict\n"
_LISTED = "smtpd_restriction_classes = lenient, strict\nlenient = permit_mynetworks\n"
_JUDGED = "mail that the word keeps out today is then judged by the class"


@rule(
    name="undeclared-restriction-class",
    category="restrictions",
    severity=Severity.ERROR,
    summary="a restriction class is used without being listed, or listed without being defined",
    since="0.1.0",
    manual="postconf.5.html#smtpd_restriction_classes",
    examples=(
        Bad(_GUARD + _CLIENT, fixed=_GUARD + _CLIENT + "smtpd_restriction_classes = strict\n", unsafe=True),
        Bad(
            _GUARD + _LISTED.replace(", strict", "") + _CLIENT,
            fixed=_GUARD + _LISTED.replace(",", "") + _CLIENT,
            unsafe=True,
        ),
        Bad(_GUARD + _CLIENT.replace("=", "= strict,", 1)),
        Bad(_GUARD + _LISTED),
        Bad(_GUARD + _LISTED + "strict = $nothing\n"),
        Good(_GUARD + _LISTED + _CLIENT),
        Good(_GUARD + _LISTED + "strict = ,\n"),
    ),
)
def undeclared_restriction_class(context: Context) -> Iterator[Diagnostic]:
    """A restriction class is a parameter of the user's own whose name stands in smtpd_restriction_classes. Where it
    does not stand there, smtpd takes the name for a misspelt restriction and answers each message that reaches it
    with 451. Where it stands there and has no definition, or an empty one, smtpd does not start at all, even when no
    list uses the class.

    Listing a class changes what happens to mail, so postlint does it only when it is told to apply unsafe fixes, and
    not where strangers might relay or classes would hold each other then.
    """
    yield from _undefined(context)
    swallowed = swallowed_words(context.lists)
    found = [
        occurrence
        for occurrence in context.lists.occurrences
        if (places := occurrence.restriction.keyword.locations)
        and places[0].key not in swallowed
        and is_unlisted_class(context.lists, occurrence)
    ]
    fixes = _fixes(context, found)
    for occurrence in found:
        definitions = _listings(context, occurrence)
        several = Obstacle("smtpd_restriction_classes is set in more than one place")
        yield _unlisted(context, occurrence, fixes[definitions[0]] if len(definitions) == 1 else several)


def _undefined(context: Context) -> Iterator[Diagnostic]:
    views = context.lists.smtpd_views or (context.configuration.main_view,)
    for location, (name, readers) in words_of(context.lists, views).items():
        dying = [view for view in readers if not is_defined(context.lists, name, view)]
        if not dying or OPAQUE in name or is_parameter(name):
            continue
        empty = context.configuration.setting(name, dying[0]) is not None
        who = "smtpd" if len(dying) == len(readers) else " and ".join(view.identity or "smtpd" for view in dying[:3])
        yield Diagnostic(
            rule="undeclared-restriction-class",
            severity=Severity.ERROR,
            message=f'the listed class "{name}" is {"empty" if empty else "not defined"}: {who} does not start',
            location=location,
            service=service_of(context.configuration, location),
            help=f"define {name}, or take it out of smtpd_restriction_classes",
        )


def _unlisted(context: Context, occurrence: Occurrence, outcome: Fix | Obstacle) -> Diagnostic:
    name, location = occurrence.restriction.keyword.text, occurrence.restriction.keyword.locations[0]
    idle = idle_reason(context.lists, occurrence)
    return Diagnostic(
        rule="undeclared-restriction-class",
        severity=Severity.WARNING if idle else Severity.ERROR,
        message=f'smtpd_restriction_classes does not list the class "{name}": '
        + (idle or when_reached(context, occurrence)),
        location=location,
        service=service_of(context.configuration, location),
        help=help_of("list it there", outcome),
        related=related_lists(
            context.configuration, location, ((use.view, use.list.definition) for use in occurrence.uses)
        ),
        fix=outcome if isinstance(outcome, Fix) else None,
    )


def _listings(context: Context, occurrence: Occurrence) -> list[Definition | None]:
    """The definitions of smtpd_restriction_classes that ought to list a class."""
    uses = uses_in_force(context.lists, occurrence.uses) or occurrence.uses
    return list(dict.fromkeys(listing(context.configuration, use.view) for use in uses))


def _fixes(context: Context, found: list[Occurrence]) -> dict[Definition | None, Fix | Obstacle]:
    """For each definition of smtpd_restriction_classes one fix that lists all that it lacks, so that no two wait for
    each other.
    """
    lacking: dict[Definition | None, tuple[View, dict[str, None]]] = {}
    for occurrence in found:
        for use in uses_in_force(context.lists, occurrence.uses) or occurrence.uses:
            _, names = lacking.setdefault(listing(context.configuration, use.view), (use.view, {}))
            names[occurrence.restriction.keyword.text] = None
    return {definition: _fix(context, tuple(names), view) for definition, (view, names) in lacking.items()}


def _fix(context: Context, names: tuple[str, ...], view: View) -> Fix | Obstacle:
    rewriting = list_classes(context.lists, names, view)
    if isinstance(rewriting, Obstacle):
        return rewriting
    after = context_after(context, [rewriting.rewrite])
    for reason in worse_relays(context, after).values():
        return Obstacle(reason)
    for circle in sorted(_circles(after) - _circles(context)):
        return Obstacle(f"then {' and '.join(circle)} would be evaluated without end")
    title = f"list {', '.join(names)} in smtpd_restriction_classes"
    return fix_of(title, rewriting, _JUDGED, announces=True)._replace(wakes=tuple(sorted(_woken(context, after))))


def _circles(context: Context) -> set[tuple[str, ...]]:
    """The classes that hold one another. Over the rows of access maps smtpd notices, and answers with 451 as today."""
    views = context.lists.smtpd_views or (context.configuration.main_view,)
    return {cycle.classes for view in views for cycle in cycles(context.lists, view) if not cycle.over_rows}


def _woken(context: Context, after: Context) -> set[str]:
    """What is followed only then, and each class and row, as one may lead to another that nothing reaches now."""
    known, followed = (
        {item.definition.name for item in lists if item.definition} for lists in (context.lists.all, after.lists.all)
    )
    led_to = [item for item in after.lists.all if item.kind != "parameter"]
    rows = {
        location.source.path
        for item in led_to
        if item.kind == "row"
        for restriction in item.restrictions
        for location in restriction.keyword.locations[:1]
    }
    return followed - known | {item.definition.name for item in led_to if item.definition} | rows
