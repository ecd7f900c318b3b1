# Every target does its own set-up: a fresh clone needs make and Python 3.11 or newer, nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/.installed
BENCH := $(VENV)/.installed-benchmarks

# Asked by running it, because a name on the PATH may be a shim for an interpreter that is absent.
FIND_PYTHON = for candidate in $(PYTHON) python3 python3.11 python3.12 python3.13 python3.14 python; do \
	if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
		>/dev/null 2>&1; then echo "$$candidate"; exit 0; fi; done; \
	echo "error: Python 3.11 or newer with the venv module is needed; found none on the PATH." >&2; \
	echo "       Install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1

.PHONY: help setup test lint types cover soak mutants docs demo bench clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(STAMP)  ## create .venv with the pinned dependencies
	@:

$(STAMP): pyproject.toml constraints.txt
	@python=$$($(FIND_PYTHON)); \
	echo "installing into $(VENV) with $$($$python --version)"; \
	[ -x $(BIN)/python ] || "$$python" -m venv $(VENV); \
	$(BIN)/python -m pip install -qq --disable-pip-version-check \
		--constraint constraints.txt --editable '.[dev]'; \
	touch $@

test: lint types  ## lint, check types, run every test
	@$(BIN)/python -m pytest -q --numprocesses 4 --dist worksteal

lint: $(STAMP)  ## ruff: rules and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(STAMP)  ## mypy, strict, sources and tests
	@$(BIN)/mypy

cover: $(STAMP)  ## every test again, with the branches that none of them took
	@$(BIN)/python -m pytest -q --cov --cov-branch --cov-report=term

soak: $(STAMP)  ## simulated worlds by the thousand (SEEDS=50000 FIRST=0)
	@$(BIN)/python -m tests.simulation --first $(or $(FIRST),0) --seeds $(or $(SEEDS),50000)

mutants: $(STAMP)  ## plant deliberate mistakes, one by one: the tests must catch each
	@$(BIN)/python -m tests.mutants

docs: $(STAMP)  ## regenerate the tables of docs/reference and openapi.json from the code
	@$(BIN)/python -m tests.house.reference
	@$(BIN)/python -m tests.api.test_openapi

demo: $(STAMP)  ## watch a strategy trade a backtest through a real server
	@$(BIN)/onetape demo

bench: $(BENCH)  ## every headline figure beside its peer
	@$(BIN)/python -m benchmarks

$(BENCH): $(STAMP) benchmarks/requirements.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check \
		--constraint constraints.txt --requirement benchmarks/requirements.txt
	@touch $@

clean:  ## remove everything that make created
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
