# Two commands matter: `make run` and `make test`. Each sets up what it needs on a fresh machine with Python 3.11.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := host $(wildcard plugins/*)
MANIFESTS := $(addsuffix /pyproject.toml,$(PACKAGES))
RUN_STAMP := $(VENV)/.butler-run
TEST_STAMP := $(VENV)/.butler-test
EDITABLE := $(foreach package,$(PACKAGES),-e ./$(package))
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: run test soak lint bench docs discord clean matrix

run: $(RUN_STAMP)
	@$(BIN)/butler run $(ARGS)

matrix: $(VENV)/.butler-matrix
	@$(BIN)/butler matrix try

test: $(TEST_STAMP)
	$(BIN)/python -m pytest -n 2 -m "not soak" $(ARGS)

soak: $(TEST_STAMP)
	$(BIN)/python -m pytest -m soak $(ARGS)

lint: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	MYPYPATH=$(shell echo $(PACKAGES) | tr " " ":") $(BIN)/mypy host/butler $(wildcard plugins/*/butler_*)

bench: $(TEST_STAMP)
	$(BIN)/python -m benchmarks $(ARGS)

discord: $(RUN_STAMP)
	@$(BIN)/python -m butler_discord.testing $(ARGS)

docs: $(TEST_STAMP)
	$(BIN)/sphinx-build -W -b html docs docs/_build

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -qq -c constraints.txt pip hatchling editables

$(RUN_STAMP): $(VENV)/bin/python constraints.txt $(MANIFESTS)
	@echo "setting up Butler (once, about a minute) ..."
	@$(PIP) install -qq --no-build-isolation -c constraints.txt $(EDITABLE)
	@touch $@

$(VENV)/.butler-matrix: $(RUN_STAMP)
	@echo "installing a homeserver (once) ..."
	@$(PIP) install -qq -c constraints.txt matrix-synapse
	@touch $@

$(TEST_STAMP): $(RUN_STAMP) requirements-dev.txt
	@$(PIP) install -qq --no-build-isolation -c constraints.txt -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
