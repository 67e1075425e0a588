"""duplicate-table-key finds the rows that real postmap calls a duplicate entry."""

import re
import subprocess
from pathlib import Path

import pytest

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.lint import lint
from postlint.rules.duplicate_table_key import duplicate_table_key
from postlint.text import Source

ROWS = """\
# A key in other cases, over two lines, in quotes, without a result, and twice in a comment.
a.example OK
A.example REJECT
# a.example OK
a.example
  OK
"a b" OK
"A b" OK
a.example
c.example OK
c.example.
  OK
C.EXAMPLE. REJECT
\tindented OK
é.example OK
é.example REJECT
192.0.2 OK
192.0.2.0 OK
192.0.2\tOK
"""


@pytest.mark.postfix
def test_rows_are_those_that_postmap_warns_of(tmp_path: Path) -> None:
    (tmp_path / "table").write_text(ROWS)
    command = ["postmap", "-q", "a.example", f"texthash:{tmp_path}/table"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    real = {int(line) for line in re.findall(r"line (\d+): duplicate entry", said)}
    main = "smtpd_client_restrictions = check_client_access {}:/etc/postfix/table\n"
    for kind in ("hash", "texthash"):
        files = ConfigurationFiles(Source("main.cf", main.format(kind)), None).with_table("table", ROWS)
        found = lint(files, rules=[duplicate_table_key]).diagnostics
        places = [item.location for item in found]
        if kind == "texthash":
            places += [related.location for related in found[0].related[1:]]
        assert {place.source.position(place.span.start)[0] for place in places} == real
        assert len(real) == 6
