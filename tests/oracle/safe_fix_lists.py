"""Rows about taking words out of lists, classes and tables, and about putting words right."""

from dataclasses import replace

from safe_fix_rows import (
    CLIENT,
    FILTERED,
    GUARD,
    INNOCENT,
    MAP,
    NO_RELAY_LIST,
    OFFICE,
    OFFICE_NETWORK,
    RECIPIENT,
    RELAY,
    SERVICE,
    SPAMHAUS,
    STRANGER,
    ZEN,
    Row,
    asking,
    main,
)

from postlint.target import Options


def _removal() -> list[Row]:
    trusted = f"{RECIPIENT} = check_client_access inline:{{203.0.113.51=OK}}, reject_unauth_destination\n"
    everybody = f"{RECIPIENT} = permit_mynetworks, check_client_access static:OK, reject\n"
    swallows = f"{NO_RELAY_LIST}{RECIPIENT} = permit_mynetworks, reject_rbl_client $rbl, reject_unauth_destination\n"
    tested = asking("$x") + "smtpd_helo_restrictions = ${x:reject}\n"
    twice = f"{RELAY} = permit_mynetworks, warn_if_reject, warn_if_reject {ZEN}, reject_unauth_destination\n"
    return [
        Row(
            "-o deleted instead of emptied: main.cf's list comes back",
            SPAMHAUS,
            {"main.cf": asking("reject"), "master.cf": f"{SERVICE}  -o {CLIENT}=reject_rbl_client,zen.spamhaus.org\n"},
            {"master.cf": SERVICE},
            "safe",
            {"master.cf": f"{SERVICE}  -o {CLIENT}=\n"},
            "remove the lookup",
            (554, 554, 250),
        ),
        Row(
            "relay list deleted instead of emptied: its default refuses what the other list lets through",
            SPAMHAUS,
            main(f"{RELAY} = {ZEN}\n{trusted}"),
            main(trusted),
            "safe",
            main(f"{NO_RELAY_LIST}{trusted}"),
            "remove the lookup",
            (554, 454, 250),
            client=STRANGER,
        ),
        Row(
            "warn_if_reject $x covers only the first word of x: without the lookup the reject is only warned about",
            SPAMHAUS,
            main(f"x = {ZEN}, reject\n" + asking("warn_if_reject $x")),
            main("x = reject\n" + asking("warn_if_reject $x")),
            "advice",
            {},
            "its words stand in different definitions",
            (554, 250, 554),
            severity="warning",
        ),
        Row(
            "warn_if_reject $x in front of the guard: without the lookup the guard is only warned about",
            SPAMHAUS,
            main(f"x = {ZEN}, reject_unauth_destination\n{RELAY} = permit_mynetworks, warn_if_reject $x\n{everybody}"),
            main(f"x = reject_unauth_destination\n{RELAY} = permit_mynetworks, warn_if_reject $x\n{everybody}"),
            "advice",
            {},
            "its words stand in different definitions",
            (554, 250, 554),
            severity="warning",
            client=STRANGER,
        ),
        Row(
            "reject_rbl_client $rbl with rbl emptied: the keyword takes the guard as its argument",
            SPAMHAUS,
            main(f"rbl = zen.spamhaus.org\n{swallows}"),
            main(f"rbl =\n{swallows}"),
            "advice",
            {},
            "its words stand in different definitions",
            (554, 250, 554),
            client=STRANGER,
        ),
        Row(
            "a name that ${x:reject} tests, emptied: everybody is refused",
            SPAMHAUS,
            main(f"x = {ZEN}\n{tested}"),
            main(f"x =\n{tested}"),
            "advice",
            {},
            "smtpd_helo_restrictions tests $x",
            (250, 554, 250),
            resolver="answered",
        ),
        Row(
            "one of two warn_if_reject left behind stands in front of the only guard: smtpd does not start",
            SPAMHAUS,
            main(twice),
            main(f"{RELAY} = permit_mynetworks, warn_if_reject, reject_unauth_destination\n"),
            "safe",
            main(f"{RELAY} = permit_mynetworks, reject_unauth_destination\n"),
            "remove the lookup",
            (250, 0, 250),
            severity="warning",
        ),
    ]


def _classes() -> list[Row]:
    classes = "smtpd_restriction_classes = strict\n"
    strict = f"{classes}{GUARD}{CLIENT} = strict\n"
    before_guard = f"{OFFICE_NETWORK}{classes}{NO_RELAY_LIST}{RECIPIENT} = strict, reject_unauth_destination\n"
    return [
        Row(
            "a class left empty: smtpd does not start",
            SPAMHAUS,
            main(f"{strict}strict = {ZEN}\n"),
            main(f"{strict}strict =\n"),
            "safe",
            main(f"{strict}strict = {FILTERED}\n"),
            "count only the answers 127.0.0.[2..11]",
            (554, 0, 250),
        ),
        Row(
            "a class that is empty once $a is expanded: smtpd does not start",
            SPAMHAUS,
            main(f"{strict}strict = $a\na = {ZEN}\n"),
            main(f"{strict}strict = $a\na =\n"),
            "safe",
            main(f"{strict}strict = $a\na = {FILTERED}\n"),
            "count only the answers 127.0.0.[2..11]",
            (554, 0, 250),
        ),
        Row(
            "permit_mynetworks to fill a class lets mynetworks past the guard",
            SPAMHAUS,
            main(f"{before_guard}strict = {ZEN}\n"),
            main(f"{before_guard}strict = permit_mynetworks\n"),
            "safe",
            main(f"{before_guard}strict = {FILTERED}\n"),
            "count only the answers 127.0.0.[2..11]",
            (554, 250, 554),
            client=OFFICE,
        ),
        Row(
            "a class of one check of names, left empty: smtpd does not start",
            "unknown-helo-rejected",
            main(f"{strict}strict = reject_unknown_helo_hostname\n"),
            main(f"{strict}strict =\n"),
            "safe",
            main(f"{strict}strict = check_client_access static:DUNNO\n"),
            "remove the check",
            (450, 0, 250),
            severity="warning",
            client=replace(INNOCENT, helo="none.example"),
            options=Options(helo_fix="remove"),
        ),
    ]


def _tables() -> list[Row]:
    regexp = asking(MAP.format("regexp"))
    cidr = asking(MAP.format("cidr"))
    static = asking(f"check_client_access static:{{{ZEN}}}")
    above, parent = "203.0.113.0/24 REJECT\n", "innocent.example REJECT\n"
    return [
        Row(
            "a pattern's answer left empty: 451 for whom it means",
            SPAMHAUS,
            {"main.cf": regexp, "map": f"/innocent/ {ZEN}\n"},
            {"map": "/innocent/\n"},
            "safe",
            {"map": "/innocent/ DUNNO\n"},
            "remove the lookup",
            (554, 451, 250),
        ),
        Row(
            "a cidr: row left empty is passed over, and the broader row below it answers",
            SPAMHAUS,
            {"main.cf": cidr, "map": f"203.0.113.50/32 {ZEN}\n{above}"},
            {"map": f"203.0.113.50/32\n{above}"},
            "safe",
            {"map": f"203.0.113.50/32 DUNNO\n{above}"},
            "remove the lookup",
            (250, 554, 250),
            resolver="answered",
        ),
        Row(
            "a cidr: row deleted: the broader row below it answers",
            SPAMHAUS,
            {"main.cf": cidr, "map": f"203.0.113.50/32 {ZEN}\n{above}"},
            {"map": above},
            "safe",
            {"map": f"203.0.113.50/32 DUNNO\n{above}"},
            "remove the lookup",
            (250, 554, 250),
            resolver="answered",
        ),
        Row(
            "a texthash: row left empty is passed over, and the parent domain's row answers",
            SPAMHAUS,
            {"main.cf": asking(MAP.format("texthash")), "map": f"mail.innocent.example {ZEN}\n{parent}"},
            {"map": f"mail.innocent.example\n{parent}"},
            "safe",
            {"map": f"mail.innocent.example DUNNO\n{parent}"},
            "remove the lookup",
            (250, 554, 250),
            resolver="answered",
        ),
        Row(
            "inline: with an empty answer: 451 for whom it means",
            SPAMHAUS,
            main(asking(f"check_client_access inline:{{{{203.0.113.50 = {ZEN}}}}}")),
            main(asking("check_client_access inline:{{203.0.113.50 = }}")),
            "advice",
            {},
            "written inside a parameter",
            (554, 451, 554),
        ),
        Row(
            "static: left empty: 451 for everybody",
            SPAMHAUS,
            main(static),
            main(asking("check_client_access static:{}")),
            "advice",
            {},
            "written inside a parameter",
            (554, 451, 554),
        ),
    ]


def _words() -> list[Row]:
    rule = "unknown-restriction"
    office = f"{OFFICE_NETWORK}{NO_RELAY_LIST}{RECIPIENT} = {{}}, reject_unauth_destination\n"
    after_guard = "check_client_access static:OK, reject\n"
    dnsbl = "{}eject_rbl_client sbl.spamhaus.org"
    return [
        Row(
            "a misspelt DNSBL lookup put right on a refused network: mail that waited is refused for good",
            rule,
            main(asking(dnsbl.format(""))),
            main(asking(dnsbl.format("r"))),
            "unsafe",
            main(asking(dnsbl.format("r"))),
            "did you mean reject_rbl_client? (unsafe fix)",
            (451, 554, 451),
        ),
        Row(
            "a misspelt permit put right lets whom it means relay",
            rule,
            main(office.format("permit_mynetwork")),
            main(office.format("permit_mynetworks")),
            "unsafe",
            main(office.format("permit_mynetworks")),
            "did you mean permit_mynetworks? (unsafe fix)",
            (451, 250, 451),
            client=OFFICE,
        ),
        Row(
            "a misspelt check that answers 5xx put right: mail that waited is refused for good",
            rule,
            main(asking("reject_non_fqdn_helo_hostnam")),
            main(asking("reject_non_fqdn_helo_hostname")),
            "unsafe",
            main(asking("reject_non_fqdn_helo_hostname")),
            "did you mean reject_non_fqdn_helo_hostname? (unsafe fix)",
            (451, 504, 451),
            client=replace(INNOCENT, helo="WIN-5J2K"),
        ),
        Row(
            "a misspelt guard put right starts an smtpd that lets everybody in mynetworks = 0.0.0.0/0 relay",
            rule,
            main(f"mynetworks = 0.0.0.0/0\n{RELAY} = permit_mynetworks, reject_unauth_destinations\n"),
            main(f"mynetworks = 0.0.0.0/0\n{RELAY} = permit_mynetworks, reject_unauth_destination\n"),
            "unsafe",
            main(f"mynetworks = 0.0.0.0/0\n{RELAY} = permit_mynetworks, reject_unauth_destination\n"),
            "did you mean reject_unauth_destination? (unsafe fix)",
            (0, 250, 0),
            client=STRANGER,
        ),
        Row(
            "a misspelt guard put right lets own mail in again; left out, its list has no guard",
            rule,
            main(f"{NO_RELAY_LIST}{RECIPIENT} = permit_mynetworks, reject_unauth_destinations, {after_guard}"),
            main(f"{NO_RELAY_LIST}{RECIPIENT} = permit_mynetworks, {after_guard}"),
            "safe",
            main(f"{NO_RELAY_LIST}{RECIPIENT} = permit_mynetworks, reject_unauth_destination, {after_guard}"),
            "did you mean reject_unauth_destination? (safe fix)",
            (451, 250, 554),
            client=STRANGER,
        ),
    ]


ROWS = (
    *_removal(),
    *_classes(),
    *_tables(),
    *_words(),
)
