"""Adds the parsers' tables to a built package; everything else stands in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithTables(build_py):
    """Computes the tables after the modules have been copied. Not for editable installs, whose grammars change."""

    def run(self) -> None:
        """Copy, then compute."""
        super().run()
        if not self.editable_mode:
            sys.path.insert(0, str(Path(__file__).resolve().parent))
            from postlint.syntax.grammars import save_tables

            save_tables(Path(self.build_lib) / "postlint" / "grammar")


setup(cmdclass={"build_py": BuildWithTables})
