# What everybody needs: `make demo`, `make test`. Both set everything up; python3, make and git do.

# Which Python everything runs on, as .venv is made: `make clean`, `make PYTHON=/usr/bin/python3 test`.
PYTHON ?= python3
RUN := .venv/bin/

.PHONY: help demo check format test bench clean

help:
	@echo "make demo    serve a workspace of generated contacts, events and segments"
	@echo "make check   format, lint, types, architecture: seconds"
	@echo "make test    all tests, as CI runs them"
	@echo "make format  write the code as the formatter wants it"
	@echo "make bench   measure"
	@echo "make clean   remove what these made"

.venv/.ready: pyproject.toml uv.lock scripts/bootstrap.py
	$(PYTHON) scripts/bootstrap.py
	@touch $@

demo: .venv/.ready
	$(RUN)carpel demo

check: .venv/.ready
	$(RUN)ruff format --check --quiet
	$(RUN)ruff check --quiet
	$(RUN)lint-imports --no-logo > /dev/null || $(RUN)lint-imports
	$(RUN)mypy
	$(RUN)pytest -q tests/architecture

format: .venv/.ready
	$(RUN)ruff check --quiet --fix-only
	$(RUN)ruff format --quiet

test: check
	$(RUN)pytest -q -n auto --dist worksteal

bench: .venv/.ready
	$(PYTHON) scripts/bootstrap.py --group bench
	$(RUN)python bench/run.py

clean:
	rm -rf .venv .tools carpel-data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
