"""What several rules share: fixes with their safety, help lines, related places."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from postlint.configuration.adopted import adopted_lines
from postlint.configuration.deletions import deletion, option_deletions
from postlint.configuration.model import Configuration, Definition, View
from postlint.configuration.restrictions import Occurrence
from postlint.configuration.rewriting import Obstacle, Rewriting
from postlint.configuration.swallowed import swallowed_names
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.edits import Applicability, Fix, Rewrite, apply_edits, edits_of
from postlint.policy.dnsbl import Lookup
from postlint.policy.exposure import uses_in_force
from postlint.policy.reach import hits_everybody, idle_reason, relay_views
from postlint.policy.relay import RelayState, lacks_guard
from postlint.rules.base import Context
from postlint.rules.replies import filtered_keys, fix_of_all
from postlint.syntax.nodes import ParameterDefinition, ServiceDefinition
from postlint.text import Location


def fix_of(title: str, rewriting: Rewriting, unsafe_because: str | None = None, announces: bool = False) -> Fix:
    """The fix for one rewriting; unsafe with the reason in its title, safe without one."""
    return fix_of_all(title, (rewriting,), unsafe_because, announces)


def help_of(action: str, outcome: Fix | Obstacle) -> str:
    """The help line: what to do, and whether postlint does it."""
    if isinstance(outcome, Obstacle):
        return f"{action}; no fix: {outcome.reason}"
    then = f", in force after {' and '.join(outcome.commands)}" if outcome.commands else ""
    if outcome.applicability is Applicability.SAFE:
        return f"{action} (safe fix{then})"
    return f"{action} {outcome.title[outcome.title.rindex('(unsafe') :]}{then}"


def removal(title: str, nodes: Iterable[ParameterDefinition]) -> Fix | Obstacle:
    """Definitions of main.cf that count for nothing gone, as a safe fix."""
    nodes = tuple(nodes)
    for node in nodes:
        for name in swallowed_names(node):
            # A definition that somebody believes in must not go along with it.
            return Obstacle(f"{Location(node.source, name).text} is part of it")
    return fix_of_all(title, map(deletion, nodes))


def removed_options(service: ServiceDefinition) -> dict[int, Fix | Obstacle]:
    """For each override of a service, by where its name starts, a safe fix that removes one that counts for nothing."""
    for _, comment, _ in adopted_lines(service):
        # Some of them are meant for that entry, so which of two counts may change.
        reason = Obstacle(f"options of {comment.service.identity}, which is commented out, are part of the entry")
        return {override.name_span.start: reason for override in service.overrides}
    return {
        start: outcome if isinstance(outcome, Obstacle) else fix_of("remove the override", outcome)
        for start, outcome in option_deletions(service).items()
    }


def remove_lookup(context: Context, lookup: Lookup) -> Fix | Obstacle:
    """A DNSBL lookup gone: lets through what it refused, so the relay must be closed without it."""
    rewriting = lookup.remove(context.rewriter)
    if isinstance(rewriting, Obstacle):
        return rewriting
    return fix_of(f"remove the lookup of {lookup.zone}", rewriting, _weakening_trap(context, lookup))


def add_filter(context: Context, lookup: Lookup, reply_filter: str) -> Fix | Obstacle:
    """A DNSBL lookup with a reply filter (Postfix 2.8 and later for ranges), and a key with the filter in the reply map
    that has one for the zone alone.
    """
    if context.is_older_than(2, 8):
        return Obstacle("reply filters with ranges need Postfix 2.8")
    rewriting = lookup.with_filter(context.rewriter, reply_filter)
    if isinstance(rewriting, Obstacle):
        return rewriting
    keys, unsafe = filtered_keys(context, lookup, reply_filter)
    title = f"count only the answers {reply_filter} of {lookup.zone}"
    return fix_of_all(title, (rewriting, *keys), _weakening_trap(context, lookup) or unsafe)


def _weakening_trap(context: Context, lookup: Lookup) -> str | None:
    """Why fewer answers may not count without asking."""
    if lookup.permits:
        return "clients that it speaks for today may then be refused"
    return context.open_relay(lookup.relay_views)


def context_after(context: Context, rewrites: Iterable[Rewrite]) -> Context:
    """The context once the rewrites are done."""
    texts = {source: apply_edits(source.text, changes) for source, changes in edits_of(rewrites).items()}
    return replace(context, configuration=Configuration(context.configuration.files.replaced(texts)), _verdicts={})


def when_reached(context: Context, occurrence: Occurrence) -> str:
    """What comes of a word that is no restriction, where something reaches it."""
    uses = uses_in_force(context.lists, occurrence.uses)
    if uses and all(lacks_guard(context.lists, use.view, context.target.version) for use in uses):
        return "smtpd does not start, as no word guards the relay"
    return "each message that reaches it is answered with 451"


def worse_relays(context: Context, after: Context) -> dict[str | None, str]:
    """For a service, or main.cf alone, whose relay is closed now what is worse afterwards, as a clause, by identity. A
    service that comes only then counts as closed.
    """
    before = {view.identity: context.relay_verdict(view) for view in _relaying(context)}
    found: dict[str | None, str] = {}
    for view in _relaying(after):
        old, new = before.get(view.identity), after.relay_verdict(view)
        if (old is None or old.is_closed) and not new.is_closed:
            found[view.identity] = f"then {new.reason}, and strangers might relay"
        elif old is not None and old.state is RelayState.CLOSED and new.state is RelayState.DEAD:
            found[view.identity] = "then smtpd does not start"
    return found


def _relaying(context: Context) -> tuple[View, ...]:
    return context.configuration.main_view, *context.lists.smtpd_views


def related_lists(
    configuration: Configuration, own: Location, uses: Iterable[tuple[View, Definition | None]]
) -> tuple[Related, ...]:
    """The lists that use what is written at ``own``, except the one that it is written in."""
    written = configuration.definition_of(own)
    services: dict[Definition, set[str]] = {}
    for view, definition in uses:
        if definition is not None and definition != written:
            services.setdefault(definition, set()).update([view.identity] if view.identity else [])
    related = []
    for definition, names in services.items():
        suffix = f" for {', '.join(sorted(names))}" if names else ""
        related.append(Related(definition.name_location, f"used by {definition.parameter}{suffix}"))
    return tuple(related)


def uses_of(context: Context, occurrence: Occurrence) -> Iterator[tuple[View, Definition]]:
    """For each use the program and the definitions through which it comes to the element."""
    return ((use.view, written) for use in occurrence.uses for written in context.lists.written_in(use))


def service_of(configuration: Configuration, location: Location) -> str | None:
    """The service in whose override ``location`` stands, if it stands in one."""
    definition = configuration.definition_of(location)
    return definition.service.identity if definition and definition.service else None


def relax(context: Context, occurrence: Occurrence, strategy: str) -> tuple[str, Fix | Obstacle]:
    """A check only warned about (``warn``) or gone (``remove``): what to do, and the fix or why there is none."""
    if strategy == "remove":
        action, rewriting = "remove the check", context.rewriter.remove(occurrence)
    else:
        action, rewriting = "put warn_if_reject in front of it", context.rewriter.warn(occurrence)
    if isinstance(rewriting, Obstacle):
        return action, rewriting
    views = [use.view for use in relay_views(context.lists, occurrence.uses)]
    return action, fix_of(action, rewriting, context.open_relay(views))


def check_diagnostic(
    context: Context,
    occurrence: Occurrence,
    rule_name: str,
    severity: Severity,
    message: str,
    help_text: str,
    fix: Fix | Obstacle | None = None,
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    """A finding about a restriction, where it is written: info where no message meets it."""
    location = occurrence.location
    idle = idle_reason(context.lists, occurrence)
    return Diagnostic(
        rule=rule_name,
        severity=Severity.INFO if idle else severity,
        message=f"{message}; {idle}" if idle else message,
        location=location,
        service=service_of(context.configuration, location),
        help=help_text,
        related=(*related, *related_lists(context.configuration, location, uses_of(context, occurrence))),
        fix=fix if isinstance(fix, Fix) else None,
    )


def name_check_diagnostic(
    context: Context, occurrence: Occurrence, rule_name: str, message: str, help_text: str, fix: Fix | Obstacle
) -> Diagnostic:
    """A check of client or HELO names that loses mail: an error where everybody is hit."""
    everybody = hits_everybody(context.lists, occurrence.uses)
    severity, message = (Severity.ERROR, f"{message}; {everybody}") if everybody else (Severity.WARNING, message)
    return check_diagnostic(context, occurrence, rule_name, severity, message, help_text, fix)


def lookup_diagnostic(
    context: Context,
    lookup: Lookup,
    rule_name: str,
    severity: Severity,
    message: str,
    help_text: str,
    fix: Fix | Obstacle | None = None,
) -> Diagnostic:
    """A finding about a DNSBL lookup, where it is written."""
    uses = ((use.view, use.definition) for use in lookup.uses)
    return Diagnostic(
        rule=rule_name,
        severity=severity,
        message=message,
        location=lookup.location,
        service=service_of(context.configuration, lookup.location),
        help=help_text,
        related=related_lists(context.configuration, lookup.location, uses),
        fix=fix if isinstance(fix, Fix) else None,
    )
