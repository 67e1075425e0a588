# PYTHON: the interpreter of a virtual environment that holds '.[test]'.
PYTHON ?= .venv/bin/python

.PHONY: check format lint types test docs long faults fuzz bench

check: lint types test

format:
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

lint:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .

types:
	$(PYTHON) -m mypy

test:
	$(PYTHON) -m pytest -q -n auto

docs:
	$(PYTHON) tools/build_docs.py

# Many more random configurations than `make test` tries.
long:
	POSTLINT_EXAMPLES=20000 $(PYTHON) -m pytest -q -n auto tests/properties tests/oracle

# `postlint fix` killed, failed and disturbed at each of its system calls: needs strace, and takes about a minute.
faults:
	POSTLINT_FAULTS=1 $(PYTHON) -m pytest -q -n auto tests/faults

# 10,000 random configurations, read by postlint and by the installed postconf(1): about half an hour.
fuzz:
	POSTLINT_EXAMPLES=10000 $(PYTHON) -m pytest -q tests/oracle/test_show_fuzz.py

# Ratios to `python -c pass`; the interpreter must hold the installed wheel, not an editable install.
bench:
	$(PYTHON) tools/bench.py
