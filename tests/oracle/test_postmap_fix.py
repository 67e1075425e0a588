"""After a fix the rebuilt table answers as before, but for the rows that were declared."""

from pathlib import Path

import pytest
from real_postmap import COMPILED, answers, compile_table, table_types, write_table

from postlint.request import Request
from postlint.session import Session
from postlint.target import Options

pytestmark = pytest.mark.postfix

ZEN = "reject_rbl_client zen.spamhaus.org"
FILTERED = f"{ZEN}=127.0.0.[2..11]"
CHECK = "reject_unknown_client_hostname"
REVERSE = "reject_unknown_reverse_client_hostname"
# Per type: the keys to ask, and the source. Each source holds a row that is nothing but the lookup, one with more, one
# over several lines with a comment inside, and rows that no repair may touch.
KEYED = f"""\
# Who is treated how
alone.example\t{ZEN}
first.example  {ZEN}, permit_mynetworks
last.example   permit_mynetworks,{ZEN}
lines.example  permit_mynetworks,
# why
    {ZEN},
    {CHECK}
warned.example warn_if_reject {ZEN}
# {ZEN}
plain.example  REJECT not {ZEN}
ok.example     OK
"""
KEYS = ["alone", "first", "last", "lines", "warned", "plain", "ok", "none"]
ADDRESSES = ["192.0.2.1", "192.0.2.99", "198.51.100.7", "203.0.113.5", "2001:db8::1", "10.0.0.1"]
CIDR = f"""\
192.0.2.1     {ZEN}
192.0.2.0/24  {CHECK}, {ZEN}
if 198.51.100.0/24
!198.51.100.8 {ZEN},
    reject
endif
2001:db8::/32 permit_mynetworks {ZEN}
0.0.0.0/0     OK
"""
PATTERNS = f"""\
/^alone/      {ZEN}
/^first/i     {ZEN}, permit_mynetworks
if /lines/
!/nothing/    {CHECK}
    {ZEN}
endif
/^plain/      REJECT {ZEN}
/^(.*)dollar/ {ZEN}, $1
"""
SOURCES = {
    **{kind: (KEYED, [f"{key}.example" for key in KEYS]) for kind in ("hash", "btree", "lmdb", "cdb", "texthash")},
    "cidr": (CIDR, ADDRESSES),
    "regexp": (PATTERNS, [*KEYS, "FIRST", "x-dollar"]),
    "pcre": (PATTERNS, [*KEYS, "FIRST", "x-dollar"]),
}


def repaired(value: str, strategy: str) -> str:
    """What must have become of a row's answer."""
    if value.startswith(("REJECT", "OK")):
        return value
    value = value.replace(CHECK, REVERSE)
    if strategy == "filter":
        return value.replace(ZEN, FILTERED)
    words = value.replace(f"warn_if_reject {ZEN}", ZEN).replace(ZEN, "\0")
    kept = [word for word in words.replace(",", " ").split(" ") if word not in ("", "\0")]
    return " ".join(kept) or "DUNNO"


def words(value: str) -> list[str]:
    return [word for word in value.replace(",", " ").replace("\t", " ").split(" ") if word]


@pytest.mark.parametrize("strategy", ["remove", "filter"])
@pytest.mark.parametrize("kind", SOURCES)
def test_rebuilt_table_differs_in_the_declared_rows_alone(tmp_path: Path, kind: str, strategy: str) -> None:
    if kind not in table_types():
        pytest.skip(f"this Postfix has no {kind}: tables")
    source, keys = SOURCES[kind]
    table = tmp_path / "map"
    write_table(table, source.encode())
    (tmp_path / "main.cf").write_text(
        "compatibility_level = 3.6\nsmtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"
        f"smtpd_client_restrictions = check_client_access {kind}:/etc/postfix/map\n"
    )
    (tmp_path / "master.cf").write_text("smtp inet n - y - - smtpd\n")
    if kind in COMPILED:
        compile_table(f"{kind}:{table}")
    before = answers(f"{kind}:{table}", keys)
    session = Session(Request((str(tmp_path),), platform="aws", options=Options(dnsbl_fix=strategy)), note=print)
    outcome = session.fix(unsafe=False)
    session.write(outcome)
    assert outcome.dropped == ()
    assert {name for item in outcome.applied if item.fix for name in item.fix.changes} == {f"table:{table}"}
    indexed = (f"postmap {kind}:/etc/postfix/map",) if kind in COMPILED else ()
    assert outcome.commands == (*indexed, "postfix reload")
    if kind in COMPILED:
        # Nothing is in force before the command that is printed.
        assert answers(f"{kind}:{table}", keys) == before
        compile_table(f"{kind}:{table}")
    write_table(table, table.read_bytes())
    after = answers(f"{kind}:{table}", keys)
    assert {key: words(value) for key, value in after.items()} == {
        key: words(repaired(value, strategy)) for key, value in before.items()
    }
    assert len(before) >= 5
    assert before != after
