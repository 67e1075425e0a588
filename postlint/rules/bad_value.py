"""bad-value: a value that a program refuses when it reads it."""

import re
from collections.abc import Iterator

from postlint.configuration.options import is_cut_short
from postlint.configuration.rewriting import Rewriting
from postlint.configuration.strays import has_stray_character
from postlint.configuration.swallowed import swallowed_names
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.edits import Fix, Rewrite
from postlint.facts.values import EVERY
from postlint.policy.refusals import Refusal, refusals
from postlint.policy.values import is_one_word
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, help_of
from postlint.syntax.nodes import Override, ParameterDefinition
from postlint.target import PostfixVersion, Target
from postlint.text import LIST_SEPARATORS, Span

_NAMED = 3
_REVIVES = "a program that is down today then runs"
_UNREAD = "no service of master.cf reads it"
_OLD = Target(PostfixVersion(3, 2))


@rule(
    name="bad-value",
    category="parameters",
    severity=Severity.ERROR,
    summary="a program dies on a value, or takes another one in its place",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad("smtpd_helo_required = true\n", fixed="smtpd_helo_required = yes\n", unsafe=True),
        Bad("message_size_limit = 20M\n"),
        Bad("smtpd_timeout = 5 m\n", fixed="smtpd_timeout = 5m\n", unsafe=True),
        Bad("maximal_queue_lifetime = 200d\n"),
        Bad("smtpd_tls_security_level = dane\n"),
        Bad("notify_classes = resource, softwares\n"),
        Bad("myhostname = mx_1.example.com.\n"),
        Bad(
            "",
            "submission inet n - y - - smtpd\n  -o { smtpd_sasl_auth_enable = on }\n",
            fixed_master="submission inet n - y - - smtpd\n  -o { smtpd_sasl_auth_enable = yes }\n",
            unsafe=True,
        ),
        Bad(
            "submission_auth = enabled\n",
            "submission inet n - y - - smtpd -o smtpd_sasl_auth_enable=$submission_auth\n",
        ),
        Bad("compatibility_level = 3.6\n", target=_OLD),
        Bad("postscreen_dnsbl_sites = dnsbl.example= 127.0.0.2\n", "smtp inet n - y - 1 postscreen\n"),
        Bad("unknown_client_reject_code = 250\n", severity=Severity.WARNING),
        Bad("smtpd_tls_protocols = !SSLv2, !SSLv3, !TLSv1.0\n", severity=Severity.WARNING),
        Bad("postscreen_greet_action = reject\n", "smtp inet n - y - - smtpd\n", severity=Severity.WARNING),
        Good("smtpd_helo_required = YES\nsmtpd_timeout = 5minutes\nsmtpd_recipient_limit = +20\n"),
        Good("smtpd_timeout = ${stress?{10}:{300}}s\nsmtpd_hard_error_limit = ${stress?1}${stress:10}\n"),
        Good("smtpd_helo_required = $helo_policy\nsmtpd_delay_reject = ${helo_policy:yes}\n"),
    ),
    blind=lambda target: True,
)
def bad_value(context: Context) -> Iterator[Diagnostic]:
    """A program reads its parameters when it starts, and dies on a value that it does not take: master starts it again,
    it dies again, and mail stops. postconf looks at no value but that of inet_protocols, and `postfix check` only at
    those that every program reads. The log says "fatal: bad boolean configuration", "bad numerical configuration", "bad
    time value or unit" and the like.

    Yes and no are the only booleans. A number is written in decimal digits: no 20M, no 0x10. A time has its unit right
    behind the digits, one of s, m, h, d and w in small letters; what follows that letter is ignored. Many parameters
    have a least or a greatest value, a text that must not be empty, or one of a few words.

    postscreen dies on an entry of postscreen_dnsbl_sites that is no `name=filter*weight`, one with a blank in it say.

    A value that Postfix survives is a warning: a reply code that refuses nothing, for which smtpd answers 450, or a
    list of TLS protocols that is none, with which it answers STARTTLS with 454. So is a value on which only a program
    would die that no service in master.cf runs. An empty one that the main.cf in Postfix's sources leaves to the
    installation, as that of sendmail_path, is info.

    A value counts with its `$names` replaced; where one has no value, or stands in a conditional form, nothing is said.
    What inline-comment, stray-character, swallowed-parameter and spaced-override tell of is theirs. The fix writes what
    is plainly meant: yes for true, a value without the semicolon behind it, a time without the blank in it. It makes a
    program run that does not run today, so it is unsafe.
    """
    for refusal in refusals(context.configuration, context.target.version):
        if not _is_told_elsewhere(refusal):
            yield _diagnostic(context, refusal)


def _is_told_elsewhere(refusal: Refusal) -> bool:
    """Whether another rule tells of the same defect."""
    node, service = refusal.definition.node, refusal.definition.service
    if "#" in refusal.definition.value.text and is_one_word(refusal.definition.parameter):
        return True
    if isinstance(node, Override):
        return service is not None and is_cut_short(service, node)
    return isinstance(node, ParameterDefinition) and (
        has_stray_character(node) or next(swallowed_names(node), None) is not None
    )


def _diagnostic(context: Context, refusal: Refusal) -> Diagnostic:
    flaw, definition = refusal.flaw, refusal.definition
    own = definition.parameter == refusal.name
    subject = refusal.name if own else f"{refusal.name}, which has the value of {definition.parameter},"
    fix = _fix(context, refusal) if own else None
    return Diagnostic(
        rule="bad-value",
        severity=_severity(refusal),
        message=f"{subject} {flaw.reason}: {_consequence(refusal)}",
        location=refusal.location,
        service=definition.service.identity if definition.service else None,
        help=help_of(flaw.cure, fix) if fix else flaw.cure,
        related=_written(context, refusal),
        fix=fix,
    )


def _severity(refusal: Refusal) -> Severity:
    if not refusal.flaw.sure:
        return Severity.INFO
    return Severity.ERROR if refusal.flaw.dies and refusal.programs else Severity.WARNING


def _consequence(refusal: Refusal) -> str:
    flaw = refusal.flaw
    if flaw.dies != "start":
        return flaw.consequence if refusal.programs else f"{flaw.consequence}; {_UNREAD}"
    if refusal.programs == {"postfix"}:
        return "postfix start and postfix reload fail"
    if EVERY in refusal.programs:
        return "every Postfix program dies at start"
    if refusal.programs:
        return f"{_named(refusal.programs)} {'dies' if len(refusal.programs) == 1 else 'die'} at start"
    return f"{_named(flaw.programs)} would die at start; {_UNREAD}"


def _named(programs: frozenset[str]) -> str:
    names = sorted(programs)
    if len(names) > _NAMED:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more programs"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _written(context: Context, refusal: Refusal) -> tuple[Related, ...]:
    """The other definitions that the value is made of."""
    view = context.configuration.main_view
    if refusal.definition.service is not None:
        view = context.configuration.service_views[refusal.definition.service.identity]
    places = context.configuration.expanded(refusal.name, view).locations
    found = {context.configuration.definition_of(place): None for place in places}
    return tuple(
        Related(item.name_location, f"the value of {item.parameter}")
        for item in found
        if item and item != refusal.definition
    )


def _fix(context: Context, refusal: Refusal) -> Fix | None:
    """The flawed part written as it is plainly meant, where it stands whole in the definition."""
    better, place, definition = refusal.flaw.better, refusal.location, refusal.definition
    found = re.finditer(f"[^{LIST_SEPARATORS}]+", place.text) if better is not None and refusal.whole else ()
    words = tuple(Span(place.span.start + match.start(), place.span.start + match.end()) for match in found)
    if not words or (words[0].start, words[-1].end) != place.span:
        return None
    rewrite = Rewrite(place.source, definition.region, words, better)
    smtpd = not refusal.programs.isdisjoint({"smtpd", EVERY})
    unsafe = context.open_relay(context.lists.smtpd_views or (context.configuration.main_view,)) if smtpd else None
    fix = fix_of(f"write {better}", Rewriting(rewrite, definition.name), unsafe or _REVIVES, announces=True)
    # With a value that counts, others may do what they are there for.
    return fix._replace(wakes=tuple(item.name for item in context.configuration.live_definitions))
