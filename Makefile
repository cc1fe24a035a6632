# Message Center on Airflow: what a newcomer needs. `make` alone lists it.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.installed
COMMAND := $(BIN)/message-center
INPUTS ?= 1000000
SEED ?= 0
export EXIT

.DEFAULT_GOAL := help
.PHONY: help demo start check test lint style types layers unit wheel env clean requirements docs

help: ## This list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 22
	@echo
	@echo '  Settings: PYTHON=python3.12, MESSAGE_CENTER_PORT=8080, MESSAGE_CENTER_POSTGRES_PORT=5532,'
	@echo '  MESSAGE_CENTER_SMTP_PORT=2525, MESSAGE_CENTER_INTAKE_PORT=8085,'
	@echo '  MESSAGE_CENTER_WEBHOOK_PORT=8086, MESSAGE_CENTER_STATE=.local'

demo: $(READY) ## Start everything, send the sample events through it and account for each (EXIT=1: then stop)
	@exec $(COMMAND) demo --follow-parent $(if $(EXIT),--exit)

start: $(READY) ## Start everything, in the foreground, until Ctrl-C
	@exec $(COMMAND) start --follow-parent

env: ## Print shell exports for the running stack: eval "$(make env)"
	@$(MAKE) --no-print-directory $(READY) >&2
	@$(COMMAND) env

check: $(READY) ## Check style, types and layers, and run the unit tests: before each commit
	@$(MAKE) --no-print-directory --jobs 2 types unit style layers

test: lint ## Check the code and run every test
	$(BIN)/python -m pytest -n 4 --durations 10

lint: style types layers ## Check style, types and who imports whom

style: $(READY) sql
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports --no-logo --no-cache

.PHONY: sql
sql: $(READY)
	@PYTHONPATH=tests $(BIN)/python -m scripts.sql_lint

unit: $(READY)
	$(BIN)/python -m pytest -q tests/unit

wheel: $(READY) ## Build the package that others install, in dist/
	rm -rf dist
	$(BIN)/uv build --quiet --python $(BIN)/python --no-build-isolation --no-create-gitignore

.PHONY: bench
bench: $(READY) ## Measure what is promised, beside peers, and write docs/benchmarks.md (QUICK=1: on small sizes, in five minutes)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements-bench.txt
	@PYTHONPATH=tests exec $(BIN)/python -m bench $(if $(QUICK),--quick) $(if $(SMOKE),--smoke) $(BENCH)

.PHONY: faults
faults: $(READY) ## Inflict faults on a stack under load, and account for every event (FAULT=list, FAULT=name, RATE=278, SMOKE=1)
	@PYTHONPATH=tests exec $(BIN)/python -m faults $(if $(SMOKE),--smoke) $(if $(FAULT),--fault "$(FAULT)") $(if $(RATE),--rate "$(RATE)")

.PHONY: fuzz
fuzz: $(READY) ## Give the doors a million inputs at random (INPUTS=1000000, SEED=0): no 5xx, no hang, nothing half stored
	FUZZ_INPUTS=$$(( $(INPUTS) / 7 + 1 )) FUZZ_SEED=$(SEED) $(BIN)/python -m pytest -n 2 tests/fuzz/test_doors.py

clean: ## Remove all local state (databases, logs, passwords)
	@if [ -x $(COMMAND) ]; then $(COMMAND) clean; elif [ -e "$${MESSAGE_CENTER_STATE:-.local}" ]; then rm -r "$${MESSAGE_CENTER_STATE:-.local}"; fi

docs: $(READY) ## Write what is made of docs/ anew: the catalogue of the DAGs, the index of decisions
	AIRFLOW_HOME=$(CURDIR)/build/airflow $(BIN)/python -m scripts.dag_catalogue
	$(BIN)/python -m scripts.decisions

requirements: $(READY) ## Pin the requirements anew, for every Python that is supported
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --extra local --extra celery --extra dev --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command "make requirements" pyproject.toml -o requirements.txt

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
	    { echo "$(PYTHON) is not a Python 3.10 to 3.13. Name one, e.g.: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || \
	    { echo "$(PYTHON) can't make virtual environments. Install its venv package (Debian: python3-venv)." >&2; exit 1; }
	@echo "Installing Airflow, PostgreSQL and the rest into .venv, once; it takes about a minute …"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@
