"""unknown-parameter: a name that no program reads and no value names."""

import re
from collections.abc import Iterable, Iterator

from postlint.configuration.model import Definition
from postlint.configuration.renaming import renaming, views_with
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import EVERYTHING, Fix
from postlint.facts import parameters
from postlint.facts.services import service_of
from postlint.policy.relay import RelayState
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, help_of
from postlint.target import PostfixVersion, Target

# A file that is for another program altogether is not worth more.
_SHOWN = 20
_SMTP = "smtp inet n - y - - smtpd\n"
_POLICY = "policy unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd\n"
_PLAIN = re.compile("[A-Za-z0-9_.-]+")
_TEMPLATE = re.compile(r"<%|\{[{%]")


@rule(
    name="unknown-parameter",
    category="parameters",
    severity=Severity.WARNING,
    summary="no program reads the name, and no value names it: the line does nothing",
    since="0.1.0",
    manual="postconf.1.html",
    examples=(
        Bad(
            "mydistination = $myhostname, localhost\n",
            severity=Severity.WARNING,
            fixed="mydestination = $myhostname, localhost\n",
            unsafe=True,
        ),
        Bad("mydistination = $myhostname\nmydestination = $myhostname\n", _SMTP, severity=Severity.WARNING),
        Bad("mydistination = $relay_domains\nrelay_domains = $mydestination\n", severity=Severity.WARNING),
        Bad("compatibility_level = 3.6\nmynetwork = 0.0.0.0/0\n", _SMTP, severity=Severity.WARNING),
        Bad("virtual_maildir_extended = yes\n", _SMTP, severity=Severity.WARNING),
        Bad("virtual_maildir_extended = yes\n", severity=Severity.INFO),
        Bad(
            "policyd_time_limit = 3600\n",
            _POLICY,
            severity=Severity.WARNING,
            fixed="policy_time_limit = 3600\n",
            unsafe=True,
        ),
        Bad("smtpd_sasl_application_name = smtpd\n", _SMTP, severity=Severity.WARNING),
        Bad(
            "smtpd_sasl_auth_enable = no\n",
            _SMTP + "    -o smtpd_sasl_auth_enabled=yes\n",
            severity=Severity.WARNING,
            fixed_master=_SMTP + "    -o smtpd_sasl_auth_enable=yes\n",
            unsafe=True,
        ),
        Good("smtpd_sasl_application_name = smtpd\n", _SMTP, target=Target(PostfixVersion(2, 2))),
        Good("office = 192.0.2.0/24\nmynetworks = 127.0.0.0/8, $office\n", _SMTP),
        Good("policy_time_limit = 3600\n", _POLICY),
        Good("policy_time_limit = 3600\n"),
        Good("virtual_mailbox_maps = ldap:users\nusers_server_host = ldap.example\n", _SMTP),
        Good("strict = reject_unauth_pipelining\nsmtpd_client_restrictions = strict\n", _SMTP),
        Good("smtpd_restriction_classes = strict\nstrict = reject_unauth_pipelining\n", _SMTP),
    ),
    blind=lambda target: target.version is None or target.version < PostfixVersion(3, 11),
)
def unknown_parameter(context: Context) -> Iterator[Diagnostic]:
    """Postfix takes any `name = value` without a word. When no program has a parameter of this name, and no other
    value names it as `$name`, the line does nothing: a misspelt parameter keeps its default. `postconf` says
    `warning: unused parameter`; the daemons and the log say nothing.

    What counts as read, as for postconf: Postfix's own parameters; those that are called by a service of master.cf,
    such as `policy_time_limit` where a service `policy` runs spawn(8) or pipe(8); restriction classes; the parameters
    of `ldap:users` and its like, such as `users_server_host`; every name that a value in main.cf or behind `-o` holds
    as `$name`. A parameter that Postfix has removed is unknown to the releases after that.

    Some names come from patched versions of Postfix: `virtual_mailbox_limit_maps`, `virtual_overquota_bounce` and
    others from the VDA quota patch, `smtpd_use_pw_server` and `mydomain_fallback` from Apple's. Others read them; the
    Postfix of today does not.

    Where one of the two files is not there, it may name what seems unread: then the finding is info, unless the name is
    a misspelling or one that was removed, and nothing is said of names that look like those of a service. Of a
    name that stands as a word in a restriction list undeclared-restriction-class speaks.

    Where one parameter alone can be meant, an unsafe fix calls the line by its name: a value comes into force that
    never was, and what it does to mail is for you to see. There is no fix where main.cf, or the service for an
    override, sets that parameter already, where it would name itself, where the target does not know it, where
    strangers could relay with it, and none in a file with more than 20 such names.
    """
    shown = 0
    unread = [item for item in context.names.unread if not _is_unclear(context, item)]
    words = _restriction_words(context) if unread else frozenset()
    unread = [item for item in unread if item.parameter not in words]
    for number, definition in enumerate(unread, 1):
        suppressed = context.is_suppressed("unknown-parameter", definition.name_location)
        shown += 0 if suppressed else 1
        if suppressed or shown <= _SHOWN:
            rest = len(unread) - number if shown == _SHOWN and not suppressed else 0
            outcome = _rename(context, definition, unread) if len(unread) <= _SHOWN else None
            yield _judge(context, definition, outcome, f"; {rest} more such names follow" if rest else "")


def _is_unclear(context: Context, definition: Definition) -> bool:
    """Whether a template will make the name, or master.cf, which is not there, decides whether it is read."""
    if _TEMPLATE.search(definition.parameter):
        return True
    return context.configuration.master is None and service_of(definition.parameter) is not None


def _restriction_words(context: Context) -> frozenset[str]:
    """What stands in restriction lists: a class that is not declared has other rules that speak of it."""
    return frozenset(element.keyword.text for item in context.lists.all for element in item.restrictions)


def _meant(context: Context, definition: Definition) -> tuple[str, ...]:
    """The parameters that the name may be a misspelling of."""
    removed = parameters.removed_in(definition.parameter, context.target.version)
    return context.names.near(definition.parameter) if removed is None else ()


def _rename(context: Context, definition: Definition, unread: Iterable[Definition]) -> Fix | Obstacle | None:
    """The line called by the one name that is meant, or why it cannot be; None: there is no such name."""
    meant = _meant(context, definition)
    if len(meant) != 1 or not _PLAIN.fullmatch(definition.parameter):
        return None  # A stray character in the name has a rule of its own.
    (name,) = meant
    configuration, service, version = context.configuration, definition.service, context.target.version
    if version is not None and parameters.came_with(name, version):
        return Obstacle(f"Postfix {version} does not know it")
    if sum(item.service == service and _meant(context, item) == meant for item in unread) > 1:
        return Obstacle("another misspelt name may mean it, too")
    rewriting = renaming(configuration, definition, name)
    if isinstance(rewriting, Obstacle):
        return rewriting
    for old, new in views_with((configuration.main_view, *context.lists.smtpd_views), definition, name):
        before, after = context.relay_verdict(old), context.relay_verdict(new)
        if before.is_closed and after.state not in (before.state, RelayState.CLOSED):
            return Obstacle(f"with it {after.reason or 'smtpd does not start'}")
    instead = f"main.cf's {name}" if service and name in configuration.definitions else "the default"
    reason = f"this value of {name} comes into force, not {instead}"
    return fix_of(f"call it {name}", rewriting, reason, announces=True)._replace(wakes=(EVERYTHING,))


def _judge(context: Context, definition: Definition, fix: Fix | Obstacle | None, more: str) -> Diagnostic:
    name = definition.parameter
    severity = Severity.WARNING
    removed = parameters.removed_in(name, context.target.version)
    called_by = service_of(name)
    near = tuple(item for item in _meant(context, definition) if not _is_set(context, definition, item))
    message = f"no Postfix program reads {name}, and no value names it"
    help_text = f"remove it; a value of your own is read once another one names it as ${name}"
    if removed is not None:
        message, help_text = f"{name} was removed in Postfix {removed}: no program reads it", "remove it"
    elif near:
        help_text = f"did you mean {' or '.join(near)}?"
        if fix is not None:
            help_text = help_of(f"call it {near[0]}, if that is meant", fix)
    elif called_by is not None:
        service, programs = called_by
        message = f"no Postfix program reads {name}: master.cf has no service {service} that runs {_either(programs)}"
        help_text = "write the service's name as in master.cf, or remove the line"
    elif unseen := _unseen(context):
        severity = Severity.INFO
        message = f"no Postfix program reads {name}, and no value here names it; {unseen} is not there to look at"
    return Diagnostic(
        rule="unknown-parameter",
        severity=severity,
        message=message,
        location=definition.name_location,
        service=definition.service.identity if definition.service else None,
        help=help_text + more,
        fix=fix if isinstance(fix, Fix) else None,
    )


def _unseen(context: Context) -> str | None:
    if context.configuration.main is None:
        return "main.cf"
    return "master.cf" if context.configuration.master is None else None


def _is_set(context: Context, definition: Definition, name: str) -> bool:
    """Whether the parameter meant has a value beside this one, so that it is hardly meant."""
    if definition.service is None:
        return name in context.configuration.definitions
    return any(override.name == name for override in definition.service.overrides)


def _either(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
