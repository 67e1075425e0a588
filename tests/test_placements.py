"""docs/placements.md: what each repair does in each place. ``--update-fixtures`` writes it; read the difference."""

from collections.abc import Iterator

import pytest
from conftest import PROJECT
from placements import LEVEL, PLACEMENTS, SMTPD, Placement

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Diagnostic
from postlint.engine.fix import FixResult, fix
from postlint.engine.lint import lint
from postlint.output.diff import creation_diff, unified_diff
from postlint.rules.base import Rule
from postlint.rules.check_before_local_permit import check_before_local_permit
from postlint.rules.spamhaus_from_refused_network import spamhaus_from_refused_network
from postlint.rules.unconfirmed_client_name_rejected import unconfirmed_client_name_rejected
from postlint.rules.unknown_helo_rejected import unknown_helo_rejected
from postlint.target import Options, PostfixVersion, Secret, Target

PAGE = PROJECT / "docs" / "placements.md"
TARGET = Target(PostfixVersion(3, 7), "aws")
KEY = Secret("abcdefghijklmnopqrstuvwxyz")
ZEN = "reject_rbl_client zen.spamhaus.org"
CLIENT, OLD_CLIENT = "reject_unknown_client_hostname", "reject_unknown_client"
HELO, OLD_HELO = "reject_unknown_helo_hostname", "reject_unknown_hostname"
SYNTAX, OLD_SYNTAX = "reject_invalid_helo_hostname", "reject_invalid_hostname"
REPAIRS = (
    ("remove the lookup", Options(dnsbl_fix="remove")),
    ("filter the lookup", Options(dnsbl_fix="filter")),
    ("lookup with a key", Options(dnsbl_fix="dqs", dqs_key=KEY)),
    ("weaken the client check", Options(helo_fix="weaken")),
    ("warn of the client check", Options(helo_fix="warn")),
    ("remove the client check", Options(helo_fix="remove")),
    ("warn of the HELO check", Options(helo_fix="warn")),
    ("weaken the HELO check", Options(helo_fix="weaken")),
    ("remove the HELO check", Options(helo_fix="remove")),
    ("move a check", Options()),
)


def restriction(placement: Placement, repair: str) -> str | None:
    if "lookup" in repair:
        return (ZEN.replace("_client", "") if placement.old else ZEN) if placement.lookup else None
    if not placement.check:
        return None
    if repair == "move a check":
        return f"{OLD_SYNTAX if placement.old else SYNTAX}, permit_mynetworks"
    if "client" in repair:
        return OLD_CLIENT if placement.old else CLIENT
    return OLD_HELO if placement.old else HELO


def rule_of(repair: str) -> Rule:
    if "lookup" in repair:
        return spamhaus_from_refused_network
    if repair == "move a check":
        return check_before_local_permit
    return unconfirmed_client_name_rejected if "client" in repair else unknown_helo_rejected


def outcome(diagnostics: tuple[Diagnostic, ...]) -> str:
    """In one line: safe, or unsafe or advice with the reason."""
    kinds = []
    for diagnostic in diagnostics:
        if diagnostic.fix is None:
            kinds.append(f"advice: {diagnostic.help}")
        elif diagnostic.fix.applicability.value == "unsafe":
            kinds.append(diagnostic.fix.title[diagnostic.fix.title.index("(unsafe") :].strip("()"))
        else:
            kinds.append("safe")
    return "; ".join(dict.fromkeys(kinds))


def kind(diagnostic: Diagnostic) -> str:
    return diagnostic.fix.applicability.value if diagnostic.fix else "advice"


def patch(before: ConfigurationFiles, result: FixResult) -> str:
    """The lines that go and come; file names only where more than one file changes."""
    parts = [
        unified_diff(source, result.edits[source.path], f"/{source.path}")
        for source in before.sources
        if result.edits.get(source.path)
    ]
    parts += [creation_diff(item.text, f"/{item.name}") for item in result.created]
    names = ("+++ ",) if len(parts) > 1 else ()
    lines = (line for part in parts for line in part.split("\n"))
    kept = (line for line in lines if line.startswith(names) or (line[:1] in ("-", "+") and line[:4] not in _HEADERS))
    return "".join(f"{line}\n" for line in kept)


_HEADERS = ("--- ", "+++ ")


def sections(summary: list[str]) -> Iterator[str]:
    for placement in PLACEMENTS:
        cells = dict.fromkeys((repair for repair, _ in REPAIRS), "")
        yield f"## {placement.title}\n"
        for source in placement.files("RESTRICTION").sources:
            text = source.text.removeprefix(LEVEL)
            if source.path != "master.cf" or text != SMTPD:
                yield f"```\n# {source.path}\n{text}```\n"
        shown: dict[str, dict[str, list[str]]] = {}
        for repair, options in REPAIRS:
            word = restriction(placement, repair)
            if word is None:
                continue
            files = placement.files(word)
            paths = frozenset(source.path for source in files.sources)
            rules = [rule_of(repair)]
            found = lint(files, TARGET, options, rules).diagnostics
            result = fix(files, paths, TARGET, options, rules, unsafe=True)
            assert result.dropped == (), (placement.title, repair)
            again = fix(result.remaining.context.configuration.files, paths, TARGET, options, rules, unsafe=True)
            assert again.applied == (), (placement.title, repair)
            severities = "/".join(dict.fromkeys(str(item.severity) for item in found))
            diff = patch(files, result)
            block = f"\n```diff\n{diff}```\n" if diff else "\n"
            text = f"{severities}, {outcome(found)}" if found else "no finding"
            shown.setdefault(block, {}).setdefault(text, []).append(repair)
            cells[repair] = ", ".join(dict.fromkeys(kind(item) for item in found)) or "no finding"
        for block, outcomes in shown.items():
            lines = [f"- {', '.join(repairs)}: {text}" for text, repairs in outcomes.items()]
            yield "\n".join(lines) + "\n" + block
        summary.append(f"| {placement.title} | {' | '.join(cells.values())} |")


def page() -> str:
    title = (
        "# What a repair does in each place\n\n"
        "A lookup of zen.spamhaus.org on a network that Spamhaus refuses, the two strict checks of names, and a check "
        "with permit_mynetworks behind it, in every place where a restriction can stand, on Postfix 3.7. For each way "
        "to repair it: the severity of the finding, whether the repair is safe, unsafe and why, or only advice and "
        "why, and what `postlint fix --unsafe-fixes` changes. Made by `tests/test_placements.py`.\n\n"
    )
    summary = [f"| place | {' | '.join(repair for repair, _ in REPAIRS)} |", f"|---{'|---' * len(REPAIRS)}|"]
    body = list(sections(summary))
    return title + "\n".join([*summary, "", *body])


def test_page_shows_what_the_repairs_do(request: pytest.FixtureRequest) -> None:
    text = page()
    if request.config.getoption("--update-fixtures"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text
