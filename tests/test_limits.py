"""Configurations that nobody writes: time grows with their size and no faster, memory has bounds, and what postlint
does not follow is said.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from test_cli import GUARD, MASTER, TOOL, configure, environment

# Address space in KiB that a run may take; the largest of these needs half of it.
MEMORY = 1_000_000
# Four times the size takes four times the time, sixteen times where time grows with the square.
GROWTH = 9
# Too little to be measured, in seconds.
NOISE = 0.15
LOOKUP = "smtpd_client_restrictions = check_client_access {}:/etc/postfix/clients\n"
ENTRY = """\
# comment
smtpd_sender_restrictions = permit_mynetworks,
    reject_unknown_sender_domain
myhostname = a.example
"""


class Files(NamedTuple):
    main: str
    master: str = MASTER
    clients: str = ""


class Measured(NamedTuple):
    """``seconds``: of processor time."""

    status: int
    out: str
    seconds: float


def lines(template: str, count: int) -> str:
    """``{0}`` stands for the number of the line, ``{1}`` for the next one, ``{2}`` for the next one in a circle."""
    return "".join(template.format(number, number + 1, (number + 1) % count) + "\n" for number in range(count))


def check(folder: Path, files: Files) -> Measured:
    configure(folder, files.main, files.master)
    (folder / "clients").write_text(files.clients)
    bounded = ("sh", "-c", f'ulimit -v {MEMORY}; exec "$@"', "sh", *TOOL, "check", ".")
    with (folder / "out").open("w+") as out, (folder / "err").open("w+") as err:
        process = subprocess.Popen(bounded, cwd=folder, env=environment(), stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        assert "Traceback" not in (errors := err.read())
        assert "bug in postlint" not in errors
        return Measured(process.returncode, out.read(), usage.ru_utime + usage.ru_stime)


def doubling(count: int) -> Files:
    return Files(f"mydestination = $v0\n{lines('v{0} = $v{1}$v{1}', count)}v{count} = 0123456789\n")


def chain(count: int) -> Files:
    return Files(f"mydestination = $v0\n{lines('v{0} = $v{1}', count)}v{count} = end\n")


def circle(count: int) -> Files:
    return Files(f"mydestination = $v0\n{lines('v{0} = $v{2}', count)}")


def conditions(count: int) -> Files:
    return Files(f"mydestination = {'${v?{a}:{b}} ' * count}\n")


def nested_conditions(count: int) -> Files:
    return Files(f"mydestination = {'${v?{' * count}x{'}}' * count}\n")


def unclosed(count: int) -> Files:
    return Files(f"mydestination = $all\nall = {lines('  $v{0}', count)}{lines('v{0} = ${{v', count)}")


def braces(count: int) -> Files:
    return Files(f"{GUARD}smtpd_client_restrictions = {'{' * count}x{'}' * count}\n")


def classes(count: int) -> Files:
    names = ", ".join(f"c{number}" for number in range(count))
    return Files(
        f"{GUARD}smtpd_restriction_classes = {names}\nsmtpd_client_restrictions = c0\n"
        + lines("c{0} = reject_unauth_pipelining, c{2}", count)
    )


def overrides(count: int) -> Files:
    return Files(GUARD, MASTER + lines("  -o name{0}=$name{2}", count))


def same_override(count: int) -> Files:
    return Files(GUARD, MASTER + "  -o smtpd_banner=$myhostname\n" * count)


def services(count: int) -> Files:
    return Files(GUARD, lines("1{0} inet n - y - - smtpd -o smtpd_banner=$myhostname", count))


def parameters(count: int) -> Files:
    return Files(lines("parameter_{0} = $myhostname", count))


def ordinary(count: int) -> Files:
    return Files(ENTRY * count)


def one_line(count: int) -> Files:
    return Files(f"{GUARD}smtpd_client_restrictions = {'reject_unauth_pipelining, ' * count}\n")


def table(count: int) -> Files:
    return Files(GUARD + LOOKUP.format("texthash"), clients=lines("user{0}@example.com REJECT", count))


def table_of_one_key(count: int) -> Files:
    return Files(GUARD + LOOKUP.format("texthash"), clients="user@example.com REJECT\n" * count)


def table_of_restrictions(count: int) -> Files:
    return Files(GUARD + LOOKUP.format("hash"), clients=lines("user{0}@example.com reject_unauth_pipelining", count))


@pytest.fixture(scope="module")
def least(tmp_path_factory: pytest.TempPathFactory) -> float:
    """The seconds that a run takes at least."""
    return check(tmp_path_factory.mktemp("least"), Files("")).seconds


@pytest.mark.long
@pytest.mark.parametrize(
    ("make", "count", "status", "message"),
    [
        (doubling, 4_000, 1, "and takes it for unknown"),
        (chain, 20_000, 1, "is replaced over more than 100 names"),
        (circle, 20_000, 1, "v0 names itself over v1, v2 and 19997 more: Postfix does not start"),
        (conditions, 16_000, 0, ""),
        (nested_conditions, 10_000, 0, "more than 200,000 characters of $ forms in forms"),
        (unclosed, 10_000, 1, "${v: truncated macro reference: Postfix does not start"),
        (braces, 10_000, 1, "error[unknown-restriction]"),
        (classes, 4_000, 1, "the class c0 holds itself over c1, c2 and 3997 other classes"),
        (overrides, 10_000, 1, "name0 names itself over name1, name2 and 9997 more"),
        (same_override, 10_000, 0, ""),
        (services, 1_000, 0, ""),
        (parameters, 100_000, 1, "no Postfix program reads parameter_0, and no value names it"),
        (ordinary, 10_000_000 // len(ENTRY), 0, ""),
        (one_line, 40_000, 0, ""),
        (table, 350_000, 0, ""),
        (table_of_one_key, 150_000, 1, "smtpd refuses the whole of texthash:/etc/postfix/clients"),
        (table_of_restrictions, 120_000, 0, "holds 120,000 rows with restrictions, more than the 20,000 that are read"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_time_grows_with_the_size(
    tmp_path: Path, least: float, make: Callable[[int], Files], count: int, status: int, message: str
) -> None:
    quarter = check(tmp_path / "quarter", make(count // 4))
    whole = check(tmp_path / "whole", make(count))
    assert (whole.status, quarter.status) == (status, status)
    assert message in whole.out
    assert whole.seconds - least <= GROWTH * max(quarter.seconds - least, NOISE)
