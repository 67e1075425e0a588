"""What a rule is made of: its description, its examples, and the context in which it judges."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from postlint.configuration.model import Configuration, ConfigurationFiles, View
from postlint.configuration.names import Names
from postlint.configuration.restrictions import RestrictionLists
from postlint.configuration.rewriting import Rewriter
from postlint.diagnostics import Diagnostic, Severity
from postlint.policy.dnsbl import Lookup, lookups, permitting_lookups
from postlint.policy.relay import RelayVerdict, relay_verdict
from postlint.policy.start import Start, start_of
from postlint.target import Options, PostfixVersion, Target
from postlint.text import Location, Source


@dataclass(frozen=True, slots=True)
class Example:
    """A small configuration, the target and the options it is judged for.

    ``master`` None: there is no master.cf. ``tables``: the sources of lookup tables in /etc/postfix, by name.
    """

    main: str
    master: str | None = None
    target: Target = Target()
    options: Options = Options()
    tables: tuple[tuple[str, str], ...] = ()

    @property
    def files(self) -> ConfigurationFiles:
        """The configuration."""
        master = Source("master.cf", self.master) if self.master is not None else None
        tables = {f"/etc/postfix/{name}": Source(name, text) for name, text in self.tables}
        return ConfigurationFiles(Source("main.cf", self.main), master, tables)


@dataclass(frozen=True, slots=True)
class Good(Example):
    """The rule is silent here."""


@dataclass(frozen=True, slots=True)
class Bad(Example):
    """The rule speaks here, exactly once. ``fixed``, ``fixed_master``, ``fixed_tables``: the files after its fix, None
    or not named: no change.

    ``unsafe``: the fix is offered only as unsafe.
    """

    severity: Severity = Severity.ERROR
    fixed: str | None = None
    fixed_master: str | None = None
    fixed_tables: tuple[tuple[str, str], ...] = ()
    unsafe: bool = False

    @property
    def has_fix(self) -> bool:
        """Whether a fix is promised."""
        return self.fixed is not None or self.fixed_master is not None or bool(self.fixed_tables)


@dataclass(frozen=True, eq=False)
class Context:
    """Everything that a rule may look at. Rules open no files, no network and no clock.

    ``is_suppressed``: whether a comment takes away the finding of a rule, by its name, at a place. A rule that tells of
    several places in one finding has to ask; else the engine sees to it.
    """

    configuration: Configuration
    target: Target = Target()
    options: Options = Options()
    is_suppressed: Callable[[str, Location], bool] = lambda rule, location: False
    _verdicts: dict[View, RelayVerdict] = field(default_factory=dict)

    @cached_property
    def lists(self) -> RestrictionLists:
        """The restriction lists of each smtpd service."""
        return RestrictionLists(self.configuration)

    @cached_property
    def rewriter(self) -> Rewriter:
        """Plans what has to be written."""
        return Rewriter(self.lists)

    @cached_property
    def names(self) -> Names:
        """Which names something reads."""
        return Names(self.configuration, self.target.version)

    @cached_property
    def lookups(self) -> tuple[Lookup, ...]:
        """The DNSBL lookups that refuse what is listed."""
        return tuple(lookups(self.lists, self.target.version))

    @cached_property
    def permitting_lookups(self) -> tuple[Lookup, ...]:
        """The lookups that speak for what is listed."""
        return tuple(permitting_lookups(self.lists))

    def relay_verdict(self, view: View) -> RelayVerdict:
        """Whether strangers may relay through the service of ``view``."""
        if view not in self._verdicts:
            self._verdicts[view] = relay_verdict(self.lists, view, self.target.version)
        return self._verdicts[view]

    def start(self, view: View) -> Start:
        """Whether the smtpd of ``view`` starts."""
        relay = self.lists.of("smtpd_relay_restrictions", view)
        return start_of(self.lists, view, relay.restrictions if relay else (), {})

    def open_relay(self, views: Iterable[View]) -> str | None:
        """Why mail that is refused today must not be let through without asking, or None."""
        return next((warning for view in views if (warning := self.relay_verdict(view).warning)), None)

    def may_be_older_than(self, major: int, minor: int) -> bool:
        """Whether the target may run a Postfix from before this version; true when the version is not known."""
        return self.target.version is None or self.target.version < PostfixVersion(major, minor)

    def is_older_than(self, major: int, minor: int) -> bool:
        """Whether the target is known to run a Postfix from before this version."""
        return self.target.version is not None and self.target.version < PostfixVersion(major, minor)


Check = Callable[[Context], Iterator[Diagnostic]]


class Rule(NamedTuple):
    """A rule: a name that tells the bad pattern, a manual page (``description``), examples, and the check.

    ``blind``: whether it may be silent for a target about what it speaks of for others.
    """

    name: str
    category: str
    severity: Severity
    summary: str
    since: str
    manual: str
    description: str
    examples: tuple[Example, ...]
    check: Check
    blind: Callable[[Target], bool]

    @property
    def bad(self) -> tuple[Bad, ...]:
        """The examples on which it speaks."""
        return tuple(example for example in self.examples if isinstance(example, Bad))

    @property
    def good(self) -> tuple[Good, ...]:
        """The examples on which it is silent."""
        return tuple(example for example in self.examples if isinstance(example, Good))

    @property
    def fix(self) -> str:
        """``safe``, ``unsafe`` or ``-``, as its examples show."""
        if any(example.has_fix and not example.unsafe for example in self.bad):
            return "safe"
        return "unsafe" if any(example.has_fix for example in self.bad) else "-"


def rule(
    *,
    name: str,
    category: str,
    severity: Severity,
    summary: str,
    since: str,
    manual: str,
    examples: tuple[Example, ...],
    blind: Callable[[Target], bool] = lambda target: False,
) -> Callable[[Check], Rule]:
    """Make a Rule of a check; its docstring becomes the description. ``severity``: the highest it gives."""

    def decorate(check: Check) -> Rule:
        return Rule(name, category, severity, summary, since, manual, check.__doc__ or "", examples, check, blind)

    return decorate
