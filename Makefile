# `make` lists what there is to do. Everything sets itself up: Debian, python3 and make are enough.

SHELL := /bin/sh
BIN := .venv/bin
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/*.po)
APT := chromium fonts-inter fonts-noto-core fonts-noto-cjk postgresql
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo install serve test check format test-deps lock screenshots audit bench bench-install \
        catalogues clean base-ready demo-ready test-ready

help: ## list what there is to do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: demo-ready catalogues ## the whole portal on this machine, with imitation providers (RESET=1 starts over)
	@RESET=$(RESET) exec $(BIN)/python -m portal.sandbox.supervisor

install: base-ready catalogues ## what `make serve` needs: libraries, languages, keys, database
	@$(BIN)/flask portal init

serve: base-ready catalogues ## the portal for a merchant of one's own: gunicorn and a worker
	@exec $(BIN)/python -m scripts.serve

test: test-ready catalogues ## every check and test this machine can run
	@$(BIN)/python scripts/run_tests.py

check: test-ready catalogues ## formatting, lints, types, layers, templates, catalogues
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/flask portal translate check

format: test-ready ## put the code into the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test-deps: ## install the system packages that the whole of `make test` uses
	$(SUDO) apt-get update -q
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(APT)

lock: ## compile requirements/*.in again (needs uv)
	scripts/lock

screenshots: test-ready catalogues ## take the pictures of the README from the demo
	@$(BIN)/python scripts/screenshots.py

audit: test-ready catalogues ## axe-core on every page, every theme, width, brand and direction
	@AUDIT=full $(BIN)/python -m pytest -q -m journey tests/journeys

bench-install: base-ready catalogues ## what bench/bench.toml needs before it serves

bench: test-ready catalogues ## speed, statements and memory, beside bare Flask
	@$(BIN)/python -m bench.run

catalogues: $(CATALOGUES:.po=.mo)

%.mo: %.po
	@$(BIN)/pybabel --quiet compile --input-file=$< --output-file=$@

$(CATALOGUES:.po=.mo): | base-ready

base-ready:
	@scripts/bootstrap base

demo-ready:
	@scripts/bootstrap demo

test-ready:
	@scripts/bootstrap test

clean: ## remove what the other targets made, the demo's data included
	rm -rf .venv var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find translations -name '*.mo' -delete
