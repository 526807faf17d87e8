# Everything a developer or a newcomer runs. Needs Python 3.11 or newer, make, and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo run test browser lint types drift check bench bench-quick chaos lock clean

help: ## Say what can be made.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / — /'

$(STAMP): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(STAMP)

setup: $(STAMP) ## Make .venv with the locked dependencies and .venv/bin/keepword.

demo: $(STAMP) ## Three invented weeks, who is overdue and why, then the page.
	$(BIN)/keepword demo

run: $(STAMP) ## Keepword itself on SQLite: page, API, hooks and loops in one process.
	$(BIN)/keepword serve

test: $(STAMP) browser ## All tests, on SQLite and a PostgreSQL that they start themselves.
	$(BIN)/python -m pytest -n 2

browser: $(STAMP) # A Chromium for the pages' tests, where there is none: the system's, or Playwright's.
	@command -v chromium >/dev/null || ls $$HOME/.cache/ms-playwright/chromium-*/ >/dev/null 2>&1 \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	     && apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
	|| $(BIN)/python -m playwright install chromium \
	|| echo "no Chromium could be installed: the pages' tests will say so and skip"

lint: $(STAMP) ## Style, formatting and the import contract.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(STAMP) ## mypy: strict on service, names and calls in tests and bench.
	$(BIN)/mypy

drift: $(STAMP) ## openapi.yaml must say what the code does.
	$(BIN)/keepword openapi --check

check: lint types drift test ## What continuous integration runs.

bench: $(STAMP) ## Ratios against floors measured in the same run; writes bench/results.json.
	$(BIN)/python -m bench.run

bench-quick: $(STAMP) ## Most of it with less data, in under two minutes.
	$(BIN)/python -m bench.run --quick

chaos: $(STAMP) ## Kill workers everywhere on both databases; count what is lost, doubled, uncertain.
	@ended=0; for each in run burst faults; do \
	  $(BIN)/python -m tests.chaos.$$each --results tests/chaos/results.json || ended=1; \
	done; $(BIN)/python -m tests.chaos.published && exit $$ended

lock: $(STAMP) ## Write the lock files anew from pyproject.toml.
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra cluster pyproject.toml -c requirements.lock -o requirements-cluster.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra cluster --extra telemetry pyproject.toml -c requirements-cluster.lock -o requirements-telemetry.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -c requirements-telemetry.lock -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header bench/peers/requirements.in -o bench/peers/requirements.lock

clean: ## Remove what setup and the tests made.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis var
