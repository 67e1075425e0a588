"""unknown-restriction: a word in a restriction list that is no restriction."""

from collections.abc import Iterator

from postlint.configuration.model import Configuration
from postlint.configuration.restrictions import Occurrence, Use
from postlint.configuration.rewriting import Obstacle
from postlint.configuration.swallowed import swallowed_names
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import Fix
from postlint.facts.dnsbl import dnsbl
from postlint.facts.restrictions import Keyword, keyword
from postlint.policy.answers import GUARDS, answers_temporarily
from postlint.policy.classes import is_unlisted_class
from postlint.policy.reach import idle_reason, relay_views
from postlint.policy.relay import RelayVerdict, relay_verdict
from postlint.policy.words import is_comment, is_parameter_line, suggestions, swallowed_words
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, related_lists, service_of, uses_of, when_reached
from postlint.syntax.nodes import ParameterDefinition
from postlint.text import BLANKS, Location, Span

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"


@rule(
    name="unknown-restriction",
    category="restrictions",
    severity=Severity.ERROR,
    summary="a word in a restriction list is no restriction: mail that reaches it is answered with 451",
    since="0.1.0",
    manual="postconf.5.html#smtpd_client_restrictions",
    examples=(
        Bad(
            "smtpd_client_restrictions = permit_mynetworks,permit_sasl_authenticated,"
            "eject_rbl_client sbl.spamhaus.org,\n",
            fixed="smtpd_client_restrictions = permit_mynetworks,permit_sasl_authenticated,"
            "reject_rbl_client sbl.spamhaus.org,\n",
            unsafe=True,
        ),
        Bad(
            "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destinations\n",
            fixed="smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n",
        ),
        Bad(
            _GUARD + "smtpd_client_restrictions = reject_unknown_reverse_client_hostnam\n",
            fixed=_GUARD + "smtpd_client_restrictions = reject_unknown_reverse_client_hostname\n",
        ),
        Bad(_GUARD + "smtpd_client_restrictions = permit_mynetworks # the office\n"),
        Bad(_GUARD + "smtpd_client_restrictions = permit_mynetworks\n  smtpd_helo_required=yes\n"),
        Good(_GUARD + "strict = reject_unauth_pipelining\nsmtpd_client_restrictions = strict\n"),
        Good(
            _GUARD + "smtpd_restriction_classes = strict\nstrict = reject_unauth_pipelining\n"
            "smtpd_client_restrictions = strict, hash:/etc/postfix/access, REJECT_unauth_pipelining\n"
        ),
        Good(_GUARD + "smtpd_client_restrictions = ${stress?reject_unauth_pipelining} permit\n"),
    ),
)
def unknown_restriction(context: Context) -> Iterator[Diagnostic]:
    """smtpd reads a restriction list word by word when a message reaches it. At a word that is no restriction, no
    declared restriction class and no lookup table it logs `warning: unknown smtpd restriction` and answers
    `451 4.3.5 Server configuration error`. Senders retry for days. Neither the start of Postfix nor `postfix check`
    nor `postconf` reports it. Where the word was to be the only guard against relaying, each smtpd dies when a client
    comes: "fatal: in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at least one working
    instance".

    Besides misspelt names the causes are a `#` comment behind other text, which Postfix does not have, and a parameter
    that is indented by accident and so belongs to the value above; where its name is known, swallowed-parameter tells
    of it. A class that is defined but not listed in `smtpd_restriction_classes` is undeclared-restriction-class's.

    The repaired name is applied without asking only where that loses nothing: for reject_unauth_destination and
    defer_unauth_destination, and for checks that answer 4xx. A check that answers 5xx turns mail that still waits
    in queues into bounces.
    """
    swallowed, names = swallowed_words(context.lists), _SwallowedNames(context.configuration)
    for occurrence in context.lists.occurrences:
        place = occurrence.restriction.keyword.locations
        if not place or place[0].key in swallowed or not _is_unknown(context, occurrence):
            continue
        if not names.stand_before(place[0]):
            yield _judge(context, occurrence)


class _SwallowedNames:
    """Where the first parameter stands that is part of a value by accident; looked for once in each definition."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._starts: dict[Span, int | None] = {}

    def stand_before(self, place: Location) -> bool:
        """Whether swallowed-parameter tells of the word at ``place``."""
        if place.source is not self._configuration.files.main:
            return False
        definition = self._configuration.definition_of(place)
        if definition is None or not isinstance(definition.node, ParameterDefinition):
            return False
        node = definition.node
        if node.span not in self._starts:
            name = next(swallowed_names(node), None)
            self._starts[node.span] = name.start if name else None
        start = self._starts[node.span]
        return start is not None and start <= place.span.start


def _is_unknown(context: Context, occurrence: Occurrence) -> bool:
    restriction = occurrence.restriction
    if restriction.opaque or restriction.uncertain or restriction.is_table:
        return False
    if is_unlisted_class(context.lists, occurrence):
        return False
    if restriction.known is not None:
        since, version = restriction.known.since, context.target.version
        return since is not None and version is not None and version < since
    return any(restriction.keyword.text not in context.lists.classes(use.view) for use in occurrence.uses)


def _judge(context: Context, occurrence: Occurrence) -> Diagnostic:
    restriction = occurrence.restriction
    location = restriction.keyword.locations[0]
    message, help_text, fix = _words(context, occurrence)
    idle = idle_reason(context.lists, occurrence)
    if idle:
        message += f"; {idle}"
    else:
        message += f": {when_reached(context, occurrence)}"
    return Diagnostic(
        rule="unknown-restriction",
        severity=Severity.WARNING if idle else Severity.ERROR,
        message=message,
        location=location,
        service=service_of(context.configuration, location),
        help=help_text,
        related=related_lists(context.configuration, location, uses_of(context, occurrence)),
        fix=fix,
    )


def _words(context: Context, occurrence: Occurrence) -> tuple[str, str, Fix | None]:
    """Message, help and fix."""
    restriction, item = occurrence.restriction, occurrence.uses[0].list
    word = restriction.keyword.text
    if restriction.known is not None:
        return f'"{word}" is a restriction from Postfix {restriction.known.since} on', "leave it out", None
    if is_comment(restriction):
        return (
            f'"{word}" is no restriction: Postfix has no comments behind other text',
            ("give the comment a line of its own that starts with #"),
            None,
        )
    if is_parameter_line(item, restriction.position):
        return (
            f'"{word}" is no restriction: an indented name = value is part of the value above, {item.name}',
            ("remove the blanks in front of the line if it is a parameter of its own"),
            None,
        )
    message = f'"{word}" is no restriction'
    meant_names = suggestions(context.lists, restriction)
    if not meant_names:
        if dnsbl(word.partition("=")[0]) is not None:
            return message, "a DNSBL needs reject_rbl_client in front of it", None
        return (
            message,
            "postconf(5) lists the restrictions; a restriction class needs smtpd_restriction_classes",
            None,
        )
    question = f"did you mean {' or '.join(meant_names)}?"
    if len(meant_names) > 1:
        return message, question, None
    meant = keyword(meant_names[0])
    assert meant is not None
    outcome = _repair(context, occurrence, meant)
    if isinstance(outcome, Obstacle):
        return message, f"{question} No fix: {outcome.reason}", None
    return message, f"{question} ({outcome.applicability.value} fix)", outcome


def _repair(context: Context, occurrence: Occurrence, meant: Keyword) -> Fix | Obstacle:
    for use in occurrence.uses:
        following = use.list.restrictions[use.restriction.position + 1 :][:1]
        if meant.takes_argument and (not following or following[0].known or following[0].warnings):
            return Obstacle(f"{meant.name} needs an argument, and none follows")
    for use in relay_views(context.lists, occurrence.uses):
        if context.relay_verdict(use.view).is_closed:
            repaired = _repaired_verdict(context, occurrence, meant, use)
            if meant.present_name not in GUARDS and not repaired.is_closed:
                return Obstacle(f"then {repaired.reason}, and strangers might relay")
    rewriting = context.rewriter.replace_keyword(occurrence, meant.name)
    if isinstance(rewriting, Obstacle):
        return rewriting
    title = f'write {meant.name} instead of "{occurrence.restriction.keyword.text.strip(BLANKS)}"'
    return fix_of(title, rewriting, _unsafe_because(context, occurrence, meant), announces=True)


def _unsafe_because(context: Context, occurrence: Occurrence, meant: Keyword) -> str | None:
    uses = relay_views(context.lists, occurrence.uses)
    if meant.present_name in GUARDS:
        # The guard's own answer to a foreign recipient is what the list is for; judged as if it stood there.
        verdicts = (_repaired_verdict(context, occurrence, meant, use) for use in uses)
        return next((verdict.warning for verdict in verdicts if verdict.warning), None)
    if not all(answers_temporarily(meant, context.configuration, use.view) for use in uses):
        if meant.effect == "permit":
            return "it may let in what the word keeps out today"
        return "mail that the word keeps out today, and that is tried again, may then be refused for good"
    return context.open_relay(use.view for use in uses)


def _repaired_verdict(context: Context, occurrence: Occurrence, meant: Keyword, use: Use) -> RelayVerdict:
    """The relay verdict of the use's service, as if the word meant stood there already."""
    repairs = {other.restriction: meant for other in occurrence.uses}
    return relay_verdict(context.lists, use.view, context.target.version, repairs)
