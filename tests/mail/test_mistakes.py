"""The commonest mistakes: what a real Postfix makes of each, and that postlint says just that."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mail.dialogue import Client, Session
from mail.host import MailHost
from mail.mistakes import DOWN, GONE, MISTAKES, Mistake
from mail.postfix import SERVICES
from postlint.diagnostics import Diagnostic, Severity
from postlint.request import Request
from postlint.rules import ALL
from postlint.session import Session as Command

pytestmark = [pytest.mark.postfix, pytest.mark.root]

STRANGER = Client("203.0.113.50", "mail.innocent.example")
RELAYING = replace(STRANGER, recipients=("someone@elsewhere.example",))
# What a message of postlint says becomes of mail.
CLAIMS = {
    "answered with 451": {451},
    "dies": {GONE, DOWN},
    "does not start": {GONE, DOWN},
    "do not start": {GONE, DOWN},
}


def found(directory: Path, version: str) -> list[Diagnostic]:
    """What is more than a hint."""
    diagnostics = Command(Request((str(directory),), version=version), note=print).check().diagnostics
    return [item for item in diagnostics if item.severity >= Severity.WARNING]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake(mistake: Mistake, mail_host: MailHost, tmp_path: Path) -> None:
    directory = configured(mail_host, tmp_path, mistake)
    if mistake.innocent == DOWN:
        with pytest.raises(RuntimeError, match="master does not start"):
            mail_host.instance_session(directory, STRANGER)
    else:
        session = served(mail_host, directory, mistake, STRANGER)
        relaying = served(mail_host, directory, mistake, RELAYING) if session.code != GONE else session
        assert (session.code, relaying.code) == (mistake.innocent, mistake.relayed)
        assert session.deliveries == ((("local", mistake.delivery),) if session.code == 250 else ())
        assert mistake.log in "\n".join((*session.log, *relaying.log))
    diagnostics = found(directory, mail_host.version)
    assert [(item.rule, item.message) for item in diagnostics] == list(mistake.said)
    assert list(false_claims(mistake, diagnostics)) == []
    # Nothing that harms mail goes without a finding, but for the rules that are still to come.
    is_harmless = (mistake.innocent, mistake.relayed) == (250, 554)
    assert diagnostics or is_harmless or mistake.missing
    assert mistake.missing not in {rule.name for rule in ALL}


def configured(host: MailHost, folder: Path, mistake: Mistake) -> Path:
    master = f"smtp inet n - n - - smtpd\n{mistake.options}{SERVICES}"
    return host.write(folder / "conf", f"{mistake.main}\n", {**dict(mistake.files), "master.cf": master})


def served(host: MailHost, directory: Path, mistake: Mistake, client: Client) -> Session:
    # Only an instance delivers with the configuration's own settings.
    is_whole = mistake.options or mistake.delivery != "sent"
    return host.instance_session(directory, client) if is_whole else host.session(directory, client)


def false_claims(mistake: Mistake, diagnostics: list[Diagnostic]) -> Iterator[str]:
    """The errors that say something else becomes of mail. Where smtpd dies, the word behind is not come to."""
    for item in diagnostics:
        claims = [answers for words, answers in CLAIMS.items() if words in item.message]
        is_first = item is diagnostics[0]
        if item.severity is Severity.ERROR and is_first and claims and mistake.innocent not in claims[0]:
            yield item.message
