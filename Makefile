# Python that makes the environments; any 3.11 or newer.
PYTHON ?= python3
RECIPE ?= embedded
RUN ?= runs/$(RECIPE)
GOLD ?= ../shared/news/dev
BIN := .venv/bin

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help extract test test-scores test-gpu test-labelstudio train eval held-back report toolkit export embed check agreement label-studio push pull serve wheel test-wheel clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

# On Linux, PyPI's torch brings CUDA along, gigabytes of it. An index with CPU builds, such as the one that PyTorch's
# own installation page names, keeps it small: make test TORCH_INDEX=URL
TORCH_INDEX ?=

# What inference needs, and nothing else.
.venv/inference: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

# All of it: torch, training, tests.
.venv/development: .venv/inference
	$(if $(TORCH_INDEX),$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --index-url "$(TORCH_INDEX)" --no-deps torch)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# The annotation loop: Label Studio's server, its client and vipol's inference, apart from the rest, whose versions they
# would drag along.
.venv-labelstudio/ready: pyproject.toml constraints-labelstudio.txt
	test -x .venv-labelstudio/bin/pip || $(PYTHON) -m venv --clear .venv-labelstudio
	.venv-labelstudio/bin/pip install --quiet --disable-pip-version-check -c constraints-labelstudio.txt \
	  label-studio -e '.[labelstudio]' pytest hypothesis playwright
	touch $@

extract: .venv/inference ## show what the embedded model finds in the seeds
	mkdir -p build
	$(BIN)/vipol extract seeds --format jsonl --output build/seeds.jsonl
	$(BIN)/vipol extract seeds --format table

test: .venv/development ## install the rest, check the style and types, run the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m annotations check annotations/gold annotations/written
	$(BIN)/pytest

test-scores: .venv/development ## compare our scores with those of seqeval and nervaluate on 10,000 random documents each
	VIPOL_EXAMPLES=10000 $(BIN)/pytest tests/test_measures.py tests/test_tagging.py tests/test_scores.py

test-labelstudio: .venv-labelstudio/ready ## install Label Studio, start a real server, and test the annotation loop on it
	.venv-labelstudio/bin/python -m pytest -m labelstudio tests/labelstudio

test-gpu: .venv/development ## train, go on and extract on a GPU, in each precision that it has
	@$(BIN)/python -c 'import sys, torch; sys.exit(None if torch.cuda.is_available() else "torch sees no GPU here")'
	$(BIN)/pytest -m gpu

train: .venv/development ## train a recipe: make train RECIPE=embedded
	$(BIN)/python -m train run $(RECIPE) $(if $(ENCODER),--encoder "$(ENCODER)") --output $(RUN) $(if $(wildcard $(RUN)/recipe.json),--resume)

eval: .venv/development ## score the embedded model on GOLD, and the seeds by leave-one-article-out
	@if [ -e "$(GOLD)" ]; then $(BIN)/python -m eval score --gold "$(GOLD)" $(if $(MODEL),--model "$(MODEL)"); \
	else echo "$(GOLD): not there, so not scored; say make eval GOLD=PATH"; fi
	$(BIN)/python -m train crossval seeds

TEXTS ?= ../shared/unlabelled/news.jsonl.xz

held-back: .venv/development ## score the embedded model on 30 articles that nothing learns from (their texts are in TEXTS)
	mkdir -p build
	$(BIN)/python -m annotations convert annotations/standoff/held-back.jsonl build/held-back.jsonl --to documents --texts "$(TEXTS)"
	$(BIN)/python -m eval score --gold build/held-back.jsonl $(if $(MODEL),--model "$(MODEL)")

# Where `make report` puts its pages; the trainings behind them are kept in runs, so that they are done once.
REPORT ?= build/report
TOOLKIT ?=

report: .venv/development ## figures, errors, curves and comparisons of the embedded model, as pages: build/report/index.html
	rm -rf $(REPORT) && mkdir -p $(REPORT)
	$(BIN)/python -m train crossval seeds --quiet --output runs/crossval-seeds > $(REPORT)/seeds-crossval.txt
	$(BIN)/python -m eval errors --gold annotations/gold --predicted runs/crossval-seeds/seed-1.jsonl \
	  --json $(REPORT)/seeds-left-out.json --html $(REPORT)/seeds-left-out.html > /dev/null
	@if [ -e "$(GOLD)" ]; then set -ex; \
	  $(BIN)/python -m eval errors --gold "$(GOLD)" $(if $(MODEL),--model "$(MODEL)") $(if $(TOOLKIT),--toolkit "$(TOOLKIT)") \
	    $(if $(MODEL),,--train annotations/gold --train annotations/written $(foreach path,$(wildcard ../shared/news/train),--train $(path))) \
	    --json $(REPORT)/dev.json --html $(REPORT)/dev.html > /dev/null; \
	  $(BIN)/python -m eval compare rules $(if $(MODEL),"$(MODEL)",embedded) --gold "$(GOLD)" > $(REPORT)/rules-to-model.txt; \
	  $(BIN)/python -m train curve seeds --quiet --gold "$(GOLD)" --output runs/curve-seeds > $(REPORT)/seeds-curve.txt; \
	  cp runs/curve-seeds/curve.svg $(REPORT)/seeds-curve.svg; \
	else echo "$(GOLD): not there, so not scored; say make report GOLD=PATH"; fi
	$(BIN)/python -m eval index $(REPORT)

toolkit: .venv-underthesea/bin/underthesea ## an environment with underthesea, to stand beside: make report TOOLKIT=.venv-underthesea/bin/python

.venv-underthesea/bin/underthesea:
	$(PYTHON) -m venv --clear .venv-underthesea
	.venv-underthesea/bin/pip install --quiet --disable-pip-version-check underthesea==9.5.0

export: .venv/development ## write model.onnx beside the torch weights: make export RUN=runs/embedded
	$(BIN)/python -m train export $(RUN)

embed: .venv/development ## make the model in RUN the embedded one
	$(BIN)/python -m train embed $(RUN)

check: .venv/development ## check the gold
	$(BIN)/python -m annotations check annotations/gold annotations/written

agreement: .venv/development ## agreement of the two passes over the seeds, and of those over the written articles
	$(BIN)/python -m annotations agreement annotations/passes/first.jsonl annotations/passes/second.jsonl
	$(BIN)/python -m annotations agreement annotations/passes/written-first.jsonl annotations/passes/written-second.jsonl

# The annotation loop: DATA is the server's folder, PORT its port.
DATA ?= label-studio
PORT ?= 8080
PROJECT ?= vipol
TO ?= annotations/pulled

label-studio: .venv-labelstudio/ready ## start a Label Studio server on this machine: make label-studio DATA=FOLDER
	.venv-labelstudio/bin/python -m annotations studio --data $(DATA) --port $(PORT)

push: .venv-labelstudio/ready ## give articles to the annotators, with the model's marks: make push ARTICLES=PATH
	$(if $(ARTICLES),,$(error say which articles: make push ARTICLES=PATH))
	.venv-labelstudio/bin/python -m annotations push $(ARTICLES) --studio $(DATA) --project $(PROJECT)

pull: .venv-labelstudio/ready ## get what was annotated as gold, in annotations/pulled
	.venv-labelstudio/bin/python -m annotations pull $(TO) --studio $(DATA) --project $(PROJECT)

serve: .venv-labelstudio/ready ## answer Label Studio's questions for predictions, until it is stopped
	.venv-labelstudio/bin/python -m annotations serve

wheel: .venv/inference ## build the wheel into dist
	rm -rf dist build/lib build/bdist* model/*.egg-info/SOURCES.txt
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

test-wheel: wheel ## install the wheel in dist alone, away from the checkout, and extract a seed with it
	rm -rf build/wheel-venv && $(PYTHON) -m venv build/wheel-venv
	build/wheel-venv/bin/pip install --quiet --disable-pip-version-check -c constraints.txt dist/vipol-*.whl
	cd build/wheel-venv && bin/vipol extract "$(CURDIR)/seeds/002_24cc04e1e3b927d1.txt" --format jsonl --output seed.jsonl
	cd build/wheel-venv && bin/vipol show seed.jsonl --output page.html --quiet && grep -q "Lê Thị Thu Hằng" page.html
	build/wheel-venv/bin/python -c "import importlib.util as u; assert not u.find_spec('torch') and not u.find_spec('transformers')"
	grep -q '"text": "Lê Thị Thu Hằng"' build/wheel-venv/seed.jsonl
	@echo "the wheel works alone: $$(ls -l dist/vipol-*.whl | awk '{printf "%.1f MB", $$5 / 1e6}')"

clean: ## remove what was built; the environment and the runs stay
	rm -rf build dist model/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
