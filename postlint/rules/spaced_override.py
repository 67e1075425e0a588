"""spaced-override: a blank in an -o setting, behind which the daemon reads something else."""

from collections.abc import Iterator, Mapping

from postlint.configuration.entries import declared_entries
from postlint.configuration.options import Joined, Setting, entries_with, joined_setting, options_of
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import EVERYTHING, Fix, Outcome
from postlint.facts.parameters import value_class
from postlint.facts.restrictions import RESTRICTION_LISTS
from postlint.facts.services import takes_no_arguments
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import context_after, help_of, worse_relays
from postlint.syntax.nodes import ServiceDefinition
from postlint.target import PostfixVersion, Target
from postlint.text import BLANKS, Location, MappedText

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_LIST = "smtp inet n - y - - smtpd\n  -o smtpd_client_restrictions="


@rule(
    name="spaced-override",
    category="master.cf",
    severity=Severity.ERROR,
    summary="a blank in an -o setting of master.cf ends it: the daemon dies on the rest",
    since="0.1.0",
    manual="master.5.html",
    examples=(
        Bad(
            _GUARD,
            "smtp inet n - y - - smtpd -o smtpd_helo_required = yes\n",
            fixed_master="smtp inet n - y - - smtpd -o smtpd_helo_required=yes\n",
            unsafe=True,
        ),
        Bad(
            _GUARD,
            "smtp inet n - y - - smtpd\n  -o smtpd_helo_required= yes -o smtpd_delay_reject=no\n",
            fixed_master="smtp inet n - y - - smtpd\n  -o smtpd_helo_required=yes -o smtpd_delay_reject=no\n",
            unsafe=True,
        ),
        Bad(
            _GUARD,
            f"{_LIST}permit_mynetworks, reject\n",
            fixed_master="smtp inet n - y - - smtpd\n  -o { smtpd_client_restrictions = permit_mynetworks, reject }\n",
            unsafe=True,
        ),
        Bad(
            _GUARD,
            f"{_LIST}permit_mynetworks, reject\n",
            target=Target(PostfixVersion(2, 11)),
            fixed_master=f"{_LIST}permit_mynetworks,reject\n",
            unsafe=True,
        ),
        Bad(
            f"mynetworks = 0.0.0.0/0\n{_GUARD}",
            "smtp inet n - y - - smtpd -o{ smtpd_helo_required = yes }\n",
            fixed_master="smtp inet n - y - - smtpd -o { smtpd_helo_required = yes }\n",
            unsafe=True,
        ),
        Bad(_GUARD, "smtp inet n - y - - smtpd -o mynetworks = 0.0.0.0/0\n"),
        Bad("", "smtp unix - - y - - smtp -o smtp_helo_name\n"),
        Good("", "smtp inet n - y - - smtpd -o { smtpd_helo_required = yes }\n"),
        Good("", "smtp inet n - y - - smtpd -o smtpd_client_restrictions=permit_mynetworks,reject\n"),
        Good("", "smtp inet n - y - - smtpd -o smtpd_client_restrictions= -v # for now\n"),
        Good("", "scan unix - n n - - pipe -o syslog_name=scan flags=R user=scan argv=/bin/scan -o a = b\n"),
        Good("", "lmtp unix - - y - - lmtp -o syslog_name=dovecot flags=O\n"),
    ),
)
def spaced_override(context: Context) -> Iterator[Diagnostic]:
    """An `-o name=value` in master.cf is one word: no blank may stand around the `=`, nor in the value, nor behind its
    commas. Quotes do not help. `-o name = value` gives the daemon a setting without `=`, on which it dies with
    "missing '=' after attribute name"; `-o name= value` gives it an empty value and an argument `value`, and
    `-o name=a, b` the value `a,` and an argument `b`: it dies with "unexpected command-line argument". master starts it
    again and again, and no client is served. postconf says nothing. A `#` behind an option is an argument, too, of
    which inline-comment tells.

    Since Postfix 3.0 braces hold a setting with blanks together: `-o { name = a, b }`. The braces need a blank in
    front: on `-o{ name = a }` the daemon dies, although postconf shows a setting, and `-o name={ a, b }` is one word
    whose value has the braces in it. Before 3.0, write a list with commas alone, or give the value to a name of your
    own in main.cf and write `-o name=$my_value`.

    The fix puts the settings of one service together, all at once. It is unsafe because the service then starts, with
    settings that were not in force. There is none where strangers might relay through it.

    postlint looks for arguments at the daemons that take none; the arguments of pipe and spawn are their own.
    """
    plans = {service: _plan(context, service) for service in context.configuration.services}
    fixes = _fixes(context, {service: plan for service, plan in plans.items() if plan})
    for service, plan in plans.items():
        for setting, joined in plan.items():
            cure = joined if isinstance(joined, Obstacle) else fixes[service]
            yield _diagnostic(service, setting, _action(context, setting, joined), cure)


def _plan(context: Context, service: ServiceDefinition) -> dict[Setting, Joined | Obstacle]:
    """What is to become of each broken setting."""
    plan: dict[Setting, Joined | Obstacle] = {}
    for setting in options_of(service).settings:
        found = setting.name_and_value
        if found is None or setting.glued or (setting.following and takes_no_arguments(service.command)):
            name = found[0] if found else setting.word.text
            is_list = name in RESTRICTION_LISTS or value_class(name) in ("match list", "lookup tables")
            plan[setting] = joined_setting(service, setting, not context.is_older_than(3, 0), is_list)
    return plan


def _fixes(
    context: Context, plans: Mapping[ServiceDefinition, Mapping[Setting, Joined | Obstacle]]
) -> dict[ServiceDefinition, Fix | Obstacle]:
    """For each service one fix, or why there is none."""
    whole: dict[ServiceDefinition, list[Joined]] = {}
    fixes: dict[ServiceDefinition, Fix | Obstacle] = {}
    for service, plan in plans.items():
        joined = [item for item in plan.values() if isinstance(item, Joined)]
        ignored = any(context.is_suppressed("spaced-override", _place(service, setting)) for setting in plan)
        options = options_of(service)
        if options.comments:
            fixes[service] = Obstacle(f"a comment among the arguments of {service.identity} has to go first")
        elif options.backslashes:
            fixes[service] = Obstacle("a backslash at the end of a line has to go first")
        elif any(setting.word.text.startswith("{") for setting in options.settings):
            fixes[service] = Obstacle(f"{service.identity} has a brace that is not closed")
        elif len(joined) < len(plan) or ignored:
            fixes[service] = Obstacle(f"{service.identity} does not start for another setting")
        else:
            whole[service] = joined
    rewrites = [rewrite for joined in whole.values() for item in joined for rewrite in item.rewrites]
    after = context_after(context, rewrites) if rewrites else context
    worse = worse_relays(context, after)
    warnings = {view.identity: after.relay_verdict(view).warning for view in after.lists.smtpd_views}
    for service, joined in whole.items():
        if service.identity in worse:
            fixes[service] = Obstacle(worse[service.identity])
        else:
            reason = warnings.get(service.identity) or f"{service.command} then starts with settings not in force today"
            fixes[service] = _fix(service, plans[service], joined, reason)
    return fixes


def _fix(
    service: ServiceDefinition, plan: Mapping[Setting, Joined | Obstacle], joined: list[Joined], reason: str
) -> Fix:
    options = options_of(service)
    kept = (plan.get(setting) or _as_written(setting) for setting in options.settings)
    entries = entries_with(service, options, (item for item in kept if isinstance(item, Joined)))
    changed = {name for name, _ in set(declared_entries(service)) ^ set(entries)}
    changes = tuple(sorted(changed | {f"{service.identity}/{item.name}" for item in joined}))
    rewrites = tuple(rewrite for item in joined for rewrite in item.rewrites)
    outcome = Outcome(service.source, service.span, entries)
    title = f"write {' and '.join(f'-o {item.text}' for item in joined)} (unsafe: {reason})"
    return Fix(title, rewrites, changes, announces=True, wakes=(EVERYTHING,), outcomes=(outcome,))


def _as_written(setting: Setting) -> Joined:
    name, value = setting.name_and_value or (setting.word.text, "")
    return Joined("", name, value, ())


def _action(context: Context, setting: Setting, joined: Joined | Obstacle) -> str:
    """What to do, for the help line."""
    if isinstance(joined, Joined):
        return f"write -o {joined.text}"
    found, rest = setting.name_and_value, " ".join(word.text for word in setting.following)
    if found is None and not rest.startswith("="):
        return "write -o name=value"
    name, value = found or (setting.word.text, "")
    value = f"{value} {rest.removeprefix('=') if found is None else rest}".strip(BLANKS)
    if context.is_older_than(3, 0):
        return f"give the value to a name of your own in main.cf, and write -o {name}=$that_name"
    return f"write -o {{ {name} = {value} }}" if " " in value else f"write -o {name}={value}"


def _diagnostic(service: ServiceDefinition, setting: Setting, action: str, cure: Fix | Obstacle) -> Diagnostic:
    explained = isinstance(cure, Fix) or setting.name_and_value or setting.following[:1]
    return Diagnostic(
        rule="spaced-override",
        severity=Severity.ERROR,
        message=_message(service, setting),
        location=_place(service, setting),
        service=service.identity,
        help=help_of(action, cure) if explained else action,
        fix=cure if isinstance(cure, Fix) else None,
    )


def _message(service: ServiceDefinition, setting: Setting) -> str:
    text, daemon = setting.word.text.strip(BLANKS), service.command
    found = setting.name_and_value
    if found is None:
        reason = "has no name" if text.startswith("=") else "has no = of its own"
        rest = " ".join(word.text for word in setting.following)
        shown = f"{text} {rest}" if rest.startswith("=") else text
        return f"-o {shown}: the setting {reason}, and {daemon} dies"
    if setting.glued:
        return f"-o{{...}}: no blank stands before the brace, which makes it part of the setting, and {daemon} dies"
    name, value = found
    read = f"the setting ends at the blank as {name}={value}" if value else f"{name} is empty"
    return f"{read}, and {daemon} dies on the argument {setting.following[0].text}"


def _place(service: ServiceDefinition, setting: Setting) -> Location:
    word: MappedText = setting.word
    if setting.name_and_value is not None and not setting.glued:
        word = setting.following[0]
    locations = word.locations
    return locations[0] if locations else service.location
