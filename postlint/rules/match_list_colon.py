"""match-list-colon: an IPv6 address without brackets in a match list, which Postfix takes for a lookup table."""

from collections.abc import Iterator

from postlint.configuration.match_lists import MatchOccurrence, match_lists, replace_pattern
from postlint.configuration.rewriting import Obstacle
from postlint.diagnostics import Diagnostic, Related, Severity
from postlint.edits import Fix
from postlint.policy.trust import covers_strangers
from postlint.rules.base import Bad, Context, Good, rule
from postlint.rules.repairs import fix_of, help_of, service_of
from postlint.text import Location

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_SMTP = "smtp inet n - y - - smtpd\n"
# Whoever is in one of these may relay, or may claim to be a client that may.
_GRANTING = frozenset(
    ("mynetworks", "permit_mx_backup_networks", "qmqpd_authorized_clients", "smtpd_authorized_xclient_hosts")
)
# Where a failed lookup only costs the clients a privilege.
_PRIVILEGES = frozenset(
    (
        "debug_peer_list",
        "smtpd_authorized_verp_clients",
        "smtpd_authorized_xclient_hosts",
        "smtpd_authorized_xforward_hosts",
        "smtpd_client_event_limit_exceptions",
        "smtpd_forbid_bare_newline_exclusions",
    )
)
# Of clients, by name or address, and of addresses. The others hold domains or words.
_OF_ADDRESSES = frozenset(
    (
        *_GRANTING,
        *_PRIVILEGES,
        "postscreen_allowlist_interfaces",
        "postscreen_whitelist_interfaces",
        "smtpd_sasl_exceptions_networks",
    )
)


@rule(
    name="match-list-colon",
    category="syntax",
    severity=Severity.ERROR,
    summary="an IPv6 address without brackets in mynetworks or another list is taken for a lookup table",
    since="0.1.0",
    manual="postconf.5.html#mynetworks",
    examples=(
        Bad(
            "mynetworks = 127.0.0.0/8, ::1/128\n" + _GUARD,
            _SMTP,
            fixed="mynetworks = 127.0.0.0/8, [::1]/128\n" + _GUARD,
        ),
        Bad(
            "mynetworks = 127.0.0.0/8 2001:db8::/32\n" + _GUARD,
            _SMTP,
            fixed="mynetworks = 127.0.0.0/8 [2001:db8::]/32\n" + _GUARD,
            unsafe=True,
        ),
        Bad(
            "mynetworks = 127.0.0.1\n" + _GUARD,
            _SMTP + "  -o smtpd_sasl_exceptions_networks=!2001:db8::1\n",
            fixed_master=_SMTP + "  -o smtpd_sasl_exceptions_networks=![2001:db8::1]\n",
        ),
        Bad(
            "mynetworks = 127.0.0.1\nsmtpd_authorized_xforward_hosts = /etc/postfix/scanners\n" + _GUARD,
            _SMTP,
            severity=Severity.WARNING,
            tables=(("scanners", "# both\n192.0.2.1, 2001:db8::1\n"),),
            fixed_tables=(("scanners", "# both\n192.0.2.1, [2001:db8::1]\n"),),
        ),
        Bad("mynetworks = ::/0\n" + _GUARD, _SMTP),
        Bad("mynetworks = 2001:db8::1/64\n" + _GUARD, _SMTP),
        Bad("mydestination = example.com, 2001:db8::1\n" + _GUARD, _SMTP),
        Good("mynetworks = 127.0.0.0/8 [::1]/128 [2001:db8::]/32\n" + _GUARD, _SMTP),
        Good("inet_interfaces = 127.0.0.1, ::1\nmynetworks = cidr:/etc/postfix/nets, cdb:/etc/postfix/more\n", _SMTP),
        Good("mynetworks = 127.0.0.1 # ::1\n" + _GUARD, _SMTP),
    ),
)
def match_list_colon(context: Context) -> Iterator[Diagnostic]:
    """In mynetworks and its like a word with a colon is a lookup table, `type:name`, unless it starts with `[`: IPv6
    addresses are written `[::1]` and `[2001:db8::]/32`. `::1` is a table without a type, on which every program dies
    that reads the list; for mynetworks this is smtpd, and no mail comes in. `2001:db8::1` is a table of a type 2001,
    whose every lookup fails: in mynetworks, each client that no item before it matches is answered with 451 4.3.0
    "Temporary lookup failure", those with an IPv4 address, too. Seen with smtpd of 3.5, 3.7, 3.10 and 3.11. postconf
    and `postfix check` say nothing.

    It is the same in all lists of this kind, such as smtpd_authorized_xforward_hosts, debug_peer_list and
    relay_domains, and in the files that they name. inet_interfaces and proxy_interfaces are no such lists, and take
    `::1`.

    The fix puts the brackets. It is unsafe where the network may relay from then on: mynetworks,
    permit_mx_backup_networks, smtpd_authorized_xclient_hosts and qmqpd_authorized_clients, but for `::1`. There is none
    for networks so wide that strangers are in them, for an address inside of its network (`2001:db8::1/64`), which
    Postfix refuses in brackets, too, and in lists of domains, where no address belongs.
    """
    for occurrence in match_lists(context.configuration).occurrences():
        item = occurrence.item
        if item.bare_address is None or (item.before_3_8 and not context.is_older_than(3, 8)):
            continue
        names = tuple(dict.fromkeys(use.parameter for use in occurrence.uses))
        dies = item.pattern.text.startswith(":") and context.may_be_older_than(3, 12)
        severity = Severity.WARNING if _PRIVILEGES.issuperset(names) and not dies else Severity.ERROR
        action, fix = _repair(context, occurrence, names)
        yield Diagnostic(
            rule="match-list-colon",
            severity=severity,
            message=f"{' and '.join(names)} {'hold' if len(names) > 1 else 'holds'} {item.pattern.text}, which Postfix "
            f"takes for a lookup table: {_consequence(names, dies)}",
            location=_place(occurrence),
            service=service_of(context.configuration, occurrence.location),
            help=help_of(action, fix) if fix else action,
            related=_related(context, occurrence),
            fix=fix if isinstance(fix, Fix) else None,
        )


def _consequence(names: tuple[str, ...], dies: bool) -> str:
    if dies:
        return "smtpd dies" if "mynetworks" in names else "the programs that read the list die"
    if "mynetworks" in names:
        return "each client that no item before it matches is answered with 451"
    return "each lookup that no item before it answers fails"


def _place(occurrence: MatchOccurrence) -> Location:
    """The word as it is written, with its ``!``."""
    return occurrence.item.word.location or occurrence.location


def _related(context: Context, occurrence: MatchOccurrence) -> tuple[Related, ...]:
    """The list, where the item stands in a file or behind a ``$name``."""
    written = context.configuration.definition_of(occurrence.location)
    places: dict[Location, Related] = {}
    for parameter, view in occurrence.uses:
        setting = context.configuration.setting(parameter, view)
        if setting is not None and setting.definition is not None and setting.definition != written:
            place = setting.definition.name_location
            places[place] = Related(place, f"used by {parameter}")
    return tuple(places.values())


def _repair(context: Context, occurrence: MatchOccurrence, names: tuple[str, ...]) -> tuple[str, Fix | Obstacle | None]:
    """What to do, and the fix where there is one."""
    item = occurrence.item
    interface = item.bare_address
    assert interface is not None
    address, slash, length = item.pattern.text.partition("/")
    grants = not _GRANTING.isdisjoint(names)
    if not _OF_ADDRESSES.issuperset(names):
        return "remove it: no address is a domain", None
    if slash and interface.ip != interface.network.network_address:
        return (
            f"write [{interface.network.network_address}]/{length} for the network, or [{address}] for the host",
            None,
        )
    text = f"[{address}]{slash}{length}"
    if grants and not item.negated and covers_strangers(interface.network):
        return f"name the networks that may relay: as {text}, it would let strangers relay", None
    rewriting = replace_pattern(context.rewriter, context.configuration, item, text)
    action = f"write {item.word.text.removesuffix(item.pattern.text)}{text}"
    if isinstance(rewriting, Obstacle):
        return action, rewriting
    views = context.lists.smtpd_views or (context.configuration.main_view,)
    unsafe = context.open_relay(views)
    if unsafe is None and grants and not interface.ip.is_loopback:
        unsafe = f"{item.pattern.text} may relay then" if not item.negated else "what stands behind it counts then"
    return action, fix_of(action, rewriting, unsafe, announces=unsafe is not None)
