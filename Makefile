# The verbs of the project; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run test soak bench mutation lint sbom audit lock translations documents screens assets clean

SUPPORTED := import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(SUPPORTED)' 2>/dev/null && { echo $$p; break; }; done)
# Its programs begin with the absolute path of the folder where they were installed, and the folder may have been renamed
# since: so they are called as modules.
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps
# Tests start hundreds of processes. With PYTHONDONTWRITEBYTECODE, each would compile all modules again.
COMPILE := $(BIN)/python -m compileall -q creditapp training tests migrations wsgi.py
export FLASK_APP := wsgi

help: ## list the verbs
	@echo "creditapp: score credit applications, and keep every decision"
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1	\2/'

run: .venv/.run ## serve on http://127.0.0.1:8000 (PORT=… for another port), training a first model if there is none
	@$(BIN)/python -m flask prepare
	@exec $(BIN)/python -m gunicorn --config ops/gunicorn.conf.py wsgi:app

test: .venv/.dev ## run the suite that guards every change
	@tests/install-packages
	@$(COMPILE)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not soak"

soak: .venv/.dev ## run the long repetitions
	@tests/install-packages
	@$(COMPILE)
	$(BIN)/python -m pytest -m soak -s

bench: .venv/.dev ## measure requests, batches, files, a start and a growing log beside their yardsticks (needs wrk)
	$(BIN)/python -m tests.benchmarks.everything
	$(BIN)/python -m tests.benchmarks.history

mutation: .venv/.dev build/mutation/.tool ## change the code a little and see whether a test notices (PACKAGES="policy scoring" for some; half an hour)
	build/mutation/venv/bin/python tests/mutation/run.py $(PACKAGES)

lint: .venv/.dev ## check style, types and the layers of imports
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -c "from importlinter.cli import lint_imports_command as lint; lint()"

sbom: .venv/.dev ## write what the images are made of, and their licences, to build/sbom
	@$(BIN)/python -m tests.bill_of_materials

audit: .venv/.dev ## ask the Python Packaging Authority's database for known vulnerabilities of all packages
	@$(BIN)/python -m tests.vulnerabilities

lock: ## write requirements/ anew from pyproject.toml (needs uv)
	@requirements/lock

translations: .venv/.dev ## bring creditapp/translations/ up to the texts in the code, and compile it
	@mkdir -p build
	$(BIN)/python -m babel.messages.frontend -q extract --no-location --sort-output -F babel.cfg -k marked -k lazy_gettext -o build/messages.pot .
	$(BIN)/python -m babel.messages.frontend -q update --no-fuzzy-matching --ignore-obsolete --no-wrap --ignore-pot-creation-date \
		-i build/messages.pot -d creditapp/translations
	$(BIN)/python -m babel.messages.frontend -q compile -d creditapp/translations

documents: .venv/.dev ## write what is generated in the documents: the settings in README, the picture of the packages
	$(BIN)/python -m tests.readme
	$(BIN)/python -m tests.architecture

screens: .venv/.dev ## take the pictures of every page, docs/screens (needs Chromium; some minutes)
	@tests/install-packages
	$(BIN)/python -m tests.screens

assets: ## fetch the third-party assets of static/vendor anew (needs npm)
	@ops/fetch-assets

clean: ## remove the environment and the caches; data, models and decisions stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/.run: requirements/run.txt
	@$(MAKE) --silent .venv/bin/python
	@echo "environment: installing requirements/run.txt (once; a minute or two)"
	@$(PIP) -r $<
	@touch $@

.venv/.dev: requirements/dev.txt
	@$(MAKE) --silent .venv/bin/python
	@echo "environment: installing requirements/dev.txt (once; a minute or two)"
	@$(PIP) -r $<
	@touch $@

build/mutation/.tool: tests/mutation/requirements.txt
	@echo "environment: installing tests/mutation/requirements.txt (once)"
	@$(BIN)/python -m venv build/mutation/venv
	@build/mutation/venv/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and none was found; PYTHON=… names one" >&2; exit 2; }
	@echo "environment: making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "no virtual environment can be made; on Debian: apt-get install python3-venv" >&2; exit 2; }
