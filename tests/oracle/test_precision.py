"""docs/precision.md: every finding of severity error in the corpus, each with what shows that it is true.

``--update-fixtures`` writes the page. Directories are known by their number in the corpus' order.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import CORPUS, PROJECT
from corpus_directories import AWS, UNKNOWN, corpus_directories, linted

from postlint.diagnostics import Diagnostic, Severity
from postlint.facts.dnsbl import retirement
from postlint.target import Target

pytestmark = pytest.mark.corpus

PAGE = PROJECT / "docs" / "precision.md"
_FATAL = re.compile(r"fatal: file CONFDIR/main\.cf, line (\d+)|fatal: CONFDIR/main\.cf, line (\d+)")

# A blank in front of or behind the = of a setting, or behind a comma of its value.
_CUT = re.compile(r"-o[ \t]+[^ \t{=]+([ \t]*=[ \t]*[^- \t\n]*[ \t]|=[^ \t]*,[ \t]+[^- \t]|=[ \t\r]*$)", re.MULTILINE)


@cache
def truth(name: str) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """The known lookups and checks by directory and line."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for line in (CORPUS / name).read_text(encoding="utf-8").split("\n")[:-1]:
        row = json.loads(line)
        for number in {row["line"], row["keyword_line"]}:
            found.setdefault((row["dir"], number), []).append(row)
    return found


def lines_of(diagnostic: Diagnostic) -> range:
    source, span = diagnostic.location
    return range(source.position(span.start)[0], source.position(max(span.start, span.end - 1))[0] + 1)


def known(directory: Path, diagnostic: Diagnostic, name: str) -> Iterator[dict[str, Any]]:
    for line in lines_of(diagnostic):
        yield from truth(name).get((f"{directory.parent.name}/{directory.name}", line), [])


def no_equals_sign(directory: Path, line: int, text: str) -> str | None:
    broken = re.match(r"[^ \t=]*([ \t]+[^ \t=]|[ \t]*$|[ \t]*\n)|[ \t]*=", text)
    if directory.parent.name == "templated":
        return "a line of a template: as it stands no = follows its first word" if broken else None
    errors = (directory / "oracle.err").read_text(encoding="utf-8")
    dies = [int(match[1] or match[2]) for match in _FATAL.finditer(errors)]
    if line in dies:
        return "real postconf dies on this line"
    return (
        f"real postconf dies on line {min(dies)}; no = follows the first word here either" if dies and broken else None
    )


def evidence(directory: Path, diagnostic: Diagnostic) -> str | None:
    """What shows, without postlint, that the finding is true; None where nothing does."""
    rule, line = diagnostic.rule, lines_of(diagnostic)[0]
    text = diagnostic.location.text
    if rule == "missing-equals-sign":
        return no_equals_sign(directory, line, text)
    rows = list(known(directory, diagnostic, "dnsbl_truth.jsonl"))
    if rule == "spamhaus-from-refused-network" and any(not row["filter"] and not row.get("warn") for row in rows):
        return "the lookup has no reply filter and is not only warned about"
    if rule == "retired-dnsbl":
        dead = next(
            (row["zone"] for row in rows if (found := retirement(row["zone"])) and found.answer == "lists_world"), None
        )
        return dead and "the list is known to have answered for everybody after its end"
    if rule == "dqs-key-placeholder":
        label = next((row["zone"].partition(".")[0] for row in rows if ".dq." in row["zone"]), "")
        return f'"{label}" is no key' if not re.fullmatch("[a-z0-9]{26}", label) else None
    if rule in ("unknown-helo-rejected", "unconfirmed-client-name-rejected"):
        checks = list(known(directory, diagnostic, "hostname_truth.jsonl"))
        if "stands before" in diagnostic.message and any(
            "permit_mynetworks" not in row["before"] and "permit_sasl_authenticated" not in row["before"]
            for row in checks
        ):
            return "no permit for the site's own clients stands before it"
        service = re.search(r"hand in mail to (\S+)/inet", diagnostic.message)
        if service and any("permit_sasl_authenticated" not in row["before"] for row in checks):
            services = (directory / "oracle.M").read_text(encoding="utf-8")
            if re.search(rf"(?m)^{re.escape(service[1])} +inet .*smtpd", services):
                return "the service runs smtpd with this list, which has no permit for logged-in clients before it"
    if rule == "helo-check-on-submission" and helo_list_meets_mail_clients(directory, diagnostic.service or ""):
        return "the service offers logins, and its HELO list has no permit for logged-in clients before the check"
    if rule == "inline-comment":
        name = re.match(r"[a-z_]+", line_of(diagnostic))
        shown = re.search(rf"(?m)^{name and name[0]} = .*#", (directory / "oracle.n").read_text(encoding="utf-8"))
        return "real postconf shows the comment in the value, and no host name holds a #" if shown else None
    if rule == "spaced-override" and _CUT.search(line_before(diagnostic) + line_of(diagnostic)):
        return "a blank ends the setting, and the next word is an argument of its own"
    if rule == "bad-value":
        value = re.match(r"[a-z_]+[ \t]*=[ \t]*(.*)\n", line_of(diagnostic))
        return value and SEEN.get(value[1])
    return READ.get((diagnostic.rule, diagnostic.message))


def line_before(diagnostic: Diagnostic) -> str:
    """The line above, when an option goes on in this one."""
    source, span = diagnostic.location
    start = source.line_span(span.start).start
    above = source.text[slice(*source.line_span(start - 1))] if start else ""
    return above if re.search(r"-o[ \t]+[^ \t=]+=[ \t\r\n]*\Z", above) else ""


def line_of(diagnostic: Diagnostic) -> str:
    """The line that the finding starts in."""
    source, span = diagnostic.location
    return source.text[slice(*source.line_span(span.start))]


def helo_list_meets_mail_clients(directory: Path, service: str) -> bool:
    """What real postconf says of a service and its HELO list."""
    if not (directory / "oracle.P").exists():
        return False
    main, overrides = (
        dict(line.split(" =", 1) for line in (directory / f"oracle.{option}").read_text(encoding="utf-8").splitlines())
        for option in ("nx", "P")
    )

    def value(name: str) -> str:
        return overrides.get(f"{service}/{name}", main.get(name, "")).strip()

    before = r"(?:(?:permit_mynetworks|reject_\w+)[\s,]+)*"
    check = r"reject_(?:non_fqdn|unknown)_(?:helo_)?hostname"
    runs = re.compile(rf"(?m)^{re.escape(service.removesuffix('/inet'))} +inet .*smtpd")
    return (
        runs.search((directory / "oracle.M").read_text(encoding="utf-8")) is not None
        and re.match(before + check, value("smtpd_helo_restrictions")) is not None
        and value("smtpd_sasl_auth_enable") == "yes"
    )


# What real programs of 3.7.11 died of, by the value.
SEEN = {
    "": "nothing stands behind the =, and a real program dies: bad string length 0 < 1",
    "/etc/mailname": "a real program dies: bad parameter value",
    "bearmail_uid": "a real program dies: bad numerical configuration",
}
# Looked at by hand.
_SEPARATE = "the word stands behind a lookup without a keyword of its own"
READ = {
    ("unknown-restriction", f'"{word}" is no restriction: each message that reaches it is answered with 451'): _SEPARATE
    for word in ("noptr.spamrats.com", "spam.spamrats.com", "dnsbl.cobion.com")
}


_HELO_LIST = "the service runs smtpd with this list, which has no permit for logged-in clients before the check"
READ |= {
    (
        "helo-check-on-submission",
        f"{name}/inet applies reject_non_fqdn_helo_hostname and reject_invalid_helo_hostname of "
        "smtpd_helo_restrictions to users before any permit for them: mail clients say EHLO laptop, and are refused",
    ): _HELO_LIST
    for name in ("submission", "smtps")
}


# By the number of the line in the file.
READ_TEMPLATES = {("helo-check-on-submission", line): _HELO_LIST for line in (9, 12, 17, 28, 46)}


def errors(target: Target) -> Iterator[tuple[int, Path, Diagnostic]]:
    for number, directory in enumerate(corpus_directories(), 1):
        for diagnostic in linted(directory, target).diagnostics:
            if diagnostic.severity is Severity.ERROR:
                yield number, directory, diagnostic


def verdict(directory: Path, diagnostic: Diagnostic) -> str | None:
    shown = evidence(directory, diagnostic)
    if shown is not None or directory.parent.name != "templated":
        return shown
    # Of templates there are no lists, nor answers of postconf: what the line itself says.
    line = line_of(diagnostic)
    if diagnostic.rule == "bad-service-field" and len(line.split()) < 8:
        return "a line of a template: as it stands it has fewer than eight fields"
    if diagnostic.rule == "spamhaus-from-refused-network":
        bare = re.search(r"(?<!warn_if_reject )reject_(?:rbl|rhsbl)_\w+ +[\w.]+(?:,|\s)", line)
        return "a line of a template: as it stands the lookup has no reply filter" if bare else None
    if diagnostic.rule == "unknown-restriction" and re.search(r"[{%<]", diagnostic.location.text):
        return "a line of a template: as it stands the word is no restriction"
    return READ_TEMPLATES.get((diagnostic.rule, lines_of(diagnostic)[0]))


def page() -> tuple[str, list[str]]:
    lines = [
        "# The errors that postlint finds in real configurations",
        "",
        "Every finding of severity error in a corpus of 203 public configurations, 23 of them templates, with what "
        "shows that it is true: the answers of a real postconf, and lists of the lookups and checks that were made "
        "without postlint. A finding on AWS is left out where it is the same on an unknown platform. Made by "
        "`tests/oracle/test_precision.py`.",
        "",
        "| configuration | line | platform | rule | verdict |",
        "|---|---|---|---|---|",
    ]
    seen: set[tuple[int, str, int, str, str]] = set()
    unexplained: list[str] = []
    for platform, target in (("unknown", UNKNOWN), ("aws", AWS)):
        for number, directory, diagnostic in errors(target):
            name = Path(diagnostic.location.source.path).name
            line = lines_of(diagnostic)[0]
            key = (number, name, line, diagnostic.rule, diagnostic.location.text)
            if key in seen:
                continue
            seen.add(key)
            shown = verdict(directory, diagnostic)
            if shown is None:
                unexplained.append(f"{directory.name} {name}:{line} {diagnostic.rule}: {diagnostic.message}")
            lines.append(f"| {number} | {name}:{line} | {platform} | {diagnostic.rule} | true: {shown} |")
    return "\n".join(lines) + "\n", unexplained


def test_every_error_is_true(request: pytest.FixtureRequest) -> None:
    text, unexplained = page()
    assert unexplained == []
    if request.config.getoption("--update-fixtures"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text
