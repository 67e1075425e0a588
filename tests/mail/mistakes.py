"""What administrators write by mistake, what becomes of mail then, and what postlint says of it.

The outcomes are those of Postfix 3.7.11 and 3.10.13.
"""

from typing import NamedTuple

_GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
_CLIENT = f"{_GUARD}smtpd_client_restrictions = permit_mynetworks"
_RECIPIENT = "smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = permit_mynetworks"
_REACHES = "each message that reaches it is answered with 451"
# What becomes of a message: no smtpd to answer, or no master.
GONE, DOWN = 0, -1


class Mistake(NamedTuple):
    """``main``: lines of main.cf, with files named by ``$config_directory``. ``options``: lines below smtpd's entry in
    master.cf. ``innocent``: the answer to mail for this host, ``relayed``: to a stranger's mail for another one.
    ``log``: what Postfix logs, a part of it. ``said``: rule and message of each finding that is more than a hint.
    ``missing``: the rule that is not there yet. ``delivery``: what becomes of an accepted message.
    """

    name: str
    main: str
    innocent: int
    relayed: int
    log: str = ""
    said: tuple[tuple[str, str], ...] = ()
    options: str = ""
    files: tuple[tuple[str, str], ...] = ()
    missing: str = ""
    delivery: str = "sent"


_NO_GUARD = "specify at least one working instance of"
_BAD_FILTER = "fatal: RBL reply error: "

MISTAKES = (
    Mistake("none", _CLIENT, 250, 554),
    Mistake(
        "misspelt restriction, client list",
        f"{_CLIENT}, eject_rbl_client dnsbl.example",
        451,
        451,
        'unknown smtpd restriction: "eject_rbl_client"',
        (("unknown-restriction", f'"eject_rbl_client" is no restriction: {_REACHES}'),),
    ),
    Mistake(
        "misspelt restriction, recipient list",
        f"{_GUARD}smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destinations",
        451,
        554,
        "",
        (("unknown-restriction", f'"reject_unauth_destinations" is no restriction: {_REACHES}'),),
    ),
    Mistake(
        "misspelt restriction, the only guard",
        "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destinations",
        GONE,
        GONE,
        _NO_GUARD,
        (
            (
                "unknown-restriction",
                '"reject_unauth_destinations" is no restriction: smtpd does not start, as no word guards the relay',
            ),
        ),
    ),
    Mistake(
        "half a name, the only guard",
        "smtpd_relay_restrictions = permit_mynetworks, reject_unauth",
        GONE,
        GONE,
        _NO_GUARD,
        (
            (
                "unknown-restriction",
                '"reject_unauth" is no restriction: smtpd does not start, as no word guards the relay',
            ),
        ),
    ),
    Mistake(
        "class that is not listed, the only guard",
        "smtpd_relay_restrictions = permit_mynetworks, guard\nguard = reject_unauth_destination",
        GONE,
        GONE,
        _NO_GUARD,
        (
            (
                "undeclared-restriction-class",
                'smtpd_restriction_classes does not list the class "guard": smtpd does not start, as no word guards '
                "the relay",
            ),
        ),
    ),
    Mistake(
        "comment behind a boolean",
        f"{_GUARD}smtpd_helo_required = yes # be strict",
        GONE,
        GONE,
        "fatal: bad boolean configuration: smtpd_helo_required = yes # be strict",
        (
            (
                "inline-comment",
                "the comment is part of the value of smtpd_helo_required, which is neither yes nor no: programs that "
                "read it do not start",
            ),
        ),
    ),
    Mistake(
        "comment behind a number",
        f"{_GUARD}message_size_limit = 20480000 # 20 MB",
        DOWN,
        DOWN,
        "",
        (
            (
                "inline-comment",
                "the comment is part of the value of message_size_limit, which is no number: programs that read it do "
                "not start",
            ),
        ),
    ),
    Mistake(
        "comment behind a list",
        f"{_CLIENT} # friends first",
        451,
        451,
        'unknown smtpd restriction: "#"',
        (
            (
                "unknown-restriction",
                f'"#" is no restriction: Postfix has no comments behind other text: {_REACHES}',
            ),
        ),
    ),
    Mistake(
        "comment behind a DNSBL",
        f"{_CLIENT}, reject_rbl_client dnsbl.example # spam",
        451,
        451,
        'unknown smtpd restriction: "#"',
        (
            (
                "unknown-restriction",
                f'"#" is no restriction: Postfix has no comments behind other text: {_REACHES}',
            ),
        ),
    ),
    Mistake(
        "comment behind mynetworks",
        f"mynetworks = 127.0.0.1/32 # us\n{_GUARD}",
        250,
        554,
        ": # us",
        (
            (
                "inline-comment",
                "the comment is part of the value of mynetworks, which ends here with a warning in the log",
            ),
        ),
    ),
    Mistake(
        "comment behind mydestination",
        f"mydestination = dest.example, example.com # us\n{_GUARD}",
        250,
        554,
        ": # us",
        (
            (
                "inline-comment",
                "the comment is part of the value of mydestination, which ends here with a warning in the log",
            ),
        ),
    ),
    Mistake(
        "comment behind myhostname",
        f"myhostname = mx.dest.example # us\n{_GUARD}",
        DOWN,
        DOWN,
        "",
        (
            (
                "inline-comment",
                "the comment is part of the value of myhostname, which is no name: programs that read it do not start",
            ),
        ),
    ),
    Mistake(
        "-o name = value",
        _GUARD,
        GONE,
        GONE,
        "fatal: invalid \"-o smtpd_client_restrictions\" option value: missing '=' after attribute name",
        (
            (
                "spaced-override",
                "-o smtpd_client_restrictions = permit: the setting has no = of its own, and smtpd dies",
            ),
        ),
        "  -o smtpd_client_restrictions = permit\n",
    ),
    Mistake(
        "-o name=a, b",
        _GUARD,
        GONE,
        GONE,
        "fatal: unexpected command-line argument: permit",
        (
            (
                "spaced-override",
                "the setting ends at the blank as smtpd_client_restrictions=permit_mynetworks,, and smtpd dies on the "
                "argument permit",
            ),
        ),
        "  -o smtpd_client_restrictions=permit_mynetworks, permit\n",
    ),
    Mistake(
        "-o {name=value}, which is none",
        _GUARD,
        250,
        554,
        options="  -o {smtpd_client_restrictions=permit_mynetworks, permit}\n",
    ),
    Mistake(
        "comment behind -o",
        _GUARD,
        GONE,
        GONE,
        "fatal: unexpected command-line argument: #",
        (("inline-comment", "the comment is an argument, on which smtpd dies"),),
        "  -o smtpd_helo_required=yes # be strict\n",
    ),
    Mistake(
        "misspelt parameter behind -o",
        _GUARD,
        250,
        554,
        "",
        (("unknown-parameter", "no Postfix program reads smtpd_client_restriction, and no value names it"),),
        "  -o smtpd_client_restriction=permit_mynetworks,reject\n",
    ),
    Mistake("no guard", _RECIPIENT, GONE, GONE, _NO_GUARD, missing="missing-relay-guard"),
    Mistake(
        "permit in place of a guard",
        "smtpd_relay_restrictions = permit_mynetworks, permit",
        GONE,
        GONE,
        _NO_GUARD,
        missing="missing-relay-guard",
    ),
    Mistake(
        "guard behind permit",
        "smtpd_relay_restrictions = permit_mynetworks, permit, reject_unauth_destination",
        GONE,
        GONE,
        "restriction `reject_unauth_destination' after `permit' is ignored",
        missing="missing-relay-guard",
    ),
    Mistake(
        "guard under warn_if_reject",
        "smtpd_relay_restrictions = permit_mynetworks, warn_if_reject, reject_unauth_destination",
        GONE,
        GONE,
        _NO_GUARD,
        missing="missing-relay-guard",
    ),
    Mistake("warn_if_reject at the end, which does nothing", f"{_CLIENT}, warn_if_reject", 250, 554),
    Mistake(
        "DNSBL without a name, before the guard",
        f"{_RECIPIENT}, reject_rbl_client, reject_unauth_destination",
        250,
        250,
        missing="missing-restriction-argument",
    ),
    Mistake(
        "DNSBL without a name, at the end",
        f"{_CLIENT}, reject_rbl_client",
        250,
        554,
        "restriction reject_rbl_client requires domain name argument",
        missing="missing-restriction-argument",
    ),
    Mistake(
        "name of a DNSBL without reject_rbl_client",
        f"{_CLIENT}, sbl.spamhaus.org",
        451,
        451,
        'unknown smtpd restriction: "sbl.spamhaus.org"',
        (("unknown-restriction", f'"sbl.spamhaus.org" is no restriction: {_REACHES}'),),
    ),
    Mistake(
        "access map that is left out",
        f"{_CLIENT}, check_client_access, check_client_access",
        451,
        451,
        'bad argument "check_client_access": need maptype:mapname',
        missing="missing-restriction-argument",
    ),
    Mistake(
        "table of a type that is not installed",
        f"{_CLIENT}, check_client_access mysql:$config_directory/x",
        451,
        451,
        "unsupported dictionary type: mysql",
        files=(("x", ""),),
        missing="unsupported-table-type",
    ),
    Mistake(
        "table of no type",
        f"{_CLIENT}, check_client_access foo:$config_directory/x",
        451,
        451,
        "unsupported dictionary type: foo",
        files=(("x", ""),),
        missing="unsupported-table-type",
    ),
    Mistake(
        "hash: access map without a database",
        f"{_CLIENT}, check_client_access hash:$config_directory/x",
        451,
        451,
        "x.db: No such file or directory",
        files=(("x", "192.0.2.1 OK\n"),),
        missing="missing-table-file",
    ),
    Mistake(
        "hash: alias_maps without a database: local(8) puts off what was accepted",
        f"{_GUARD}alias_maps = hash:$config_directory/x",
        250,
        554,
        files=(("x", "root: bob\n"),),
        missing="missing-table-file",
        delivery="deferred",
    ),
    Mistake(
        "hash: virtual_alias_maps without a database",
        f"{_GUARD}virtual_alias_maps = hash:$config_directory/x",
        451,
        554,
        "x.db: No such file or directory",
        files=(("x", "a@dest.example b\n"),),
        missing="missing-table-file",
    ),
    Mistake(
        "cidr: access map without a file",
        f"{_CLIENT}, check_client_access cidr:$config_directory/x",
        451,
        451,
        "x: No such file or directory",
        missing="missing-table-file",
    ),
    Mistake(
        "access map without a type",
        f"{_CLIENT}, check_client_access $config_directory/x",
        451,
        451,
        "need maptype:mapname",
        files=(("x", ""),),
        missing="unsupported-table-type",
    ),
    Mistake(
        "set twice, to other values",
        f"{_CLIENT}\nsmtpd_client_restrictions = permit_mynetworks, reject",
        554,
        554,
        "",
        (
            (
                "duplicate-parameter",
                "Postfix ignores this value of smtpd_client_restrictions: a later line sets another one",
            ),
        ),
    ),
    Mistake("set twice, to the same value", f"{_CLIENT}\nsmtpd_client_restrictions = permit_mynetworks", 250, 554),
    Mistake(
        "misspelt parameter",
        f"{_GUARD}smtpd_client_restriction = permit_mynetworks, reject",
        250,
        554,
        "",
        (("unknown-parameter", "no Postfix program reads smtpd_client_restriction, and no value names it"),),
    ),
    Mistake(
        "indented parameter",
        f"{_CLIENT}\n  smtpd_helo_required = yes",
        451,
        451,
        'unknown smtpd restriction: "smtpd_helo_required"',
        (
            (
                "swallowed-parameter",
                "smtpd_helo_required is not set here: the line starts with a blank, which makes it part of the value "
                "of smtpd_client_restrictions",
            ),
        ),
    ),
    Mistake(
        "continuation that is not indented",
        f"{_CLIENT},\nreject_unknown_reverse_client_hostname",
        DOWN,
        DOWN,
        "",
        (
            (
                "missing-equals-sign",
                "missing '=' after attribute name: every Postfix program dies on this line",
            ),
        ),
    ),
    Mistake(
        "name that nothing defines",
        f"{_CLIENT}, $strict",
        250,
        554,
        "",
        (("undefined-name", "nothing defines strict: $strict stands for nothing"),),
    ),
    Mistake(
        "class that is not defined",
        f"{_GUARD}smtpd_restriction_classes = strict",
        GONE,
        GONE,
        "fatal: restriction class `strict' needs a definition",
        (("undeclared-restriction-class", 'the listed class "strict" is not defined: smtpd does not start'),),
    ),
    Mistake(
        "class that is not listed",
        f"{_CLIENT}, strict\nstrict = reject_unauth_pipelining",
        451,
        451,
        'unknown smtpd restriction: "strict"',
        (
            (
                "undeclared-restriction-class",
                f'smtpd_restriction_classes does not list the class "strict": {_REACHES}',
            ),
        ),
    ),
    Mistake(
        "quotes",
        f'{_GUARD}smtpd_client_restrictions = "permit_mynetworks", reject_unauth_pipelining',
        451,
        451,
        'unknown smtpd restriction: ""permit_mynetworks""',
        (("unknown-restriction", f'""permit_mynetworks"" is no restriction: {_REACHES}'),),
    ),
    Mistake(
        "semicolon",
        f"{_GUARD}smtpd_client_restrictions = permit_mynetworks; reject_unauth_pipelining",
        451,
        451,
        'unknown smtpd restriction: "permit_mynetworks;"',
        (("unknown-restriction", f'"permit_mynetworks;" is no restriction: {_REACHES}'),),
    ),
    Mistake(
        "reply code of four digits",
        f"{_CLIENT}\nmaps_rbl_reject_code = 5500",
        250,
        554,
        "",
        (
            (
                "bad-value",
                "maps_rbl_reject_code is 5500, and a code that refuses is one from 400 to 599: smtpd answers "
                "450 4.7.1 Service unavailable instead",
            ),
        ),
    ),
    Mistake(
        "true for yes",
        f"{_GUARD}smtpd_helo_required = true",
        GONE,
        GONE,
        "fatal: bad boolean configuration: smtpd_helo_required = true",
        (("bad-value", 'smtpd_helo_required is "true", which is neither yes nor no: smtpd dies at start'),),
    ),
    Mistake(
        "blank before a reply filter",
        f"{_CLIENT}, reject_rbl_client dnsbl.example= 127.0.0.2",
        GONE,
        GONE,
        f"{_BAD_FILTER}empty address pattern",
        (
            (
                "malformed-reply-filter",
                "the reply filter of dnsbl.example is empty: smtpd dies at each message that comes to it",
            ),
            ("unknown-restriction", f'"127.0.0.2" is no restriction: {_REACHES}'),
        ),
    ),
    Mistake(
        "reply filter with half a range",
        f"{_CLIENT}, reject_rbl_client dnsbl.example=127.0.0.[2..]",
        GONE,
        GONE,
        f"{_BAD_FILTER}numeric range error",
        (
            (
                "malformed-reply-filter",
                '"127.0.0.[2..]" is no reply filter: smtpd dies at each message that comes to it',
            ),
        ),
    ),
    Mistake(
        "reply filter without brackets",
        f"{_CLIENT}, reject_rbl_client dnsbl.example=127.0.0.2-11",
        GONE,
        GONE,
        f"{_BAD_FILTER}garbage after pattern",
        (
            (
                "malformed-reply-filter",
                '"127.0.0.2-11" is no reply filter: smtpd dies at each message that comes to it',
            ),
        ),
    ),
)
