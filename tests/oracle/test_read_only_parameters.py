"""What real Postfix makes of values for read-only parameters, and of a main.cf without them."""

import os
import subprocess
from pathlib import Path

import pytest
from real_postconf import Answer, ask, hidden_names, write_configuration

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.rules import ALL
from postlint.rules.read_only_parameter import read_only_parameter
from postlint.target import PostfixVersion
from postlint.text import Source, decode, encode

pytestmark = pytest.mark.postfix

_BASE = (
    "smtpd_relay_restrictions = reject\nlocal_recipient_maps =\nalias_maps =\n"
    "myhostname = mx.example\nsmtpd_peername_lookup = no\n"
)
_VALUES = "process_id = 7\nprocess_name = own\nservice_name = mx\n"

TEXTS = (
    b"service_name = mx\nmyorigin = a.example\nprocess_id=\n",
    b"service_name =\n# one\n  a,\n\n  # two\n\tb\n# three\nmyorigin = a.example\nservice_name = c\n",
    b"myorigin = a.example\r\nservice_name = a\r\n# one\r\n  b\r\nservice_name = b\r\nservice_name = a",
    b"service_name\n  = a\nmyorigin = a.example\0 b\nprocess_id = 1\0",
)


def files_of(text: bytes) -> ConfigurationFiles:
    return ConfigurationFiles(Source("main.cf", decode(text)), None)


def answer(directory: Path, text: bytes) -> Answer:
    write_configuration(directory, {"main.cf": text, "master.cf": b""})
    return ask(directory, "-n")


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("rules", [(read_only_parameter,), ALL], ids=["alone", "all"])
def test_fix_leaves_the_same_values_and_nothing_hidden(text: bytes, rules: tuple[object, ...], tmp_path: Path) -> None:
    before = answer(tmp_path, text)
    assert {"service_name", "process_id"} & hidden_names(before.messages)
    result = fix(files_of(text), {"main.cf"}, rules=[rule for rule in ALL if rule in rules])
    assert not result.dropped
    fixed = result.remaining.context.configuration.files.main
    assert fixed is not None
    comments = [line.strip() for line in text.split(b"\n") if line.strip(b" \t\r").startswith(b"#")]
    assert [line.strip() for line in encode(fixed.text).split(b"\n") if b"#" in line] == comments
    after = answer(tmp_path, encode(fixed.text))
    assert hidden_names(after.messages) == set()
    assert after.lines == before.lines


def test_overrides_go_and_the_others_stay(tmp_path: Path) -> None:
    smtp = b"smtp inet n - y - - smtpd"
    master = smtp + b" -o process_id=7\n  -o { service_name = a b } -o syslog_name=postfix/$service_name\n# end\n  -o"
    master += b" process_name=mx -o process_id=8"
    files = ConfigurationFiles(None, Source("master.cf", decode(master)))
    result = fix(files, {"master.cf"}, rules=ALL)
    assert not result.dropped
    fixed = result.remaining.context.configuration.files.master
    assert fixed is not None
    assert encode(fixed.text) == smtp + b"\n  -o syslog_name=postfix/$service_name\n# end\n  -o process_name=mx"
    write_configuration(tmp_path, {"main.cf": b"", "master.cf": encode(fixed.text)})
    assert ask(tmp_path, "-P").settings["smtp/inet/syslog_name"] == "postfix/$service_name"


@pytest.mark.root
@pytest.mark.parametrize("options", [(), ("-o", "service_name=o", "-o", "process_id=8")])
def test_smtpd_sets_the_service_name_and_the_process_id_itself(options: tuple[str, ...], tmp_path: Path) -> None:
    banner = "smtpd_banner = $myhostname <$service_name> <$process_id> <$process_name>\n"
    write_configuration(tmp_path, {"main.cf": (_BASE + _VALUES + banner).encode(), "master.cf": b""})
    settings = ask(tmp_path, "-d").settings
    smtpd = subprocess.Popen(
        [f"{settings['daemon_directory']}/smtpd", "-S", "-V", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "MAIL_CONFIG": str(tmp_path)},
    )
    said, _ = smtpd.communicate(b"QUIT\r\n", timeout=60)
    name = "own" if PostfixVersion.parse(settings["mail_version"]) < PostfixVersion(3, 12) else "smtpd"
    assert said.decode().split("\r\n")[0] == f"220 mx.example <smtpd> <{smtpd.pid}> <{name}>"


@pytest.mark.root
def test_newaliases_takes_the_values_where_another_names_them(tmp_path: Path) -> None:
    database = f"alias_database = texthash:{tmp_path}/$service_name.$process_id\n"
    main = (_BASE + _VALUES + database).encode()
    write_configuration(tmp_path, {"main.cf": main, "master.cf": b""})
    sendmail = ask(tmp_path, "-d").settings["sendmail_path"]
    done = subprocess.run([sendmail, "-C", tmp_path, "-I"], capture_output=True, check=False, timeout=60)
    assert f"{tmp_path}/mx.7:" in done.stderr.decode()
    assert fix(files_of(main), {"main.cf"}, rules=[read_only_parameter]).edits == {}
