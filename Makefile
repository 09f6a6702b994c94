# Python that makes the environments; any 3.11 or newer.
PYTHON ?= python3
RECIPE ?= embedded
RUN ?= runs/$(RECIPE)
GOLD ?= ../shared/news/dev
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help extract test lint train eval export check agreement wheel clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

# What inference needs, and nothing else.
.venv/inference: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

# All of it: torch, training, tests.
.venv/development: .venv/inference
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

extract: .venv/inference ## show what the embedded model finds in the seeds
	mkdir -p build
	$(BIN)/vipol extract seeds --format jsonl --output build/seeds.jsonl
	$(BIN)/vipol extract seeds --format table

test: .venv/development ## install the rest, check the style and types, run the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m annotations check annotations/gold
	$(BIN)/pytest

train: .venv/development ## train a recipe: make train RECIPE=embedded
	$(BIN)/python -m train run $(RECIPE) --output $(RUN) $(if $(wildcard $(RUN)/recipe.json),--resume)

eval: .venv/development ## score the embedded model on GOLD, and the seeds by leave-one-article-out
	@if [ -e "$(GOLD)" ]; then $(BIN)/python -m eval score --gold "$(GOLD)" $(if $(MODEL),--model "$(MODEL)"); \
	else echo "$(GOLD): not there, so not scored; say make eval GOLD=PATH"; fi
	$(BIN)/python -m train crossval seeds

export: .venv/development ## write model.onnx beside the torch weights: make export RUN=runs/embedded
	$(BIN)/python -m train export $(RUN)

embed: ## make the model in RUN the embedded one
	$(BIN)/python -m train embed $(RUN)

check: .venv/development ## check the gold
	$(BIN)/python -m annotations check annotations/gold

agreement: .venv/development ## agreement of the two passes over the seeds
	$(BIN)/python -m annotations agreement annotations/passes/first.jsonl annotations/passes/second.jsonl

wheel: .venv/development ## build the wheel into dist
	$(BIN)/python -m build --wheel --outdir dist .

clean: ## remove what was built; the environment and the runs stay
	rm -rf build dist model/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
