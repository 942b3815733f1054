# Two commands on a fresh machine: `make audit` and `make test`. Everything else is for developers.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: audit test check lint types unit fuzz locale lock clean

audit: $(VENV)/run.stamp  ## audit the shipped municipality and print its report
	$(BIN)/zoneguard audit topologies/alpha-city

test: check unit  ## everything that CI asks for

check: lint types  ## style, types, layer contract: no test is run

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/dev.stamp
	$(BIN)/mypy

unit: $(VENV)/dev.stamp
	$(BIN)/pytest -n auto --cov --cov-report=term

fuzz: $(VENV)/fuzz.stamp  ## any bytes as a capture, for a minute
	$(BIN)/python -m fuzz.capture_seeds build/seeds
	$(BIN)/python -m fuzz.fuzz_capture -max_total_time=60 -max_len=8192 -artifact_prefix=build/ build/seeds >build/fuzz.log 2>&1 || { tail -50 build/fuzz.log; exit 1; }
	tail -1 build/fuzz.log

locale: $(VENV)/dev.stamp  ## extract messages, update and compile the catalogues
	$(BIN)/python -m zoneguard.locale.build

lock: $(VENV)/dev.stamp  ## renew the lock files from pyproject.toml
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml requirements/build.in -o requirements/run.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --group dev pyproject.toml requirements/build.in -o requirements/dev.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 requirements/fuzz.in -o requirements/fuzz.lock

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "zoneguard needs Python 3.11 or newer; set PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements/run.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	$(PIP) install --require-hashes -r requirements/dev.lock
	touch $@

$(VENV)/fuzz.stamp: requirements/fuzz.lock $(VENV)/dev.stamp
	$(PIP) install --require-hashes -r requirements/fuzz.lock
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
