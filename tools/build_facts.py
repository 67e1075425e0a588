"""Write postlint/facts/data/*.json and dnsbls.toml from the research tables.

Usage: python tools/build_facts.py FOLDER
FOLDER holds postfix/parameters.json, postfix/restrictions.json and dnsbl/dnsbl.json. SOURCES.md in the data folder
says where those come from. The files written are never edited by hand.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "postlint" / "facts" / "data"
# What a DNSBL row of the research table is called here.
SUBJECTS = {"ip": "address", "domain": "domain", "hash": "hash"}
RESTRICTED = "free_mirror_restricted"
# A domain list's answer to every address that it is asked for.
ASKED_FOR_ADDRESS = "ERROR: IP address queried"
# Classes and kinds of the research table, and what they are called here.
CLASSES = {
    "bool": "boolean",
    "nbool": "boolean",
    "int": "number",
    "nint": "number",
    "long": "number",
    "time": "time",
    "enum": "keyword",
    "tls_level": "keyword",
    "compat_level": "keyword",
    "match_list": "match list",
    "lookup_tables": "lookup tables",
}
MEASURED = ("number", "time")
UNITS = "smhdw"
# What the research table says of programs that share a library: all of them, and those that use TLS.
PROGRAMS = {"(all: libglobal)": "all", "(all)": "all", "(libtls users)": "tls"}
# Who reads them only in newer releases: seen with 3.7.11, the last one with 3.5.25.
NOT_YET = {
    "ignore_mx_lookup_error": {"lmtp"},
    "tlsproxy_service_name": {"smtpd"},
    "header_from_format": {"bounce", "lmtp", "smtp", "smtpd"},
}
ANSWERS = {"gone_answer_not_stated": "gone"}
# What the research table says in prose: how a mixed list marks those it speaks well of (hostkarma: "white"; Mailspike:
# "good" and better, as in wl.mailspike.net), and which retired lists were allowlists.
ALLOW_FILTERS = {"hostkarma.junkemailfilter.com": "127.0.0.1", "rep.mailspike.net": "127.0.0.[18..20]"}
RETIRED_ALLOWLISTS = {
    "_vouch.dwl.spamhaus.org",
    "dnswl.inps.de",
    "plus.bondedsender.org",
    "query.bondedsender.org",
    "swl.spamhaus.org",
}


# Programs of the research table that stand for others, and what it leaves out: parameters that a program reads in
# another way than by its own table (src/postscreen/postscreen_send.c and postscreen.c, src/smtpd/smtpd_check.c).
ALL_PROGRAMS = {"(all)", "(all: libglobal)", "(libtls users)"}
OTHER_NAMES = {"smtp": ("lmtp",), "lmtp": ("smtp",), "qmgr": ("nqmgr",)}
READ_TOO = {
    "smtpd_reject_footer_maps": ("postscreen",),
    "stress": ("postscreen",),
    "virtual_alias_domains": ("smtpd",),
    "virtual_mailbox_domains": ("smtpd",),
    "smtpd_tls_session_cache_timeout": ("smtpd", "tlsproxy"),
}


def main() -> None:
    source = Path(sys.argv[1])
    parameters = json.loads((source / "postfix" / "parameters.json").read_text(encoding="utf-8"))
    restrictions = json.loads((source / "postfix" / "restrictions.json").read_text(encoding="utf-8"))
    dnsbls = json.loads((source / "dnsbl" / "dnsbl.json").read_text(encoding="utf-8"))
    write_rows("parameters.json", {row["name"]: parameter(row) for row in parameters["parameters"]})
    details = {row["name"]: parameter_details(row) for row in parameters["parameters"]}
    write_rows("parameter_details.json", {name: row for name, row in details.items() if row})
    classes = {row["name"]: parameter_class(row) for row in parameters["parameters"]}
    write_rows("parameter_classes.json", {name: row for name, row in classes.items() if row})
    write_rows("parameter_programs.json", programs(parameters["parameters"]))
    write_rows(
        "service_parameters.json", {row["suffix"]: service_parameter(row) for row in parameters["service_suffixes"]}
    )
    write_rows(
        "database_parameters.json", {kind: {"suffixes": names} for kind, names in parameters["dbms_suffixes"].items()}
    )
    write_rows("restrictions.json", {row["name"]: restriction(row) for row in restrictions["restrictions"]})
    (DATA / "dnsbls.toml").write_text(dnsbl_text(dnsbls["zones"], dnsbls["zone_typos"]), encoding="utf-8")
    write_rows("retired_dnsbls.json", {row["zone"]: retired_dnsbl(row) for row in dnsbls["dead_zones"]})


def parameter(row: dict[str, Any]) -> dict[str, Any]:
    fields = ("default", "since", "removed")
    kept: dict[str, Any] = {field: row[field] for field in fields if row.get(field) is not None}
    if row["class"] == "raw":
        kept["raw"] = True
    if row.get("readonly"):
        kept["read_only"] = True
    if row.get("backports"):
        kept["backports"] = sorted(row["backports"])
    if row.get("deprecated"):
        kept["deprecated"] = {field: value for field, value in row["deprecated"].items() if field != "source"}
    return kept


def parameter_details(row: dict[str, Any]) -> dict[str, Any]:
    """What only `show` asks for: it is kept apart, so that `check` need not read it."""
    kept: dict[str, Any] = {}
    if row.get("default_computed"):
        kept["computed"] = True
    # Where a patch release changed a default: that of the last one.
    if row.get("default_by_version"):
        kept["defaults"] = {
            version: default if isinstance(default, str) else list(default.values())[-1]
            for version, default in row["default_by_version"].items()
        }
    return kept


def parameter_class(row: dict[str, Any]) -> dict[str, Any]:
    """What kind of value the parameter takes, how large or long it may be, and who reads it; empty where any text may
    be a value.
    """
    kept: dict[str, Any] = {}
    kind = row.get("kind", "").partition(":")[0]
    if name := CLASSES.get(row["class"]) or CLASSES.get(kind):
        kept["class"] = name
    bounds = {bound: value for bound, value in (row.get("bounds") or {}).items() if value is not None}
    if kind == "smtp_reply_code":
        kept["reply_code"] = True
    if row["class"] == "long":
        kept["bits"] = 64
    if kept.get("class") in MEASURED:
        kept |= bounds
    else:
        kept |= {f"{bound}_length": value for bound, value in bounds.items()}
    if kept.get("class") == "time":
        kept["unit"] = row["default"][-1] if row["default"][-1] in UNITS else "s"
    judged = kept.get("class") in ("boolean", *MEASURED) or "min_length" in kept or "max_length" in kept
    if judged and row["daemons"] and not row.get("readonly"):
        kept["programs"] = sorted(programs_of(row))
    return kept


def programs_of(row: dict[str, Any]) -> set[str]:
    """The programs that read a parameter. lmtp is smtp under another name, and reads parameters of its own."""
    name = row["name"]
    found = {PROGRAMS.get(program, program) for program in row["daemons"]}
    if "smtp" in found and not name.startswith("smtp_"):
        found.add("lmtp")
    if name.startswith("lmtp_"):
        found.discard("smtp")
    if name.startswith(("smtpd_tls_", "smtpd_starttls_")):
        # It reads them from 3.12 on.
        found.discard("postscreen")
    return found - NOT_YET.get(name, set())


def programs(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The parameters of each set of programs, but for those that all programs read, or all that use TLS."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if not row["daemons"] or ALL_PROGRAMS.intersection(row["daemons"]):
            continue
        names = {*row["daemons"], *READ_TOO.get(row["name"], ())}
        names.update(other for name in row["daemons"] for other in OTHER_NAMES.get(name, ()))
        found.setdefault(" ".join(sorted(names)), []).append(row["name"])
    return {key: {"parameters": sorted(names)} for key, names in found.items()}


def service_parameter(row: dict[str, Any]) -> dict[str, Any]:
    return {field: row[field] for field in ("default", "since", "programs")}


def restriction(row: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"argument": row["argument"], "effect": row["effect"].split(" ")[0]}
    if row.get("since"):
        kept["since"] = row["since"]
    if row.get("not_implemented"):
        kept["implemented"] = False
    if row.get("removed"):
        kept["removed"] = row["removed"].split(" ")[0]
    if row.get("deprecated_alias_of"):
        kept["alias_of"] = row["deprecated_alias_of"]
    if row.get("reject_code_parameter"):
        kept["code_parameter"] = row["reject_code_parameter"]
        kept["code"] = row["reject_code_default"]
    return kept


def write_rows(name: str, rows: dict[str, dict[str, Any]]) -> None:
    lines = [f"{json.dumps(key)}: {json.dumps(rows[key], sort_keys=True)}" for key in sorted(rows)]
    (DATA / name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def retired_dnsbl(row: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "answer": ANSWERS.get(row["last_known_answer"], row["last_known_answer"]),
        "evidence": row["evidence"],
        "auto_remove": row["auto_remove"],
    }
    # "(C)" and "(year C)" mark what the table is not sure of.
    if date := re.sub(r" \((?:year )?C\)", "", row["date"]):
        kept["date"] = date
    if row["zone"] in RETIRED_ALLOWLISTS:
        kept["allowlist"] = True
    return kept


def dnsbl_text(rows: list[dict[str, Any]], typos: list[dict[str, Any]]) -> str:
    parts = [
        "# DNSBLs and DNSWLs, with their documented answers. Written by tools/build_facts.py.\n"
        '# filter: the answers that mean "listed", in Postfix\'s own pattern form.\n'
        "# allow_filter: the answers of an allowlist or a mixed list that speak well of a client.\n"
        "# errors: answers that mean anything but listed.\n"
        "# address_answer: a domain list's answer to every address.\n"
        "# filter_auto_safe: the codes are documented well enough for the filter to be added without asking.\n"
        "# public_spamhaus: a zone of Spamhaus' free public mirrors, which some networks may not query.\n"
        "# names: further zones of the same list, whose answers are not recorded.\n"
    ]
    for row in sorted(rows, key=lambda row: str(row["zone"])):
        lines = ["[[dnsbl]]", f"zone = {quoted(row['zone'])}", f"operator = {quoted(row['operator'])}"]
        lines.append(f"kind = {quoted(row['list_type'])}")
        lines.append(f"subject = {quoted(SUBJECTS[row['context']])}")
        if row["recommended_filter"]:
            lines.append(f"filter = {quoted(row['recommended_filter'])}")
        allowed = row["recommended_filter"] if row["list_type"] == "allow" else ALLOW_FILTERS.get(row["zone"])
        if allowed:
            lines.append(f"allow_filter = {quoted(allowed)}")
        lines.append(f"errors = {array(sorted(row['error_codes']))}")
        lines.extend(
            f"address_answer = {quoted(code)}" for code, text in row["codes"].items() if text == ASKED_FOR_ADDRESS
        )
        lines.append(f"filter_auto_safe = {str(row['filter_auto_safe']).lower()}")
        lines.append(f"public_spamhaus = {str(row['access'] == RESTRICTED).lower()}")
        if row["aliases"]:
            lines.append(f"names = {array([first_word(name) for name in row['aliases']])}")
        lines.append(f"source = {quoted(row['source'])}")
        parts.append("\n".join(lines) + "\n")
    parts.append("# Zones that people have written for another one.\n")
    for row in typos:
        for seen in row["seen"].split(" / "):
            source = "met in a public configuration" if row["confidence"].startswith("A") else "not met, but near"
            lines = ["[[misspelling]]", f"zone = {quoted(seen)}", f"meant = {quoted(first_word(row['meant']))}"]
            parts.append("\n".join([*lines, f"source = {quoted(source)}"]) + "\n")
    return "\n".join(parts)


def first_word(text: str) -> str:
    return text.partition(" ")[0]


def array(items: list[str]) -> str:
    return f"[{', '.join(quoted(item) for item in items)}]"


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    main()
