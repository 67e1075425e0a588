"""Which DNS servers the lookups of a host's Postfix ask."""

from pathlib import Path

import pytest
from hosts import detect_in, facts, make_host

from postlint.host import Entry, HostFacts, detect


def resolvers_of(root: Path, text: str) -> tuple[str, ...]:
    return addresses(detect_in(root, {"/etc/resolv.conf": text}))


def addresses(found: HostFacts) -> tuple[str, ...]:
    return tuple(server.value for server in found.nameservers)


def test_comments_and_odd_spacing_in_resolv_conf(tmp_path: Path) -> None:
    text = (
        "# nameserver 192.0.2.1\n"
        "; nameserver 192.0.2.2\n"
        "#nameserver 192.0.2.3\n"
        "\n"
        "nameserver\t \t192.0.2.4  \n"
        "nameserver 192.0.2.5 # the second\n"
        "options edns0 trust-ad\n"
        "nameserver   2001:db8::53"
    )
    assert resolvers_of(tmp_path, text) == ("192.0.2.4", "192.0.2.5", "2001:db8::53")


@pytest.mark.parametrize(
    "line",
    [
        " nameserver 192.0.2.1",
        "nameserver192.0.2.1",
        "Nameserver 192.0.2.1",
        "nameservers 192.0.2.1",
        "nameserver",
        "nameserver ",
        "nameserver localhost",
        "nameserver 192.0.2.256",
        "nameserver 192.0.2.1#53",
        "nameserver [2001:db8::53]",
        "nameserver 192.0.2.1\r",
        "nameserver\v192.0.2.1",
        "nameserver\u00a0192.0.2.1",
    ],
)
def test_line_that_the_c_library_takes_for_none(tmp_path: Path, line: str) -> None:
    assert resolvers_of(tmp_path, f"{line}\nnameserver 192.0.2.53\n") == ("192.0.2.53",)


def test_first_three_nameservers_are_asked(tmp_path: Path) -> None:
    text = "".join(f"nameserver 192.0.2.{number}\n" for number in range(1, 6))
    assert resolvers_of(tmp_path, text) == ("192.0.2.1", "192.0.2.2", "192.0.2.3")


def test_nameserver_with_zone(tmp_path: Path) -> None:
    assert resolvers_of(tmp_path, "nameserver fe80::1%eth0\n") == ("fe80::1%eth0",)


def test_platform_by_nameserver_with_zone(tmp_path: Path) -> None:
    found = detect_in(tmp_path, {"/etc/resolv.conf": "nameserver FD00:EC2::253%eth0\n"})
    evidence = "/etc/resolv.conf has nameserver FD00:EC2::253%eth0"
    assert found == facts("aws", evidence, "FD00:EC2::253%eth0")


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("search EC2.Internal.\n", "aws"),
        ("domain ec2.internal\n", "aws"),
        ("domain example.com ec2.internal\n", None),
        ("search ec2.internal\nsearch example.com\n", None),
        ("search example.com\ndomain ec2.internal\n", "aws"),
        ("#search ec2.internal\n", None),
        (" search ec2.internal\n", None),
        ("search\n", None),
    ],
)
def test_search_domains_that_count(tmp_path: Path, text: str, platform: str | None) -> None:
    assert detect_in(tmp_path, {"/etc/resolv.conf": text}).platform == platform


def test_servers_behind_the_stub_of_systemd_resolved(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "/run/systemd/resolve/stub-resolv.conf": "nameserver 127.0.0.53\nsearch example.com\n",
        "/run/systemd/resolve/resolv.conf": "nameserver 192.0.2.1\nnameserver 185.12.64.1\n",
    }
    make_host(tmp_path, files)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")
    path = "/run/systemd/resolve/resolv.conf"
    evidence = f"{path} has nameserver 185.12.64.1"
    assert detect(tmp_path) == facts("hetzner", evidence, "192.0.2.1", "185.12.64.1", path=path)


@pytest.mark.parametrize("stub", ["127.0.0.53", "127.0.0.54"])
def test_all_servers_behind_the_stub_are_asked(tmp_path: Path, stub: str) -> None:
    upstream = tuple(f"192.0.2.{number}" for number in range(1, 6))
    make_host(tmp_path, {"/run/systemd/resolve/resolv.conf": "".join(f"nameserver {each}\n" for each in upstream)})
    assert resolvers_of(tmp_path, f"nameserver {stub}\n") == upstream


def test_search_domain_that_systemd_resolved_knows_counts(tmp_path: Path) -> None:
    make_host(tmp_path, {"/run/systemd/resolve/resolv.conf": "nameserver 192.0.2.1\nsearch google.internal\n"})
    found = detect_in(tmp_path, {"/etc/resolv.conf": "nameserver 127.0.0.53\nsearch example.com\n"})
    assert (found.platform, found.evidence) == (
        "gce",
        "/run/systemd/resolve/resolv.conf has search domain google.internal",
    )


@pytest.mark.parametrize("upstream", [None, "", "# No DNS servers known.\nsearch .\n"])
def test_stub_without_servers_behind_it(tmp_path: Path, upstream: str | None) -> None:
    if upstream is not None:
        make_host(tmp_path, {"/run/systemd/resolve/resolv.conf": upstream})
    assert resolvers_of(tmp_path, "nameserver 127.0.0.53\n") == ("127.0.0.53",)


@pytest.mark.parametrize(
    ("text", "resolvers"),
    [
        ("nameserver 127.0.0.1\n", ("127.0.0.1",)),
        ("nameserver 127.0.0.53\nnameserver 192.0.2.53\n", ("185.12.64.1", "192.0.2.53")),
        ("nameserver 192.0.2.53\nnameserver 127.0.0.53\n", ("192.0.2.53", "185.12.64.1")),
        ("", ()),
    ],
)
def test_servers_of_systemd_resolved_are_asked_in_the_place_of_its_stub(
    tmp_path: Path, text: str, resolvers: tuple[str, ...]
) -> None:
    make_host(tmp_path, {"/run/systemd/resolve/resolv.conf": "nameserver 185.12.64.1\n"})
    assert resolvers_of(tmp_path, text) == resolvers


# The copy in the directory that Postfix is chrooted to.

QUEUE = "/var/spool/postfix"


def test_copy_counts_for_a_chrooted_program_alone(tmp_path: Path) -> None:
    make_host(tmp_path, {f"{QUEUE}/etc/resolv.conf": "nameserver 192.0.2.1\n"})
    make_host(tmp_path, {"/etc/resolv.conf": "nameserver 192.0.2.53\n"})
    assert detect(tmp_path) == facts(None, None, "192.0.2.53")
    assert detect(tmp_path, jail=QUEUE) == facts(None, None, "192.0.2.1", path=f"{QUEUE}/etc/resolv.conf")


def test_platform_is_not_told_by_an_old_copy(tmp_path: Path) -> None:
    make_host(tmp_path, {f"{QUEUE}/etc/resolv.conf": "nameserver 168.63.129.16\nsearch ec2.internal\n"})
    make_host(tmp_path, {"/etc/resolv.conf": "nameserver 192.0.2.53\n"})
    assert detect(tmp_path, jail=QUEUE).platform is None


@pytest.mark.parametrize("copy", [None, "", "search example.com\n"])
def test_host_file_counts_where_the_copy_names_no_server(tmp_path: Path, copy: str | None) -> None:
    if copy is not None:
        make_host(tmp_path, {f"{QUEUE}/etc/resolv.conf": copy})
    make_host(tmp_path, {"/etc/resolv.conf": "nameserver 192.0.2.53\n"})
    assert detect(tmp_path, jail=QUEUE) == facts(None, None, "192.0.2.53")


def test_copy_is_read_as_the_chrooted_program_reads_it(tmp_path: Path) -> None:
    """Links lead from the directory's own root, three servers are asked, and the stub is that of the host."""
    text = "nameserver 127.0.0.53\n" + "".join(f"nameserver 192.0.2.{number}\n" for number in range(1, 4))
    make_host(tmp_path, {"/data/spool/etc/other.conf": text, "/etc/other.conf": "nameserver 192.0.2.53\n"})
    make_host(tmp_path, {"/run/systemd/resolve/resolv.conf": "nameserver 198.51.100.1\n"})
    (tmp_path / "data/spool/etc/resolv.conf").symlink_to("/etc/other.conf")
    (tmp_path / "var/spool").mkdir(parents=True)
    (tmp_path / "var/spool/postfix").symlink_to("/data/spool")
    copy = f"{QUEUE}/etc/resolv.conf"
    assert detect(tmp_path, jail=QUEUE).nameservers == (
        Entry("198.51.100.1", "/run/systemd/resolve/resolv.conf"),
        Entry("192.0.2.1", copy),
        Entry("192.0.2.2", copy),
    )
