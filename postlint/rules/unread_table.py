"""unread-table: a lookup table, or a file in mynetworks, whose content decides a verdict and cannot be read."""

from collections.abc import Iterator

from postlint.configuration.tables import file_paths
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.policy.reach import unread_answers
from postlint.policy.trust import Unread
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import service_of
from postlint.text import Location, MappedText, Source

_BEFORE_GUARD = "smtpd_relay_restrictions = check_client_access hash:/etc/postfix/friends, reject_unauth_destination\n"
_BEHIND_GUARD = "smtpd_relay_restrictions = reject_unauth_destination, check_client_access hash:/etc/postfix/friends\n"
_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_RELAY = "whether strangers may relay"
_IN_ROWS = "whether anything is wrong in them"


@rule(
    name="unread-table",
    category="postlint",
    severity=Severity.INFO,
    summary="the content of a lookup table decides a verdict, and postlint cannot read it",
    since="0.1.0",
    manual="access.5.html",
    examples=(
        Bad(_BEFORE_GUARD, severity=Severity.INFO),
        Bad(_BEFORE_GUARD.replace("hash:/etc/postfix/friends", "ldap:friends"), severity=Severity.INFO),
        Bad(_GUARD + "mynetworks = 192.0.2.0/24, cidr:/etc/postfix/offices\n", severity=Severity.INFO),
        Bad(
            _GUARD + "smtpd_restriction_classes = strict\nstrict = reject_unauth_pipelining\n"
            "smtpd_recipient_restrictions = check_recipient_access hash:/etc/postfix/recipients\n",
            severity=Severity.INFO,
        ),
        Bad(_GUARD + "mynetworks = 127.0.0.1/32, /etc/postfix/offices\n", severity=Severity.INFO),
        Good(_GUARD + "mynetworks = /etc/postfix/offices\n", tables=(("offices", "# Paris\n192.0.2.0/24\n"),)),
        Good(_BEFORE_GUARD, tables=(("friends", "192.0.2.1 OK\n"),)),
        Good(_BEHIND_GUARD),
        Good(_GUARD + "smtpd_client_restrictions = check_client_access hash:/etc/postfix/friends\n"),
    ),
)
def unread_table(context: Context) -> Iterator[Diagnostic]:
    """An access map in front of reject_unauth_destination, and a table or a file in mynetworks, can let strangers
    relay. Whether it does stands in its content alone. Where that is not known, postlint calls each fix unsafe that
    lets mail through which is refused today. A table that is not read may also name a restriction class that nothing
    else names.

    postlint reads the sources of indexed, texthash, cidr, regexp and pcre tables, and the files that match lists name
    (`mynetworks = /etc/postfix/offices`), below the configuration directory, and everywhere when that is the live one.
    It never asks LDAP, SQL or another server: there this finding tells why fixes are unsafe, and it goes when the
    lookup stands behind the guard, where it decides nothing about relaying. Tables that decide nothing are not
    reported, nor are policy services.

    The right-hand sides of an access map can be restrictions, and each such row is a list that is checked like any
    other. A table with more than 20,000 of them is not read, and what is wrong in its rows is not found.
    """
    found: dict[str, tuple[Unread, str]] = {}
    for unread, question in _undecided(context):
        found.setdefault(unread.name.text, (unread, question))
    places = _places(context)
    for text, ((name, reason), question) in found.items():
        uses = list(dict.fromkeys((*name.locations[:1], *places.get(text, ()))))
        if not uses:
            continue
        yield Diagnostic(
            rule="unread-table",
            severity=Severity.INFO,
            message=f"{text} {reason}, so postlint cannot tell {question}",
            location=uses[0],
            service=service_of(context.configuration, uses[0]),
            help=_help(context, name, question),
            related=tuple(Related(place, "used here, too") for place in uses[1:]),
        )


def _undecided(context: Context) -> Iterator[tuple[Unread, str]]:
    """Each table or file that would have to be read, and for what."""
    lists, tables = context.lists, context.configuration.tables
    views = lists.smtpd_views or (context.configuration.main_view,)
    classes = [item for view in views for item in lists.of_view(view) if item.kind == "class"]
    named = {item.name for item in classes if any(way.parameter for way in lists.ways(item))}
    for view in views:
        verdict = context.relay_verdict(view)
        if verdict.unread is not None:
            yield verdict.unread, _RELAY
    for view in views:
        unnamed = next((item.name for item in classes if item.view is view and item.name not in named), None)
        names = [restriction.table_name for restriction in unread_answers(lists, view)]
        # Where a policy service may name the class as well, the tables do not settle it.
        for name in names if unnamed and None not in names else ():
            if name is not None:
                reason = tables.access_map(name).unread or ""
                yield Unread(name, reason), f"whether anything names the class {unnamed}"
    for occurrence in lists.occurrences:
        name = occurrence.restriction.table_name
        reason = tables.access_map(name).unread or "" if name is not None else ""
        if name is not None and reason and not tables.table(name).unread:
            yield Unread(name, reason), _IN_ROWS


def _places(context: Context) -> dict[str, list[Location]]:
    """Where access maps are looked up, by their names."""
    places: dict[str, list[Location]] = {}
    for occurrence in context.lists.occurrences:
        name = occurrence.restriction.table_name
        if name is not None:
            places.setdefault(name.text, []).extend(name.locations[:1])
    return places


def _help(context: Context, name: MappedText, question: str) -> str:
    if isinstance(context.configuration.files.tables.get(name.text), Source):
        return "write what it holds into main.cf, or name fewer files: Postfix opens one in the other until it cannot"
    if name.text.startswith("/"):
        paths = [name.text]
    elif context.configuration.tables.table(name).unread:
        paths = list(file_paths(name))
    else:
        return "look at its rows yourself, or split the table: each part is read up to that number"
    outside = [path for path in paths if not path.startswith("/etc/postfix/")]
    if outside:
        return f"{outside[0]} is read only where /etc/postfix is linted on the mail server itself"
    if paths:
        files = " and ".join(path.removeprefix("/etc/postfix/") for path in paths)
        return f"put {files} beside main.cf, where postlint looks for it"
    if question == _RELAY:
        return "nothing has to be done if its answers are trusted; behind reject_unauth_destination they do not matter"
    return "nothing has to be done if it names the class"
