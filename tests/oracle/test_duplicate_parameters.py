"""duplicate-parameter finds what real postconf calls an earlier entry; its fixes change no value, in -o neither."""

import re
from pathlib import Path

import pytest
from real_postconf import Answer, ask, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.diagnostics import Diagnostic, Severity
from postlint.engine.fix import fix
from postlint.rules.duplicate_parameter import duplicate_parameter
from postlint.text import Source, decode, encode

pytestmark = pytest.mark.postfix

TEXTS = (
    b"mynetworks = 192.0.2.1\nmynetworks = 192.0.2.2\nmynetworks = 192.0.2.1\n",
    b"mydestination = a.example,\n# b\n    b.example\n\n #c\n\tc.example\n# d\nmyorigin=x\nmydestination = a.example\n",
    b"mydestination = a.example,\r\n# b\r\n\tb.example\r\n\r\nmydestination=\r\n",
    b"myorigin\n  = a.example\nmyorigin\n# x\n  # y\n\t=\n  b.example",
    b"mydestination = a.example\0 b.example\n  c.example\n# d\n\v e.example\nmydestination = f.example\n",
    b"  mail_name = stray\n  mail_name = x\nmail_name = a\n\xa0mail_name = b\nmail_name = c\n",
    b"mail_name = \xff\n# \xff\n \xfe\nmail_name =\xe2\x80\xa8\n",
)


def overriding(answer: Answer) -> set[int]:
    """The lines that postconf says replace an earlier one."""
    found = (re.search(r"line (\d+): overriding earlier entry", line) for line in answer.messages)
    return {int(match[1]) for match in found if match}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_fix_leaves_postconf_with_the_same_values_and_no_earlier_entry(text: bytes, tmp_path: Path) -> None:
    write_configuration(tmp_path, {"main.cf": text, "master.cf": b""})
    before = ask(tmp_path, "-n")
    assert overriding(before)
    files = ConfigurationFiles(Source("main.cf", decode(text)), None)
    result = fix(files, {"main.cf"}, rules=[duplicate_parameter])
    assert not result.dropped
    assert {last_line(item) for item in result.before.diagnostics if item.severity is Severity.WARNING} <= overriding(
        before
    )
    fixed = result.remaining.context.configuration.files.main
    assert fixed is not None
    comments = [line for line in text.split(b"\n") if line.strip(b" \t\r").startswith(b"#")]
    assert [line for line in encode(fixed.text).split(b"\n") if line.strip(b" \t\r").startswith(b"#")] == comments
    write_configuration(tmp_path, {"main.cf": encode(fixed.text)})
    after = ask(tmp_path, "-n")
    assert not overriding(after)
    assert after.lines == before.lines


def last_line(diagnostic: Diagnostic) -> int:
    location = diagnostic.related[0].location
    return location.source.position(location.span.start)[0]


def test_postconf_takes_the_last_override(tmp_path: Path) -> None:
    master = (
        b"smtp inet n - y - - smtpd\n  -o myorigin=a.example -o { myorigin = b.example }\n  -o myorigin=c.example\n"
    )
    write_configuration(tmp_path, {"main.cf": b"", "master.cf": master})
    assert ask(tmp_path, "-P").lines == ("smtp/inet/myorigin = c.example",)


SMTP = b"smtp inet n - y - - smtpd"
# A service, and what is left of it.
SERVICES = (
    (b" -o myorigin=a -o myorigin=b\n", b" -o myorigin=b\n"),
    (b"\n  -o myorigin=a\n# one\n  -o myorigin=b", b"\n# one\n  -o myorigin=b"),
    (b"\r\n  -o myorigin=a\r\n\t-o myorigin=b -v\r\n", b"\r\n\t-o myorigin=b -v\r\n"),
    (b" -v -o\n# one\n  myorigin=a\n -o mail_name=c -o myorigin=b\n", b" -v\n# one\n -o mail_name=c -o myorigin=b\n"),
    (b" -o {\n# one\n myorigin\n = a b\n } -v\n  -o myorigin=b\n", b"\n# one\n -v\n  -o myorigin=b\n"),
    (b" -vo myorigin=a -o myorigin=b\n", b" -vo myorigin=a -o myorigin=b\n"),
    (b"\n  -o myorigin=a\n#lmtp unix - - y - - lmtp\n  -o myorigin=b\n",) * 2,
    (b" -o myorigin=a -o myorigin=b -o mail_name= #x\n",) * 2,
    (b" -o myorigin=a -o myorigin=b -o myorigin=a -o myorigin=a", b" -o myorigin=a"),
)


@pytest.mark.parametrize(("options", "left"), SERVICES, ids=range(len(SERVICES)))
def test_earlier_overrides_go_and_the_services_stay(options: bytes, left: bytes, tmp_path: Path) -> None:
    master = SMTP + options
    write_configuration(tmp_path, {"main.cf": b"", "master.cf": master})
    before = ask(tmp_path, "-P")
    files = ConfigurationFiles(None, Source("master.cf", decode(master)))
    result = fix(files, {"master.cf"}, rules=[duplicate_parameter])
    assert not result.dropped
    fixed = result.remaining.context.configuration.files.master
    assert fixed is not None
    assert encode(fixed.text) == SMTP + left
    write_configuration(tmp_path, {"master.cf": encode(fixed.text)})
    assert before.lines
    assert ask(tmp_path, "-P") == before
