# `make help` lists what there is. Everything needs `install`, which does nothing the second time.
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install up down status demo test test-fast lint proto texts migrate bench gallery mutate clean

help: ## Print this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sort | awk -F ':.*## ' '{ printf "make %-10s %s\n", $$1, $$2 }'

install: ## Install everything into this folder: Python packages, style sheets, Kafka, Tryton
	@$(PYTHON) ops/install.py

up: install ## Start the whole stack in the background
	@$(BIN)/recourse up --detach

down: ## End the stack
	@test ! -x $(BIN)/recourse || $(BIN)/recourse down

status: install ## Show what runs where
	@$(BIN)/recourse status

demo: install ## Run one person's story through the real parts; at a terminal, fill the desks and stay up
	@$(BIN)/recourse demo

# In the order of the folders: the long journeys come early, and what fills the end is short.
test: install ## Run all tests on real parts: three workers on two cores, for much of it waits on servers
	@$(BIN)/python -m ops.browser
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=25

test-fast: install ## Run the tests that start nothing
	@$(BIN)/python -m pytest -n 2 -m "not stack and not whole and not processes"

lint: install ## Check style, types, import rules and contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint proto
	$(BIN)/buf breaking proto --against proto/baseline.binpb

proto: install ## Generate the messages under contracts/ from proto/
	@$(BIN)/python -m ops.generate_contracts

texts: install ## Bring the catalogs of what pages say up to date with code, templates and policy
	@$(BIN)/python -m ops.texts

migrate: install ## Bring the schemas of the running stack up to date
	@$(BIN)/recourse prepare --only schemas

bench: install ## Measure the stack beside its raw counterparts
	@$(BIN)/python -m tests.bench

gallery: install ## A picture of every page in every language, in .recourse/gallery
	@$(BIN)/python -m ops.browser
	@$(BIN)/python -m tests.gallery

mutate: install ## Change one rule at a time and see whether a test notices (MODULE=services/ethics/domain)
	@$(BIN)/python -m tests.mutation $(MODULE)

clean: down ## Remove what installing and running left here
	rm -rf .venv .recourse .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants
