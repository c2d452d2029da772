# make run        the app in your browser, with YuNet where it can be fetched
# make test       lint and types of Python and JavaScript, and all tests that are not slow
# make test-slow  the other tests: clusters, several processes, many exports, generated floods
# Each makes .venv when there is none, and installs what it needs into it.
#
# make deploy SPACE=OWNER/NAME   the app to a Space on Hugging Face
# make lock                      new lock files after a change in pyproject.toml (UPGRADE=--upgrade)
# make audit                     known vulnerabilities in what is locked
# make licences, make sbom       the app's dependencies: licences checked, a bill of materials
# make hosting                   lint the Dockerfile and the workflows

PYTHON ?= python3
BIN := .venv/bin
AUDIT := .audit/tools/bin
RUNTIME := .audit/runtime/bin/python
TESTS ?= tests
# Files that share a server or a model run in one worker.
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile

# Licences that allow using, changing and redistributing the app under its own licence.
LICENCES := Apache;BSD;CC0;HPND;ISC;MIT;MPL;Mozilla;PSF;Python Software Foundation;Unlicense;Zlib

.PHONY: run test test-slow scripts train-env deploy lock audit licences sbom hosting clean

run: .venv/.runtime
	-$(BIN)/python -m emotion download
	$(BIN)/python app.py

test: .venv/.dev scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(PYTEST) -m "not slow" $(TESTS)

# The page's scripts. Without Node.js they run all the same, unchecked.
scripts:
	@if command -v npm >/dev/null; then $(MAKE) -s .ci/node_modules/.made && npm --prefix .ci run check; \
	else echo "The page's scripts are not checked: npm is missing."; fi

.ci/node_modules/.made: .ci/package-lock.json
	npm --prefix .ci ci
	touch $@

test-slow: .venv/.dev
	$(BIN)/python -m pytest -m slow $(TESTS)

train-env: .venv/.train

deploy: .venv/.runtime
	$(BIN)/python -m publish.space $(SPACE)

lock: .audit/.tools
	$(AUDIT)/uv pip compile -q $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
		--no-header --extra app pyproject.toml -o requirements.lock
	$(AUDIT)/uv pip compile -q $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
		--no-header -c requirements.lock --all-extras pyproject.toml -o requirements-dev.lock

# --strict: a package that can't be looked up is a failure.
audit: .audit/.tools
	$(AUDIT)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
		-r requirements.lock
	$(AUDIT)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
		-r requirements-dev.lock

licences: .audit/.runtime
	$(AUDIT)/pip-licenses --python $(RUNTIME) --ignore-packages pip --format markdown \
		--partial-match --allow-only "$(LICENCES)"

sbom: .audit/.runtime
	mkdir -p build
	$(AUDIT)/cyclonedx-py environment --pyproject pyproject.toml --mc-type application \
		--output-reproducible --of JSON -o build/sbom.json $(RUNTIME)

hosting: .audit/.tools
	$(AUDIT)/hadolint Dockerfile
	$(AUDIT)/zizmor --offline --quiet .github

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.runtime: requirements.txt | .venv/bin/python
	$(BIN)/pip install -r requirements.txt
	touch $@

.venv/.train: pyproject.toml | .venv/bin/python
	$(BIN)/pip install -e '.[train]'
	touch $@

.venv/.dev: requirements-dev.lock | .venv/bin/python
	$(BIN)/pip install --require-hashes -r requirements-dev.lock
	touch $@

.audit/.tools: requirements-audit.txt
	$(PYTHON) -m venv .audit/tools
	$(AUDIT)/pip install -r requirements-audit.txt
	touch $@

# The app's dependencies and nothing else, to be listed.
.audit/.runtime: requirements.lock .audit/.tools
	$(AUDIT)/uv venv --clear .audit/runtime
	$(AUDIT)/uv pip install --python $(RUNTIME) --require-hashes -r requirements.lock
	touch $@

clean:
	rm -rf .audit .venv .ci/node_modules .hypothesis .pytest_cache .mypy_cache .ruff_cache
