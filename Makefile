# The words a person types. `make` alone lists them.
PYTHON := .venv/bin/python
# Without bytecode each start of aws_cdk costs seconds more.
unexport PYTHONDONTWRITEBYTECODE
# Tests wait for simulated seconds more than they compute; each process keeps whole folders.
PROCESSES := 2
# A real server or browser beside thousands of tests can be late once. A defect fails again; what does not is listed.
ONCE_MORE := --reruns 1 -r aR
.DEFAULT_GOAL := help
.PHONY: help bootstrap demo test quick rehearse check bench docs lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: ## set this checkout up, or bring it up to date (python3 bootstrap.py)
	@python3 bootstrap.py

$(PYTHON):
	@python3 bootstrap.py

demo: bootstrap ## deploy MapReduce into the local cloud, run a job, compare the result
	@$(PYTHON) -m rehearsals.demo

test: $(PYTHON) ## every test, rehearsals in the local cloud included
	@$(PYTHON) -m pytest

quick: $(PYTHON) ## the tests without the rehearsals: for every save
	@$(PYTHON) -m pytest -q -m "not rehearsal"

rehearse: $(PYTHON) ## every stack deployed into a local cloud, driven, and judged (part of make check)
	@$(PYTHON) -m pytest -m rehearsal

check: $(PYTHON) ## what CI runs: lint, format, types, every test
	-@$(PYTHON) -m rehearsals.programs
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest --numprocesses $(PROCESSES) --dist loadgroup $(ONCE_MORE) --durations 25

bench: $(PYTHON) ## measure beside peers, one report (QUICK=1: three minutes, not kept)
	@$(PYTHON) -m benchmarks

docs: $(PYTHON) ## draw the pictures of the stacks anew (look at them before you commit)
	@$(PYTHON) -m pytest -q tests/contract/test_pictures.py --snapshot-update

# The full lock first: requirements.txt then takes the same versions, so that a user synthesises with what the tests ran on.
# An index that holds only some platforms' files gives a lock for those platforms only: resolve against a complete one.
COMPILE := $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --annotation-style line --custom-compile-command "make lock"
lock: $(PYTHON) ## resolve the two requirements files and package-lock.json anew (add UPGRADE=--upgrade for newer versions)
	$(COMPILE) $(UPGRADE) pyproject.toml --extra local --extra gate --group dev --output-file requirements-dev.txt
	$(COMPILE) pyproject.toml --constraint requirements-dev.txt --output-file requirements.txt
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/npm install --package-lock-only --ignore-scripts --no-audit --no-fund

clean: ## remove what runs leave behind (.venv and node_modules stay)
	rm -rf cdk.out .refarch dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -not -path './node_modules/*' -type d -prune -exec rm -rf {} +
