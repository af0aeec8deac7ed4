# `make help` explains every target.

PY := .venv/bin/python
FLASK := $(PY) -m flask
PYTEST := $(PY) -m pytest -n auto --dist worksteal
LOCK := $(PY) -m uv pip compile -q pyproject.toml --generate-hashes --python-version 3.11 --no-emit-index-url --no-header
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/*.po))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# A machine with two cores gains nothing from two recipes at once, and their output would mix.
.NOTPARALLEL:
.PHONY: help setup setup-dev run test test-all lint types imports check check-all coverage bench \
	format lock upgrade translations catalogues chromium clean distclean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv and install what the application needs (again only when the lock changed)
	@.ci/install.sh requirements.lock
	@$(MAKE) --no-print-directory catalogues

setup-dev: ## The same with the tools for tests and checks
	@.ci/install.sh requirements-dev.lock requirements.lock
	@$(MAKE) --no-print-directory catalogues

run: setup ## Set up, fill an empty database with the demo, serve on 127.0.0.1:5000 (PORT=...)
	@$(FLASK) init
	@$(FLASK) demo --if-empty
	@$(FLASK) start

test: setup-dev chromium ## Install what the tests need and run them, without the long ones
	@$(PYTEST) -m "not long"

test-all: setup-dev chromium ## The same with the long ones
	@$(PYTEST)

lint: setup-dev ## Style and format of Python and templates
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet --diff .
	@if [ -d templates ]; then $(PY) -m djlint templates --lint --quiet; fi

types: setup-dev ## Type check
	@$(PY) -m mypy

imports: setup-dev ## Import contracts: who may import whom
	@$(PY) .venv/bin/lint-imports --no-logo

check: lint types imports test ## What has to be green before a change lands: all but the long tests

check-all: lint types imports test-all ## Everything, as in continuous integration

coverage: setup-dev chromium ## Tests with coverage, report in build/coverage/index.html
	@$(PYTEST) -m "not long" --cov --cov-report=term --cov-report=html

bench: setup-dev ## Measure import, close and pages, write docs/performance.md
	@$(PY) -m benchmarks --write

format: setup-dev ## Put Python into shape
	@$(PY) -m ruff check --fix --quiet .
	@$(PY) -m ruff format --quiet .

lock: setup-dev ## Write the lock files anew after a change of the dependencies
	@$(LOCK) -o requirements.lock
	@$(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock

upgrade: setup-dev ## The same with the newest versions that pyproject.toml allows
	@$(LOCK) --upgrade -o requirements.lock
	@$(LOCK) --upgrade --extra dev -c requirements.lock -o requirements-dev.lock

translations: setup-dev ## Collect the texts of code and templates into translations/*.po
	@mkdir -p build
	@$(PY) -m babel.messages.frontend -q extract -F pyproject.toml -k _l -k lazy_gettext -k _n:1,2 -k N_ -k message --no-wrap \
		--add-location=file --sort-by-file --omit-header -o build/messages.pot .
	@$(PY) -m babel.messages.frontend -q update -i build/messages.pot -d translations --no-fuzzy-matching --no-wrap --ignore-pot-creation-date
	@$(MAKE) --no-print-directory catalogues

# Compiled catalogues are not committed; whatever runs the application makes those that are older
# than their source.
catalogues: $(CATALOGUES)
	@:

%.mo: %.po
	@$(PY) -m babel.messages.frontend -q compile -i $< -o $@

chromium:
	@.ci/ensure-chromium.sh

clean: ## Remove caches and build output
	@rm -rf build .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache $(CATALOGUES)
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## Also remove .venv; the data in instance/ stays
	@rm -rf .venv
