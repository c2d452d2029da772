# make run    the app in your browser          make test   everything that is checked
# Each makes .venv when there is none, and installs what it needs into it.

PYTHON ?= python3
BIN := .venv/bin
TESTS ?= tests

.PHONY: run test train-env clean

run: .venv/.runtime
	$(BIN)/python app.py

test: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(TESTS)

train-env: .venv/.train

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.txt | .venv/bin/python
	$(BIN)/pip install -r requirements.txt
	touch $@

.venv/.train: requirements-train.txt requirements.txt | .venv/bin/python
	$(BIN)/pip install -r requirements-train.txt
	touch $@

.venv/.dev: requirements-dev.txt requirements-train.txt requirements.txt | .venv/bin/python
	$(BIN)/pip install -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
