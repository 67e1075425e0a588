"""What postlint is told about the mail server: the target, and the user's choices among repairs."""

import re
from typing import NamedTuple


class PostfixVersion(NamedTuple):
    """A release series of Postfix, such as 3.7."""

    major: int
    minor: int

    @staticmethod
    def parse(text: str) -> "PostfixVersion":
        """``3.7``, ``3.7.11`` or ``3.12-20260821`` as a version.

        Raises ValueError for any other text.
        """
        match = re.fullmatch(r"(\d{1,3})\.(\d{1,3})(?:[.-][0-9A-Za-z.-]+)?", text, re.ASCII)
        if match is None:
            raise ValueError(f'"{text}" is no Postfix version; write it as in 3.7')
        return PostfixVersion(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class Target(NamedTuple):
    """The mail server that the configuration is for.

    ``platform``: where it runs, a name of platforms.toml; "none" when told that it is no known cloud; None when
    unknown. ``resolvers``: the DNS servers that it asks. ``live``: the files are those of the running Postfix.
    """

    version: PostfixVersion | None = None
    platform: str | None = None
    resolvers: tuple[str, ...] = ()
    live: bool = False


class Secret(NamedTuple):
    """A text that its representation does not show, so that no message or traceback does by accident."""

    text: str

    def __repr__(self) -> str:
        return "Secret(***)"


class Options(NamedTuple):
    """The user's choices among repairs; None: the default of each rule.

    ``dnsbl_fix``: remove, filter or dqs. ``helo_fix``: warn, remove or weaken. ``dqs_key``: of Spamhaus' Data Query
    Service, for dqs.
    """

    dnsbl_fix: str | None = None
    helo_fix: str | None = None
    dqs_key: Secret | None = None
