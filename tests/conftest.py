"""What the tests share: where the corpus and Postfix are, and when a test is skipped."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from mail import host

PROJECT = Path(__file__).resolve().parent.parent
CORPUS = Path(os.environ.get("POSTLINT_CORPUS", PROJECT.parent / "shared" / "corpus"))
POSTCONF = shutil.which("postconf", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-fixtures", action="store_true", help="write what postlint says now into fixtures/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what the machine has no means for, with the reason; POSTLINT_REQUIRE_ALL makes that a failure."""
    reasons = {
        "postfix": None if POSTCONF else "postconf is not installed",
        "corpus": None if CORPUS.is_dir() else f"no corpus at {CORPUS} (POSTLINT_CORPUS)",
        "root": None if os.geteuid() == 0 else "not root",
    }
    for item in items:
        for marker, reason in reasons.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def mail_host() -> Iterator[host.MailHost]:
    """A real smtpd, started for the first test that asks for it."""
    reason = host.missing()
    if reason:
        pytest.skip(reason)
    with host.running() as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("POSTLINT_REQUIRE_ALL") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although everything is required: {report.longrepr}"
    return report
