# `make help` explains the targets. A step that is up to date costs nothing the second time.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BUILT := api/web/static/build/.built
ASSET_SOURCES := $(wildcard api/web/assets/*.scss api/web/assets/*.mjs api/web/assets/*.json)
# Compiles the two locks without naming an index host.
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(VENV)/bin/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links
RUNNING := --extra server --extra files --extra embedded --extra build

.PHONY: help
help: ## Say what each target does
	@awk 'BEGIN { FS = ":.*## " } \
		/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) }' $(MAKEFILE_LIST)
	@printf '\nARGS is passed on: make demo ARGS="--for 30 --json", make test ARGS="-k ledger".\n'
	@printf 'NO_DOCKER=1 make test does without Docker, and says how many tests that leaves out.\n'

##@ Try it
.PHONY: setup demo
setup: $(VENV)/.running $(BUILT) ## Make .venv and the static assets; after it .venv/bin/hearthwatch runs

demo: setup ## Start everything in this terminal: database, broker, kits, pages (no Docker, no root)
	@$(VENV)/bin/hearthwatch demo $(ARGS)

##@ Prove it
.PHONY: test soak bench audit lint
# Four at a time even on two cores: tests mostly wait for a kit, a broker or a browser.
test: $(VENV)/.testing $(BUILT) ## Run the whole suite on TimescaleDB, Mosquitto and Chromium
	@deploy/test-services.sh
	@$(VENV)/bin/pytest -n 4 --dist loadgroup $(ARGS)

soak: $(VENV)/.testing $(BUILT) ## Run the fault and load tests at full length; writes a report with machine and date
	@deploy/test-services.sh
	@$(VENV)/bin/python -m tests.soak $(ARGS)

bench: $(VENV)/.testing $(BUILT) ## Measure speed beside its peers; prints a table and JSON with machine and date
	@deploy/test-services.sh
	@$(VENV)/bin/python -m tests.benchmarks $(ARGS)

audit: $(VENV)/.testing ## Look for known weaknesses and unfit licences in what is used; writes var/sbom.json
	@$(VENV)/bin/python deploy/supply_chain.py $(ARGS)

lint: $(VENV)/.testing ## Check style, types and the layers (the tests do too)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/basedpyright
	$(VENV)/bin/lint-imports

##@ Run the real stack (Docker)
.PHONY: up down
up: setup ## Start TimescaleDB, Mosquitto, ingest, scheduler and the pages from deploy/compose.yaml
	@deploy/engine.sh
	@deploy/stack.sh up

down: ## Stop the real stack; its data stays (make down ARGS=--volumes forgets it)
	@deploy/stack.sh down $(ARGS)

##@ Look after it
.PHONY: lock clean
lock: $(VENV)/.testing ## Resolve the dependencies again into the two hashed locks
	$(COMPILE) pyproject.toml $(RUNNING) -o requirements.lock
	$(COMPILE) pyproject.toml --all-extras -o requirements-test.lock

clean: ## Remove what was built here (.venv, assets, var); the stack's data stays
	rm -rf $(VENV) api/web/static/build api/web/assets/node_modules var

$(VENV)/.running: requirements.lock pyproject.toml
	@deploy/venv.sh requirements.lock
	@touch $@

# The test lock holds all the packages of the running one, at the same versions.
$(VENV)/.testing: requirements-test.lock pyproject.toml
	@deploy/venv.sh requirements-test.lock
	@touch $@ $(VENV)/.running

$(BUILT): deploy/assets.sh $(ASSET_SOURCES) | $(VENV)/.running
	@deploy/assets.sh
	@touch $@
