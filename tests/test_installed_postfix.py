"""The version of Postfix that the lists of installed packages tell."""

import os
from pathlib import Path

import pytest
from hosts import make_host

from postlint.host import InstalledPostfix, installed_postfix
from postlint.target import PostfixVersion

DPKG, APK = "/var/lib/dpkg/status", "/lib/apk/db/installed"
STATUS = """\
Package: postfix-pcre
Status: install ok installed
Source: postfix
Version: 3.10.13-0+deb13u1

Package: postfix
Status: {status}
Architecture: amd64
Version: {version}
Conffiles:
 /etc/init.d/postfix 0123456789abcdef0123456789abcdef
Description: High-performance mail transport agent
 Package: postfix

Package: zlib1g
Status: install ok installed
Version: 1:1.2.13
"""
DATABASE = """\
C:Q1AAAA
P:postfix-pcre
V:3.8.1-r0

C:Q1BBBB
P:postfix
V:3.9.1-r2
F:etc/postfix
R:main.cf

"""


def version_in(root: Path, files: dict[str, str | bytes]) -> str | None:
    make_host(root, files)
    found = installed_postfix(root)
    return None if found is None else str(found.version)


def status(version: str = "3.7.11-0+deb12u1", status: str = "install ok installed") -> str:
    return STATUS.format(version=version, status=status)


def test_dpkg(tmp_path: Path) -> None:
    make_host(tmp_path, {DPKG: status(), APK: DATABASE})
    found = installed_postfix(tmp_path)
    assert found == InstalledPostfix(PostfixVersion(3, 7), f"{DPKG} has postfix 3.7.11-0+deb12u1")


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("3.11.7-1", "3.11"),
        ("2:3.6.4-1ubuntu1.3", "3.6"),
        ("3.12~20260821-1", "3.12"),
        ("3.10", "3.10"),
        ("20260821", None),
        ("", None),
        ("3.", None),
        ("3.1234", None),
    ],
)
def test_forms_of_versions(tmp_path: Path, version: str, told: str | None) -> None:
    assert version_in(tmp_path, {DPKG: status(version)}) == told


@pytest.mark.parametrize(
    ("state", "told"),
    [("hold ok installed", "3.7"), ("deinstall ok config-files", None), ("purge ok not-installed", None)],
)
def test_what_is_not_installed_does_not_count(tmp_path: Path, state: str, told: str | None) -> None:
    assert version_in(tmp_path, {DPKG: status(status=state)}) == told


def test_apk(tmp_path: Path) -> None:
    make_host(tmp_path, {APK: DATABASE})
    assert installed_postfix(tmp_path) == InstalledPostfix(PostfixVersion(3, 9), f"{APK} has postfix 3.9.1-r2")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"/var/lib/rpm/rpmdb.sqlite": b"SQLite format 3\0postfix 3.8.5"},
        {DPKG: "Package: exim4\nStatus: install ok installed\nVersion: 4.96\n"},
        {DPKG: status().replace("Package: postfix\n", "Package: postfix-doc\n")},
        {DPKG: status().encode() + b"\0"},
        {APK: "P:postfix\n"},
        {DPKG: "Package: postfix\n"},
    ],
    ids=["nothing", "rpm", "another package", "its documents", "binary", "no version", "no status"],
)
def test_unknown(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    assert version_in(tmp_path, files) is None


def test_list_of_one_package_without_a_line_feed_at_its_end(tmp_path: Path) -> None:
    text = "Package: postfix\nStatus: install ok installed\nVersion: 3.5.25-0+deb11u1"
    assert version_in(tmp_path, {DPKG: text}) == "3.5"


def test_list_of_many_packages(tmp_path: Path) -> None:
    many = "".join(f"Package: p{number}\nVersion: 1.0\n\n" for number in range(50_000))
    assert version_in(tmp_path, {DPKG: many + status()}) == "3.7"


def test_list_that_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    os.mkfifo(tmp_path / "var/lib/dpkg/status")
    assert version_in(tmp_path, {APK: DATABASE}) == "3.9"
