"""Which programs read which value: those that master.cf runs, and the commands."""

from collections.abc import Iterable
from functools import cached_property

from postlint.configuration.model import Configuration, View
from postlint.facts.values import EVERY, WITH_TLS

# What the master.cf that comes with Postfix runs, which counts where there is none.
_STOCK = frozenset(
    (
        "anvil",
        "bounce",
        "cleanup",
        "discard",
        "error",
        "flush",
        "lmtp",
        "local",
        "pickup",
        "postlogd",
        "proxymap",
        "qmgr",
        "scache",
        "showq",
        "smtp",
        "smtpd",
        "tlsmgr",
        "trivial-rewrite",
        "verify",
        "virtual",
    )
)
# These run without an entry in master.cf.
_COMMANDS = frozenset(("master", "postdrop", "postfix", "postmulti", "postqueue", "sendmail"))
# The parameters that switch TLS on.
_TLS_SWITCHES = {
    "smtp": ("smtp_tls_security_level", "smtp_use_tls", "smtp_enforce_tls"),
    "smtpd": ("smtpd_tls_security_level", "smtpd_use_tls", "smtpd_enforce_tls", "smtpd_tls_wrappermode"),
}


class Programs:
    """The programs of a configuration."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    @cached_property
    def views(self) -> dict[View, str]:
        """The program of each service."""
        views = self._configuration.service_views.values()
        return {view: view.service.command.rpartition("/")[2] for view in views if view.service}

    def reads(self, view: View, readers: frozenset[str]) -> bool:
        """Whether the program of a service is one of ``readers``."""
        program = self.views[view]
        return EVERY in readers or program in readers or (WITH_TLS in readers and self._uses_tls(program, view))

    def read_without_service(self, readers: frozenset[str]) -> frozenset[str]:
        """Those of ``readers`` that run without a service, or that are taken to run where there is no master.cf."""
        assumed = _STOCK if self._configuration.master is None else frozenset()
        found = readers & (_COMMANDS | assumed)
        if WITH_TLS in readers:
            main = self._configuration.main_view
            found |= {program for program in ("smtp", "smtpd") if program in assumed and self._uses_tls(program, main)}
        return found | (readers & {EVERY})

    def holds(self, view: View, conditions: Iterable[str]) -> bool:
        """Whether one of ``conditions``, NAME for a value that is set or NAME=WORD, is known to hold."""
        return any(self._holds(view, *condition.partition("=")) for condition in conditions)

    def _holds(self, view: View, name: str, compares: str, word: str) -> bool:
        value = self._configuration.plain(name, view)
        return value is not None and (value.lower() == word if compares else value != "")

    def _uses_tls(self, program: str, view: View) -> bool:
        """Whether it is known to use TLS, and so to read the parameters of the TLS library."""
        values = (self._configuration.plain(name, view) or "" for name in _TLS_SWITCHES.get(program, ()))
        return any(value.lower() not in ("", "no", "none") for value in values)
