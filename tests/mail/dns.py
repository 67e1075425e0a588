"""Resolvers: one that Spamhaus answers, and one that it refuses."""

import subprocess
import time
from pathlib import Path

from mail.dialogue import Client

# What Spamhaus says to a resolver that it does not serve, whatever was asked.
REFUSAL = "127.255.255.254"
_REASON = "Error: open resolver; https://www.spamhaus.org/returnc/pub/192.0.2.53"
_REFUSING = ("zen.spamhaus.org", "sbl.spamhaus.org", "dbl.spamhaus.org")
# Below a wildcard every name has an address; a name below the last one cannot be looked up at all.
WILDCARD = "wild.example"
FAILING = "failing.example"
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
  local-zone: "{failing}." transparent
{zones}
remote-control:
  control-enable: yes
  control-interface: "{folder}/control"
  control-use-cert: no
forward-zone:
  name: "{failing}."
  forward-addr: 127.0.0.1@9
"""


class Resolver:
    """An unbound(8) that listens on ``address`` and knows what it was told, and nothing else."""

    def __init__(self, folder: Path, address: str, refused: bool) -> None:
        self.address = address
        folder.mkdir()
        zones = [
            f'  local-zone: "{zone}." redirect\n  local-data: "{zone}. A {REFUSAL}"\n'
            f"  local-data: '{zone}. TXT \"{_REASON}\"'\n"
            for zone in _REFUSING
            if refused
        ]
        self._settings = folder / "unbound.conf"
        self._settings.write_text(
            _SETTINGS.format(address=address, folder=folder, zones="".join(zones), wildcard=WILDCARD, failing=FAILING)
        )
        self._known: set[str] = set()
        self._process = subprocess.Popen(["unbound", "-d", "-c", self._settings], stdin=subprocess.DEVNULL)
        while self._control("status").returncode:
            if self._process.poll() is not None:
                raise RuntimeError(f"unbound ended: {(folder / 'unbound.log').read_text()}")
            time.sleep(0.01)

    def add(self, client: Client, listings: dict[str, str]) -> None:
        """Put the client's names, and the answers of DNSBLs (zone: address) for its address, into DNS.

        Spamhaus' zones stay as they are where it refuses the resolver.
        """
        reverse = ".".join(reversed(client.address.split(".")))
        records = [f"{name}. A {address}" for name, address in client.records]
        if client.pointer is not None:
            records.append(f"{reverse}.in-addr.arpa. PTR {client.pointer}.")
        records += [f"{reverse}.{zone}. A {address}" for zone, address in listings.items()]
        new = [record for record in records if record not in self._known]
        if new:
            self._known.update(new)
            done = self._control("local_datas", "".join(f"{record}\n" for record in new))
            if done.returncode:
                raise RuntimeError(f"unbound does not take {new}: {done.stdout}{done.stderr}")

    def _control(self, command: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["unbound-control", "-c", self._settings, command], input=text, capture_output=True, text=True, check=False
        )
