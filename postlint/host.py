"""The machine that postlint runs on: which platform it is, which DNS servers it asks, and which Postfix is installed.

Only files are read: no network, no programs, no environment. A file that cannot be read or makes no sense
counts as absent.
"""

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from postlint.facts.platforms import parse_address, platforms
from postlint.target import PostfixVersion
from postlint.text import BLANKS, decode, split_lines

_CLOUD_ID = "/run/cloud-init/cloud-id"
# instance-data-sensitive.json beside it holds user data and keys: it is none of our business.
_INSTANCE_DATA = "/run/cloud-init/instance-data.json"
_DMI = "/sys/class/dmi/id"
_HYPERVISOR_UUID = "/sys/hypervisor/uuid"
_HOST_NAME = "/etc/hostname"
# What gethostname(2) answers.
_CURRENT_HOST_NAME = "/proc/sys/kernel/hostname"
_RESOLV_CONF = "/etc/resolv.conf"
_SYSTEMD_RESOLV_CONF = "/run/systemd/resolve/resolv.conf"
# systemd-resolved.service(8): the stub that applications ask, and the one that only passes on.
_SYSTEMD_STUBS = ("127.0.0.53", "127.0.0.54")

# The packages that are installed. Those of rpm are in a database that is no text.
_DPKG_STATUS = "/var/lib/dpkg/status"
_APK_INSTALLED = "/lib/apk/db/installed"

_MOST_BYTES = 65536
_MOST_BYTES_OF_PACKAGES = 2**25
# RFC 1035, 2.3.4: longer text is no name, and the regular expressions need not cope with it.
_LONGEST_NAME = 253
# resolv.conf(5), MAXNS: the C library asks the first three servers only.
_MOST_NAMESERVERS = 3
# path_resolution(7): Linux follows as many symbolic links as this.
_MOST_LINKS = 40


class Entry(NamedTuple):
    """What a resolv.conf says: the address of a DNS server, or a domain to search; and the file's path."""

    value: str
    path: str


class HostFacts(NamedTuple):
    """What a host's files tell about it.

    ``platform``: a name of platforms.toml, None when nothing conclusive was found. ``nameservers``: the DNS
    servers that Postfix's lookups ask, in order. ``evidence``: what the platform was concluded from, one
    phrase for the user.
    """

    platform: str | None
    nameservers: tuple[Entry, ...]
    evidence: str | None


class InstalledPostfix(NamedTuple):
    """``evidence``: what the version was concluded from, a phrase for the user."""

    version: PostfixVersion
    evidence: str


class _Sign(NamedTuple):
    """Something that speaks for a platform."""

    platform: str
    evidence: str


class _ResolverConfiguration(NamedTuple):
    """The servers to ask, in order, and the domains to search, in lower case without the last dot."""

    nameservers: tuple[Entry, ...] = ()
    search: tuple[Entry, ...] = ()


def detect(root: Path = Path("/"), jail: str | None = None) -> HostFacts:
    """The facts about the host whose file system is below ``root``.

    ``jail``: the directory that Postfix's DNS clients are chrooted to. In there they ask the servers of its own
    etc/resolv.conf, a copy that is made when Postfix starts and need not be what the host's says by now (seen with
    Postfix 3.7.11 and glibc 2.36, which reads the copy again when it changes). Where there is none yet, the next
    start copies the host's.
    """
    configuration = _resolver_configuration(root)
    nameservers = (_nameservers_in_jail(root, jail) if jail else ()) or configuration.nameservers
    sign = next(_signs(root, configuration), None)
    if sign is None:
        return HostFacts(None, nameservers, None)
    return HostFacts(sign.platform, nameservers, sign.evidence)


def host_name(root: Path = Path("/")) -> str | None:
    """The name of the host whose file system is below ``root``, as programs are told it."""
    return _value(root, _CURRENT_HOST_NAME) or None


def installed_postfix(root: Path = Path("/")) -> InstalledPostfix | None:
    """The Postfix that dpkg or apk has installed below ``root``; None where another one may run, or none."""
    dpkg = _package(root, _DPKG_STATUS, "Package: postfix")
    # The first two words are what is wanted, and whether something is wrong with it (dpkg-query(1)).
    states = [line for line in dpkg if line.startswith("Status: ")]
    if states and states[0].endswith(" installed"):
        return _postfix_of(_DPKG_STATUS, dpkg, "Version: ")
    apk = _package(root, _APK_INSTALLED, "P:postfix")
    return _postfix_of(_APK_INSTALLED, apk, "V:")


def _package(root: Path, path: str, line: str) -> list[str]:
    """The lines about a package, one of which is ``line``, in a list with an empty line between two packages."""
    text = f"\n\n{_read(root, path, _MOST_BYTES_OF_PACKAGES) or ''}\n\n"
    place = text.find(f"\n{line}\n")
    if place < 0:
        return []
    return text[text.rfind("\n\n", 0, place + 1) + 2 : text.find("\n\n", place + 1)].split("\n")


def _postfix_of(path: str, lines: list[str], name: str) -> InstalledPostfix | None:
    written = next((line.removeprefix(name) for line in lines if line.startswith(name)), "")
    # In front of the version stands an epoch, if anything.
    match = re.match(r"(?:[0-9]+:)?([0-9]{1,3}\.[0-9]{1,3})(?![0-9])", written)
    return InstalledPostfix(PostfixVersion.parse(match[1]), f"{path} has postfix {written}") if match else None


def _signs(root: Path, configuration: _ResolverConfiguration) -> Iterator[_Sign]:
    """All signs, the most reliable first: what the platform says itself before what can be configured."""
    yield from _cloud_init_signs(root)
    yield from _dmi_signs(root)
    yield from _hypervisor_signs(root)
    yield from _resolver_signs(configuration)
    yield from _host_name_signs(root)


def _cloud_init_signs(root: Path) -> Iterator[_Sign]:
    """What cloud-init found at boot (cloudinit/sources/__init__.py, persist_instance_data)."""
    said = [(_CLOUD_ID, _value(root, _CLOUD_ID))]
    said += [(_INSTANCE_DATA, cloud) for cloud in _instance_data_clouds(root)]
    for path, cloud in said:
        for platform in platforms().values():
            if cloud in platform.cloud_id:
                yield _Sign(platform.name, f"{path} says {cloud}")


def _instance_data_clouds(root: Path) -> list[str]:
    """The cloud's names in instance-data.json."""
    text = _read(root, _INSTANCE_DATA)
    if text is None:
        return []
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return []
    standard = data.get("v1") if isinstance(data, dict) else None
    if not isinstance(standard, dict):
        return []
    names = (standard.get("cloud_id"), standard.get("cloud_name"))
    return [name for name in names if isinstance(name, str)]


def _dmi_signs(root: Path) -> Iterator[_Sign]:
    """What the firmware says of the maker of the machine. A container shows its host's, which is as good."""
    for platform in platforms().values():
        for file, pattern in platform.dmi:
            path = f"{_DMI}/{file}"
            value = _value(root, path)
            if value is not None and re.fullmatch(pattern, value):
                yield _Sign(platform.name, f"{path} says {value}")


def _hypervisor_signs(root: Path) -> Iterator[_Sign]:
    """What Xen gave the machine for its identity.

    One random UUID in 4096 begins as those of EC2 do, so it counts only where it is all there is: in a
    paravirtual machine, which has no firmware. The others on EC2 have told by theirs.
    """
    uuid = _value(root, _HYPERVISOR_UUID)
    if uuid is None or _value(root, f"{_DMI}/sys_vendor") is not None:
        return
    for platform in platforms().values():
        if _matches_any(platform.hypervisor_uuid, uuid):
            yield _Sign(platform.name, f"{_HYPERVISOR_UUID} says {uuid}")


def _resolver_signs(configuration: _ResolverConfiguration) -> Iterator[_Sign]:
    """What DHCP or the installer put into resolv.conf: servers first, since domains are easily copied."""
    for nameserver in configuration.nameservers:
        address = parse_address(nameserver.value)
        for platform in platforms().values():
            if any(address == parse_address(known) for known in platform.nameservers):
                yield _Sign(platform.name, f"{nameserver.path} has nameserver {nameserver.value}")
    for domain in configuration.search:
        for platform in platforms().values():
            if _matches_any(platform.search, domain.value):
                yield _Sign(platform.name, f"{domain.path} has search domain {domain.value}")


def _host_name_signs(root: Path) -> Iterator[_Sign]:
    """The name that the host was installed with: the first line of hostname(5) that is no comment."""
    lines = (line.strip(BLANKS) for line in split_lines(_read(root, _HOST_NAME) or ""))
    name = _domain_name(next((line for line in lines if line and not line.startswith("#")), ""))
    for platform in platforms().values():
        if _matches_any(platform.hostname, name):
            yield _Sign(platform.name, f"{_HOST_NAME} says {name}")


def _matches_any(patterns: Iterable[str], text: str) -> bool:
    """Whether the whole text matches one of the regular expressions."""
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def _domain_name(text: str) -> str:
    """The name in lower case, without the dot at its end; nothing when it is too long for a name."""
    return text.removesuffix(".").lower() if len(text) <= _LONGEST_NAME else ""


def _resolver_configuration(root: Path) -> _ResolverConfiguration:
    """What resolv.conf says, and what systemd-resolved knows where it is asked."""
    own = _read_resolver_configuration(root, _RESOLV_CONF)
    asked = own.nameservers[:_MOST_NAMESERVERS]
    resolved = _read_resolver_configuration(root, _SYSTEMD_RESOLV_CONF)
    if any(server.value in _SYSTEMD_STUBS for server in asked):
        return _ResolverConfiguration(_without_stubs(asked, resolved), own.search + resolved.search)
    return _ResolverConfiguration(asked, own.search)


def _nameservers_in_jail(root: Path, jail: str) -> tuple[Entry, ...]:
    """The servers that a chrooted process asks, under the paths that they have outside; the network is the host's."""
    place = _follow_links(root, jail)
    if place is None:
        return ()
    copy = _read_resolver_configuration(place, _RESOLV_CONF)
    asked = (Entry(server.value, jail + server.path) for server in copy.nameservers[:_MOST_NAMESERVERS])
    return _without_stubs(asked, _read_resolver_configuration(root, _SYSTEMD_RESOLV_CONF))


def _without_stubs(asked: Iterable[Entry], resolved: _ResolverConfiguration) -> tuple[Entry, ...]:
    """The servers with those that systemd-resolved asks in the place of its stub; any of them, not just three."""
    found: list[Entry] = []
    for server in asked:
        found.extend((server.value in _SYSTEMD_STUBS and resolved.nameservers) or (server,))
    return tuple(found)


def _read_resolver_configuration(root: Path, path: str) -> _ResolverConfiguration:
    """What the file says to the C library (glibc, resolv/res_init.c, res_vinit_1).

    A keyword begins at the start of its line and ends with a blank, the value of ``nameserver`` is one word,
    and of all ``search`` and ``domain`` the last counts.
    """
    nameservers: list[str] = []
    search: list[str] = []
    for line in split_lines(_read(root, path) or ""):
        keyword, *rest = re.split("[ \t\n]+", line)
        values = [value for value in rest if value]
        if not values:
            continue
        if keyword == "nameserver" and parse_address(values[0]) is not None:
            nameservers.append(values[0])
        elif keyword == "search":
            search = values
        elif keyword == "domain":
            search = values[:1]
    return _ResolverConfiguration(
        tuple(Entry(address, path) for address in nameservers),
        tuple(Entry(_domain_name(domain), path) for domain in search),
    )


def _value(root: Path, path: str) -> str | None:
    """What a file of one value says, without the blanks around it; None for an empty one too."""
    text = _read(root, path)
    return None if text is None else text.strip(BLANKS) or None


def _read(root: Path, path: str, most: int = _MOST_BYTES) -> str | None:
    """The text of a file below ``root``; None: not there, not readable, not a file, binary or too large."""
    place = _follow_links(root, path)
    if place is None:
        return None
    try:
        # Without O_NONBLOCK, to open a FIFO is to wait for somebody who writes to it.
        descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read(most + 1)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    return None if len(data) > most or b"\0" in data else decode(data)


def _follow_links(root: Path, path: str) -> Path | None:
    """Where ``path`` leads when ``root`` is the root of all paths, as after chroot(2); None: in circles."""
    found: list[str] = []
    waiting = path.split("/")[::-1]
    links = 0
    while waiting:
        part = waiting.pop()
        if part in ("", "."):
            continue
        if part == "..":
            del found[-1:]
            continue
        try:
            target = os.readlink(root.joinpath(*found, part))
        except OSError:
            found.append(part)
            continue
        links += 1
        if links > _MOST_LINKS:
            return None
        if target.startswith("/"):
            found.clear()
        waiting.extend(target.split("/")[::-1])
    return root.joinpath(*found)
