"""Which names master(8) takes for one service: src/master/master_ent.c, get_master_ent()."""

import pytest

from postlint.configuration.model import ConfigurationFiles
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
