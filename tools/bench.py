"""Cold start as a ratio to `python -c pass`, and the time that parsing and checking large files takes.

Usage: python tools/bench.py, with the python of a virtual environment that holds the installed package. Medians of
alternating runs, so that a busy machine slows both sides alike.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

RUNS = 15


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cold_start(Path(folder))
        large_files()


def cold_start(folder: Path) -> None:
    main_cf = folder / "main.cf"
    lines = [f"parameter_{number} = value of parameter {number}\n" for number in range(140)]
    lines += ["smtpd_client_restrictions = permit_mynetworks, reject_rbl_client zen.spamhaus.org\n"]
    lines += ["smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n"]
    main_cf.write_text("".join(lines), encoding="utf-8")
    (folder / "master.cf").write_text("smtp inet n - y - - smtpd\n", encoding="utf-8")
    script = Path(sys.executable).with_name("postlint")
    commands = {
        f"check of {main_cf.stat().st_size} bytes": [str(script), "check", str(folder)],
        "--help": [str(script), "--help"],
    }
    for name, command in commands.items():
        ratios = [seconds(command) / seconds([sys.executable, "-c", "pass"]) for _ in range(RUNS + 2)][2:]
        print(f"{name}: {statistics.median(ratios):.1f}x python -c pass")


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False)
    return time.perf_counter() - start


def large_files() -> None:
    from postlint.configuration.model import ConfigurationFiles
    from postlint.engine.lint import lint
    from postlint.syntax.parse import parse_main_cf
    from postlint.text import Source

    entry = (
        "# comment\nsmtpd_sender_restrictions = permit_mynetworks,\n    reject_unknown_sender_domain\nname = value\n"
    )
    texts = {
        "10 KB": entry * (10_000 // len(entry)),
        "10 MB": entry * (10_000_000 // len(entry)),
        "100,000 parameters": "".join(f"parameter_{number} = value\n" for number in range(100_000)),
        "1 MB of one value": "name = " + "word, " * 170_000 + "\n",
    }
    for name, text in texts.items():
        source = Source("main.cf", text)
        parse_time = timed(partial(parse_main_cf, source))
        check_time = timed(partial(lint, ConfigurationFiles(source, None)))
        print(
            f"{name}: parse {parse_time:.3f} s ({parse_time / len(text) * 1e9:.0f} ns/byte), check {check_time:.3f} s"
        )


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
