# The developer's vocabulary. `make help` prints it.
# Everything is installed into .venv from hash-locked requirements; only python3, make and git are needed.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RUNTIME_STAMP := $(VENV)/.runtime
WORKERS ?= 2
FUZZ_VENV ?= .venv-fuzz
MUTANTS_VENV ?= .venv-mutants
MODULES ?= *
RUNS ?= 20000
SEEDS ?= 1000
FIRST ?= 0
DAYS ?= 365

.DEFAULT_GOAL := help
.PHONY: help demo test check fast lint types format schema golden simulate crashpoints soak planted clients leases oav browser prometheus image bench bench-clients lock clean fuzz mutants

help: ## print this vocabulary
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(RUNTIME_STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "evenkeel needs Python 3.11 or newer; try: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing evenkeel's packages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP): $(RUNTIME_STAMP) requirements-dev.lock
	@echo "installing the tools for tests into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(RUNTIME_STAMP) ## see fleets planned, created, scaled in and settled; no account needed
	@$(BIN)/evenkeel demo

browser: ## Chromium for the tests of the page: installed where that is possible, else they are left out
	@command -v chromium chromium-browser >/dev/null \
	  || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	       echo "installing chromium ..."; \
	       apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends chromium >/dev/null; \
	     else echo "no chromium here, and no right to install it: what the page looks like is not tested" >&2; fi

prometheus: $(RUNTIME_STAMP) ## Prometheus and promtool for the tests of alerts and panels, unpacked into the environment; nothing is started
	@command -v promtool >/dev/null || test -x $(VENV)/prometheus/usr/bin/promtool \
	  || { command -v apt-get >/dev/null && cd $(VENV) && { test "$$(id -u)" != 0 || apt-get update -qq; } \
	       && apt-get download -qq prometheus && dpkg -x prometheus_*.deb prometheus && rm prometheus_*.deb; } \
	  || echo "no Prometheus to be had here: alerts and panels are not tried" >&2

test: $(STAMP) browser prometheus ## all tests (under ten minutes)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q

check: $(STAMP) ## format, lint, types and the fast tests (under a minute)
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m 'not slow'

fast: $(STAMP) ## the fast tests alone
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m 'not slow'

format: $(STAMP) ## format the code and mend what lint can mend
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet . || true

schema: $(STAMP) ## write the JSON Schema of a spec into specs/
	@$(BIN)/evenkeel schema > specs/fleet.schema.json

golden: $(STAMP) ## rewrite golden stories and generated pages; read the diff before you commit it
	@EVENKEEL_UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q -p no:xdist tests/stories tests/cli tests/docs tests/conformance

clients: $(RUNTIME_STAMP) ## real clients against the emulator: az, and the JavaScript SDK where node is (installs them)
	@tests/clients/az.sh
	@if command -v npm >/dev/null; then tests/clients/node.sh; else echo "no npm: the JavaScript SDK is left out"; fi

oav: $(STAMP) ## Microsoft's validator over the traffic of the tests (needs npm and EVENKEEL_ARM_CORPUS)
	@tests/clients/oav.sh

simulate: $(STAMP) ## simulated worlds: make simulate SEEDS=1000 [FIRST=0]; what breaks is shrunk and kept
	@$(BIN)/python -m tests.simulation.run $(SEEDS) $(FIRST) --keep

soak: $(STAMP) ## one simulated world that lives on: make soak DAYS=365
	@$(BIN)/python -m tests.simulation.soak --days $(DAYS)

planted: $(STAMP) ## plant every known bug and hunt for it in at most 500 worlds; prints the seeds that each took
	@$(BIN)/python -m tests.simulation.planted

crashpoints: $(STAMP) ## a death at every crash point of every story; PAIRS=1: at any two of four stories
	@$(BIN)/python -m tests.crashpoints.run $(if $(PAIRS),--pairs)

torture: $(STAMP) ## write to git, links and directories 300 times while they are watched (ten minutes)
	@EVENKEEL_TORTURE=300 $(BIN)/python -m pytest -q -s -p no:xdist --timeout 1800 tests/intake/test_torture.py

leases: $(STAMP) ## several processes with leases in Azurite, one of them stopped for 90 seconds (needs npm; ten minutes)
	@$(BIN)/python -m tests.daemon.long_stop

image: ## the container image, by docker or buildah
	@if command -v docker >/dev/null && docker info >/dev/null 2>&1; then docker build -t evenkeel .; else buildah bud --isolation chroot -t evenkeel .; fi

bench: $(STAMP) ## measure, and print the table of docs/benchmarks.md
	@$(BIN)/python benchmarks/run.py

bench-clients: $(STAMP) ## ours beside az and plain SDKs, where `make clients` has installed them
	@$(BIN)/python benchmarks/clients.py

daemon-proof: $(RUNTIME_STAMP) ## the daemon in real time: reaction, open pages, half an hour of edits, 200 kills (an hour)
	@for proof in reaction pages kills soak; do $(BIN)/python -m benchmarks.daemon_proof $$proof; done

# atheris has wheels for Linux on x86-64 alone, so it stands in no lock: an environment of its own may lack it.
fuzz: ## change specs RUNS times (20,000), guided by coverage where atheris is to be had (installs it)
	@test -x $(FUZZ_VENV)/bin/python || { echo "installing evenkeel's packages and atheris into $(FUZZ_VENV) ..." \
	  && $(PYTHON) -m venv $(FUZZ_VENV) \
	  && $(FUZZ_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock \
	  && { $(FUZZ_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: 'atheris>=3,<4' \
	       || echo "there is no atheris for this machine: it goes on without guidance by coverage" >&2; }; }
	@$(FUZZ_VENV)/bin/python -m tests.fuzz.run --runs $(RUNS)

mutants: ## change the code of the core and see a test fail: make mutants MODULES="guard limits" (hours for all)
	@test -x $(MUTANTS_VENV)/bin/mutmut || { echo "installing evenkeel's packages, its tools and mutmut into $(MUTANTS_VENV) ..." \
	  && $(PYTHON) -m venv $(MUTANTS_VENV) \
	  && $(MUTANTS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	       -r requirements-dev.lock -r requirements-mutants.lock; }
	@PATH="$(abspath $(MUTANTS_VENV))/bin:$$PATH" mutmut run --max-children $(WORKERS) $(foreach one,$(MODULES),'controller.core.$(one).*')
	@$(MUTANTS_VENV)/bin/python -m tests.mutation.tally $(filter-out *,$(MODULES))

lock: ## resolve the requirements anew (needs `uv` on the path)
	@uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --group build pyproject.toml -o requirements.lock
	@uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock
	@uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --group mutants pyproject.toml -c requirements-dev.lock -o requirements-mutants.lock

clean: ## remove what the targets made
	@rm -rf $(VENV) .venv-az $(FUZZ_VENV) .fuzz $(MUTANTS_VENV) mutants tests/clients/node/node_modules tests/daemon/node/node_modules tests/clients/oav/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .evenkeel dist
