"""The relay verdict: when is it certain that mail can be let through without relaying for strangers?"""

import pytest

from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.configuration.restrictions import RestrictionLists
from postlint.policy.relay import RelayState, relay_verdict
from postlint.target import PostfixVersion
from postlint.text import Source

CLOSED, DEAD, OPEN, UNKNOWN = RelayState.CLOSED, RelayState.DEAD, RelayState.OPEN, RelayState.UNKNOWN
RELAY, RECIPIENT = "smtpd_relay_restrictions =", "smtpd_recipient_restrictions ="
OLD, NEW = PostfixVersion(2, 9), PostfixVersion(3, 7)


def verdict(main: str, version: PostfixVersion | None = None, master: str | None = None) -> tuple[RelayState, str]:
    files = ConfigurationFiles(Source("main.cf", main), Source("master.cf", master) if master else None)
    lists = RestrictionLists(Configuration(files))
    view = lists.smtpd_views[0] if master else lists.configuration.main_view
    found = relay_verdict(lists, view, version)
    return found.state, found.reason


@pytest.mark.parametrize(
    ("main", "state"),
    [
        (f"{RELAY} permit_mynetworks, reject_unauth_destination\n", CLOSED),
        (f"{RELAY} permit_sasl_authenticated, defer_unauth_destination\n", CLOSED),
        (f"{RELAY} permit_mynetworks, reject\n", CLOSED),
        (f"{RELAY}\n{RECIPIENT} permit_mynetworks, REJECT_unauth_destination\n", CLOSED),
        (f"{RELAY} permit\n{RECIPIENT} reject_unauth_destination\n", CLOSED),
        (f"{RELAY} reject_rbl_client zen.spamhaus.org, reject_unauth_destination\n", CLOSED),
        (f"{RELAY} permit_auth_destination, permit_dnswl_client list.dnswl.org, reject\n", CLOSED),
        (f"{RELAY} check_client_a_access hash:/x, reject_unauth_destination\n", CLOSED),
        (f"{RELAY} eject_rbl_client, reject_unauth_destination\n", CLOSED),
        # The guard has no effect, or something before it can permit.
        (f"{RELAY} permit, reject_unauth_destination\n{RECIPIENT} reject_unauth_destination, permit\n", CLOSED),
        (f"{RELAY} permit_mynetworks\n", DEAD),
        (f"{RELAY}\n", DEAD),
        (f"{RELAY} warn_if_reject reject_unauth_destination\n", DEAD),
        (f"{RELAY} warn_if_reject warn_if_reject reject_unauth_destination\n", OPEN),
        (f"{RELAY} Warn_If_Reject reject_unauth_destination\n", DEAD),
        (f"{RELAY} reject_unauth_destinations\n", DEAD),
        (f"{RELAY} permit, reject_unauth_destination\n", DEAD),
        (f"{RELAY} defer_if_permit\n", OPEN),
        (f"{RELAY} check_client_access hash:/etc/postfix/clients, reject_unauth_destination\n", UNKNOWN),
        (f"{RELAY} check_policy_service inet:127.0.0.1:10023, reject_unauth_destination\n", UNKNOWN),
        (f"{RELAY} hash:/etc/postfix/recipients, reject_unauth_destination\n", UNKNOWN),
        (f"{RELAY} permit_mx_backup, reject_unauth_destination\n", UNKNOWN),
        (f"{RELAY} permit_tls_all_clientcerts, reject_unauth_destination\n", UNKNOWN),
        (f"{RELAY} ${{stress?permit}} reject_unauth_destination\n", UNKNOWN),
        (f"smtpd_restriction_classes = strict\nstrict = permit\n{RELAY} strict, reject_unauth_destination\n", OPEN),
        # A keyword that swallows the guard.
        (f"{RELAY} reject_rbl_client reject_unauth_destination\n{RECIPIENT} permit_mynetworks\n", OPEN),
    ],
)
def test_verdict_over_the_two_lists(main: str, state: RelayState) -> None:
    assert verdict(main)[0] is state


@pytest.mark.parametrize(
    ("networks", "state"),
    [
        ("127.0.0.0/8, [::1]/128, 192.0.2.0/24, 198.51.0.0/16", CLOSED),
        ("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 [fe80::]/10 [2001:db8::]/32", CLOSED),
        ("!192.0.2.1, 192.0.2.0/24", CLOSED),
        ("", CLOSED),
        ("0.0.0.0/0", OPEN),
        ("127.0.0.1, 0/0", UNKNOWN),
        ("[::]/0", OPEN),
        ("172.0.0.0/8", OPEN),
        ("[2000::]/3", OPEN),
        ("127.0.0.0/8, /etc/postfix/networks", UNKNOWN),
        ("cidr:/etc/postfix/networks", UNKNOWN),
        ("$other 127.0.0.1", CLOSED),
        ("${other?{0.0.0.0/0}}", UNKNOWN),
        ("127.0.0.1 # us", CLOSED),
        ("::1", CLOSED),
        ("/etc/postfix/networks, 0.0.0.0/0", OPEN),
    ],
)
def test_verdict_over_mynetworks(networks: str, state: RelayState) -> None:
    main = f"mynetworks = {networks}\n{RELAY} permit_mynetworks, reject_unauth_destination\n"
    assert verdict(main)[0] is state


@pytest.mark.parametrize(
    ("main", "version", "state"),
    [
        # smtpd_relay_restrictions is not set. None: the worst of the defaults that the versions have.
        ("", None, DEAD),
        ("", OLD, DEAD),
        ("", PostfixVersion(3, 2), CLOSED),
        ("", NEW, DEAD),
        ("compatibility_level = 3.6\n", NEW, CLOSED),
        ("compatibility_level = 3.6\n", None, CLOSED),
        ("compatibility_level = 0\n", NEW, DEAD),
        (f"{RECIPIENT} permit_mynetworks, check_client_access hash:/x, reject_unauth_destination\n", None, UNKNOWN),
        (f"{RECIPIENT} check_client_access hash:/x, reject_unauth_destination\n", PostfixVersion(2, 10), CLOSED),
        (f"{RECIPIENT} check_client_access hash:/x, reject_unauth_destination\n", OLD, UNKNOWN),
        (f"{RELAY} reject_unauth_destination\n", OLD, DEAD),
        ("mynetworks = 0.0.0.0/0\n", None, OPEN),
        ("mynetworks_style = class\n", PostfixVersion(3, 2), OPEN),
        ("mynetworks_style = subnet\n", PostfixVersion(3, 2), CLOSED),
    ],
)
def test_verdict_depends_on_the_version(main: str, version: PostfixVersion | None, state: RelayState) -> None:
    assert verdict(main, version)[0] is state


def test_override_decides_for_its_service() -> None:
    main = f"{RELAY} permit_mynetworks, reject_unauth_destination\n"
    assert verdict(main, master="smtp inet n - y - - smtpd\n")[0] is CLOSED
    assert verdict(main, master="smtp inet n - y - - smtpd -o smtpd_relay_restrictions=\n")[0] is DEAD
    opened = "smtp inet n - y - - smtpd -o mynetworks=0.0.0.0/0\n"
    assert verdict(main, master=opened) == (OPEN, "mynetworks trusts 0.0.0.0/0")


def test_reason_names_the_words() -> None:
    main = f"{RELAY} check_client_access hash:/etc/postfix/clients, reject_unauth_destination\n"
    assert verdict(main) == (
        UNKNOWN,
        "check_client_access hash:/etc/postfix/clients stands before the guard, and the table is not there",
    )
