"""A policy served by a real smtpd: every envelope's reply, per service and resolver."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from properties.configurations import FOLDER, LISTS, Case
from properties.reading import Reading

from mail.envelopes import ZONES, Envelope, Manner, Outcomes, outcomes, visits
from mail.host import MailHost

_TABLE = re.compile(f"([a-z]+):{FOLDER}([a-z_]+)")
_LATE_LISTS = LISTS[5:7]


class Place(NamedTuple):
    """Where envelopes go: the service (``smtp/inet``; "" without a master.cf), and what it asks about DNSBLs."""

    service: str
    resolver: str


Served = dict[Place, Outcomes]


class Count(NamedTuple):
    """What was run."""

    envelopes: int = 0
    sessions: int = 0

    def plus(self, served: Served) -> "Count":
        """With what `serve` has run."""
        spoken: set[Envelope] = set()
        sessions = 0
        for found in served.values():
            spoken.update(found)
            sessions += len({envelope.visitor for envelope in found})
        return Count(self.envelopes + sum(map(len, served.values())), self.sessions + sessions)


def serve(host: MailHost, directory: Path, case: Case, built: tuple[tuple[str, str], ...] | None = None) -> Served:
    """The replies of each smtpd service. ``built``: what the databases of hash: tables are made from."""
    _write(host, directory, case, case.tables if built is None else built)
    options = host.overrides(directory) if case.master is not None else {}
    reading = Reading(case.main, case.master)
    names = [
        name for name, (command, _) in reading.programs.items() if command == "smtpd" and not name.endswith("/pass")
    ]
    text = "".join((case.main, case.master or "", *(source for _, source in case.tables))).lower()
    zones = [zone for zone in ZONES if zone in text]
    sends = any(name in text for name in _LATE_LISTS)
    resolvers = ("answered", "refused") if case.target.platform == "aws" else ("answered",)
    found: Served = {}
    for name in names or [""]:
        chosen = options.get(name, ())
        manner = Manner(_logs_in(case.main, chosen), sends, apart="smtpd_delay_reject" in text)
        said = visits(zones, manner)
        for resolver in resolvers:
            found[Place(name, resolver)] = outcomes(host.visit(directory, said, resolver, chosen), manner)
    return found


def _logs_in(main: str, options: tuple[str, ...]) -> bool:
    return "smtpd_sasl_auth_enable = yes" in main or "smtpd_sasl_auth_enable=yes" in options


def _write(host: MailHost, directory: Path, case: Case, built: tuple[tuple[str, str], ...]) -> None:
    """The directory, with the paths as smtpd sees them, and an empty table where one is named that is not there."""

    def moved(text: str) -> str:
        return text.replace(FOLDER, f"{host.place}/")

    main = case.main if "compatibility_level" in case.main else f"compatibility_level = 0\n{case.main}"
    files = {name.removeprefix(FOLDER): text for name, text in case.tables}
    named = _TABLE.findall("".join((case.main, case.master or "", *files.values())))
    files.update({name: "" for _, name in named if name not in files})
    if case.master is not None:
        files["master.cf"] = case.master
    host.write(directory, moved(main), {name: moved(text) for name, text in files.items()})
    sources = dict(built)
    for name in sorted({name for kind, name in named if kind == "hash"}):
        source = directory / name
        kept = source.read_bytes()
        source.write_text(moved(sources.get(name, "")), encoding="utf-8", errors="surrogateescape")
        subprocess.run(["/usr/sbin/postmap", f"hash:{source}"], check=True, capture_output=True)
        source.write_bytes(kept)
