"""What real smtpd takes for a member of mynetworks: the cases that test_match_lists.py holds the reader against, and
IPv6 addresses without brackets.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from match_list_cases import CASES, Case
from real_postconf import ask

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.lint import lint
from postlint.rules.match_list_colon import match_list_colon
from postlint.target import PostfixVersion
from postlint.text import Source

pytestmark = [pytest.mark.postfix, pytest.mark.root]

OWNER = "postfix"
# smtpd answers as soon as it is connected to, and asks no other program.
MAIN = """\
compatibility_level = 3.6
myhostname = mx.example.com
queue_directory = {0}/queue
data_directory = {0}/queue
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_delay_reject = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_event_limit_exceptions =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_restrictions = permit_mynetworks, reject
me = 127.0.0.1
mynetworks = {1}
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that smtpd's user can read."""
    folder = Path(tempfile.mkdtemp(prefix="postlint-"))
    folder.chmod(0o755)
    (folder / "queue" / "pid").mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def greeting(configuration: Path) -> str:
    """The first word that smtpd answers 127.0.0.1 with; empty when it dies."""
    smtpd = f"{ask(configuration, '-d').settings['daemon_directory']}/smtpd"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        connection = server.accept()[0]
        with subprocess.Popen(
            [smtpd, "-S"],
            stdin=connection.fileno(),
            stdout=connection.fileno(),
            env={"MAIL_CONFIG": str(configuration), "PATH": os.environ["PATH"]},
            user=OWNER,
            group=OWNER,
            extra_groups=[],
        ) as process:
            connection.close()
            client.settimeout(30)
            answer = client.recv(512).decode().partition(" ")[0]
            process.kill()
    return answer


def write(place: Path, value: str, files: Iterable[tuple[str, str]] = (), more: str = "") -> None:
    """A configuration with a value of mynetworks, old enough not to be read again and again."""
    main = MAIN.format(place, value.replace("@", str(place))) + more
    for name, text in (("main.cf", main), ("master.cf", ""), *files):
        path = place / name
        path.write_text(text.replace("@", str(place)))
        os.utime(path, (0, 0))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_smtpd_answers_as_the_case_says(case: Case, place: Path) -> None:
    write(place, case.value, case.files)
    version = PostfixVersion.parse(ask(place, "-d").settings["mail_version"])
    assert greeting(place) == {True: "220", False: "554", None: "451"}[case.member_for(version < PostfixVersion(3, 8))]


@pytest.mark.parametrize(
    ("value", "answer", "found"),
    [
        ("::1 127.0.0.1", "", "smtpd dies"),
        ("127.0.0.1 ::/0", "", "smtpd dies"),
        ("2001:db8::1 127.0.0.1", "451", "each client that no item before it matches is answered with 451"),
        ("!fe80::/10 127.0.0.1", "451", "each client that no item before it matches is answered with 451"),
        ("127.0.0.1 2001:db8::/32", "220", "each client that no item before it matches is answered with 451"),
        ("[2001:db8::1] [::1]/128 ![fe80::]/10 127.0.0.1", "220", None),
    ],
)
def test_address_without_brackets(value: str, answer: str, found: str | None, place: Path) -> None:
    write(place, value)
    assert greeting(place) == answer
    files = ConfigurationFiles(Source("main.cf", (place / "main.cf").read_text()), None)
    messages = [item.message for item in lint(files, rules=[match_list_colon]).diagnostics]
    assert [message.rpartition(": ")[2] for message in messages] == ([] if found is None else [found])


@pytest.mark.parametrize("parameter", ["smtpd_authorized_xclient_hosts", "debug_peer_list", "relay_domains"])
def test_other_lists_without_brackets(parameter: str, place: Path) -> None:
    for value, answer in (("::1", ""), ("2001:db8::1", "220"), ("[::1]", "220")):
        write(place, "127.0.0.1", more=f"{parameter} = {value}\n")
        assert greeting(place) == answer
