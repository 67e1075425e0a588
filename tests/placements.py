"""Every place where a restriction can stand, with ``@`` where the restriction goes."""

from typing import NamedTuple

from postlint.configuration.model import ConfigurationFiles
from postlint.facts.restrictions import RESTRICTION_LISTS
from postlint.text import Source

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
NO_RELAY_LIST = "smtpd_relay_restrictions =\n"
LEVEL = "compatibility_level = 3.6\n"
SMTPD = "smtp inet n - y - - smtpd\n"
POSTSCREEN = "smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n"
LIST = "smtpd_client_restrictions"


class Placement(NamedTuple):
    """``table``: the source of /etc/postfix/map. ``old``: written with the names of before Postfix 2.3.

    ``lookup``, ``check``: whether a DNSBL lookup, and a check of names, can stand there.
    """

    title: str
    main: str
    master: str = SMTPD
    table: str | None = None
    old: bool = False
    lookup: bool = True
    check: bool = True

    def files(self, restriction: str) -> ConfigurationFiles:
        """The configuration with the restriction in its place."""
        short = restriction.replace(" ", ",")
        main, master = (
            self.main.replace("@", restriction),
            self.master.replace("@,", f"{short},").replace("@", restriction),
        )
        tables = {}
        if self.table is not None:
            tables = {"/etc/postfix/map": Source("map", self.table.replace("@", restriction))}
        return ConfigurationFiles(Source("main.cf", LEVEL + main), Source("master.cf", master), tables)


def _lists() -> list[Placement]:
    found = []
    for name in RESTRICTION_LISTS:
        guard = "" if name == "smtpd_relay_restrictions" else GUARD
        after = ", permit_mynetworks, reject_unauth_destination" if name == "smtpd_relay_restrictions" else ""
        found.append(Placement(name, f"{guard}{name} = @{after}\n"))
    return found


def _tables() -> list[Placement]:
    found = [
        Placement(f"{kind}: row", f"{GUARD}{LIST} = check_client_access {kind}:/etc/postfix/map\n", table=f"{key} @\n")
        for kind, key in (
            ("hash", "example.net"),
            ("btree", "example.net"),
            ("lmdb", "example.net"),
            ("cdb", "example.net"),
            ("dbm", "example.net"),
            ("texthash", "example.net"),
            ("cidr", "192.0.2.0/24"),
            ("regexp", "/example/"),
            ("pcre", "/example/i"),
        )
    ]
    maps = f"{GUARD}{LIST} = check_client_access"
    return [
        *found,
        Placement("proxy: row", f"{maps} proxy:hash:/etc/postfix/map\n", table="example.net @\n"),
        Placement(
            "row above a broader row", f"{maps} cidr:/etc/postfix/map\n", table="192.0.2.1 @\n192.0.2.0/24 REJECT\n"
        ),
        Placement("row inside if", f"{maps} pcre:/etc/postfix/map\n", table="if /a/\n!/b/ @, reject\nendif\n"),
        Placement(
            "row over two lines", f"{maps} hash:/etc/postfix/map\n", table="example.net\n  @,\n  permit_mynetworks\n"
        ),
        Placement("row whose rest is an action", f"{maps} hash:/etc/postfix/map\n", table="example.net @, OK\n"),
        Placement("row of a bare table", f"{GUARD}{LIST} = hash:/etc/postfix/map\n", table="example.net @\n"),
        Placement(
            "table used elsewhere, too",
            f"{maps} hash:/etc/postfix/map\nvirtual_alias_maps = hash:/etc/postfix/map\n",
            table="example.net @\n",
        ),
        Placement("inline: row", f"{maps} inline:{{ {{example.net = @}} }}\n"),
        Placement("static:", f"{maps} static:{{@}}\n"),
        Placement(
            "unionmap:", f"{maps} unionmap:{{ hash:/etc/postfix/map, static:reject }}\n", table="example.net @\n"
        ),
        Placement("pipemap:", f"{maps} pipemap:{{ static:x, hash:/etc/postfix/map }}\n", table="x @\n"),
    ]


def _classes() -> list[Placement]:
    classes = f"{GUARD}smtpd_restriction_classes = strict\n"
    two = f"{GUARD}smtpd_restriction_classes = outer, inner\nouter = inner, permit_mynetworks\n{LIST} = outer\n"
    return [
        Placement("class", f"{classes}strict = permit_mynetworks, @\n{LIST} = strict\n"),
        Placement("class that ends empty", f"{classes}strict = @\n{LIST} = strict\n"),
        Placement("class emptied by two repairs", f"{classes}strict = @, @\n{LIST} = strict\n"),
        Placement("class through $name that ends empty", f"{classes}strict = $rest\nrest = @\n{LIST} = strict\n"),
        Placement("nested class", f"{two}inner = @, reject_unauth_pipelining\n"),
        Placement(
            "class under warn_if_reject", f"{classes}strict = permit_mynetworks, @\n{LIST} = warn_if_reject strict\n"
        ),
        Placement("class that nothing names", f"{classes}strict = permit_mynetworks, @\n"),
        Placement(
            "class named by a row",
            f"{classes}strict = permit_mynetworks, @\n{LIST} = check_client_access hash:/etc/postfix/map\n",
            table="example.net strict\n",
        ),
        Placement(
            "class under -o",
            f"{classes}strict = permit_mynetworks\n",
            f"{SMTPD}  -o strict=@,permit_mynetworks\n  -o {LIST}=strict\n",
        ),
    ]


def _names() -> list[Placement]:
    return [
        Placement("$name", f"{GUARD}early = permit_mynetworks, @\n{LIST} = $early\n"),
        Placement(
            "$name used twice",
            f"{GUARD}early = permit_mynetworks, @\n{LIST} = $early\nsmtpd_sender_restrictions = $early\n",
        ),
        Placement("warn_if_reject in front", f"{GUARD}{LIST} = permit_mynetworks, warn_if_reject @\n"),
        Placement("warn_if_reject $x", f"{GUARD}x = @, reject\n{LIST} = permit_mynetworks, warn_if_reject $x\n"),
        Placement(
            "$rbl as argument",
            f"{GUARD}rbl = zen.spamhaus.org\n{LIST} = reject_rbl_client $rbl, permit_mynetworks\n",
            check=False,
        ),
        Placement("${x?...}", f"{GUARD}{LIST} = ${{stress?@}}\n"),
        Placement("$x that is tested", f"{GUARD}x = @\n{LIST} = $x\nsmtpd_helo_restrictions = ${{x?reject}}\n"),
        Placement("-o, short", GUARD, f"{SMTPD}  -o {LIST}=permit_mynetworks,@,permit\n"),
        Placement("-o, in braces", GUARD, f"{SMTPD}  -o {{ {LIST} = permit_mynetworks, @ }}\n"),
        Placement("-o, left empty", GUARD, f"{SMTPD}  -o {{ {LIST} = @ }}\n"),
        Placement("old name", f"{GUARD}{LIST} = permit_mynetworks, @\n", old=True),
        Placement("behind reject", f"{GUARD}{LIST} = reject, @\n"),
        Placement("open relay behind it", f"mynetworks = 0.0.0.0/0\n{GUARD}{LIST} = @\n"),
        Placement(
            "unread table before the guard",
            f"smtpd_relay_restrictions = check_sender_access hash:/x, reject_unauth_destination\n{LIST} = @\n",
        ),
        Placement(
            "in front of the only guard",
            f"{NO_RELAY_LIST}smtpd_recipient_restrictions = permit_mynetworks, @, reject_unauth_destination\n",
        ),
    ]


def _postscreen() -> list[Placement]:
    settings = f"{GUARD}postscreen_dnsbl_action = enforce\npostscreen_dnsbl_threshold = 3\npostscreen_dnsbl_sites ="
    zen = "zen.spamhaus.org"
    return [
        Placement("postscreen", f"{settings} {zen}*3\n", POSTSCREEN, check=False),
        Placement(
            "postscreen, one zone several times",
            f"{settings} {zen}*2 {zen}=127.0.0.[10;11]*1 {zen}\n",
            POSTSCREEN,
            check=False,
        ),
        Placement(
            "postscreen, weight below the threshold",
            f"{settings} {zen}*2, bl.spamcop.net=127.0.0.2*2\n",
            POSTSCREEN,
            check=False,
        ),
        Placement(
            "postscreen, under -o",
            GUARD + "postscreen_dnsbl_action = drop\n",
            POSTSCREEN.replace("postscreen\n", f"postscreen\n  -o postscreen_dnsbl_sites={zen}\n"),
            check=False,
        ),
        Placement("postscreen, not running", f"{settings} {zen}*3\n", check=False),
    ]


PLACEMENTS = (*_lists(), *_names(), *_classes(), *_tables(), *_postscreen())
