"""undefined-name: a $name that nothing defines."""

from collections.abc import Iterator

from postlint.configuration.model import Definition, View
from postlint.configuration.names import Undefined
from postlint.diagnostics import Diagnostic, Severity
from postlint.policy.relay import RelayState
from postlint.rules.base import Bad, Context, Good, rule
from postlint.target import PostfixVersion

_GUARD_LISTS = frozenset({"smtpd_relay_restrictions", "smtpd_recipient_restrictions"})
_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_SUBMISSION = "submission inet n - y - - smtpd\n    -o smtpd_client_restrictions=$mua_client_restrictions\n"
# A file that is for another program altogether is not worth more.
_SHOWN = 100


@rule(
    name="undefined-name",
    category="parameters",
    severity=Severity.ERROR,
    summary="a value names a $name that nothing defines: it stands for nothing",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad(_GUARD, _SUBMISSION, severity=Severity.WARNING),
        Bad(_GUARD + "mydestination = $myhostnam, localhost\n", severity=Severity.WARNING),
        Bad(
            _GUARD + "sender_canonical_maps = pcre:{{/^(.*)@old/ $1@new.example}}\n",
            severity=Severity.WARNING,
        ),
        Bad("smtpd_relay_restrictions = $mua_relay_restrictions\n"),
        Bad(_GUARD + "myhostname = $MAIL_HOSTNAME\n", severity=Severity.INFO),
        Good(_GUARD + "mua_client_restrictions = permit_sasl_authenticated, reject\n", _SUBMISSION),
        Good(_GUARD + "smtpd_client_restrictions = ${stress?{reject}}, ${own_checks?{$own_checks}}\n"),
        Good(_GUARD + "sender_canonical_maps = pcre:{{/^(.*)@old/ $$1@new.example}}\n"),
        Good(_GUARD + "luser_relay = $user@elsewhere.example\n"),
    ),
    blind=lambda target: target.version is None or target.version < PostfixVersion(3, 11),
)
def undefined_name(context: Context) -> Iterator[Diagnostic]:
    """A `$name` that no program, no line of main.cf and no `-o` gives a value to is replaced by nothing. Postfix logs
    nothing about it; `postconf` says `warning: undefined parameter`.

    The usual case is `$mua_client_restrictions` and its like: the master.cf that Postfix comes with names them in
    comments, and main.cf has to define them. Until it does, the list of the submission service is empty. Where that
    leaves smtpd without any guard against relaying, it does not start, or relays: then the finding is an error.

    In the text of a table within main.cf, such as `pcre:{{/(.*)/ $1}}`, main.cf's own `$` comes first: a `$` for the
    table is written `$$`.

    A name in capitals, such as `$MAIL_HOSTNAME`, is info: it may be a template's, to be replaced before Postfix reads
    the file.

    Nothing is said of a name that the value itself tests, as in `${name?{$name}:{text}}`, which `postconf` warns of,
    too; of values that are expanded when they are used, as luser_relay; of values that nothing reads; nor where
    main.cf, which may define the name, is not there.
    """
    if context.configuration.main is None:
        return
    for undefined in context.names.undefined[:_SHOWN]:
        yield _judge(context, undefined)


def _judge(context: Context, undefined: Undefined) -> Diagnostic:
    definition, reference = undefined
    name = reference.name
    unguarded = _unguarded(context, definition)
    severity = Severity.ERROR if unguarded else Severity.INFO if name.isupper() else Severity.WARNING
    near = context.names.near_defined(name)
    help_text = f"define {name} in main.cf, or take it out"
    if name.isdigit():
        help_text = f"write $${name} where a table is to see ${name}"
    elif near:
        help_text = f"did you mean {' or '.join('$' + item for item in near)}?"
    return Diagnostic(
        rule="undefined-name",
        severity=severity,
        message=f"nothing defines {name}: ${name} stands for nothing{unguarded or ''}",
        location=definition.value.slice(*reference.span).locations[0],
        service=definition.service.identity if definition.service else None,
        help=help_text,
    )


def _unguarded(context: Context, definition: Definition) -> str | None:
    """What comes of it where a guard against relaying is missing that the value may have been meant to hold."""
    if not _GUARD_LISTS & _users(context, definition.parameter):
        return None
    for view in _views(context, definition):
        verdict = context.relay_verdict(view)
        where = f" of {view.identity}" if view.identity else ""
        if verdict.state is RelayState.DEAD:
            return f", and smtpd{where} does not start without reject_unauth_destination in its lists"
        if verdict.state is RelayState.OPEN:
            return f", and smtpd{where} relays for strangers: {verdict.reason}"
    return None


def _users(context: Context, name: str) -> set[str]:
    """The parameters whose values lead to a name, and itself."""
    pending = [name]
    found = {name}
    for user in pending:
        for mention in context.configuration.mentions(user):
            if mention.definition.parameter not in found:
                found.add(mention.definition.parameter)
                pending.append(mention.definition.parameter)
    return found


def _views(context: Context, definition: Definition) -> Iterator[View]:
    """The programs that see the value."""
    views = context.lists.smtpd_views if context.configuration.master else (context.configuration.main_view,)
    for view in views:
        setting = context.configuration.setting(definition.parameter, view)
        if setting is not None and setting.definition == definition:
            yield view
