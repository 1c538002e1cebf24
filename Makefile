# What can be done with a checkout? Each target sets up what it needs; nothing needs root.
.DEFAULT_GOAL := help
.PHONY: help run test lint bench chaos docs pictures lock clean setup-run setup-dev setup-bench assets
MAKEFLAGS += --no-print-directory
PY := .venv/bin/python
PYTHON ?=
UV ?= uv
TESTS ?= tests

help:
	@echo "make run     start everything on this machine: web, worker, clock, sandbox, database, queue"
	@echo "make test    every test, browser journeys included (TESTS=tests/claims for some)"
	@echo "make lint    formatting, code checks, types, directions between rooms"
	@echo "make bench   benchmark table       make chaos   fault-injection table"
	@echo "make docs    generated documents   make lock    lock files from requirements/*.in"
	@echo "make pictures  the screenshots of the README, by a walk through the main journey"
	@echo "make clean   remove what set-up and running made"

setup-run:
	@python=$$(PYTHON="$(PYTHON)" sh tools/python.sh) && "$$python" tools/setup.py app local

setup-dev:
	@python=$$(PYTHON="$(PYTHON)" sh tools/python.sh) && "$$python" tools/setup.py app local dev

setup-bench:
	@python=$$(PYTHON="$(PYTHON)" sh tools/python.sh) && "$$python" tools/setup.py app local dev bench

assets:
	@$(PY) -m tools.assets

run: setup-run
	@exec $(PY) -m tools.run --with-parent

test: setup-dev assets
	@exec $(PY) -m tools.test $(TESTS)

lint: setup-dev
	@exec $(PY) -m tools.lint

bench: setup-bench
	@exec $(PY) -m bench

chaos: setup-dev
	@$(PY) -m bench.chaos
	@exec $(PY) -m bench.chaos.roster

docs: setup-run
	@exec $(PY) -m tools.embedded $(PY) -m flask --app app docs

pictures: setup-dev assets
	@exec $(PY) -m tools.pictures

lock:
	@for name in app dev local bench; do \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
	@npm install --package-lock-only --ignore-scripts

clean:
	@if [ -x $(PY) ]; then $(PY) -m tools.clean; else sh -c 'rm -rf .venv .local'; fi
	@rm -rf .venv node_modules static/vendor .ruff_cache .mypy_cache .import_linter_cache .hypothesis .pytest_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
