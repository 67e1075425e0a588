"""The places of `tests/placements.py` under a real server: configuration directories, and who is treated how."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from placements import Placement

from mail.dialogue import Client, Session
from mail.host import MailHost
from mail.postfix import SERVICES
from mail.repair import fix

# Rows of access maps are found by the client's address, because a relay without one has no name for Postfix.
ADDRESS = "192.0.2.1"
_KEYS = (("example.net", ADDRESS), ("/example/", "/192/"), ("/a/", "/1/"), ("/b/", "/b/"))
_INDEXED = re.compile(r"\b(hash|btree|lmdb|cdb):\$config_directory/map")


@dataclass(frozen=True, slots=True)
class Placed:
    """A restriction in its place, served by ``host`` from ``directory``."""

    host: MailHost
    directory: Path
    whole: bool
    service: str | None

    def treat(self, client: Client, resolver: str, listings: dict[str, str] | None = None) -> Session:
        """One session."""
        if self.whole:
            return self.host.instance_session(self.directory, client, resolver, listings)
        return self.host.session(self.directory, client, resolver, self.service, listings)

    def fix(self, *options: str) -> bool:
        """Run `postlint fix` and the commands that it names; whether a file changed."""
        before = {path: path.read_bytes() for path in self.directory.iterdir()}
        said = fix(self.directory, *options)
        changed = any(before.get(path) != path.read_bytes() for path in self.directory.iterdir())
        if "postmap" in said:
            self.build()
        return changed

    def build(self) -> None:
        """What postmap(1) makes of the table."""
        for kind in set(_INDEXED.findall((self.directory / "main.cf").read_text())):
            subprocess.run(["postmap", f"{kind}:{self.directory}/map"], check=True)


def place(host: MailHost, directory: Path, placement: Placement, restriction: str) -> Placed:
    """The restriction in its place; all of Postfix runs where smtpd alone would not do."""
    files = placement.files(restriction)
    assert files.main is not None
    assert files.master is not None
    main, master = files.main.text, files.master.text
    texts = {source.path: source.text for source in files.sources if source not in (files.main, files.master)}
    for old, new in _KEYS:
        main = main.replace(old, new)
        texts = {path: text.replace(old, new) for path, text in texts.items()}
    postscreen = "postscreen\n" in master
    texts["master.cf"] = master.replace(" y ", " n ") + (SERVICES if postscreen or "proxy:" in main else "")
    host.write(directory, main.replace("/etc/postfix/map", "$config_directory/map"), texts)
    whole = postscreen or "proxy:" in main
    placed = Placed(host, directory, whole, "smtp/inet" if "-o" in master and not whole else None)
    placed.build()
    return placed


def outcome(session: Session) -> str:
    """``delivered``, the code of a refusal, or ``blocked`` where a DNSBL lookup refused."""
    if session.code == 250:
        return "delivered" if session.is_delivered else "queued"
    return "blocked" if "blocked using" in session.decision.text else str(session.code)


def replies(session: Session) -> str:
    """All that the client saw."""
    seen = (session.banner, session.helo, session.mail, *session.recipients, session.data)
    return "\n".join(reply.text for reply in seen if reply is not None)
