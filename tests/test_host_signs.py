"""The signs by which a host tells on which platform it is, and which of them counts."""

import json
import re
from pathlib import Path

import pytest
from hosts import NOTHING, detect_in, facts, make_host

from postlint.facts.platforms import Platform, parse_address, platforms
from postlint.host import HostFacts, detect

# One way or more for each platform.

CLOUD_IDS = [
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
]
DMI = [
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
]
NAMESERVERS = [
    ("169.254.169.253", "aws"),
    ("fd00:ec2::253", "aws"),
    ("168.63.129.16", "azure"),
    ("67.207.67.2", "digitalocean"),
    ("67.207.67.3", "digitalocean"),
    ("185.12.64.1", "hetzner"),
    ("185.12.64.2", "hetzner"),
    ("2a01:4ff:ff00:0:0:0:add:1", "hetzner"),
    ("2A01:4FF:FF00::ADD:2", "hetzner"),
    ("108.61.10.10", "vultr"),
    ("2001:19f0:300:1704::6", "vultr"),
    ("213.186.33.99", "ovh"),
    ("2001:41d0:3:163::1", "ovh"),
]
SEARCH_DOMAINS = [
    ("ec2.internal", "aws"),
    ("eu-central-1.compute.internal", "aws"),
    ("abcdefghijklmnop.bx.internal.cloudapp.net", "azure"),
    ("google.internal", "gce"),
    ("europe-west1-b.c.example-project.internal", "gce"),
    ("c.example-project.internal", "gce"),
    ("subnet1.vcn1.oraclevcn.com", "oracle"),
    ("members.linode.com", "linode"),
]
HOST_NAMES = [
    ("ip-10-0-1-97.ec2.internal", "aws"),
    ("ip-10-0-1-97.ap-northeast-1.compute.internal", "aws"),
    ("i-0123456789abcdef0.eu-west-1.compute.internal", "aws"),
    ("ec2-192-0-2-1.compute-1.amazonaws.com", "aws"),
    ("mail.abcdefghijklmnop.bx.internal.cloudapp.net", "azure"),
    ("example.westeurope.cloudapp.azure.com", "azure"),
    ("mail.us-central1-a.c.example-project.internal", "gce"),
    ("mail.c.example-project.internal", "gce"),
    ("static.1.2.0.192.clients.your-server.de", "hetzner"),
    ("mail.subnet1.vcn1.oraclevcn.com", "oracle"),
    ("li1-2.members.linode.com", "linode"),
    ("192-0-2-1.ip.linodeusercontent.com", "linode"),
    ("vps-0a1b2c3d.vps.ovh.net", "ovh"),
    ("ns123456.ip-192-0-2.eu", "ovh"),
    ("ns123456.ovh.net", "ovh"),
]


def test_empty_host_tells_nothing(tmp_path: Path) -> None:
    assert detect(tmp_path) == NOTHING


def test_the_real_host_does_not_raise() -> None:
    assert isinstance(detect(), HostFacts)


@pytest.mark.parametrize(("cloud_id", "platform"), CLOUD_IDS)
def test_cloud_id(tmp_path: Path, cloud_id: str, platform: str) -> None:
    found = detect_in(tmp_path, {"/run/cloud-init/cloud-id": f"{cloud_id}\n"})
    assert found == facts(platform, f"/run/cloud-init/cloud-id says {cloud_id}")


@pytest.mark.parametrize(("file", "value", "platform"), DMI)
def test_dmi(tmp_path: Path, file: str, value: str, platform: str) -> None:
    found = detect_in(tmp_path, {f"/sys/class/dmi/id/{file}": f"{value} \n"})
    assert found == facts(platform, f"/sys/class/dmi/id/{file} says {value}")


@pytest.mark.parametrize(("nameserver", "platform"), NAMESERVERS)
def test_nameserver(tmp_path: Path, nameserver: str, platform: str) -> None:
    found = detect_in(tmp_path, {"/etc/resolv.conf": f"nameserver {nameserver}\n"})
    assert found == facts(platform, f"/etc/resolv.conf has nameserver {nameserver}", nameserver)


@pytest.mark.parametrize(("domain", "platform"), SEARCH_DOMAINS)
def test_search_domain(tmp_path: Path, domain: str, platform: str) -> None:
    text = f"search example.com {domain}\nnameserver 192.0.2.53\n"
    found = detect_in(tmp_path, {"/etc/resolv.conf": text})
    assert found == facts(platform, f"/etc/resolv.conf has search domain {domain}", "192.0.2.53")


@pytest.mark.parametrize(("name", "platform"), HOST_NAMES)
def test_host_name(tmp_path: Path, name: str, platform: str) -> None:
    found = detect_in(tmp_path, {"/etc/hostname": f"{name}\n"})
    assert found == facts(platform, f"/etc/hostname says {name}")


def test_host_name_in_any_case_behind_comments(tmp_path: Path) -> None:
    found = detect_in(tmp_path, {"/etc/hostname": "# installed\n\n  IP-10-0-1-97.EC2.Internal.\t\n"})
    assert found == facts("aws", "/etc/hostname says ip-10-0-1-97.ec2.internal")


def test_paravirtual_machine_by_hypervisor_uuid(tmp_path: Path) -> None:
    uuid = "ec2e1916-9099-7caf-fd21-012345abcdef"
    found = detect_in(tmp_path, {"/sys/hypervisor/uuid": f"{uuid}\n"})
    assert found == facts("aws", f"/sys/hypervisor/uuid says {uuid}")


def test_hypervisor_uuid_of_another_xen_host_may_begin_so_too(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "/sys/hypervisor/uuid": "ec2e1916-9099-7caf-fd21-012345abcdef\n",
        "/sys/class/dmi/id/sys_vendor": "Xen\n",
        "/sys/class/dmi/id/bios_version": "4.11.1\n",
    }
    assert detect_in(tmp_path, files) == NOTHING


@pytest.mark.parametrize("platform", platforms().values(), ids=lambda platform: platform.name)
def test_every_sign_of_a_platform_has_an_example(platform: Platform) -> None:
    def examples(rows: list[tuple[str, str]]) -> list[str]:
        return [value for value, name in rows if name == platform.name]

    assert {*platform.cloud_id} == {*examples(CLOUD_IDS)}
    assert {*map(parse_address, platform.nameservers)} == {*map(parse_address, examples(NAMESERVERS))}
    dmi = [(file, value) for file, value, name in DMI if name == platform.name]
    for file, pattern in platform.dmi:
        assert any(file == own and re.fullmatch(pattern, value) for own, value in dmi), pattern
    for patterns, rows in ((platform.search, SEARCH_DOMAINS), (platform.hostname, HOST_NAMES)):
        for pattern in patterns:
            assert any(re.fullmatch(pattern, value) for value in examples(rows)), pattern


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
    assert detect_in(tmp_path, files) == facts("hetzner", "/sys/class/dmi/id/sys_vendor says Hetzner")


@pytest.mark.parametrize(
    ("standard", "cloud"),
    [
        ({"cloud_id": "aws-gov", "cloud_name": "aws"}, "aws-gov"),
        ({"cloud_id": "unknown", "cloud_name": "aws"}, "aws"),
        ({"cloud_name": "aws"}, "aws"),
    ],
)
def test_instance_data(tmp_path: Path, standard: dict[str, str], cloud: str) -> None:
    found = detect_in(tmp_path, {"/run/cloud-init/instance-data.json": json.dumps({"v1": standard})})
    assert found == facts("aws", f"/run/cloud-init/instance-data.json says {cloud}")


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
    assert detect_in(tmp_path, OPENSTACK) == facts(None, None, "192.0.2.53")


def test_openstack_with_the_resolver_of_ovh(tmp_path: Path) -> None:
    make_host(tmp_path, {"/etc/resolv.conf": "search openstacklocal\nnameserver 213.186.33.99\n"})
    evidence = "/etc/resolv.conf has nameserver 213.186.33.99"
    assert detect_in(tmp_path, OPENSTACK) == facts("ovh", evidence, "213.186.33.99")


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
    found = detect_in(tmp_path, {"/etc/resolv.conf": f"nameserver {nameserver}\n"})
    assert found == facts(None, None, nameserver)
