"""Resolvers: one that Spamhaus answers, and one that it refuses."""

import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mail.dialogue import Client

# What Spamhaus says to a resolver that it does not serve, whatever was asked.
REFUSAL = "127.255.255.254"
_REASON = "Error: open resolver; https://www.spamhaus.org/returnc/pub/192.0.2.53"
_REFUSING = tuple(f"{zone}.spamhaus.org" for zone in ("zen", "sbl", "xbl", "pbl", "sbl-xbl", "dbl"))
# Below this every name has an address, as with a DNS wildcard.
WILDCARD = "wild.example"
# Below these every lookup fails for a while. The second is an allowlist that has shut down.
FAILING = ("failing.example", "dnswl.inps.de")
_START_SECONDS = 30
_SETTINGS = """\
server:
  interface: {address}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  logfile: "{folder}/unbound.log"
  module-config: "iterator"
  num-threads: 1
  do-ip6: no
  do-not-query-localhost: no
  access-control: 0.0.0.0/0 allow
  local-zone: "." static
  local-zone: "{wildcard}." redirect
  local-data: "{wildcard}. A 203.0.113.200"
{zones}
remote-control:
  control-enable: yes
  control-interface: "{folder}/control"
  control-use-cert: no
"""
# A zone whose primary does not answer: SERVFAIL at once.
_FAILING_ZONE = 'auth-zone:\n  name: "{zone}."\n  primary: 127.0.0.1@9\n  for-upstream: no\n'


class Resolver:
    """An unbound(8) that listens on ``address`` and knows what it was told, and nothing else."""

    def __init__(self, folder: Path, address: str, refused: bool) -> None:
        self.address, self._refused, self._folder = address, refused, folder
        folder.mkdir()
        zones = [
            f'  local-zone: "{zone}." redirect\n  local-data: "{zone}. A {REFUSAL}"\n'
            f"  local-data: '{zone}. TXT \"{_REASON}\"'\n"
            for zone in _REFUSING
            if refused
        ]
        zones += [f'  local-zone: "{zone}." transparent\n' for zone in FAILING]
        settings = folder / "unbound.conf"
        settings.write_text(
            _SETTINGS.format(address=address, folder=folder, zones="".join(zones), wildcard=WILDCARD)
            + "".join(_FAILING_ZONE.format(zone=zone) for zone in FAILING)
        )
        self._process = subprocess.Popen(["unbound", "-d", "-c", settings], stdin=subprocess.DEVNULL)
        end = time.monotonic() + _START_SECONDS
        while not self._is_up():
            if self._process.poll() is not None or time.monotonic() > end:
                log = folder / "unbound.log"
                raise RuntimeError(f"unbound does not start: {log.read_text() if log.exists() else 'no log'}")
            time.sleep(0.01)

    def _is_up(self) -> bool:
        try:
            return "is running" in self._control("status")
        except OSError:
            return False

    @contextmanager
    def knowing(self, client: Client, listings: Mapping[str, str]) -> Iterator[None]:
        """The client's names, and what DNSBLs (zone: address) answer for its address, are in DNS meanwhile.

        Spamhaus' zones stay as they are where it refuses the resolver.
        """
        reverse = ".".join(reversed(client.address.split(".")))
        listed = tuple((f"{reverse}.{zone}", f"A {answer}") for zone, answer in listings.items())
        with self.holding((*client.all_records, *listed)):
            yield

    @contextmanager
    def holding(self, records: Iterable[tuple[str, str]]) -> Iterator[None]:
        """The records (name, type and data) are in DNS meanwhile, but those of zones that refuse the resolver."""
        kept = [item for item in records if not (self._refused and item[0].lower().endswith(_REFUSING))]
        names = dict.fromkeys(name for name, _ in kept)
        self._change("local_datas", [f"{name}. {data}" for name, data in kept])
        try:
            yield
        finally:
            self._change("local_datas_remove", [f"{name}." for name in names])

    def _change(self, command: str, lines: list[str]) -> None:
        if lines:
            said = self._control(command, lines)
            if "error" in said:
                raise RuntimeError(f"unbound: {command} {lines}: {said}")

    def _control(self, command: str, lines: Sequence[str] = ()) -> str:
        """What unbound-control(8) does, which takes ten times as long: send the command, and lines up to a ^D."""
        sent = "".join(f"{line}\n" for line in (f"UBCT1 {command}", *lines, *(("\x04",) if lines else ())))
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._folder / "control"))
            connection.sendall(sent.encode())
            with connection.makefile() as answer:
                return answer.read()
