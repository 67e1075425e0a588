"""After the fix of duplicate-service real postconf(1) shows the entries that master(8) runs, as before, and no other.

tests/mail shows which entry a running master takes.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from real_postconf import ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.rules import ALL
from postlint.rules.base import Rule
from postlint.rules.duplicate_service import duplicate_service
from postlint.text import Source, decode, encode

pytestmark = pytest.mark.postfix

SMTP = b"smtp inet n - y - - smtpd"
# With the number of the entries that stay.
CASES = (
    (SMTP + b"\n  -o myorigin=a\n" + SMTP + b"\n  -o myorigin=b\n" + SMTP + b"\n", (2,)),
    (b"# a\n" + SMTP + b"\n# b\n  -o myorigin=a\n\n #c\n\t-v\n# d\nlmtp unix - - y - - lmtp\n25" + SMTP[4:], (1, 2)),
    (SMTP + b" -o myorigin=a\r\n# a\r\n -o mail_name=a\r\nlmtp unix - - y - - lmtp\r\n" + SMTP + b"\r\n", (1, 2)),
    (b"smtps inet n\n - y\n# a\n - 1 smtpd\n465 inet n - y - - smtpd\n\xff unix - - y - - smtp\n", (1, 2)),
    (b"  stray\n" + SMTP + b"\n#x\n  -o { myorigin = a }\n" + SMTP + b"\0 -v\n  -v\n", (1,)),
    (b"scan unix n - y - - smtp\nscan unix - - y - - smtp\n -v\nscan unix y - y - - smtp\n", (0, 2)),
)


def shown(directory: Path, master: bytes) -> tuple[str, ...]:
    write_configuration(directory, {"main.cf": b"", "master.cf": master})
    answer = ask(directory, "-M")
    assert answer.fatal is None
    # An entry with options goes over several lines.
    return tuple(re.split(r"\n(?! )", "\n".join(answer.lines)))


@pytest.mark.parametrize(("master", "staying"), CASES, ids=range(len(CASES)))
@pytest.mark.parametrize("rules", [(duplicate_service,), ALL], ids=["alone", "all"])
def test_entries_that_run_stay(master: bytes, staying: tuple[int, ...], rules: Iterable[Rule], tmp_path: Path) -> None:
    before = shown(tmp_path, master)
    result = fix(ConfigurationFiles(None, Source("master.cf", decode(master))), {"master.cf"}, rules=rules)
    assert not result.dropped
    fixed = result.remaining.context.configuration.files.master
    assert fixed is not None
    assert shown(tmp_path, encode(fixed.text)) == tuple(before[number] for number in staying)
    comments = [line for line in master.split(b"\n") if line.strip(b" \t\r").startswith(b"#")]
    assert [line for line in encode(fixed.text).split(b"\n") if line.strip(b" \t\r").startswith(b"#")] == comments
    assert encode(fixed.text).endswith(b"\n") or not master.endswith(b"\n")
