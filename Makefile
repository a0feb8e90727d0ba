# OpenKOPES. `make help` lists what there is; stamp files keep what is already done from being done again.

PORT ?= 8000
# Test processes (they wait for servers and browsers half of their time), and arguments for what a target runs: make test ARGS="tests/rules -k prorated"
JOBS ?= 3
ARGS ?=
# The order of the tests of a file, and what they draw: the same each time, so that a change is refused for nothing else. `make soak` draws anew.
SEED ?= 1

BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --no-input
LOCK := $(BIN)/uv --no-config pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --quiet
STATIC := $(shell find app/web/static app/web/looks/assets.py app/web/looks/earth.py app/web/looks/faces.py app/web/looks/themes.py scripts/latin_font.mjs -path app/web/static/gen -prune -o -type f -print 2>/dev/null)
CATALOGUES := $(patsubst %.po,%.mo,$(shell find app -name '*.po' 2>/dev/null))

# What Python has compiled is kept: commands, servers and workers start many times in the tests.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install dev run test soak check fix catalogues bench pictures axe lighthouse demo lock clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/.app app/web/static/gen/.built $(CATALOGUES) ## The environment in .venv, with .venv/bin/kopes, and the pages' assets

run: install ## The demonstration agency on http://127.0.0.1:8000 (PORT= another), a login per role printed
	@exec $(BIN)/kopes run --port $(PORT) $(ARGS)

test: dev ## The whole suite, browser tests included (ARGS= for pytest)
	@$(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --randomly-seed=$(SEED) $(ARGS)

soak: export SOAK ?= 20
soak: export SOAK_SEED ?= $(shell date +%s)
soak: dev ## The random tests for long, on agencies never tried before (SOAK= times as many; SOAK_SEED= the same ones again)
	@echo "SOAK=$$SOAK SOAK_SEED=$$SOAK_SEED"
	@$(BIN)/pytest -n $(JOBS) --dist load tests/rules tests/kit tests/plain tests/intake tests/reference \
		tests/exports tests/contract/test_set_of_events.py tests/contract/test_any_order.py \
		tests/contract/test_any_cycle_order.py tests/contract/test_any_close_order.py \
		tests/contract/test_idempotency.py tests/web/test_own_events.py $(ARGS)

check: dev ## Lint, format, types, layers, templates
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --quiet --lint templates

fix: dev ## Mend what the linters can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

catalogues: .venv/.packages ## Take the messages of code and pages into the translators' catalogues (app/web/translations)
	@mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping-file babel.cfg --keywords n_ --no-location --sort-output --output-file build/messages.pot \
		app templates
	$(BIN)/pybabel --quiet update --input-file build/messages.pot --output-dir app/web/translations --width 120 \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@rm build/messages.pot
	@$(MAKE) --no-print-directory $(CATALOGUES)

bench: dev ## Every performance figure as a ratio to its own baseline, as JSON lines
	@$(BIN)/python -m tests.bench $(ARGS)

# LANG is in every environment: only one that was given counts.
NARROWED = $(addprefix --role=,$(ROLE)) $(addprefix --page=,$(PAGE)) $(if $(filter command,$(origin LANG)),--language=$(LANG)) $(ARGS)

pictures: dev ## Every page as each role sees it, as pictures in build/pictures (ROLE=head PAGE=targets LANG=ko narrow it; AXE=1 lets axe look too)
	@$(BIN)/python -m tests.pictures $(if $(AXE),--axe) $(NARROWED)

axe: dev ## What axe finds in every page: roles, themes, phone and desk, the languages in turns (narrowed likewise)
	@$(BIN)/python -m tests.pictures --axe --no-pictures --turns $(NARROWED)

lighthouse: dev node_modules/.measuring ## What Lighthouse says of the five main pages on a phone (on a machine that is quiet)
	@$(BIN)/python -m tests.pictures.lighthouse $(ARGS)

demo: install ## The demonstration agency's folder, definitions and events, written to instance/demo
	$(BIN)/kopes demo instance/demo

lock: dev ## Resolve pyproject.toml and package.json anew into the lock files
	$(LOCK) --upgrade --output-file requirements.lock
	$(LOCK) --upgrade --extra dev --constraints requirements.lock --output-file requirements-dev.lock
	npm install --package-lock-only --ignore-scripts

clean: ## Remove all that was built, the demonstration agency included
	rm -rf .venv node_modules instance app/web/static/gen .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find app tests migrations -name __pycache__ -prune -exec rm -rf {} +
	find app -name '*.mo' -delete

# ---------------------------------------------------------------------------------------------------------------- stamps

.venv/.system: scripts/system.sh
	sh scripts/system.sh run
	test -x $(BIN)/python || python3 -m venv .venv
	touch $@

.venv/.packages: requirements.lock | .venv/.system
	$(PIP) install --quiet --no-deps --require-hashes --only-binary :all: -r requirements.lock
	touch $@

# Editable: the code runs from where it stands. flit_core comes from the lock, so nothing unchecked is fetched.
.venv/.app: pyproject.toml .venv/.packages
	$(PIP) install --quiet --no-deps --no-build-isolation --no-index --editable .
	touch $@

.venv/.dev: requirements-dev.lock scripts/system.sh .venv/.app
	sh scripts/system.sh test
	$(PIP) install --quiet --no-deps --require-hashes --only-binary :all: -r requirements-dev.lock
	touch $@

dev: install .venv/.dev

node_modules/.installed: package.json package-lock.json .npmrc | .venv/.system
	npm ci --omit=dev --ignore-scripts --no-progress --loglevel=error
	touch $@

# Packages that measure pages take ten times the room of those that the pages are made of.
node_modules/.measuring: node_modules/.installed
	npm ci --ignore-scripts --no-progress --loglevel=error
	touch node_modules/.installed $@

app/web/static/gen/.built: node_modules/.installed .venv/.app $(STATIC)
	$(BIN)/kopes assets
	mkdir -p $(@D)
	touch $@

%.mo: %.po | .venv/.packages
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
