"""The options and arguments of the commands, as typer wants them declared."""

from enum import StrEnum
from typing import Annotated

import typer


class FailOn(StrEnum):
    """The lowest severity that makes `check` exit with 1."""

    info = "info"
    warning = "warning"
    error = "error"


class Format(StrEnum):
    """How findings or values are printed."""

    text = "text"
    json = "json"


class Colour(StrEnum):
    """When to colour."""

    auto = "auto"
    always = "always"
    never = "never"


class DnsblFix(StrEnum):
    """What becomes of a DNSBL lookup without a reply filter."""

    remove = "remove"
    filter = "filter"
    dqs = "dqs"


class HeloFix(StrEnum):
    """What becomes of a strict HELO or client-name check."""

    warn = "warn"
    remove = "remove"
    weaken = "weaken"


class StandsFor(StrEnum):
    """The file that the one path stands for."""

    main = "main"
    master = "master"


Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH]...",
        help="A configuration directory, a main.cf or a master.cf; - alone: the text of a main.cf on standard input. "
        "Default: $MAIL_CONFIG, else /etc/postfix.",
        show_default=False,
    ),
]
PathAndNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH] [NAME]...",
        help="PATH: a configuration directory, a main.cf or a master.cf; - for a main.cf on standard input. "
        "Default: $MAIL_CONFIG, else /etc/postfix. NAME: a parameter; without any, all that are set.",
        show_default=False,
    ),
]
Service = Annotated[
    str | None,
    typer.Option(metavar="NAME/TYPE", help="The values that this service sees, such as smtp/inet.", show_default=False),
]
All = Annotated[bool, typer.Option("--all", help="Also what is not set: built-in defaults.")]
Expand = Annotated[bool, typer.Option("--expand", "-x", help="Replace $names. In JSON both forms are there anyway.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show keys and passwords, which are *** otherwise.")]
As = Annotated[
    StandsFor | None,
    typer.Option("--as", help="PATH is one file of any name, or -, that stands for main.cf or master.cf."),
]
ConfigDir = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="With --as: the directory of the file that PATH stands for; the other file is read there.",
        show_default=False,
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(metavar="RULE|CATEGORY", help="Only these rules; several times or separated by commas."),
]
Ignore = Annotated[list[str] | None, typer.Option(metavar="RULE|CATEGORY", help="Not these rules.")]
Platform = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Where the mail server runs: auto, none, aws, azure, digitalocean, hetzner, ovh, vultr, ... "
        "auto looks at this host when /etc/postfix is read.",
    ),
]
Resolver = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ADDRESS",
        help="A DNS server that the mail server asks; several times, in their order. "
        "Default: what this host asks when /etc/postfix is read.",
        show_default=False,
    ),
]
Version = Annotated[
    str | None,
    typer.Option(metavar="X.Y", help="The Postfix version of the mail server.", show_default=False),
]
DnsblFixOption = Annotated[
    DnsblFix | None,
    typer.Option(
        help="Remove DNSBL lookups, add a reply filter, or ask Spamhaus with a key. "
        "Default: remove where the network is refused, else filter."
    ),
]
KeyFile = Annotated[
    str | None,
    typer.Option(
        "--dqs-key-file",
        metavar="FILE",
        help="With --dnsbl-fix dqs: holds the key of Spamhaus' Data Query Service.",
        show_default=False,
    ),
]
HeloFixOption = Annotated[
    HeloFix | None,
    typer.Option(help="Warn only, remove, or put a weaker check. Default: the mildest of each rule."),
]
FailOnOption = Annotated[FailOn, typer.Option(help="Exit with 1 for findings of this severity or a higher one.")]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 where it would be 1.")]
FormatOption = Annotated[Format, typer.Option("--format", help="text for people, json for programs.")]
ColourOption = Annotated[Colour, typer.Option("--color", help="Colours: auto respects NO_COLOR.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No notes, no summary.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a bug in postlint.")]
