"""Rows about other answers of DNSBLs: with a key, a reply map, a filter, or none any more."""

from safe_fix_rows import FILTERED, GUARD, KEY, LISTED, RECIPIENT, SPAMHAUS, ZEN, Row, asking, main

from postlint.target import Options, PostfixVersion, Secret


def _key() -> list[Row]:
    keyed = f"{KEY}.zen.dq.spamhaus.net=127.0.0.[2..11]"
    reply = "$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using zen.spamhaus.org"
    new_map = "rbl_reply_maps = texthash:$config_directory/dnsbl-reply-map\n"
    after = {
        "main.cf": asking(f"reject_rbl_client {keyed}") + new_map,
        "dnsbl-reply-map": f"{keyed}\t{reply}${{rbl_reason?; $rbl_reason}}\n",
    }
    return [
        Row(
            f"a key makes a useless list useful, and refuses listed clients that passed: {state}",
            SPAMHAUS,
            main(asking(word)),
            after,
            "unsafe",
            after,
            "listed clients that pass while the list is useless are refused again",
            (250, 554, 250),
            severity=severity,
            client=LISTED,
            resolver=resolver,
            listings={f"{KEY}.zen.dq.spamhaus.net": "127.0.0.2"},
            options=Options(dnsbl_fix="dqs", dqs_key=Secret(KEY)),
        )
        for state, word, severity, resolver in (
            ("an error code that the filter ignores", FILTERED, "info", "refused"),
            ("a resolver that gets no listing", ZEN, "error", "answered"),
        )
    ]


def _reply_maps() -> list[Row]:
    maps = "rbl_reply_maps = {}:$config_directory/map\n"
    text = "450 4.7.1 $rbl_what is listed"
    bare, both = f"zen.spamhaus.org {text}\n", f"zen.spamhaus.org=127.0.0.[2..11] {text}\n"
    elsewhere = f"{asking(ZEN)}smtpd_sender_restrictions = {FILTERED}\n{maps.format('texthash')}"
    filtered = f"{asking(FILTERED)}{maps.format('texthash')}"
    return [
        Row(
            "the reply map's key renamed: a lookup without the filter elsewhere loses its 450",
            "reply-map-key-without-filter",
            {"main.cf": elsewhere, "map": bare},
            {"map": both},
            "safe",
            {"map": bare + both.replace(" 450", "\t450", 1)},
            "add a line for zen.spamhaus.org=127.0.0.[2..11] with the same reply (safe fix)",
            (450, 554, 450),
            severity="warning",
            until=PostfixVersion(3, 10),
            client=LISTED,
            resolver="answered",
            platform="none",
            listings={"zen.spamhaus.org": "127.0.0.2"},
        ),
        Row(
            "a filter without the key in the reply map: 450 becomes 554 before Postfix 3.10",
            "dnsbl-without-reply-filter",
            {"main.cf": f"{asking(ZEN)}{maps.format('texthash')}", "map": bare},
            {"main.cf": filtered},
            "unsafe",
            {"main.cf": filtered, "map": bare + both.replace(" 450", "\t450", 1)},
            "until the reply map is rebuilt, the reply is no longer 450",
            (450, 554, 450),
            severity="warning",
            until=PostfixVersion(3, 10),
            client=LISTED,
            resolver="answered",
            platform="none",
            listings={"zen.spamhaus.org": "127.0.0.2"},
        ),
    ]


def _reply_maps_unseen() -> list[Row]:
    zone, text = f"{KEY}.zen.dq.spamhaus.net", "550 5.7.1 $rbl_what is listed"
    lookup = asking(f"reject_rbl_client {zone}=127.0.0.[2..11]")
    shared = f"{lookup}rbl_reply_maps = $postscreen_dnsbl_reply_map\n"
    shared += "postscreen_dnsbl_reply_map = texthash:$config_directory/map\n"
    directory = f"{asking('@')}rbl_reply_maps = ldap:/etc/postfix/replies.cf\n"
    return [
        Row(
            "the key of a reply map that postscreen shares renamed: postscreen shows strangers the DQS key again",
            "reply-map-key-without-filter",
            {"main.cf": shared, "map": f"{zone} {text}\n"},
            {"map": f"{zone}=127.0.0.[2..11] {text}\n"},
            "safe",
            {"map": f"{zone} {text}\n{zone}=127.0.0.[2..11]\t{text}\n"},
            "with the same reply (safe fix)",
            None,
            severity="warning",
            platform="none",
        ),
        Row(
            "a reply map that cannot be read may have answered 450 for the lookup without a filter",
            "dnsbl-without-reply-filter",
            main(directory.replace("@", ZEN)),
            main(directory.replace("@", FILTERED)),
            "unsafe",
            main(directory.replace("@", FILTERED)),
            "may hold a reply for zen.spamhaus.org",
            None,
            severity="warning",
            platform="none",
        ),
    ]


def _filters() -> list[Row]:
    own, common = "127.[0;255].[0;255].[2..3;254;255]", "127.0.0.[2..3]"
    return [
        Row(
            "the documented filter is wider than the user's: a client listed for another reason is refused",
            "reply-filter-admits-error-code",
            main(asking(f"reject_rbl_client zen.spamhaus.org={own}")),
            main(asking(FILTERED)),
            "safe",
            main(asking(f"reject_rbl_client zen.spamhaus.org={common}")),
            common,
            (250, 554, 250),
            client=LISTED,
            resolver="answered",
            listings={"zen.spamhaus.org": "127.0.0.10"},
        ),
        Row(
            "the user's filter takes the error code for a listing",
            "reply-filter-admits-error-code",
            main(asking(f"reject_rbl_client zen.spamhaus.org={own}")),
            main(asking("reject_rbl_client zen.spamhaus.org=127.0.0.[2..254]")),
            "safe",
            main(asking(f"reject_rbl_client zen.spamhaus.org={common}")),
            common,
            (554, 250, 250),
        ),
    ]


def _narrow_filters() -> list[Row]:
    word = "reject_rbl_client zen.spamhaus.org={}"
    return [
        Row(
            "a filter for nothing but the error code: with the documented one listed clients are refused",
            "reply-filter-admits-error-code",
            main(asking(word.format("127.255.255.254"))),
            main(asking(FILTERED)),
            "advice",
            {},
            "the filter admits nothing else that the list documents",
            (250, 554, 250),
            client=LISTED,
            resolver="answered",
            listings={"zen.spamhaus.org": "127.0.0.2"},
        ),
    ]


def _retired() -> list[Row]:
    permit, alive = "permit_dnswl_client dnswl.inps.de", "permit_dnswl_client swl.spamhaus.org"
    reject = f"{GUARD}{RECIPIENT} = @check_client_access inline:{{203.0.113.50=REJECT}}\n"
    return [
        Row(
            "a retired allowlist that cannot be looked up turns 554 into 450, until it is removed",
            "retired-dnsbl",
            main(reject.replace("@", f"{permit}, ")),
            main(reject.replace("@", "")),
            "unsafe",
            main(reject.replace("@", "")),
            "clients that it speaks for today may then be refused",
            (450, 554, 450),
            severity="warning",
        ),
        Row(
            "a retired allowlist that still speaks for a client, removed: the client is refused",
            "retired-dnsbl",
            main(reject.replace("@", f"{alive}, ")),
            main(reject.replace("@", "")),
            "unsafe",
            main(reject.replace("@", "")),
            "clients that it speaks for today may then be refused",
            (250, 554, 250),
            severity="warning",
            listings={"swl.spamhaus.org": "127.0.2.2"},
        ),
    ]


ROWS = (
    *_key(),
    *_reply_maps(),
    *_reply_maps_unseen(),
    *_filters(),
    *_narrow_filters(),
    *_retired(),
)
