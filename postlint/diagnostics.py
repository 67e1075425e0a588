"""What a rule says: a diagnostic, with its place, its help and its fix."""

from enum import IntEnum
from typing import NamedTuple

from postlint.edits import Fix
from postlint.text import Location


class Severity(IntEnum):
    """How bad it is, as configured: error = mail is refused, lost or relayed, or Postfix does not start."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    def __str__(self) -> str:
        return self.name.lower()


class Related(NamedTuple):
    """Another place that belongs to a diagnostic."""

    location: Location
    message: str


class Diagnostic(NamedTuple):
    """One defect in one place. ``service`` (``smtp/inet``) when it holds for that service alone."""

    rule: str
    severity: Severity
    message: str
    location: Location
    service: str | None = None
    help: str | None = None
    related: tuple[Related, ...] = ()
    fix: Fix | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        """By place, then by rule: the order does not depend on which rule ran first."""
        return (*self.location.key, self.rule)
