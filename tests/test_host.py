"""What the files of a host tell about it, and the data by which they are judged."""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest

import postlint.facts
from postlint.facts.platforms import (
    Platform,
    PublicResolver,
    parse_address,
    platforms,
    public_resolver,
)
from postlint.host import HostFacts, detect

NOTHING = HostFacts(None, (), None)


def make_host(root: Path, files: dict[str, str | bytes]) -> None:
    """Puts files below ``root``, by their paths on the host."""
    for path, content in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def detect_in(root: Path, files: dict[str, str | bytes]) -> HostFacts:
    make_host(root, files)
    return detect(root)


def concluded(platform: str, evidence: str, *resolvers: str) -> HostFacts:
    return HostFacts(platform, resolvers, evidence)


# One way or more for each platform.


def test_empty_host_tells_nothing(tmp_path: Path) -> None:
    assert detect(tmp_path) == NOTHING


def test_the_real_host_does_not_raise() -> None:
    assert isinstance(detect(), HostFacts)


@pytest.mark.parametrize(
    ("cloud_id", "platform"),
    [
        ("aws", "aws"),
        ("aws-china", "aws"),
        ("aws-gov", "aws"),
        ("azure", "azure"),
        ("azure-china", "azure"),
        ("gce", "gce"),
        ("digitalocean", "digitalocean"),
        ("hetzner", "hetzner"),
        ("vultr", "vultr"),
        ("oracle", "oracle"),
        ("akamai", "linode"),
    ],
)
def test_cloud_id(tmp_path: Path, cloud_id: str, platform: str) -> None:
    facts = detect_in(tmp_path, {"/run/cloud-init/cloud-id": f"{cloud_id}\n"})
    assert facts == concluded(platform, f"/run/cloud-init/cloud-id says {cloud_id}")


@pytest.mark.parametrize(
    ("file", "value", "platform"),
    [
        ("sys_vendor", "Amazon EC2", "aws"),
        ("bios_version", "4.11.amazon", "aws"),
        ("board_asset_tag", "i-0123456789abcdef0", "aws"),
        ("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", "azure"),
        ("product_name", "Google Compute Engine", "gce"),
        ("product_serial", "GoogleCloud-0123456789ABCDEF0123456789ABCDEF", "gce"),
        ("sys_vendor", "DigitalOcean", "digitalocean"),
        ("sys_vendor", "Hetzner", "hetzner"),
        ("sys_vendor", "Vultr", "vultr"),
        ("chassis_asset_tag", "OracleCloud.com", "oracle"),
        ("sys_vendor", "Linode", "linode"),
        ("sys_vendor", "Akamai", "linode"),
    ],
)
def test_dmi(tmp_path: Path, file: str, value: str, platform: str) -> None:
    facts = detect_in(tmp_path, {f"/sys/class/dmi/id/{file}": f"{value} \n"})
    assert facts == concluded(platform, f"/sys/class/dmi/id/{file} says {value}")


@pytest.mark.parametrize(
    ("nameserver", "platform"),
    [
        ("169.254.169.253", "aws"),
        ("fd00:ec2::253", "aws"),
        ("168.63.129.16", "azure"),
        ("67.207.67.3", "digitalocean"),
        ("185.12.64.2", "hetzner"),
        ("2a01:4ff:ff00:0:0:0:add:1", "hetzner"),
        ("108.61.10.10", "vultr"),
        ("213.186.33.99", "ovh"),
    ],
)
def test_nameserver(tmp_path: Path, nameserver: str, platform: str) -> None:
    facts = detect_in(tmp_path, {"/etc/resolv.conf": f"nameserver {nameserver}\n"})
    assert facts == concluded(platform, f"/etc/resolv.conf has nameserver {nameserver}", nameserver)


@pytest.mark.parametrize(
    ("domain", "platform"),
    [
        ("ec2.internal", "aws"),
        ("eu-central-1.compute.internal", "aws"),
        ("abcdefghijklmnop.bx.internal.cloudapp.net", "azure"),
        ("google.internal", "gce"),
        ("europe-west1-b.c.example-project.internal", "gce"),
        ("subnet1.vcn1.oraclevcn.com", "oracle"),
        ("members.linode.com", "linode"),
    ],
)
def test_search_domain(tmp_path: Path, domain: str, platform: str) -> None:
    text = f"search example.com {domain}\nnameserver 192.0.2.53\n"
    facts = detect_in(tmp_path, {"/etc/resolv.conf": text})
    assert facts == concluded(platform, f"/etc/resolv.conf has search domain {domain}", "192.0.2.53")


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("ip-10-0-1-97.ec2.internal", "aws"),
        ("ip-10-0-1-97.ap-northeast-1.compute.internal", "aws"),
        ("i-0123456789abcdef0.eu-west-1.compute.internal", "aws"),
        ("ec2-192-0-2-1.compute-1.amazonaws.com", "aws"),
        ("mail.abcdefghijklmnop.bx.internal.cloudapp.net", "azure"),
        ("example.westeurope.cloudapp.azure.com", "azure"),
        ("mail.us-central1-a.c.example-project.internal", "gce"),
        ("static.1.2.0.192.clients.your-server.de", "hetzner"),
        ("mail.subnet1.vcn1.oraclevcn.com", "oracle"),
        ("192-0-2-1.ip.linodeusercontent.com", "linode"),
        ("vps-0a1b2c3d.vps.ovh.net", "ovh"),
        ("ns123456.ip-192-0-2.eu", "ovh"),
    ],
)
def test_host_name(tmp_path: Path, name: str, platform: str) -> None:
    facts = detect_in(tmp_path, {"/etc/hostname": f"{name}\n"})
    assert facts == concluded(platform, f"/etc/hostname says {name}")


def test_host_name_in_any_case_behind_comments(tmp_path: Path) -> None:
    facts = detect_in(tmp_path, {"/etc/hostname": "# installed\n\n  IP-10-0-1-97.EC2.Internal.\t\n"})
    assert facts == concluded("aws", "/etc/hostname says ip-10-0-1-97.ec2.internal")


def test_paravirtual_machine_by_hypervisor_uuid(tmp_path: Path) -> None:
    uuid = "ec2e1916-9099-7caf-fd21-012345abcdef"
    facts = detect_in(tmp_path, {"/sys/hypervisor/uuid": f"{uuid}\n"})
    assert facts == concluded("aws", f"/sys/hypervisor/uuid says {uuid}")


def test_hypervisor_uuid_of_another_xen_host_may_begin_so_too(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "/sys/hypervisor/uuid": "ec2e1916-9099-7caf-fd21-012345abcdef\n",
        "/sys/class/dmi/id/sys_vendor": "Xen\n",
        "/sys/class/dmi/id/bios_version": "4.11.1\n",
    }
    assert detect_in(tmp_path, files) == NOTHING


# Which sign counts.


def test_order_of_the_signs(tmp_path: Path) -> None:
    """Each file taken away lets the next one speak."""
    files: dict[str, str | bytes] = {
        "/run/cloud-init/cloud-id": "vultr\n",
        "/run/cloud-init/instance-data.json": '{"v1": {"cloud_id": "hetzner"}}',
        "/sys/class/dmi/id/sys_vendor": "DigitalOcean\n",
        "/etc/resolv.conf": "search google.internal\nnameserver 192.0.2.53\nnameserver 168.63.129.16\n",
        "/etc/hostname": "vps-0a1b2c3d.vps.ovh.net\n",
    }
    make_host(tmp_path, files)
    found = []
    for path in files:
        found.append(detect(tmp_path).platform)
        (tmp_path / path.lstrip("/")).unlink()
    assert found == ["vultr", "hetzner", "digitalocean", "azure", "ovh"]
    assert detect(tmp_path) == NOTHING


def test_unknown_cloud_id_leaves_the_question_to_the_firmware(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "/run/cloud-init/cloud-id": "nocloud\n",
        "/sys/class/dmi/id/sys_vendor": "Hetzner\n",
    }
    assert detect_in(tmp_path, files) == concluded("hetzner", "/sys/class/dmi/id/sys_vendor says Hetzner")


@pytest.mark.parametrize(
    ("standard", "cloud"),
    [
        ({"cloud_id": "aws-gov", "cloud_name": "aws"}, "aws-gov"),
        ({"cloud_id": "unknown", "cloud_name": "aws"}, "aws"),
        ({"cloud_name": "aws"}, "aws"),
    ],
)
def test_instance_data(tmp_path: Path, standard: dict[str, str], cloud: str) -> None:
    facts = detect_in(tmp_path, {"/run/cloud-init/instance-data.json": json.dumps({"v1": standard})})
    assert facts == concluded("aws", f"/run/cloud-init/instance-data.json says {cloud}")


def test_sensitive_instance_data_is_not_read(tmp_path: Path) -> None:
    path = "/run/cloud-init/instance-data-sensitive.json"
    assert detect_in(tmp_path, {path: '{"v1": {"cloud_id": "aws"}}'}) == NOTHING


def test_plain_hyper_v_is_not_azure(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "/sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n",
        "/sys/class/dmi/id/product_name": "Virtual Machine\n",
        "/sys/class/dmi/id/chassis_asset_tag": "0000-0000-0000-0000-0000-0000-00\n",
    }
    assert detect_in(tmp_path, files) == NOTHING


OPENSTACK: dict[str, str | bytes] = {
    "/run/cloud-init/cloud-id": "openstack\n",
    "/run/cloud-init/instance-data.json": '{"v1": {"cloud_id": "openstack", "cloud_name": "openstack"}}',
    "/sys/class/dmi/id/sys_vendor": "OpenStack Foundation\n",
    "/sys/class/dmi/id/product_name": "OpenStack Nova\n",
}


def test_openstack_alone_proves_nothing(tmp_path: Path) -> None:
    make_host(tmp_path, {"/etc/resolv.conf": "search openstacklocal\nnameserver 192.0.2.53\n"})
    assert detect_in(tmp_path, OPENSTACK) == HostFacts(None, ("192.0.2.53",), None)


def test_openstack_with_the_resolver_of_ovh(tmp_path: Path) -> None:
    make_host(tmp_path, {"/etc/resolv.conf": "search openstacklocal\nnameserver 213.186.33.99\n"})
    evidence = "/etc/resolv.conf has nameserver 213.186.33.99"
    assert detect_in(tmp_path, OPENSTACK) == concluded("ovh", evidence, "213.186.33.99")


@pytest.mark.parametrize(
    "name",
    [
        "ip-10-0-1-97",
        "ip-10-0-1-97.example.com",
        "vps-0a1b2c3d",
        "mail.example.internal",
        "ec2.internal.example.com",
        "mail.example.com ip-10-0-1-97.ec2.internal",
    ],
)
def test_weak_host_name_proves_nothing(tmp_path: Path, name: str) -> None:
    assert detect_in(tmp_path, {"/etc/hostname": f"{name}\n"}) == NOTHING


@pytest.mark.parametrize("nameserver", ["169.254.169.254", "1.1.1.1", "10.0.0.2", "127.0.0.1"])
def test_resolver_of_many_proves_nothing(tmp_path: Path, nameserver: str) -> None:
    facts = detect_in(tmp_path, {"/etc/resolv.conf": f"nameserver {nameserver}\n"})
    assert facts == HostFacts(None, (nameserver,), None)


# Symbolic links.


@pytest.mark.parametrize("target", ["cloud-id-aws", "/run/cloud-init/cloud-id-aws", "../cloud-init/cloud-id-aws"])
def test_cloud_id_behind_a_link(tmp_path: Path, target: str) -> None:
    make_host(tmp_path, {"/run/cloud-init/cloud-id-aws": "aws\n"})
    (tmp_path / "run/cloud-init/cloud-id").symlink_to(target)
    assert detect(tmp_path) == concluded("aws", "/run/cloud-init/cloud-id says aws")


def test_dangling_link_is_an_absent_file(tmp_path: Path) -> None:
    make_host(tmp_path, {"/sys/class/dmi/id/sys_vendor": "Vultr\n"})
    (tmp_path / "run/cloud-init").mkdir(parents=True)
    (tmp_path / "run/cloud-init/cloud-id").symlink_to("/run/cloud-init/cloud-id-aws")
    assert detect(tmp_path) == concluded("vultr", "/sys/class/dmi/id/sys_vendor says Vultr")


def test_links_never_lead_out_of_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make_host(tmp_path, {"/outside": "aws\n"})
    (root / "run/cloud-init").mkdir(parents=True)
    for target in (str(tmp_path / "outside"), "../../../outside", "/../outside"):
        link = root / "run/cloud-init/cloud-id"
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        assert detect(root) == NOTHING


def test_absolute_link_of_a_directory_on_the_way(tmp_path: Path) -> None:
    make_host(tmp_path, {"/sys/devices/virtual/dmi/id/sys_vendor": "Hetzner\n"})
    (tmp_path / "sys/class/dmi").mkdir(parents=True)
    (tmp_path / "sys/class/dmi/id").symlink_to("/sys/devices/virtual/dmi/id")
    assert detect(tmp_path).platform == "hetzner"


def test_link_to_itself_is_an_absent_file(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").symlink_to("/etc/resolv.conf")
    (tmp_path / "etc/hostname").symlink_to("hostname")
    assert detect(tmp_path) == NOTHING


def test_relative_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_host(tmp_path, {"/host/run/cloud-init/cloud-id-gce": "gce\n"})
    (tmp_path / "host/run/cloud-init/cloud-id").symlink_to("/run/cloud-init/cloud-id-gce")
    monkeypatch.chdir(tmp_path)
    assert detect(Path("host")).platform == "gce"


# Files that cannot be read or make no sense.

ALL_FILES = (
    "/run/cloud-init/cloud-id",
    "/run/cloud-init/instance-data.json",
    "/sys/class/dmi/id/sys_vendor",
    "/sys/class/dmi/id/chassis_asset_tag",
    "/sys/hypervisor/uuid",
    "/etc/resolv.conf",
    "/etc/hostname",
)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\0",
        b"aws\0\n",
        bytes(range(256)) * 8,
        bytes(range(128, 256)) * 8,
        b"\x7fELF\x02\x01\x01\0",
        b"\xef\xbb\xbfaws\n",
        b"x" * 65536,
        b"a." * 32768,
        b"nameserver " * 5000,
        b"\xff" * 1_000_000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_senseless_content_is_an_absent_file(tmp_path: Path, content: bytes) -> None:
    assert detect_in(tmp_path, dict.fromkeys(ALL_FILES, content)) == NOTHING


@pytest.mark.parametrize(
    "text",
    [
        '{"v1": {"cloud_id": "aws"',
        "aws",
        "null",
        '["v1"]',
        '{"v1": null}',
        '{"v1": ["aws"]}',
        '{"v1": {"cloud_id": ["aws"], "cloud_name": {"aws": 1}}}',
        '{"v1": {"cloud_id": "\\ud800"}}',
        '{"cloud_id": "aws"}',
        '{"v1": {"cloud_id": ' + "9" * 5000 + "}}",
        "[" * 60000,
        '{"v1":' * 10000,
    ],
    ids=lambda text: text[:24],
)
def test_malformed_instance_data_is_an_absent_file(tmp_path: Path, text: str) -> None:
    assert detect_in(tmp_path, {"/run/cloud-init/instance-data.json": text}) == NOTHING


def test_only_files_up_to_64_kilobytes_count(tmp_path: Path) -> None:
    text = '{"v1": {"cloud_id": "aws"}}'
    path = "/run/cloud-init/instance-data.json"
    assert detect_in(tmp_path, {path: text.ljust(65536)}).platform == "aws"
    assert detect_in(tmp_path, {path: text.ljust(65537)}) == NOTHING


def test_directories_in_the_place_of_files(tmp_path: Path) -> None:
    for path in ALL_FILES:
        (tmp_path / path.lstrip("/")).mkdir(parents=True)
    assert detect(tmp_path) == NOTHING


def test_files_in_the_place_of_directories(tmp_path: Path) -> None:
    assert detect_in(tmp_path, {"/run": "", "/sys": "", "/etc": ""}) == NOTHING


def test_fifo_is_not_waited_for(tmp_path: Path) -> None:
    for path in ALL_FILES:
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(place)
    assert detect(tmp_path) == NOTHING


def test_unreadable_file_is_an_absent_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_host(tmp_path, {"/run/cloud-init/cloud-id": "aws\n", "/sys/class/dmi/id/sys_vendor": "Vultr\n"})
    really_open = os.open

    # Permissions do not keep root from reading, and tests run as root too.
    def refusing_open(path: Path, flags: int) -> int:
        if path.name == "cloud-id":
            raise PermissionError(13, "Permission denied", str(path))
        return really_open(path, flags)

    monkeypatch.setattr(os, "open", refusing_open)
    assert detect(tmp_path) == concluded("vultr", "/sys/class/dmi/id/sys_vendor says Vultr")


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    make_host(tmp_path, {"/run/cloud-init/cloud-id": "nocloud\n", "/etc/resolv.conf": b"\xff" * 70000})
    (tmp_path / "etc/hostname").mkdir()
    before = os.open(tmp_path, os.O_RDONLY)
    os.close(before)
    detect(tmp_path)
    after = os.open(tmp_path, os.O_RDONLY)
    os.close(after)
    assert after == before


# resolv.conf.


def resolvers_of(root: Path, text: str) -> tuple[str, ...]:
    return detect_in(root, {"/etc/resolv.conf": text}).resolvers


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
    facts = detect_in(tmp_path, {"/etc/resolv.conf": "nameserver FD00:EC2::253%eth0\n"})
    evidence = "/etc/resolv.conf has nameserver FD00:EC2::253%eth0"
    assert facts == concluded("aws", evidence, "FD00:EC2::253%eth0")


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
    evidence = "/run/systemd/resolve/resolv.conf has nameserver 185.12.64.1"
    assert detect(tmp_path) == concluded("hetzner", evidence, "192.0.2.1", "185.12.64.1")


def test_all_servers_behind_the_stub(tmp_path: Path) -> None:
    upstream = tuple(f"192.0.2.{number}" for number in range(1, 6))
    make_host(tmp_path, {"/run/systemd/resolve/resolv.conf": "".join(f"nameserver {each}\n" for each in upstream)})
    assert resolvers_of(tmp_path, "nameserver 127.0.0.53\n") == upstream


@pytest.mark.parametrize("upstream", [None, "", "# No DNS servers known.\nsearch .\n"])
def test_stub_without_servers_behind_it(tmp_path: Path, upstream: str | None) -> None:
    if upstream is not None:
        make_host(tmp_path, {"/run/systemd/resolve/resolv.conf": upstream})
    assert resolvers_of(tmp_path, "nameserver 127.0.0.53\n") == ("127.0.0.53",)


@pytest.mark.parametrize(
    ("text", "resolvers"),
    [
        ("nameserver 127.0.0.1\n", ("127.0.0.1",)),
        ("nameserver 127.0.0.53\nnameserver 192.0.2.53\n", ("127.0.0.53", "192.0.2.53")),
        ("", ()),
    ],
)
def test_servers_of_systemd_resolved_are_not_asked(tmp_path: Path, text: str, resolvers: tuple[str, ...]) -> None:
    make_host(tmp_path, {"/run/systemd/resolve/resolv.conf": "nameserver 185.12.64.1\n"})
    assert detect_in(tmp_path, {"/etc/resolv.conf": text}) == HostFacts(None, resolvers, None)


def test_old_copy_in_the_chroot_does_not_count(tmp_path: Path) -> None:
    make_host(tmp_path, {"/var/spool/postfix/etc/resolv.conf": "nameserver 168.63.129.16\n"})
    assert detect_in(tmp_path, {"/etc/resolv.conf": "nameserver 192.0.2.53\n"}) == HostFacts(
        None, ("192.0.2.53",), None
    )


# platforms.toml.

TABLES = tomllib.loads((Path(postlint.facts.__file__).parent / "data" / "platforms.toml").read_text("utf-8"))


def test_platforms_and_whom_spamhaus_refuses() -> None:
    assert {name: platform.refused_by_spamhaus for name, platform in platforms().items()} == {
        "aws": True,
        "azure": True,
        "gce": False,
        "digitalocean": True,
        "hetzner": True,
        "vultr": True,
        "oracle": False,
        "linode": False,
        "ovh": True,
        "cloudflare": True,
    }


def test_names_of_platforms_are_unique() -> None:
    assert [row["name"] for row in TABLES["platform"]] == list(platforms())
    assert len({platform.title for platform in platforms().values()}) == len(platforms())


@pytest.mark.parametrize("table", ["platform", "resolver"])
def test_every_row_has_a_source(table: str) -> None:
    assert all(row["source"] for row in TABLES[table])


@pytest.mark.parametrize("row", TABLES["platform"], ids=lambda row: str(row["name"]))
def test_no_sign_of_a_platform_gets_lost(row: dict[str, object]) -> None:
    fields = set(Platform._fields)
    assert set(row) <= fields
    assert sum(bool(getattr(platforms()[str(row["name"])], field)) for field in fields) == sum(
        bool(value) for value in row.values()
    )


@pytest.mark.parametrize("platform", platforms().values(), ids=lambda platform: platform.name)
def test_platform_is_sane(platform: Platform) -> None:
    if platform.refused_since is not None:
        assert platform.refused_by_spamhaus
        assert re.fullmatch("20[0-9]{2}(-[01][0-9]-[0-3][0-9])?", platform.refused_since)
    patterns = [pattern for _, pattern in platform.dmi]
    for pattern in (*patterns, *platform.hypervisor_uuid, *platform.search, *platform.hostname):
        assert not re.fullmatch(pattern, "")
        assert not re.fullmatch(pattern, "mail.example.com")
    for file, _ in platform.dmi:
        assert re.fullmatch("[a-z_]+", file)
    for address in platform.nameservers:
        assert parse_address(address) is not None
        assert public_resolver(address) is None


def test_a_sign_belongs_to_one_platform() -> None:
    signs = [
        sign
        for platform in platforms().values()
        for sign in (*platform.cloud_id, *map(parse_address, platform.nameservers), *platform.dmi)
    ]
    assert len(set(signs)) == len(signs)
    assert "openstack" not in signs


def test_every_resolver_is_found_at_all_its_addresses() -> None:
    addresses = [address for row in TABLES["resolver"] for address in row["addresses"]]
    parsed = {parse_address(address) for address in addresses}
    assert None not in parsed
    assert len(parsed) == len(addresses)
    for row in TABLES["resolver"]:
        resolver = PublicResolver(row["operator"], tuple(row["addresses"]), row["spamhaus"], row["source"])
        assert {public_resolver(address) for address in row["addresses"]} == {resolver}


def test_what_spamhaus_answers_through_public_resolvers() -> None:
    answers: dict[str, set[str]] = {}
    for row in TABLES["resolver"]:
        answers.setdefault(row["spamhaus"], set()).add(row["operator"])
    unknown = answers.pop("unknown")
    assert answers == {
        "error-code": {"Cloudflare", "Quad9", "AdGuard"},
        "silence": {"Google", "OpenDNS", "DNS.SB"},
    }
    assert "Lumen (Level 3)" in unknown


@pytest.mark.parametrize(
    "address",
    [
        "2606:4700:4700::1111",
        "2606:4700:4700:0000:0000:0000:0000:1111",
        "2606:4700:4700:0::1111",
        "2606:4700:4700::1111%eth0",
        "1.0.0.1",
        "::ffff:1.1.1.1",
        "::FFFF:101:101",
    ],
)
def test_public_resolver_in_any_spelling(address: str) -> None:
    resolver = public_resolver(address)
    assert resolver is not None
    assert resolver.operator == "Cloudflare"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "cloudflare",
        "1.1.1",
        "1.1.1.1 ",
        "1.1.1.1\n",
        "01.1.1.1",
        "1.1.1.1%eth0",
        "[::1]",
        "192.0.2.1",
        "\ud800",
    ],
)
def test_no_public_resolver(address: str) -> None:
    assert public_resolver(address) is None
