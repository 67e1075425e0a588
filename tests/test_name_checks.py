"""Checks of names: whom they are for, services that differ, and what is written where nothing was set."""

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Diagnostic
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules.allowlist_table_refused import allowlist_table_refused
from postlint.rules.base import Rule
from postlint.rules.client_name_check_without_lookup import client_name_check_without_lookup
from postlint.rules.helo_restrictions_without_helo_required import helo_restrictions_without_helo_required
from postlint.rules.unverified_sender_rejected import unverified_sender_rejected
from postlint.target import Options, Target
from postlint.text import Source

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
REVERSE = "reject_unknown_reverse_client_hostname"


def files(main: str, master: str | None = None, **tables: str) -> ConfigurationFiles:
    return ConfigurationFiles(
        Source("main.cf", GUARD + main),
        Source("master.cf", master) if master is not None else None,
        {f"/etc/postfix/{name}": Source(name, text) for name, text in tables.items()},
    )


def found(rule: Rule, main: str, master: str | None = None, **tables: str) -> tuple[Diagnostic, ...]:
    return lint(files(main, master, **tables), Target(), Options(), [rule]).diagnostics


def fixed(rule: Rule, main: str, master: str | None = None) -> list[str]:
    """The texts of all files after its fix, the unsafe one too."""
    given = files(main, master)
    judged = frozenset(source.path for source in given.sources)
    result = fix(given, judged, Target(), Options(), [rule], unsafe=True)
    assert result.dropped == ()
    return [source.text for source in result.remaining.context.configuration.files.sources]


def test_a_class_that_a_list_and_a_row_name_is_for_everybody() -> None:
    main = (
        "smtpd_restriction_classes = verify\nverify = reject_unverified_sender\n"
        "smtpd_sender_restrictions = check_sender_access texthash:/etc/postfix/forged\n"
    )
    assert found(unverified_sender_rejected, main, forged="example.com verify\n") == ()
    everybody = main + "smtpd_data_restrictions = verify\n"
    assert len(found(unverified_sender_rejected, everybody, forged="example.com verify\n")) == 1


def test_a_class_that_only_an_unread_table_may_name_is_for_some() -> None:
    main = (
        "smtpd_restriction_classes = verify\nverify = reject_unverified_sender\n"
        "smtpd_sender_restrictions = check_sender_access ldap:forged\n"
    )
    assert found(unverified_sender_rejected, main) == ()


def test_lookup_is_off_for_any_spelling_of_no() -> None:
    for value, number in (("no", 1), ("NO", 1), ("$off", 1), ("yes", 0), ("nope", 0)):
        main = f"off = No\nsmtpd_peername_lookup = {value}\nsmtpd_client_restrictions = {REVERSE}\n"
        assert len(found(client_name_check_without_lookup, main)) == number, value


def test_a_service_with_the_lookup_keeps_the_check_of_a_shared_list() -> None:
    main = f"smtpd_peername_lookup = no\nsmtpd_client_restrictions = {REVERSE}\n"
    master = "smtp inet n - y - - smtpd\n10025 inet n - y - - smtpd -o smtpd_peername_lookup=yes\n"
    (diagnostic,) = found(client_name_check_without_lookup, main, master)
    assert diagnostic.fix is None
    assert diagnostic.message.startswith(f"{REVERSE} refuses every client of smtp/inet")


def test_a_row_checks_the_name_of_its_clients() -> None:
    main = "smtpd_peername_lookup = no\nsmtpd_client_restrictions = check_client_access texthash:/etc/postfix/clients\n"
    (diagnostic,) = found(client_name_check_without_lookup, main, clients=f"192.0.2.1 {REVERSE}\n")
    assert diagnostic.location.source.path == "clients"


def test_every_kind_of_ok_is_refused() -> None:
    main = "smtpd_sender_restrictions = check_sender_ns_access texthash:/etc/postfix/servers\n"
    for result in ("OK", "ok fine", "RELAY", "DISCARD", "12", "permit", "reject_unlisted_sender, permit_mynetworks"):
        assert len(found(allowlist_table_refused, main, servers=f"ns.example {result}\n")) == 1, result
    for result in ("DUNNO", "REJECT", "450 later", "reject, permit", "PREPEND X: y", "reject_unlisted_sender"):
        assert found(allowlist_table_refused, main, servers=f"ns.example {result}\n") == (), result


def test_a_class_that_holds_itself_is_searched_once() -> None:
    main = (
        "smtpd_restriction_classes = a, b\na = b\nb = a, permit_mynetworks\n"
        "smtpd_sender_restrictions = check_sender_ns_access texthash:/etc/postfix/servers\n"
    )
    assert len(found(allowlist_table_refused, main, servers="ns.example a\n")) == 1


def test_a_long_allowlist_shows_its_first_rows() -> None:
    main = "smtpd_client_restrictions = check_reverse_client_hostname_access texthash:/etc/postfix/friends\n"
    rows = "".join(f"relay{number}.example OK\n" for number in range(3000))
    (diagnostic,) = found(allowlist_table_refused, main, friends=rows)
    assert "one of 3000 rows" in diagnostic.message
    assert len(diagnostic.related) == 5


def test_helo_is_required_where_it_is_set() -> None:
    helo = "smtpd_helo_restrictions = reject_invalid_helo_hostname\n"
    rule = helo_restrictions_without_helo_required
    master = "smtp inet n - y - - smtpd\n  -o smtpd_helo_required=no\n"
    assert fixed(rule, helo, master) == [
        GUARD + helo,
        "smtp inet n - y - - smtpd\n  -o smtpd_helo_required=yes\n",
    ]
    assert fixed(rule, helo + "smtpd_helo_required = no")[0] == GUARD + helo + "smtpd_helo_required = yes"
    assert fixed(rule, helo + "smtpd_helo_required = $off\noff = no\n")[0].endswith(
        "smtpd_helo_required = yes\noff = no\n"
    )


def test_two_lists_that_are_avoided_are_mended_by_one_line() -> None:
    main = "smtpd_helo_restrictions = reject_invalid_helo_hostname\n"
    master = (
        "smtp inet n - y - - smtpd\n192.0.2.1:25 inet n - y - - smtpd\n"
        "  -o smtpd_helo_restrictions=reject_non_fqdn_helo_hostname\n"
    )
    assert len(found(helo_restrictions_without_helo_required, main, master)) == 2
    assert fixed(helo_restrictions_without_helo_required, main, master) == [
        GUARD + main + "smtpd_helo_required = yes\n",
        master,
    ]


def test_a_helo_list_that_refuses_nothing_is_not_avoided() -> None:
    main = "smtpd_helo_restrictions = check_helo_access texthash:/etc/postfix/names\n"
    rule = helo_restrictions_without_helo_required
    assert found(rule, main, names="mail.example OK\n") == ()
    assert len(found(rule, main, names="mail.example REJECT\n")) == 1
    assert len(found(rule, main)) == 1
