# `make up` runs Lyceum here; `make test` passes its tests. Both prepare what they need in .venv. Where apt-get is and nobody has to
# be asked (root, or a sudo without password), they also install the packages libfribidi0 and, for the tests, chromium and pgbouncer; else
# they go without.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.DEFAULT_GOAL := help

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

up: .venv/run  ## Run everything here; without a Discord token the local Discord stands in
	@$(BIN)/lyceum up

prepare: .venv/run  ## Prepare what `make up` needs, and run nothing

PYTEST := $(BIN)/pytest -n auto --dist worksteal

test: .venv/dev  ## Pass all tests but the slow ones, in less than five minutes on two cores
	$(PYTEST) -m "not slow"

test-slow: .venv/dev  ## Pass the slow tests: kill -9, whole installations, random histories, large crowds, every size of the page
	$(PYTEST) -m slow

test-dates: .venv/dev  ## Pass the tests again under clocks of other days: make test-dates days="monday leap-day"
	@deploy/install-faketime && $(BIN)/python -m tests.on_other_days $(days) -- -n auto --dist worksteal -m "not slow"

coverage: .venv/dev  ## Pass fast and slow tests and hold that they run 95 % of the code
	$(PYTEST) --cov --cov-report=term:skip-covered

check: .venv/dev lint types test test-slow  ## What CI runs: lint, types, fast and slow tests

lint: .venv/dev  ## Style, words, and which package may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m tests.glossary

types: .venv/dev  ## Strict types over code and tests
	$(BIN)/basedpyright

format: .venv/dev  ## Format the code
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

samples: .venv/run  ## Draw every card with empty, typical and extreme data into samples/
	@mkdir -p samples
	$(BIN)/python -m render.samples samples/sheet.png

migration: .venv/dev  ## Write a migration from the models: make migration name="add timers"
	$(BIN)/python -m db.migrate "$(name)"

schema: .venv/dev  ## Write docs/schema.md from the models
	$(BIN)/python -m db.schema_page

words: .venv/dev  ## Extract what the code says, update and compile the catalogues
	$(BIN)/python -m app.i18n.compile

lock: .venv/dev  ## Choose versions anew and pin them with hashes (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -q \
		pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -q \
		pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean:  ## Remove what was prepared here; the data of `make up` stays
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .coverage* samples build ./*.egg-info

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Lyceum needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3."; exit 1; }
	@echo "Preparing (1/3): a virtual environment in .venv"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python's venv module is missing: on Debian and Ubuntu, install python3-venv and try again."; exit 1; }

# --no-deps: the locks are complete, and pip would resolve extras to versions newer than the pinned ones.
.venv/run: .venv/bin/python requirements.lock pyproject.toml
	@echo "Preparing (2/3): packages, each checked against its hash"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@echo "Preparing (3/3): the library that shapes every script"
	@$(BIN)/python -c 'from PIL import features; raise SystemExit(not features.check("fribidi"))' || deploy/install-fribidi
	@touch $@

.venv/dev: .venv/run requirements-dev.lock
	@echo "Preparing: packages for the tests, and a browser and a pooler"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@deploy/install-chromium
	@deploy/install-pgbouncer
	@touch $@

.PHONY: help up prepare test test-slow test-dates coverage check lint types format samples migration schema words lock clean
