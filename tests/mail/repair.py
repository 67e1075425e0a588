"""`postlint fix` as a user runs it."""

import subprocess
import sys
from pathlib import Path

from conftest import PROJECT


def fix(directory: Path, *options: str) -> str:
    """Repair the directory with the command; what it says."""
    command = [sys.executable, "-m", "postlint", "fix", *options, str(directory)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout
