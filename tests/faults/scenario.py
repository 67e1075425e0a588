"""A configuration whose repair replaces three files and makes one, and what may be found of it at any moment."""

import os
import re
import shutil
import stat
from pathlib import Path

from test_cli import GUARD, MASTER, configure

from faults.runs import State, tree

KEY = "q7w3kfm2zt9xb4nvhd6sj8rcpy"
MAIN = (
    f"{GUARD}smtpd_client_restrictions = check_client_access texthash:/etc/postfix/clients,"
    " reject_rbl_client zen.spamhaus.org\n"
)
OVERRIDE = MASTER + " -o smtpd_sender_restrictions=reject_unknown_client_hostname\n"
CLIENTS = "example.com reject_unknown_helo_hostname\n"
FIX = ("fix", "--unsafe-fixes", "--platform", "aws", "--dnsbl-fix", "dqs", "--dqs-key-file", "key", "conf")
MADE = "conf/dnsbl-reply-map"


def make(top: Path) -> Path:
    """main.cf behind a link, master.cf and a table to replace, a map to make; each with its own mode and owner."""
    conf = configure(top / "conf", master=OVERRIDE)
    (configure(top / "site") / "common.cf").write_text(MAIN)
    (conf / "main.cf").symlink_to("../site/common.cf")
    (conf / "clients").write_text(CLIENTS)
    (top / "key").write_text(KEY)
    for number, name in enumerate(("site/common.cf", "conf/master.cf", "conf/clients")):
        (top / name).chmod((0o640, 0o444, 0o664)[number])
        if os.geteuid() == 0:
            os.chown(top / name, 1000 + number, 2000 + number)
    return top


def copied(top: Path, place: Path) -> Path:
    """A copy with owners."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(top, place, symlinks=True)
    for name, state in tree(top).items():
        os.chown(place / name, state.owner, state.group, follow_symlinks=False)
        if not stat.S_ISLNK(state.mode):
            os.chmod(place / name, stat.S_IMODE(state.mode))
    return place


def temporary_files(found: dict[str, State]) -> list[str]:
    """Those of postlint."""
    return [name for name in found if re.fullmatch(r"(conf|site)/\.[a-z.-]+\.[a-z0-9_]{8}\.postlint", name)]


def assert_whole(found: dict[str, State], old: dict[str, State], new: dict[str, State]) -> None:
    """Each file is the old one or the new one; what else there is, is a temporary file."""
    for name in old:
        assert found[name] in (old[name], new[name])
    assert found.get(MADE) in (None, new[MADE])
    assert found.keys() - new.keys() == set(temporary_files(found))
