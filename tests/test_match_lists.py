"""Match lists: which items they hold, those of files too, and what the relay verdict makes of them."""

from pathlib import Path

import pytest
from match_list_cases import CASES, Case

from postlint.configuration.match_lists import MatchItem, match_lists
from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.configuration.reading import with_tables
from postlint.configuration.restrictions import RestrictionLists
from postlint.files import read_inputs
from postlint.policy.relay import RelayState, relay_verdict
from postlint.target import PostfixVersion
from postlint.text import Source

GUARD = "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"


def configuration(main: str, **files: str) -> Configuration:
    tables = {f"/etc/postfix/{name}": Source(name, text) for name, text in files.items()}
    return Configuration(ConfigurationFiles(Source("main.cf", main), None, tables))


def items(main: str, parameter: str = "mynetworks", **files: str) -> list[tuple[str, str]]:
    """Where each item stands, as in main.cf:1:14, and the item, with a ! if it is negated."""
    given = configuration(main, **files)
    found = []
    for item in match_lists(given).items(parameter, given.main_view):
        location = item.pattern.locations[0]
        line, column = location.source.position(location.span.start)
        text = ("!" if item.negated else "") + item.pattern.text + (f" ({item.unread})" if item.unread else "")
        found.append((f"{location.source.path}:{line}:{column}", text))
    return found


def verdict(main: str, **files: str) -> tuple[RelayState, str]:
    lists = RestrictionLists(configuration(main + GUARD, **files))
    found = relay_verdict(lists, lists.configuration.main_view, PostfixVersion(3, 7))
    return found.state, found.reason


def member_of(found: tuple[MatchItem, ...], address: str, table: str) -> bool | None:
    """Whether the first item that is the address, its /8, or the one table, is no negated one."""
    for item in found:
        if item.unread:
            return None
        if item.pattern.text in (address, "127.0.0.0/8", table):
            return not item.negated
    return False


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_items_are_those_of_smtpd(case: Case, tmp_path: Path) -> None:
    for name, text in (("main.cf", f"me = 127.0.0.1\nmynetworks = {case.value}\n"), *case.files):
        (tmp_path / name).write_text(text.replace("@", "/etc/postfix"))
    (item,) = read_inputs([str(tmp_path)])
    given = Configuration(with_tables(item.files, item.read_table))
    found = match_lists(given).items("mynetworks", given.main_view)
    new = tuple(item for item in found if not item.before_3_8)
    for is_old, items_read in ((True, found), (False, new)):
        assert member_of(items_read, "127.0.0.1", "cidr:/etc/postfix/c") is case.member_for(is_old)


def test_items_stand_where_they_are_written() -> None:
    assert items(
        "mynetworks = 192.0.2.1, !/etc/postfix/nets, $more\nmore = [::1]\n",
        nets="# a\n192.0.2.2,\n  # b\n  !192.0.2.3 /etc/postfix/deep",
        deep="192.0.2.4\n",
    ) == [
        ("main.cf:1:14", "192.0.2.1"),
        ("nets:2:1", "!192.0.2.2"),
        ("nets:4:4", "192.0.2.3"),
        ("deep:1:1", "!192.0.2.4"),
        ("main.cf:2:8", "[::1]"),
    ]


def test_file_that_holds_itself_is_read_once() -> None:
    nets = "192.0.2.1\n!/etc/postfix/nets\n/etc/postfix/nets\n"
    unread = "/etc/postfix/nets (holds itself)"
    assert items("mynetworks = /etc/postfix/nets\n", nets=nets) == [
        ("nets:1:1", "192.0.2.1"),
        ("nets:2:2", f"!{unread}"),
        ("nets:3:1", unread),
    ]


def test_number_of_files_has_a_bound() -> None:
    files = {f"f{n}": f"/etc/postfix/f{n + 1} /etc/postfix/f{n + 1}\n192.0.2.{n}\n" for n in range(150)}
    found = items("mynetworks = /etc/postfix/f0\n", **files)
    assert found[0] == ("f99:1:1", "/etc/postfix/f100 (is one of more than 100 files)")
    assert found[-1] == ("f0:2:1", "192.0.2.0")
    assert len(found) == 2 + 100


def test_name_that_is_not_known_is_not_looked_for() -> None:
    assert items("mynetworks = /etc/postfix/${x?{a}}\n")[0][1].endswith("(has a name that is not known)")


def test_networks_in_a_file_are_judged() -> None:
    main = "mynetworks = /etc/postfix/nets\n"
    assert verdict(main) == (RelayState.UNKNOWN, "mynetworks holds /etc/postfix/nets, which is not there")
    assert verdict(main, nets="192.0.2.0/24\n[2001:db8::]/32\n") == (RelayState.CLOSED, "")
    assert verdict(main, nets="192.0.2.1\n0.0.0.0/0\n") == (RelayState.OPEN, "mynetworks trusts 0.0.0.0/0 in nets:2")
    assert verdict("mynetworks = !/etc/postfix/nets\n", nets="0.0.0.0/0\n") == (RelayState.CLOSED, "")
    assert verdict("mynetworks = !/etc/postfix/nets\n", nets="!0.0.0.0/0\n")[0] is RelayState.OPEN
    # Who knows what a ! in it takes back.
    assert verdict("mynetworks = !/etc/postfix/nets\n")[0] is RelayState.UNKNOWN


@pytest.mark.parametrize(
    ("domains", "state"),
    [
        ("own.example", RelayState.CLOSED),
        ("OWN.example\n", RelayState.CLOSED),
        ("other.example\n", RelayState.UNKNOWN),
        ("!own.example\nown.example\n", RelayState.UNKNOWN),
        ("!/etc/postfix/missing\nown.example\n", RelayState.UNKNOWN),
        ("own.example\n!/etc/postfix/missing\n", RelayState.CLOSED),
        ("hash:/etc/postfix/more\nown.example\n", RelayState.CLOSED),
        ("!hash:/etc/postfix/more\nown.example\n", RelayState.UNKNOWN),
    ],
)
def test_own_domains_are_read_from_a_file(domains: str, state: RelayState) -> None:
    main = "relay_domains = /etc/postfix/domains\nmynetworks = 127.0.0.1\n"
    relay = "smtpd_relay_restrictions = check_recipient_access hash:/etc/postfix/map, reject_unauth_destination\n"
    lists = RestrictionLists(configuration(main + relay, domains=domains, map="own.example OK\n"))
    assert relay_verdict(lists, lists.configuration.main_view, PostfixVersion(3, 7)).state is state


def test_files_and_the_tables_in_them_are_read() -> None:
    asked: list[str] = []
    files = {"/a": "/b cidr:/c\n", "/b": "/a\n", "/d": "hash:/e\n"}

    def read(path: str) -> Source | str:
        asked.append(path)
        return Source(path, files[path]) if path in files else "is not there"

    main = "mynetworks = /a\nrelay_domains = $mine\nmine = /missing\nrelayhost = /no\n"
    master = "smtp inet n - y - - smtpd\n  -o mine=/d\n  -o mynetworks_style=/no\n"
    found = with_tables(ConfigurationFiles(Source("main.cf", main), Source("master.cf", master)), read)
    assert asked == ["/a", "/b", "/missing", "/d", "/c"]
    assert list(found.tables) == asked
