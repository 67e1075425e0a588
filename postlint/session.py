"""One run of a command: what is read, for which target it is judged, what is written. No front end stands here."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from postlint.configuration.model import Configuration, ConfigurationFiles
from postlint.configuration.reading import with_tables
from postlint.configuration.secrets import secrets_of
from postlint.diagnostics import Diagnostic, Severity
from postlint.edits import apply_edits
from postlint.engine.lint import lint
from postlint.facts.platforms import parse_address, platforms
from postlint.files import LIVE_DIRECTORY, STANDARD_INPUT, Input, InputError, ReadFile
from postlint.request import Note, Request, did_you_mean, oddities, parsed_version, read_request, version_of
from postlint.rules import ALL
from postlint.rules.base import Rule
from postlint.rules.replies import NEW_MAPS
from postlint.target import Target
from postlint.text import BLANKS, Source

if TYPE_CHECKING:
    from postlint.engine.fix import Dropped, FixResult
    from postlint.target import Secret
    from postlint.writing import NewFile

_NEW_PATHS = tuple(f"{LIVE_DIRECTORY}/{name}" for name in NEW_MAPS.values())


class CheckOutcome(NamedTuple):
    """What `check` found, over all directories, and the texts that must not be printed.

    ``suppressed``: how many findings comments took away.
    """

    diagnostics: tuple[Diagnostic, ...]
    secrets: frozenset[str]
    suppressed: int


@dataclass(frozen=True, eq=False)
class FixOutcome:
    """What `fix` found, repaired and left, over all directories.

    ``patch``: for `patch -p1`. ``secrets``: the texts that nothing but the patch, the files and ``printed`` may hold.
    ``printed``: what became of standard input, whether it changed or not; None when it was not read. ``commands``: what
    has to be run, in order, for what was written to count.
    ``suppressed_before``, ``suppressed``: how many findings comments take away, before and after.
    """

    before: tuple[Diagnostic, ...]
    applied: tuple[Diagnostic, ...]
    remaining: tuple[Diagnostic, ...]
    dropped: "tuple[Dropped, ...]"
    changes: tuple[tuple[ReadFile, str], ...]
    new_files: "tuple[NewFile, ...]"
    printed: str | None
    commands: tuple[str, ...]
    patch: str
    secrets: frozenset[str]
    suppressed_before: int
    suppressed: int


class Session:
    """A run. Raises InputError for anything that the user has to put right."""

    def __init__(self, request: Request, note: Note) -> None:
        self._request = request
        self._note = note
        self._rules = selected_rules(request.select, request.ignore)
        self._version = parsed_version(request.version)
        _refuse_unknown_platform(request.platform)
        for address in request.resolvers:
            _refuse_bad_address(address)
        self._inputs = read_request(request)
        self._targets = [self._target(item) for item in self._inputs]
        for item in self._inputs:
            if item.files.master is None:
                note(f"{item.title}: no master.cf; one smtpd that faces the Internet is assumed")
            for oddity in oddities(item):
                note(oddity)

    def check(self) -> CheckOutcome:
        """The diagnostics in the named files."""
        found: list[Diagnostic] = []
        secrets: set[str] = set()
        suppressed = 0
        for item, target in zip(self._inputs, self._targets, strict=True):
            result = lint(self._files(item), target, self._request.options, self._rules)
            found.extend(_judged(result.diagnostics, item))
            suppressed += len(list(_judged(result.suppressed, item)))
            secrets.update(secrets_of(result.context.lists) if result.diagnostics else ())
        return CheckOutcome(tuple(found), frozenset(secrets), suppressed)

    def fix(self, unsafe: bool) -> FixOutcome:
        """Plan the repairs; nothing is written yet."""
        from postlint.engine.fix import fix
        from postlint.output.diff import creation_diff

        before: list[Diagnostic] = []
        applied: list[Diagnostic] = []
        remaining: list[Diagnostic] = []
        dropped: list[Dropped] = []
        changes: dict[str, tuple[ReadFile, str]] = {}
        patch: list[str] = []
        new_files: list[NewFile] = []
        commands: dict[str, None] = {}
        key = self._request.options.dqs_key
        secrets: set[str] = {key.text} if key else set()
        suppressed_before = suppressed = 0
        for item, target in zip(self._inputs, self._targets, strict=True):
            result = fix(self._files(item), item.judged, target, self._request.options, self._rules, unsafe)
            before.extend(_judged(result.before.diagnostics, item))
            applied.extend(result.applied)
            remaining.extend(_judged(result.remaining.diagnostics, item))
            dropped.extend(result.dropped)
            suppressed_before += len(list(_judged(result.before.suppressed, item)))
            suppressed += len(list(_judged(result.remaining.suppressed, item)))
            secrets.update(secrets_of(result.before.context.lists))
            for read, text, part in _changed_files(item, result):
                other = changes.setdefault(read.real_path, (read, text))
                if other[1] != text:
                    raise InputError(
                        f"{read.source.path}: is one file with {other[0].source.path}, which needs other changes; "
                        "name one directory at a time"
                    )
                if other[0] is read:
                    patch.append(part)
            for new_file in _new_files(item, result):
                new_files.append(new_file)
                patch.append(creation_diff(new_file.text, os.path.realpath(new_file.path)))
            fixes = (diagnostic.fix for diagnostic in result.applied)
            commands.update((command, None) for fix_ in fixes if fix_ for command in fix_.commands)
        piped = next((read for item in self._inputs for read in item.read_files if read.status is None), None)
        printed = changes.get(piped.real_path, (piped, piped.source.text))[1] if piped else None
        return FixOutcome(
            tuple(before),
            tuple(applied),
            tuple(remaining),
            tuple(dropped),
            tuple(changes.values()),
            tuple(new_files),
            printed,
            (*commands, "postfix reload") if changes and printed is None else (),
            "".join(patch),
            frozenset(secrets),
            suppressed_before,
            suppressed,
        )

    def write(self, outcome: FixOutcome) -> None:
        """Replace the files that the outcome changes: all or none, each atomically. Standard input is none.

        What a killed run left beside any file that was read is removed, also when nothing is to be written.
        """
        from postlint.directories import exclusive
        from postlint.writing import write_files

        if outcome.printed is not None:
            return
        read = (found.real_path for item in self._inputs for found in item.by_path.values())
        written = (found.real_path for found, _ in outcome.changes)
        with exclusive(map(os.path.dirname, written), map(os.path.dirname, read)) as removed:
            for path in removed:
                self._note(f"{path}: left by a run that was killed; removed")
            write_files(outcome.changes, outcome.new_files)

    def _files(self, item: Input) -> ConfigurationFiles:
        """The files with the tables that matter, and what is known of those that a repair may make."""

        def read(path: str) -> Source | str:
            # What stands for a file of a directory changes nothing else there.
            if path in _NEW_PATHS and (self._request.stands_for or STANDARD_INPUT in self._request.paths):
                return "cannot be made for a file that stands for another"
            return item.read_table(path)

        return with_tables(item.files, read, _NEW_PATHS)

    def _target(self, item: Input) -> Target:
        """What the options say, and for the live directory what the host says where they do not."""
        platform: str | None = None if self._request.platform == "auto" else self._request.platform
        resolvers = self._request.resolvers
        version = version_of(item, self._version, self._note)
        if not item.live or (platform is not None and resolvers):
            return Target(version, platform, resolvers, item.live)
        from postlint.host import detect
        from postlint.policy.network import jail_of_dns_clients, route_to_spamhaus

        host = detect(jail=jail_of_dns_clients(Configuration(item.files)))
        if platform is None:
            platform = host.platform
            if host.evidence:
                title = platforms()[platform].title if platform in platforms() else platform
                self._note(f"platform {title}: {host.evidence}")
        target = Target(version, platform, resolvers or tuple(server.value for server in host.nameservers), True)
        route = route_to_spamhaus(target)
        if route is not None and route.resolver is not None and not resolvers:
            path = next(server.path for server in host.nameservers if server.value == route.address)
            self._note(f"resolver {route.resolver.operator}: {path} has nameserver {route.address}")
        return target


def selected_rules(select: Iterable[str], ignore: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that are named, or all, without those that are ignored; names of rules and categories.

    Raises InputError for any other name.
    """
    chosen, left_out = _rule_names(select), _rule_names(ignore)
    return tuple(rule for rule in ALL if (not chosen or rule.name in chosen) and rule.name not in left_out)


def find_rule(name: str) -> Rule:
    """The rule called ``name``. Raises InputError when there is none."""
    for rule in ALL:
        if rule.name == name:
            return rule
    raise InputError(f'unknown rule "{name}"{did_you_mean(name, [rule.name for rule in ALL])}')


def _rule_names(words: Iterable[str]) -> set[str]:
    categories = {rule.category for rule in ALL}
    names = {rule.name for rule in ALL}
    found: set[str] = set()
    for word in (part.strip(" ") for text in words for part in text.split(",")):
        if word in names:
            found.add(word)
        elif word in categories:
            found.update(rule.name for rule in ALL if rule.category == word)
        elif word:
            raise InputError(f'unknown rule or category "{word}"{did_you_mean(word, names | categories)}')
    return found


def _refuse_unknown_platform(name: str) -> None:
    if name in ("auto", "none"):
        return
    known = ("auto", "none", *platforms())
    if name not in known:
        raise InputError(f'--platform: unknown platform "{name}"{did_you_mean(name, known)}')


def _refuse_bad_address(address: str) -> None:
    if parse_address(address) is None:
        raise InputError(f'--resolver: "{address}" is no IP address')


def _judged(diagnostics: Iterable[Diagnostic], item: Input) -> Iterable[Diagnostic]:
    return (diagnostic for diagnostic in diagnostics if diagnostic.location.source.path in item.judged)


def _changed_files(item: Input, result: "FixResult") -> Iterable[tuple[ReadFile, str, str]]:
    """Each file that the edits change, with its new text and its patch: main.cf, master.cf, sources of tables."""
    from postlint.output.diff import unified_diff

    for path, read in item.by_path.items():
        edits = result.edits.get(path, ())
        text = apply_edits(read.source.text, edits)
        if text != read.source.text:
            yield read, text, unified_diff(read.source, edits, read.real_path)


def _new_files(item: Input, result: "FixResult") -> Iterable["NewFile"]:
    """The files to be made, beside main.cf and with its owner."""
    from postlint.writing import NewFile

    status = item.main.status if item.main else None
    for creation in result.created:
        path = os.path.join(item.directory or "", creation.name)
        if status is not None:
            yield NewFile(path, creation.text, creation.mode, status.st_uid, status.st_gid)


def read_key(strategy: str | None, path: str | None) -> "Secret | None":
    """The key that the file at ``path`` holds, for ``--dnsbl-fix dqs``.

    Raises InputError when one of the two options stands without the other, and for a file that holds no key.
    """
    from postlint.facts.dqs import is_key
    from postlint.files import read_first
    from postlint.target import Secret

    if (strategy == "dqs") != (path is not None):
        raise InputError("--dnsbl-fix dqs and --dqs-key-file go together")
    if path is None:
        return None
    key = read_first(path, 4096).strip(BLANKS)
    if not is_key(key):
        raise InputError(f"{path}: holds no key of Spamhaus' Data Query Service: 26 small letters and digits")
    return Secret(key)


def fails(diagnostics: Iterable[Diagnostic], fail_on: str) -> bool:
    """Whether any diagnostic is at or above the severity called ``fail_on``."""
    return any(diagnostic.severity >= Severity[fail_on.upper()] for diagnostic in diagnostics)


def report(outcome: FixOutcome) -> list[str]:
    """What was done, and what has to be done for it to count."""
    if not outcome.changes:
        return ["nothing to repair"]
    count = len(outcome.applied)
    names = ", ".join(os.path.normpath(read.source.path) for read, _ in outcome.changes)
    lines = [f"{count} finding{'s' if count != 1 else ''} repaired in {names}"]
    lines.extend(f"new file {item.path}, which only its owner may read" for item in outcome.new_files)
    if outcome.commands:
        lines.append(f"to put it into force: {' && '.join(outcome.commands)}")
    if len(outcome.commands) > 1:
        lines.append("until then Postfix answers from the tables as they were built before")
    return lines


def patch_notes(outcome: FixOutcome) -> list[str]:
    """What a patch cannot say."""
    made = [f"the patch makes {item.path}, which holds a key: chmod {item.mode:o} it" for item in outcome.new_files]
    commands = [command for command in outcome.commands if command != "postfix reload"]
    return made + ([f"the patch counts after {' && '.join(commands)}"] if commands else [])
