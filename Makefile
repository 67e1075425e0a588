# PYTHON: the interpreter of a virtual environment that holds '.[test]'.
PYTHON ?= .venv/bin/python

.PHONY: check format lint types test everything docs long fuzz generations bench values mail faults

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

# The tests marked `long` as well.
everything:
	$(PYTHON) -m pytest -q -n auto --dist worksteal -m ""

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

# The Postfix of three Debian releases beside the installed one, and mail through trixie's; needs root and debootstrap,
# and 800 MB in GENERATIONS.
GENERATIONS ?= $(HOME)/.cache/postlint/postfix
generations:
	tools/install_postfix.sh $(GENERATIONS) bullseye trixie sid
	POSTLINT_POSTFIXES=$(GENERATIONS) POSTLINT_REQUIRE_ALL=1 $(PYTHON) -m pytest -q tests/oracle/test_generations.py tests/oracle/test_complaints.py
	POSTLINT_MAIL_POSTFIX=$(GENERATIONS)/trixie POSTLINT_REQUIRE_ALL=1 $(PYTHON) -m pytest -q -n auto --dist worksteal tests/mail

# Each parameter that a daemon reads with values of all shapes, and the real daemon: about two minutes, as root.
values:
	POSTLINT_EXAMPLES=1000 $(PYTHON) -m pytest -q -n auto tests/oracle/test_values.py

# 500 random policies, those of the corpus and both stories in every place, before and after their repair, served by the
# installed smtpd(8): as root, about a quarter of an hour on two processors.
mail:
	POSTLINT_POLICIES=500 $(PYTHON) -m pytest -q -n auto --dist worksteal tests/mail

# Ratios to `python -c pass`; the interpreter must hold the installed wheel, not an editable install.
bench:
	$(PYTHON) tools/bench.py
