"""What `postlint show` says, before it is printed, in the form in which postconf(1) says it."""

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from real_postconf import ask, squeezed, write_configuration

from postlint.configuration.effective import EffectiveValues, ShownService, Value
from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.facts.defaults import Defaults
from postlint.syntax.forms import closing_brace
from postlint.syntax.nodes import ServiceDefinition
from postlint.target import PostfixVersion
from postlint.text import BLANKS, FIELD_SEPARATORS

VERSION = PostfixVersion(3, 7)
# Of postconf(1) itself, which has no service.
_POSTCONF = {"process_name": "postconf", "service_name": ""}
# What stands for a name that only the running program knows.
_RUN_TIME = {"process_id": "[0-9]+", "mynetworks": r"[0-9a-f.:/\[\] ]+"}
# A call of a function that only Postfix can call.
_CALLS = re.compile(r"\$\{(?:domain_to_ascii|domain_to_utf8)\{.*?\}\}")


@dataclass(frozen=True, slots=True)
class ShownAll:
    """Everything that is set: values by name, services with their overrides."""

    effective: EffectiveValues
    main: dict[str, Value]
    services: tuple[ShownService, ...]

    @property
    def overrides(self) -> dict[str, Value]:
        """By ``SERVICE/TYPE/NAME``."""
        return {
            f"{service.definition.identity}/{value.name}": value
            for service in self.services
            for value in service.overrides
        }

    @property
    def raw(self) -> dict[str, str]:
        """The answer to -n."""
        return {name: squeezed(value.text or "") for name, value in self.main.items()}

    @property
    def raw_overrides(self) -> dict[str, str]:
        """The answer to -P."""
        return {name: squeezed(value.text or "") for name, value in self.overrides.items()}

    @property
    def lines(self) -> list[str]:
        """The answer to -M."""
        return [printed(service.definition) for service in self.services]


def shown_all(
    files: ConfigurationFiles, known: dict[str, str], host: str | None = None, version: PostfixVersion = VERSION
) -> ShownAll:
    """``known``: what is other than recorded in the Postfix that is asked. ``host``: the name of its host."""
    effective = EffectiveValues(Configuration(files), version, host, _POSTCONF | known)
    shown = effective.shown()
    return ShownAll(effective, {value.name: value for value in shown.main}, shown.services)


def agrees(value: Value, text: str | None) -> bool:
    """Whether ``text`` is the value as postconf -x expands it."""
    if value.expansion.error or text is None:
        return False
    pattern = "[^ ]*".join(re.escape(part) for part in _CALLS.split(squeezed(value.expansion.text)))
    for name in value.expansion.unknown & _RUN_TIME.keys():
        pattern = pattern.replace(re.escape(f"${name}"), _RUN_TIME[name])
    return re.fullmatch(pattern, text) is not None


def printed(service: ServiceDefinition) -> str:
    """The entry as postconf -M prints it, without columns (src/postconf/postconf_master.c, pcf_print_master_entry)."""
    words = [field.text for field in service.fields]
    in_options = True
    arguments = normalized([argument.text for argument in service.arguments])
    while arguments:
        argument = arguments.pop(0)
        if not in_options:
            words.append(_guarded(argument))
            continue
        # The first word that is no option is not put into braces yet.
        words.append(argument)
        in_options = argument.startswith("-") and argument != "--"
        if in_options and argument[1:2] == "o" and arguments:
            words.append(_guarded(arguments.pop(0)))
    return squeezed(" ".join(words))


def _guarded(word: str) -> str:
    return f"{{{word}}}" if re.search(f"[{FIELD_SEPARATORS}]", word) else word


def normalized(arguments: list[str]) -> list[str]:
    """The arguments as postconf takes them (pcf_normalize_daemon_args): ``-oNAME=VALUE`` is cut at the next "o"."""
    words: list[str] = []
    left = list(arguments)
    while left and left[0].startswith("-") and left[0] != "--":
        option = left.pop(0)
        cut = option.find("o", 2)
        if cut > 0:
            left.insert(0, "-" + option[cut:])
            option = option[:cut]
        words.append(option)
        if option[1:2] != "o":
            continue
        if option[2:]:
            words[-1] = "-o"
            left.insert(0, option[2:])
        if left:
            word = left.pop(0)
            extracted = _extracted(word)
            pair = re.fullmatch(f"([^{BLANKS}=]+)[{BLANKS}]*=[{BLANKS}]*(.*?)[{BLANKS}]*", extracted, re.DOTALL)
            words.append(f"{pair[1]}={pair[2]}" if pair and word.startswith("{") else extracted)
    return words + [_extracted(word) for word in left]


def is_misread(service: ServiceDefinition) -> bool:
    """Whether postconf cuts a word where getopt(3), and so every daemon, does not."""
    words = [argument.text for argument in service.arguments]
    return any(word.startswith("-") and "o" in word[word.find("o") + 1 :] for word in words if "o" in word)


def _extracted(word: str) -> str:
    """The text in braces (src/util/extpar.c), of which what follows is lost."""
    if not word.startswith("{"):
        return word
    return word[1 : closing_brace(word)].strip(BLANKS)


@cache
def installed_defaults() -> dict[str, str]:
    """Every default of the installed Postfix."""
    with TemporaryDirectory() as folder:
        write_configuration(Path(folder), {"main.cf": b"", "master.cf": b""})
        return ask(Path(folder), "-d").settings


@cache
def installed_differences() -> dict[str, str]:
    """The defaults of the installed Postfix that are other than recorded."""
    return differences(installed_defaults(), VERSION)


def differences(defaults: dict[str, str], version: PostfixVersion) -> dict[str, str]:
    """The defaults of a Postfix that are other than recorded: those of the distribution and of an older patch release.
    What postconf computes is not among them.
    """
    recorded = Defaults(version)
    return {
        name: value
        for name, value in defaults.items()
        if not recorded.is_computed(name) and recorded.value(name) != value
    }


def shown_here(files: ConfigurationFiles, directory: Path) -> ShownAll:
    """What show says when the installed Postfix reads the files in ``directory``."""
    known = installed_differences() | {"config_directory": str(directory)}
    return shown_all(files, known, os.uname().nodename)
