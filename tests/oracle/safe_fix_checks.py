"""Rows about what a check hides, how loud its finding is, and what may stand in its place."""

from dataclasses import replace

from mail.dialogue import Client
from safe_fix_rows import (
    CLIENT,
    CLOSE_FIRST,
    FILTERED,
    GUARD,
    INNOCENT,
    NO_RELAY_LIST,
    RECIPIENT,
    SPAMHAUS,
    STRANGER,
    ZEN,
    Row,
    asking,
    main,
)

from postlint.target import Options


def _relay() -> list[Row]:
    open_relay = f"mynetworks = 0.0.0.0/0\n{GUARD}{CLIENT} ="
    wanton = "check_sender_access static:OK, reject_unauth_destination\n"
    return [
        Row(
            "a lookup that refuses everybody hides mynetworks = 0.0.0.0/0: without it strangers relay",
            SPAMHAUS,
            main(f"{open_relay} {ZEN}\n"),
            main(f"{open_relay}\n"),
            "unsafe",
            main(f"{open_relay}\n"),
            CLOSE_FIRST,
            (554, 250, 554),
            client=STRANGER,
        ),
        Row(
            "a lookup that refuses everybody hides a table that lets everybody past the guard",
            SPAMHAUS,
            main(f"{NO_RELAY_LIST}{RECIPIENT} = {ZEN}, {wanton}"),
            main(f"{NO_RELAY_LIST}{RECIPIENT} = {wanton}"),
            "unsafe",
            main(f"{NO_RELAY_LIST}{RECIPIENT} = {wanton}"),
            CLOSE_FIRST,
            (554, 250, 554),
            client=STRANGER,
        ),
    ]


def _relay_elsewhere() -> list[Row]:
    """The same with other rules: whatever refuses everybody, or one client, may hide it."""
    wide = f"mynetworks = 0.0.0.0/0\n{GUARD}{CLIENT} = "
    unconfirmed = replace(STRANGER, pointer="relay.jcom.example", records=())
    return [
        Row(
            f"{rule}: the repair lets a stranger past mynetworks = 0.0.0.0/0",
            rule,
            main(f"{wide}{before}\n"),
            main(f"{wide}{after}".rstrip(" ") + "\n"),
            "unsafe",
            main(f"{wide}{after}".rstrip(" ") + "\n"),
            CLOSE_FIRST,
            (code, 250, code),
            severity=severity,
            client=client,
            listings=listings,
            platform="none",
        )
        for rule, before, after, code, severity, client, listings in (
            ("dnsbl-without-reply-filter", ZEN, FILTERED, 554, "warning", STRANGER, {}),
            (
                "retired-dnsbl",
                "reject_rbl_client relays.ordb.org",
                "",
                554,
                "error",
                STRANGER,
                {"relays.ordb.org": "127.0.0.2"},
            ),
            (
                "unknown-helo-rejected",
                "reject_unknown_helo_hostname",
                "warn_if_reject reject_unknown_helo_hostname",
                450,
                "warning",
                replace(STRANGER, helo="none.example"),
                {},
            ),
            (
                "unconfirmed-client-name-rejected",
                "reject_unknown_client_hostname",
                "reject_unknown_reverse_client_hostname",
                450,
                "warning",
                unconfirmed,
                {},
            ),
        )
    ]


def _xclient() -> list[Row]:
    proxies = f"smtpd_authorized_xclient_hosts = {INNOCENT.address}\n"
    unavailable = "NAME=mail.example.com REVERSE_NAME=[UNAVAILABLE] ADDR=198.51.100.1"
    strict, weak = "reject_unknown_client_hostname", "reject_unknown_reverse_client_hostname"
    return [
        Row(
            "a proxy that may say XCLIENT names a client and says that its reverse name is unavailable",
            "unconfirmed-client-name-rejected",
            main(proxies + asking(strict)),
            main(proxies + asking(weak)),
            "unsafe",
            main(proxies + asking(weak)),
            "smtpd_authorized_xclient_hosts is set",
            (250, 450, 250),
            severity="warning",
            client=replace(INNOCENT, proxies=unavailable),
        ),
    ]


def _severity() -> list[Row]:
    warned = f"warn_if_reject {ZEN}"
    return [
        Row(
            "a lookup that is only warned about refuses nobody, and is no error",
            SPAMHAUS,
            main(asking(f"{warned}, reject_unauth_pipelining")),
            main(asking("warn_if_reject reject_unauth_pipelining")),
            "safe",
            main(asking("reject_unauth_pipelining")),
            "remove the lookup",
            (250, 250, 250),
            severity="warning",
        ),
        Row(
            "a lookup without a filter refuses nobody where the list answers, and is no error there",
            "dnsbl-without-reply-filter",
            main(asking(ZEN)),
            main(asking(FILTERED)),
            "safe",
            main(asking(FILTERED)),
            "zen.spamhaus.org=127.0.0.[2..11] (safe fix)",
            (250, 250, 250),
            severity="warning",
            resolver="answered",
            platform="none",
        ),
    ]


def _helo() -> list[Row]:
    rule, unknown = "unknown-helo-rejected", "reject_unknown_helo_hostname"
    invalid, short = "reject_invalid_helo_hostname", "reject_non_fqdn_helo_hostname"
    weaken = "it refuses malformed names for good with 501, and a *.name that resolves"

    def greeting(helo: str) -> Client:
        return replace(
            INNOCENT,
            helo=helo,
            records=(("mail.innocent.example", f"A {INNOCENT.address}"), ("intranet", "A 203.0.113.9")),
        )

    return [
        Row(
            f"{word} is not weaker than the check of unknown names: {helo}",
            rule,
            main(asking(unknown)),
            main(asking(word)),
            "unsafe" if weakened else "safe",
            main(asking(invalid if weakened else f"warn_if_reject {unknown}")),
            weaken if weakened else "warn_if_reject",
            (before, after, before if weakened else 250),
            severity="warning",
            client=greeting(helo),
            options=Options(helo_fix="weaken" if weakened else None),
        )
        for word, helo, before, after, weakened in (
            (invalid, "*.wild.example", 250, 501, True),
            (invalid, "a..b", 450, 501, True),
            (short, "intranet", 250, 504, False),
            (short, "WIN-5J2K", 450, 504, False),
        )
    ]


ROWS = (
    *_relay(),
    *_relay_elsewhere(),
    *_xclient(),
    *_severity(),
    *_helo(),
)
