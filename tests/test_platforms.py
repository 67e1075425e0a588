"""platforms.toml: where mail servers run, and the public DNS servers that they ask."""

import re
import tomllib
from pathlib import Path

import pytest

import postlint.facts
from postlint.facts.platforms import Platform, PublicResolver, parse_address, platforms, public_resolver

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
