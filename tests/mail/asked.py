"""What `host` asks `inside`, as pickles."""

from dataclasses import dataclass, field
from pathlib import Path

from mail.dialogue import Client, Reply, Visit


@dataclass(frozen=True, slots=True)
class Request:
    """One session.

    ``resolver``: ``answered`` or ``refused`` by Spamhaus. ``listings``: what DNSBLs (zone: address) say of the client.
    ``overrides``: of the smtpd; None when all of Postfix runs, as master.cf says.
    """

    directory: Path
    client: Client
    resolver: str
    overrides: tuple[str, ...] | None = ()
    listings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visits:
    """Sessions one after the other with one configuration."""

    directory: Path
    visits: tuple[Visit, ...]
    resolver: str
    overrides: tuple[str, ...] = ()


Answers = tuple[tuple[tuple[Reply, ...], ...], ...]
