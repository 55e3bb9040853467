# Vigie: what people run. Both `make demo` and `make test` start from nothing but Python >= 3.11, make and a registry.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# A lock file is its own constraint: pip 23.2, which Python 3.11 brings, does not let the pin of a package hold where it is
# asked for with an extra (coverage[toml]), takes the newest release and then misses its hash.
LOCKED = install --require-hashes --only-binary :all: -r $(1) -c $(1)
DEMO_HOME ?= $(CURDIR)/.demo

.PHONY: demo test check faults fuzz bench docs lock messages clean front-end

demo: $(VENV)/run.stamp front-end
	VIGIE_HOME="$(DEMO_HOME)" $(BIN)/vigie demo

# three at a time on two cores: a third of the time is spent waiting, for ticks of a second and for children
test: $(VENV)/dev.stamp front-end
	$(BIN)/python -m pytest -n 3 --dist loadfile -m "not faults"

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

faults: $(VENV)/dev.stamp front-end
	$(BIN)/python -m pytest -m faults --timeout 900

# every reader of what others wrote, for SECONDS in all; see docs/explanation/decisions/0021-fuzzing.md
fuzz: $(VENV)/dev.stamp
	PYTHONPATH=tests $(BIN)/python -m fuzz --seconds $(or $(SECONDS),600)

bench: $(VENV)/dev.stamp front-end
	$(BIN)/vigie bench intake --json

docs: $(VENV)/dev.stamp
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

lock: $(VENV)/dev.stamp
	$(BIN)/python requirements/lock.py

messages: $(VENV)/dev.stamp
	$(BIN)/python src/vigie/locale/messages.py

front-end: frontend/.built

frontend/.built: $(VENV)/run.stamp $(shell find frontend -type f -not -path '*/node_modules/*' -not -name .built 2>/dev/null) $(wildcard src/vigie/locale/*/LC_MESSAGES/*.po)
	$(BIN)/python frontend/build.py
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.lock requirements/frontend.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) $(call LOCKED,requirements/run.lock)
	@command -v npm >/dev/null 2>&1 || $(PIP) $(call LOCKED,requirements/frontend.lock)
	$(BIN)/python requirements/link.py
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	$(PIP) $(call LOCKED,requirements/dev.lock)
	@touch $@

clean:
	rm -rf $(VENV) frontend/node_modules frontend/.built src/vigie/interfaces/web/static/build docs/_build
