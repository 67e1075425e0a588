"""Policies of the corpus, reduced to what the harness serves: no TLS, no milters, no filters, no tables of servers."""

import re
from collections.abc import Iterator
from pathlib import Path

from conftest import CORPUS
from properties.configurations import FOLDER, LISTS, Case
from properties.reference import Definition, Service, overrides, plain, read_main_cf, read_master_cf

from mail.envelopes import OWN_NETWORKS
from mail.servers import POLICY_PORT
from postlint.target import Options, PostfixVersion, Target

_KEPT = frozenset(
    {
        *LISTS[:7],
        "smtpd_restriction_classes",
        "smtpd_delay_reject",
        "smtpd_helo_required",
        "smtpd_peername_lookup",
        "smtpd_reject_unlisted_recipient",
        "smtpd_sasl_auth_enable",
        "strict_rfc821_envelopes",
        "compatibility_level",
        "access_map_reject_code",
        "maps_rbl_reject_code",
        "unknown_client_reject_code",
        "unknown_hostname_reject_code",
        "unknown_address_reject_code",
    }
)
_SERVER = re.compile(r"\b(?:inet|unix):[^\s,{}]+")
_TABLE = re.compile(r"(?:proxy:)?\b([a-z]+):(/[^\s,{}]+|\$\{?\(?\w+\)?\}?/[^\s,{}]+|[a-z_]+\.cf\b)")
_IN_TEXT = frozenset({"cidr", "pcre", "regexp"})
_INDEXED = frozenset({"hash", "btree", "lmdb", "cdb", "dbm", "texthash"})
# A greeting that lets clients wait, which the envelopes are too many for.
_SLEEP = re.compile(r"\bsleep[,\s]+[0-9]+")
# The probes of these need a mail server to ask.
_PROBES = re.compile(r"\breject_unverified_(sender|recipient)\b", re.IGNORECASE)
_RUNS = (
    (Target(PostfixVersion(3, 7), "none"), Options()),
    (Target(PostfixVersion(3, 7), "aws"), Options()),
    (Target(PostfixVersion(3, 7), "aws"), Options("filter", "remove")),
    (Target(PostfixVersion(3, 7), "none"), Options("remove", "weaken")),
)


def corpus_policies() -> Iterator[tuple[str, Case]]:
    """Each directory's name with its policy, and with each way to repair it."""
    for directory in sorted(path for folder in ("files", "templated") for path in CORPUS.glob(f"{folder}/*")):
        policy = _reduced(directory)
        if policy is not None:
            yield from ((directory.name, policy._replace(target=target, options=options)) for target, options in _RUNS)


def _reduced(directory: Path) -> Case | None:
    """None where nothing of a policy is left, or where Postfix would not read the file."""
    main, master = _text(directory / "main.cf") or "", _text(directory / "master.cf")
    entries = list(read_main_cf("main.cf", main))
    definitions = {entry.name: entry for entry in entries if isinstance(entry, Definition)}
    if len(definitions) == 0 or "stray" in entries or "\0" in main:
        return None
    kept = _wanted(definitions)
    if not kept & frozenset(LISTS):
        return None
    files: dict[str, str] = {}
    text = f"mydestination = example.com\nmynetworks = {OWN_NETWORKS}\n"
    for entry in entries:
        if isinstance(entry, Definition) and entry.name in kept:
            text += f"{entry.name} = {_serves(plain(entry.value), directory, files)}\n"
    return Case(
        main=text,
        master=_reduced_master(master, kept, directory, files) if master else None,
        judged=frozenset({"main.cf", "master.cf", *files}),
        target=Target(),
        options=Options(),
        unsafe=False,
        tables=tuple(files.items()),
    )


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else None


def _wanted(definitions: dict[str, Definition]) -> frozenset[str]:
    """What the lists are made of: classes and names that they refer to are kept, too."""
    kept = set(_KEPT & definitions.keys())
    pending = list(kept)
    while pending:
        value = plain(definitions[pending.pop()].value)
        words = set(re.findall(r"\w+", value)) & definitions.keys() - kept - {"mynetworks", "mydestination"}
        named = {word for word in words if re.search(rf"\$[({{]?{word}\b", value) or not word.startswith("smtpd_")}
        kept |= named
        pending += named
    return frozenset(kept)


def _serves(value: str, directory: Path, files: dict[str, str]) -> str:
    """The value with tables and servers that there are."""

    def table(match: re.Match[str]) -> str:
        kind, name = match[1], Path(match[2]).name
        text = _text(directory / name)
        if kind not in _IN_TEXT | _INDEXED or text is None or not re.fullmatch(r"\w+", name):
            return "static:DUNNO"
        files[name] = text
        return f"{kind if kind in _IN_TEXT else 'texthash'}:{FOLDER}{name}"

    value = _SLEEP.sub("sleep 0", _PROBES.sub("reject_unlisted_recipient", value))
    return _TABLE.sub(table, _SERVER.sub(f"inet:127.0.0.1:{POLICY_PORT}", value))


def _reduced_master(text: str, kept: frozenset[str], directory: Path, files: dict[str, str]) -> str | None:
    """The smtpd services that listen, with those of their overrides that belong to a policy."""
    lines = []
    for service in read_master_cf("master.cf", text):
        if not isinstance(service, Service) or len(service.fields) < 8:
            continue
        fields = [plain(field) for field in service.fields]
        if fields[1] != "inet" or fields[7] != "smtpd":
            continue
        lines.append(" ".join(fields))
        for setting in overrides(service):
            if setting.name in kept | _KEPT or setting.name.startswith("mua_"):
                lines.append(f"  -o {{ {setting.name} = {_serves(plain(setting.value), directory, files)} }}")
    return "".join(f"{line}\n" for line in lines) or None
