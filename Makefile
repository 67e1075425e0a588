# PYTHON: the interpreter of a virtual environment that holds '.[test]'.
PYTHON ?= .venv/bin/python

.PHONY: check format lint types test docs long bench

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
	$(PYTHON) -m pytest -q

docs:
	$(PYTHON) tools/build_docs.py

# Many more random configurations than `make test` tries.
long:
	POSTLINT_EXAMPLES=20000 $(PYTHON) -m pytest -q tests/properties tests/oracle

# Ratios to `python -c pass`; the interpreter must hold the installed wheel, not an editable install.
bench:
	$(PYTHON) tools/bench.py
