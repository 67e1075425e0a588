"""Hosts made of a few files, for the tests of what a host tells about itself."""

from pathlib import Path

from postlint.host import Entry, HostFacts, detect

RESOLV_CONF = "/etc/resolv.conf"


def facts(platform: str | None, evidence: str | None, *addresses: str, path: str = RESOLV_CONF) -> HostFacts:
    """The facts with the servers that the file ``path`` names."""
    return HostFacts(platform, tuple(Entry(address, path) for address in addresses), evidence)


NOTHING = facts(None, None)


def make_host(root: Path, files: dict[str, str | bytes]) -> None:
    """Puts files below ``root``, by their paths on the host."""
    for path, content in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def detect_in(root: Path, files: dict[str, str | bytes]) -> HostFacts:
    make_host(root, files)
    return detect(root)
