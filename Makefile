# Bare `make` explains itself. Everything runs in a virtual environment of its own, .venv.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))

.PHONY: help setup demo stack constraints test lint types architecture unit test-slow bench-kuairand bench-ablation bench-comparison \
  bench-quality bench-tabular bench-simulated bench-train bench-serve bench-overload bench-swaps bench-long-log bench-kills e2e bench-faults bench-retrain-kills bench-lessons bench-warm-start fuzz-api format clean

help: ## Show this list
	@echo "Threefold: impression logs in, a multi-task model out, a server that answers POST /predict."
	@echo
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'
	@echo
	@echo "  make demo takes DATA=logs/ CONFIG=my.toml for logs of your own, PORT=8000, and RETRAIN=1."

setup: $(VENV)/.ready ## Make the virtual environment and install everything into it

$(VENV)/.ready: pyproject.toml
	@PYTHON="$(PYTHON)" VENV="$(VENV)" bash deploy/setup.sh

demo: $(VENV)/.ready ## Data, training, report, a running server and a prediction, in minutes
	@BIN="$(BIN)" bash examples/demo.sh

COMPOSE ?= docker compose
stack: ## The local stack: service, scheduler, Prometheus, Grafana (SIMULATED=1: days arrive and traffic flows)
	@bash deploy/secrets.sh
	$(COMPOSE) $(if $(SIMULATED),--env-file deploy/simulated.env) up --build

constraints: $(VENV)/.ready ## Pin anew what the images install
	$(BIN)/python deploy/constraints.py

test: lint types architecture unit ## Every check that CI runs

lint: $(VENV)/.ready ## Style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready ## Static types, strict
	$(BIN)/mypy

architecture: $(VENV)/.ready ## Who may import whom
	$(BIN)/lint-imports

unit: $(VENV)/.ready ## The tests, without the slow ones
	$(BIN)/pytest -q -m "not slow"

test-slow: $(VENV)/.ready ## Tests that train on real logs (KUAIRAND=folder of impressions; skipped without)
	$(BIN)/pytest -q -m slow

bench-kuairand: $(VENV)/.ready ## Five seeds on KuaiRand into docs/results.md (KUAIRAND=folder of impressions)
	$(BIN)/python -m benchmarks.kuairand

bench-ablation: $(VENV)/.ready ## What each ingredient brings on KuaiRand, five seeds: hours (KUAIRAND=folder of impressions)
	$(BIN)/python -m benchmarks.kuairand_ablation

bench-comparison: $(VENV)/.ready ## KuaiRand against its baselines, five seeds: an hour (KUAIRAND=folder of impressions)
	$(BIN)/python -m benchmarks.comparison

bench-quality: $(VENV)/.ready ## KuaiRand against LightGBM and three libraries, five seeds: hours (KUAIRAND=folder of impressions)
	$(BIN)/python -m benchmarks.quality

bench-train: $(VENV)/.ready ## Training speed against three libraries and a plain loop: half an hour
	$(BIN)/python -m benchmarks.train_speed

bench-serve: $(VENV)/.ready ## Serving against a plain application, six servers and its own floor: twenty minutes
	$(BIN)/python -m benchmarks.serving

bench-overload: $(VENV)/.ready ## A minute of three times the load that the service can bear: four minutes
	$(BIN)/python -m benchmarks.serving.overload

bench-swaps: $(VENV)/.ready ## A hundred swaps and twenty rollbacks under load, with one worker and with two: eight minutes
	$(BIN)/python -m benchmarks.swaps --write

bench-tabular: $(VENV)/.ready ## Small public tables against LightGBM, five seeds: ten minutes
	$(BIN)/python -m pip install --quiet -e ".[benchmarks]"
	$(BIN)/python -m benchmarks.tabular

bench-simulated: $(VENV)/.ready ## Two million simulated impressions against the truth, five seeds: an hour
	$(BIN)/python -m benchmarks.simulated_quality

bench-long-log: $(VENV)/.ready ## A hundred million rows in one pass, and the memory that it takes: minutes, and 8 GB of disk
	$(BIN)/python -m benchmarks.long_log

bench-kills: $(VENV)/.ready ## A training killed twenty times against one that was not, bit for bit: minutes
	$(BIN)/python -m benchmarks.kills

e2e: $(VENV)/.ready ## Ten days: logs arrive, retrain runs, a service follows: ten minutes (KUAIRAND=folder: real logs, too; ONLY=kuairand: alone)
	$(BIN)/python -m benchmarks.end_to_end $(if $(ONLY),--only $(ONLY))

bench-faults: $(VENV)/.ready ## Ten planted faults, each to be held, and fifty honest candidates: half an hour
	$(BIN)/python -m benchmarks.end_to_end.faults

bench-retrain-kills: $(VENV)/.ready ## A retraining killed at every stage while its champion serves: minutes
	$(BIN)/python -m benchmarks.end_to_end.retrain_kills

bench-lessons: $(VENV)/.ready ## Every other claim about the three lessons into docs/results.md: more than an hour
	for name in toy weightings weighting_cost rates telemetry edges entire_space; do \
	  $(BIN)/python -m benchmarks.$$name || exit 1; done

bench-warm-start: $(VENV)/.ready ## Retraining from the champion against from scratch, three seeds: ten minutes (KUAIRAND=folder of impressions)
	$(BIN)/python -m benchmarks.warm_start

fuzz-api: $(VENV)/.ready ## Schemathesis asks every route of the service whatever it can think of: minutes
	$(BIN)/pytest -q -m slow tests/service/test_schemathesis.py

format: $(VENV)/.ready ## Format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

clean: ## Remove the virtual environment, caches and what the demo wrote
	rm -rf $(VENV) runs/demo .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
