# make run    the app in your browser          make test   everything that is checked
# Each makes .venv when there is none, and installs what it needs into it.
#
# make deploy SPACE=OWNER/NAME   the app to a Space on Hugging Face
# make lock                      the locks anew, after a change of requirements (UPGRADE=--upgrade)
# make audit                     known vulnerabilities in what is locked
# make licences, make sbom       of what the app runs on: a check with a list, a bill of materials
# make hosting                   Dockerfile and workflows, linted
# make fuzz MINUTES=10           random files for the decoder; what breaks it is kept in build/fuzz

PYTHON ?= python3
BIN := .venv/bin
AUDIT := .audit/tools/bin
RUNTIME := .audit/runtime/bin/python
TESTS ?= tests
MINUTES ?= 10
# What make fuzz feeds: image or clip.
FUZZED ?= image

# Licences that let the app be used, changed and passed on under its own.
LICENCES := Apache;BSD;CC0;HPND;ISC;MIT;MPL;Mozilla;PSF;Python Software Foundation;Unlicense;Zlib

.PHONY: run test fuzz train-env deploy lock audit licences sbom hosting clean

run: .venv/.runtime
	$(BIN)/python app.py

test: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(TESTS)

# atheris is for Linux and macOS only, so it is in no lock.
fuzz: .venv/.dev
	$(BIN)/pip install -q "atheris>=3.0,<4"
	nice -n 19 $(BIN)/python -m tests.fuzz $(FUZZED) build/fuzz/$(FUZZED) $(MINUTES)

train-env: .venv/.train

deploy: .venv/.runtime
	$(BIN)/python -m publish.space $(SPACE)

lock: .audit/.tools
	$(AUDIT)/uv pip compile -q $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
		--no-header requirements.txt -o requirements.lock
	$(AUDIT)/uv pip compile -q $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
		--no-header -c requirements.lock requirements-dev.txt -o requirements-dev.lock

# --strict: what can't be looked up is a failure, not a pass.
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

.venv/.train: requirements-train.txt requirements.txt | .venv/bin/python
	$(BIN)/pip install -r requirements-train.txt
	touch $@

.venv/.dev: requirements-dev.lock | .venv/bin/python
	$(BIN)/pip install --require-hashes -r requirements-dev.lock
	touch $@

.audit/.tools: requirements-audit.txt
	$(PYTHON) -m venv .audit/tools
	$(AUDIT)/pip install -r requirements-audit.txt
	touch $@

# What the app runs on and nothing else, to be listed.
.audit/.runtime: requirements.lock .audit/.tools
	$(AUDIT)/uv venv --clear .audit/runtime
	$(AUDIT)/uv pip install --python $(RUNTIME) --require-hashes -r requirements.lock
	touch $@

clean:
	rm -rf .audit .venv .hypothesis .pytest_cache .mypy_cache .ruff_cache
