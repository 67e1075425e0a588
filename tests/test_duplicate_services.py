"""Which names master(8) takes for one service (src/master/master_ent.c, get_master_ent()); where an entry stays."""

import pytest
from test_suppress import files_of

from postlint.configuration.model import ConfigurationFiles
from postlint.engine.fix import fix
from postlint.engine.lint import lint
from postlint.rules.duplicate_service import duplicate_service
from postlint.text import Source


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("smtp inet n", "25 inet n", True),
        ("465 inet n", "smtps inet n", True),
        ("127.0.0.1:587 inet n", "[127.0.0.1]:submission inet n", True),
        ("::1:2525 inet n", "[::1]:2525 inet n", True),
        (":2525 inet n", "2525 inet n", True),
        ("2525 inet n", "127.0.0.1:2525 inet n", False),
        ("localhost:2525 inet n", "127.0.0.1:2525 inet n", False),
        ("smtp inet n", "smtp unix -", False),
        ("25 unix -", "smtp unix -", False),
        ("scan unix y", "scan unix -", True),
        ("scan unix n", "scan unix -", False),
        ("scan unix -", "scan fifo -", False),
        ("scan unix -", "Scan unix -", False),
    ],
)
def test_names_of_one_service(first: str, second: str, one: bool) -> None:
    entries = [f"{start} - n - - smtpd\n" for start in (first, second)]
    for master, expected in ((entries[0] + entries[1], one), (entries[1] + entries[0], one)):
        files = ConfigurationFiles(None, Source("master.cf", master))
        assert [item.location.span.start for item in lint(files, rules=[duplicate_service]).diagnostics] == [
            0
        ] * expected


SMTP = "smtp inet n - y - - smtpd\n"
OTHER = "smtp inet n - y - 1 smtpd\n  -o smtpd_helo_required=yes\n"


def fixed(master: str, judged: str = "master.cf", main: str = "") -> str:
    result = fix(files_of(main, master), {judged}, rules=[duplicate_service])
    assert not result.dropped
    after = result.remaining.context.configuration.files.master
    assert after is not None
    return after.text


def test_the_last_of_three_stays() -> None:
    assert fixed(OTHER + SMTP + OTHER) == OTHER


def test_a_file_that_is_only_read_stays() -> None:
    assert fixed(OTHER + SMTP, judged="main.cf") == OTHER + SMTP


def test_nothing_goes_from_a_file_that_stops_postfix() -> None:
    broken = "scan unix - - smtp\n"
    (found,) = lint(files_of("", OTHER + SMTP + broken), rules=[duplicate_service]).diagnostics
    assert (
        found.help == "take over what the later one lacks, then remove this entry; no fix while a line of this file "
        "stops Postfix"
    )
    assert fixed(OTHER + SMTP + broken) == OTHER + SMTP + broken


def test_comments_that_speak_of_the_entry_go_along() -> None:
    comment = "# postlint: ignore[unknown-helo-rejected]: partners\n"
    text = f"# mine\n{comment}smtp inet n - y - 1 smtpd\n{comment}  -o smtpd_helo_required=yes\n# end\n{SMTP}"
    assert fixed(text) == f"# mine\n# end\n{SMTP}"


def test_suppressed_entry_stays() -> None:
    text = f"# postlint: ignore[duplicate-service]: for later\n{OTHER}{OTHER}{SMTP}"
    assert fixed(text) == text.replace(OTHER + OTHER, OTHER)


@pytest.mark.parametrize(("disabled", "gone"), [("", True), ("25/inet", False), ("$x", True)])
def test_later_entry_may_be_switched_off(disabled: str, gone: bool) -> None:
    later = SMTP.replace("smtp ", "25 ")
    main = f"master_service_disable = {disabled}\n"
    assert fixed(OTHER + later, main=main) == (later if gone else OTHER + later)
    assert fixed(OTHER + SMTP, main=main) == SMTP
