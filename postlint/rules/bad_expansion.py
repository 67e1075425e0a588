"""bad-expansion: a $ form in a value that Postfix dies on, or that is not what it looks like."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from postlint.configuration.faults import Cycle, Faults
from postlint.configuration.model import LENGTH_LIMIT, Definition, View
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.rules.base import Bad, Context, Good, rule
from postlint.syntax.values import READ_LIMIT, Fault
from postlint.target import PostfixVersion, Target
from postlint.text import MappedText

# What comes of a broken form in a value that is expanded when it is used, and not before: src/local/command.c,
# dotforward.c and unknown.c, src/smtpd/smtpd_check.c (rbl_reject_reply), src/global/smtp_reply_footer.c. Other values
# that are not expanded before are not expanded at all.
_WHEN_USED = {
    "command_execution_directory": "mail to a command is deferred with 4.3.5",
    "default_rbl_reply": "smtpd dies at each client that a DNSBL lists",
    "forward_path": "no forward file is found by this path",
    "luser_relay": "mail for unknown recipients goes to a wrong address",
    "postscreen_reject_footer": "replies go out without the footer",
    "smtpd_reject_footer": "replies go out without the footer",
}
_NO_CURE = "the forms are ${name}, ${name?{text}:{text}} and ${{text} == {text} ? {text} : {text}}"
_CURES = {
    "truncated macro reference": "close it, or write $$ where a dollar sign is meant",
    "empty macro name": "write $$ where a dollar sign is meant",
    "attribute name syntax error": "a name holds letters, digits and underscores; a dollar sign is $$",
}
_NO_DEFAULT = "write the value out; the parameter's default is not what its own $name stands for"
_BREAK_CIRCLE = "write the value of one of them out"
_NAMES_SHOWN = 4
_FUNCTIONS = ("domain_to_ascii", "domain_to_utf8")
_NOT_KNOWN = Target(PostfixVersion(3, 7))
_BEFORE_LEVELS = Target(PostfixVersion(3, 5))


class _Reach(NamedTuple):
    """Whether Postfix comes to a place, and what then happens, as a clause."""

    severity: Severity
    consequence: str


@rule(
    name="bad-expansion",
    category="syntax",
    severity=Severity.ERROR,
    summary="a $ form in a value is broken, leads back to itself, or is not what it looks like",
    since="0.1.0",
    manual="postconf.5.html",
    examples=(
        Bad("mydestination = $myhostname, localhost.${mydomain\n"),
        Bad("smtpd_banner = $myhostname ESMTP, no $ for spam\n"),
        Bad("smtpd_sender_restrictions = ${smtpd-sender-checks}\n"),
        Bad("mynetworks = 127.0.0.0/8, $mynetworks\n"),
        Bad("mydestination = $local_names\nlocal_names = $myhostname, $more_names\nmore_names = $local_names\n"),
        Bad("mydestination = ${local_names?$local_names:{$myhostname}}\n", severity=Severity.WARNING),
        Bad("my_names = $my_names, a.example\n", severity=Severity.WARNING),
        Bad("mydomain = ${domain_to_ascii{straße.example}}\n", target=_NOT_KNOWN),
        Bad("mynetworks_style = ${{$compatibility_level} <level {2} ? {subnet} : {host}}\n", target=_BEFORE_LEVELS),
        Good("smtpd_banner = $myhostname ESMTP, costs $$5\n"),
        Good("forward_path = $home/.forward${recipient_delimiter}${extension}, $home/.forward\n"),
        Good('mailbox_command = /usr/bin/procmail -a "${EXTENSION-}" DEFAULT=$HOME/Maildir/\n'),
        Good("mydestination = ${local_names?{$local_names}:{$myhostname}}\n"),
        Good("mydomain = ${mydomain?inline:{ a=b }}\n"),
        Good("mynetworks_style = ${{$compatibility_level} <level {2} ? {subnet} : {host}}\n"),
    ),
    blind=lambda target: target.version is None or target.version >= PostfixVersion(3, 6),
)
def bad_expansion(context: Context) -> Iterator[Diagnostic]:
    """Postfix replaces `$name`, `${name}` and conditional forms when a program reads a parameter. It dies on a form
    that is not closed, on a `$` in front of anything but a name, on a name with other characters than letters, digits
    and underscores, and on a value that leads back to itself: `mynetworks = $mynetworks, ...` does not add to the
    default. Where the value is that of a built-in parameter, in main.cf or with `-o`, `postconf` and `postfix start`
    die, too. A `$` that is meant is written `$$`. The log says "macro processing error" and why; for values that lead
    back to themselves "unreasonable macro call nesting", or nothing but signal 11 where the way leads through a
    comparison.

    `${name?a:{b}}` is legal and no choice between two texts: all of `a:{b}` is what a set name stands for. In
    `${name?{a}:{b}}` both have braces. `${domain_to_ascii{...}}` is a form of Postfix 3.11, on which older ones die,
    and `<level` and its like, which compare compatibility levels, came with Postfix 3.6: that is told only where the
    target is known to be older.

    A broken form in a value that nothing reads, or in a branch that is not taken, is a warning: Postfix dies once it
    comes to it. So is one in forward_path and its like, which are expanded when they are used.

    Values that grow by naming each other twice (`a = $b$b`, `b = $c$c`) are legal, and each program holds the whole
    text in memory. postlint follows 100,000 characters and takes longer values for unknown.
    """
    faults = Faults(context.configuration)
    for definition, forms in faults.forms.items():
        for fault in forms.faults:
            yield from _broken(context, faults, definition, fault)
        if forms.comparison and all(fault.kind == "level" for fault in forms.faults):
            yield from _compared(faults, definition, definition.value.slice(*forms.comparison))
    unread = next((definition for definition, forms in faults.forms.items() if not forms.complete), None)
    if unread is not None:
        message = f"more than {READ_LIMIT:,} characters of $ forms in forms: postlint looks no deeper from here on"
        yield _diagnostic(unread, unread.value, Severity.INFO, message, "the forms in these were not checked")
    yield from _trails(faults)


def _broken(context: Context, faults: Faults, definition: Definition, fault: Fault) -> Iterator[Diagnostic]:
    place = definition.value.slice(*fault.span)
    shown = _shown(place.text)
    name = definition.parameter
    if fault.kind == "ternary":
        message = f"{shown}...}} stands for all behind its ? when the name is set, and for nothing else"
        cure = "put the text in front of the : into braces, too: ${name?{text}:{text}}"
        yield _diagnostic(definition, place, Severity.WARNING, message, cure)
    elif fault.kind == "nameless":
        message = f"{shown} names nothing, and is never set"
        yield _diagnostic(definition, place, Severity.WARNING, message, "write a name behind the bracket")
    elif name in _WHEN_USED:
        message = f"{shown}: {fault.reason}: {_WHEN_USED[name]}"
        yield _diagnostic(definition, place, Severity.WARNING, message, _CURES.get(fault.reason, _NO_CURE))
    elif faults.is_raw(name):
        return
    elif fault.kind == "broken":
        reach = _reach(faults, definition, fault.certain)
        message = f"{shown}: {fault.reason}: {reach.consequence}"
        yield _diagnostic(definition, place, reach.severity, message, _CURES.get(fault.reason, _NO_CURE))
    elif fault.kind == "level":
        if context.is_older_than(3, 6):
            reach = _reach(faults, definition, fault.certain)
            message = f"{fault.reason} came with Postfix 3.6: {reach.consequence}"
            yield _diagnostic(
                definition, place, reach.severity, message, "compare numbers, or take the text that holds"
            )
    elif fault.reason not in _FUNCTIONS or context.may_be_older_than(3, 11):
        reach = _reach(faults, definition, fault.certain)
        known = fault.reason not in _FUNCTIONS or context.is_older_than(3, 11)
        since = "is no form that Postfix knows" if fault.reason not in _FUNCTIONS else "came with Postfix 3.11"
        message = f"{shown}{{...}}}} {since}: {reach.consequence if known else 'older ones die on it'}"
        yield _diagnostic(definition, place, reach.severity if known else Severity.WARNING, message, _NO_CURE)


def _compared(faults: Faults, definition: Definition, place: MappedText) -> Iterator[Diagnostic]:
    """A comparison of what cannot be compared."""
    view = next(view for view in faults.views if view.service is definition.service)
    reason = faults.failed_comparison(definition.parameter, view)
    if reason is not None and not faults.is_raw(definition.parameter):
        reach = _reach(faults, definition, certain=True)
        cure = "numbers are below 2^63, compatibility levels like 3.6"
        yield _diagnostic(definition, place, reach.severity, f"{reason}: {reach.consequence}", cure)


def _reach(faults: Faults, definition: Definition, certain: bool) -> _Reach:
    """What a form comes to that Postfix dies on, in the most severe way in which it is read."""
    found = []
    for view in faults.views:
        if definition.service in (None, view.service) and (reader := faults.reader(definition.parameter, view)):
            name, direct = reader
            dies = (certain and direct) or faults.outcome(name, view) == "dies"
            found.append((dies, name, faults.is_class(name, view)))
    if not found:
        return _Reach(Severity.WARNING, "Postfix dies on it, but reads nothing that uses it")
    dies, name, is_class = max(found, key=lambda item: (item[0], not item[2]))
    who = f"smtpd dies when it reads the class {name}" if is_class else f"Postfix does not start, as {name} needs it"
    if not dies:
        return _Reach(Severity.WARNING, f"Postfix dies when it takes this branch, for {name}")
    return _Reach(Severity.ERROR, who)


def _trails(faults: Faults) -> Iterator[Diagnostic]:
    """Cycles and values that grow, each once."""
    seen: set[frozenset[Definition]] = set()
    for view in faults.views:
        trail = faults.trail(view)
        for cycle in trail.cycles:
            members = [item for name in cycle.names if (item := faults.definition(name, view))]
            key = frozenset(members)
            if members and key not in seen and (found := _cycle(faults, view, cycle, members)):
                yield found
            seen.add(key)
        for name, number in (*trail.deep, *trail.long):
            definition = faults.definition(name, view)
            if definition is None or frozenset((definition,)) in seen:
                continue
            seen.add(frozenset((definition,)))
            if (name, number) in trail.deep:
                reach = _reach(faults, definition, certain=True)
                message = f"{name} is replaced over more than 100 names: {reach.consequence}"
                yield _diagnostic(definition, _first(faults, definition), reach.severity, message, "shorten the chain")
            else:
                read = faults.reader(name, view) is not None
                yield _long(faults, definition, number, Severity.WARNING if read else Severity.INFO)


def _long(faults: Faults, definition: Definition, length: int, severity: Severity) -> Diagnostic:
    message = (
        f"{definition.parameter} expands to {length:,} characters, which each program that reads it holds in memory; "
        f"postlint follows {LENGTH_LIMIT:,} and takes it for unknown"
    )
    return _diagnostic(
        definition, _first(faults, definition), severity, message, "names that hold each other twice grow"
    )


def _cycle(faults: Faults, view: View, cycle: Cycle, members: list[Definition]) -> Diagnostic | None:
    reader = faults.reader(cycle.names[0], view)
    severity, consequence = Severity.WARNING, "Postfix dies on it, but reads nothing that uses it"
    if reader is not None:
        name, direct = reader
        outcome = "dies" if cycle.certain and direct else faults.outcome(name, view)
        if outcome == "lives":
            return None
        if outcome == "dies":
            severity = Severity.ERROR
            consequence = f"Postfix does not start, as {name} needs it"
            if faults.is_class(name, view):
                consequence = f"smtpd dies when it reads the class {name}"
        else:
            consequence = f"Postfix dies when it takes this branch, for {name}"
    start = min(members, key=lambda item: item.name_location.key)
    index = cycle.names.index(start.parameter)
    names = cycle.names[index:] + cycle.names[:index]
    others = names[1:] if len(names) <= _NAMES_SHOWN else (*names[1:3], f"{len(names) - 3} more")
    over = (
        f" over {' and '.join([', '.join(others[:-1]), others[-1]]) if len(others) > 1 else others[0]}"
        if others
        else ""
    )
    following = dict(zip(names, (*names[1:], names[0]), strict=True))
    places = {item.parameter: _place_of(faults, item, following[item.parameter]) for item in members}
    related = [place.locations[0] for item, place in places.items() if item != start.parameter]
    return Diagnostic(
        rule="bad-expansion",
        severity=severity,
        message=f"{names[0]} names itself{over}: {consequence}",
        location=places[start.parameter].locations[0],
        service=start.service.identity if start.service else None,
        help=_BREAK_CIRCLE if others else _NO_DEFAULT,
        related=tuple(Related(location, "part of the circle") for location in related),
    )


def _place_of(faults: Faults, definition: Definition, name: str) -> MappedText:
    """Where a value names another one."""
    span = next(item.span for item in faults.forms[definition].references if item.name == name)
    return definition.value.slice(*span)


def _first(faults: Faults, definition: Definition) -> MappedText:
    return definition.value.slice(*faults.forms[definition].references[0].span)


def _shown(text: str) -> str:
    """A form up to the end of its name; what follows may be a secret."""
    match = re.match(r"\$[{(]?[A-Za-z0-9_]*", text)
    assert match is not None
    return match[0]


def _diagnostic(
    definition: Definition, place: MappedText, severity: Severity, message: str, cure: str | None
) -> Diagnostic:
    return Diagnostic(
        rule="bad-expansion",
        severity=severity,
        message=message,
        location=place.locations[0],
        service=definition.service.identity if definition.service else None,
        help=cure,
    )
