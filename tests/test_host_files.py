"""A host's files that are links, cannot be read or make no sense."""

import os
from pathlib import Path

import pytest
from hosts import NOTHING, detect_in, facts, make_host

from postlint.host import detect

# Symbolic links.


@pytest.mark.parametrize("target", ["cloud-id-aws", "/run/cloud-init/cloud-id-aws", "../cloud-init/cloud-id-aws"])
def test_cloud_id_behind_a_link(tmp_path: Path, target: str) -> None:
    make_host(tmp_path, {"/run/cloud-init/cloud-id-aws": "aws\n"})
    (tmp_path / "run/cloud-init/cloud-id").symlink_to(target)
    assert detect(tmp_path) == facts("aws", "/run/cloud-init/cloud-id says aws")


def test_dangling_link_is_an_absent_file(tmp_path: Path) -> None:
    make_host(tmp_path, {"/sys/class/dmi/id/sys_vendor": "Vultr\n"})
    (tmp_path / "run/cloud-init").mkdir(parents=True)
    (tmp_path / "run/cloud-init/cloud-id").symlink_to("/run/cloud-init/cloud-id-aws")
    assert detect(tmp_path) == facts("vultr", "/sys/class/dmi/id/sys_vendor says Vultr")


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
    assert detect(tmp_path) == facts("vultr", "/sys/class/dmi/id/sys_vendor says Vultr")


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    make_host(tmp_path, {"/run/cloud-init/cloud-id": "nocloud\n", "/etc/resolv.conf": b"\xff" * 70000})
    (tmp_path / "etc/hostname").mkdir()
    before = os.open(tmp_path, os.O_RDONLY)
    os.close(before)
    detect(tmp_path)
    after = os.open(tmp_path, os.O_RDONLY)
    os.close(after)
    assert after == before
