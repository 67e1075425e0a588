"""Write postlint/facts/data/{parameters,restrictions}.json and dnsbls.toml from the research tables.

Usage: python tools/build_facts.py FOLDER
FOLDER holds postfix/parameters.json, postfix/restrictions.json and dnsbl/dnsbl.json. SOURCES.md in the data folder
says where those come from. The files written are never edited by hand.
"""

import json
import sys
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "postlint" / "facts" / "data"
# What a DNSBL row of the research table is called here.
SUBJECTS = {"ip": "address", "domain": "domain", "hash": "hash"}
RESTRICTED = "free_mirror_restricted"


def main() -> None:
    source = Path(sys.argv[1])
    parameters = json.loads((source / "postfix" / "parameters.json").read_text(encoding="utf-8"))
    restrictions = json.loads((source / "postfix" / "restrictions.json").read_text(encoding="utf-8"))
    dnsbls = json.loads((source / "dnsbl" / "dnsbl.json").read_text(encoding="utf-8"))
    write_rows("parameters.json", {row["name"]: parameter(row) for row in parameters["parameters"]})
    write_rows("restrictions.json", {row["name"]: restriction(row) for row in restrictions["restrictions"]})
    (DATA / "dnsbls.toml").write_text(dnsbl_text(dnsbls["zones"]), encoding="utf-8")


def parameter(row: dict[str, Any]) -> dict[str, Any]:
    fields = ("default", "since", "removed")
    return {field: row[field] for field in fields if row.get(field) is not None}


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


def dnsbl_text(rows: list[dict[str, Any]]) -> str:
    parts = [
        "# DNSBLs and DNSWLs, with their documented answers. Written by tools/build_facts.py.\n"
        '# filter: the answers that mean "listed", in Postfix\'s own pattern form.\n'
        "# errors: answers that mean anything but listed.\n"
        "# filter_auto_safe: the codes are documented well enough for the filter to be added without asking.\n"
        "# public_spamhaus: a zone of Spamhaus' free public mirrors, which some networks may not query.\n"
    ]
    for row in sorted(rows, key=lambda row: str(row["zone"])):
        lines = ["[[dnsbl]]", f"zone = {quoted(row['zone'])}", f"operator = {quoted(row['operator'])}"]
        lines.append(f"kind = {quoted(row['list_type'])}")
        lines.append(f"subject = {quoted(SUBJECTS[row['context']])}")
        if row["recommended_filter"]:
            lines.append(f"filter = {quoted(row['recommended_filter'])}")
        lines.append(f"errors = [{', '.join(quoted(code) for code in sorted(row['error_codes']))}]")
        lines.append(f"filter_auto_safe = {str(row['filter_auto_safe']).lower()}")
        lines.append(f"public_spamhaus = {str(row['access'] == RESTRICTED).lower()}")
        lines.append(f"source = {quoted(row['source'])}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    main()
