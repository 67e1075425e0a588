"""What real smtpd takes for a member of mynetworks: the cases that test_match_lists.py holds the reader against."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from match_list_cases import CASES, Case
from real_postconf import ask

from postlint.target import PostfixVersion

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
    """The first word that smtpd answers 127.0.0.1 with."""
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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_smtpd_answers_as_the_case_says(case: Case, place: Path) -> None:
    main = MAIN.format(place, case.value.replace("@", str(place)))
    for name, text in (("main.cf", main), ("master.cf", ""), *case.files):
        path = place / name
        path.write_text(text.replace("@", str(place)))
        # One that changed just now is read again and again.
        os.utime(path, (0, 0))
    version = PostfixVersion.parse(ask(place, "-d").settings["mail_version"])
    assert greeting(place) == {True: "220", False: "554", None: "451"}[case.member_for(version < PostfixVersion(3, 8))]
