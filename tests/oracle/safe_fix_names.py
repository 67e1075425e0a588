"""Rows about checks of names: where they stand, and what they hide."""

from dataclasses import replace

from safe_fix_rows import (
    CLIENT,
    CLOSE_FIRST,
    GUARD,
    INNOCENT,
    LISTED,
    NO_RELAY_LIST,
    OFFICE,
    OFFICE_NETWORK,
    RECIPIENT,
    RELAY,
    STRANGER,
    Row,
    main,
)

_ORDER, _SUBMISSION, _BLIND = (
    "check-before-local-permit",
    "helo-check-on-submission",
    "client-name-check-without-lookup",
)
_ABROAD = ("someone@elsewhere.example",)
_DNSBL = "reject_rbl_client bl.spamcop.net=127.0.0.2"


def _order() -> list[Row]:
    own = f"{OFFICE_NETWORK}{NO_RELAY_LIST}{RECIPIENT} ="
    check, guard = "reject_unknown_reverse_client_hostname", "reject_unauth_destination"
    return [
        Row(
            "the permit moved in front of the guard: own machines relay what the guard refused",
            _ORDER,
            main(f"{own} {check}, {guard}, permit_mynetworks\n"),
            main(f"{own} permit_mynetworks, {check}, {guard}\n"),
            "unsafe",
            main(f"{own} {guard}, permit_mynetworks, {check}\n"),
            "reject_unauth_destination stands between them",
            (554, 250, 554),
            severity="warning",
            client=OFFICE,
            platform="none",
        ),
        Row(
            "a check moved behind wide permits of the list that says who relays: who is listed relays",
            _ORDER,
            main(f"mynetworks = 0.0.0.0/0\n{RELAY} = {_DNSBL}, permit_mynetworks, reject_unauth_destination\n"),
            main(f"mynetworks = 0.0.0.0/0\n{RELAY} = permit_mynetworks, {_DNSBL}, reject_unauth_destination\n"),
            "unsafe",
            main(f"mynetworks = 0.0.0.0/0\n{RELAY} = permit_mynetworks, {_DNSBL}, reject_unauth_destination\n"),
            CLOSE_FIRST,
            (554, 250, 554),
            severity="warning",
            client=replace(LISTED, recipients=_ABROAD),
            listings={"bl.spamcop.net": "127.0.0.2"},
            platform="none",
        ),
    ]


def _submission() -> list[Row]:
    """The HELO list that keeps out whoever has not logged in."""
    gate = "reject_non_fqdn_helo_hostname, permit_sasl_authenticated, reject\n"
    entry = "submission inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"
    moved = "permit_sasl_authenticated, reject_non_fqdn_helo_hostname, reject\n"
    return [
        Row(
            "-o smtpd_helo_restrictions= where that list is the gate: strangers hand in mail",
            _SUBMISSION,
            {"main.cf": f"{GUARD}smtpd_helo_restrictions = {gate}", "master.cf": entry},
            {"master.cf": f"{entry}  -o smtpd_helo_restrictions=\n"},
            "safe",
            main(f"{GUARD}smtpd_helo_restrictions = {moved}"),
            "behind permit_sasl_authenticated",
            (554, 250, 554),
            client=INNOCENT,
            platform="none",
        ),
    ]


def _blind() -> list[Row]:
    off = "smtpd_peername_lookup = no\n"
    rest = "check_client_access static:OK, reject_unauth_destination\n"
    check = "reject_unknown_client_hostname"
    return [
        Row(
            "a check without names hides a table that lets everybody past the guard",
            _BLIND,
            main(f"{off}{NO_RELAY_LIST}{RECIPIENT} = {check}, {rest}"),
            main(f"{off}{NO_RELAY_LIST}{RECIPIENT} = {rest}"),
            "unsafe",
            main(f"{off}{NO_RELAY_LIST}{RECIPIENT} = {rest}"),
            CLOSE_FIRST,
            (450, 250, 450),
            client=STRANGER,
            platform="none",
        ),
        Row(
            "a proxy hands over a name although nothing is looked up: the check is not for everybody",
            _BLIND,
            main(f"{off}smtpd_authorized_xclient_hosts = 203.0.113.50\n{GUARD}{CLIENT} = {check}\n"),
            main(f"{off}smtpd_authorized_xclient_hosts = 203.0.113.50\n{GUARD}{CLIENT} =\n"),
            "safe",
            main(f"{off}smtpd_authorized_xclient_hosts = 203.0.113.50\n{GUARD}{CLIENT} =\n"),
            "remove the check",
            (250, 250, 250),
            severity="warning",
            client=replace(INNOCENT, proxies="NAME=good.example ADDR=192.0.2.7"),
            platform="none",
        ),
    ]


ROWS = (*_order(), *_submission(), *_blind())
