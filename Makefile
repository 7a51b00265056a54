# Targets and what they do: `make help` prints the `##` comments.
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
SYNC := $(BIN)/uv sync --quiet --locked --inexact --no-default-groups
TESTED := moonshine-tiny silero-vad whisper-base
export NO_MKDOCS_2_WARNING := 1

.PHONY: help book site pdf epub diagrams figures listings fonts pictures demo bench faults kills test check release-check lint clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

book: $(VENV)/.press ## build the site, the PDF and the EPUB into build/
	@$(BIN)/press book

site: $(VENV)/.press ## show the site on 127.0.0.1:8000 while you write
	@$(BIN)/press site

pdf: $(VENV)/.press ## build the PDF alone; CHAPTER=1 for a quick look at one chapter
	@$(BIN)/press pdf $(if $(CHAPTER),--chapter $(CHAPTER))

epub: $(VENV)/.press ## build the EPUB alone
	@$(BIN)/press epub

diagrams: $(VENV)/.diagrams ## draw the Mermaid diagrams that changed (needs Chromium and npm)
	@$(BIN)/press diagrams

figures: $(VENV)/.figures ## draw the data plots again
	@$(BIN)/press figures

listings: $(VENV)/.earshot ## run the commands of all recorded outputs again
	@$(BIN)/press listings

fonts: $(VENV)/.press ## cut the site's fonts to the characters that the book uses
	@$(BIN)/python scripts/fonts.py

pictures: book $(VENV)/.earshot $(VENV)/.test $(VENV)/.check ## take the READMEs' pictures (needs Chromium and poppler)
	@$(BIN)/python scripts/pictures.py
	@$(BIN)/earshot models pull > /dev/null
	@$(BIN)/python scripts/demo_picture.py

demo: $(VENV)/.earshot ## talk to Earshot: a page on 127.0.0.1:8765 (44 MB of weights, once)
	@$(BIN)/earshot models pull > /dev/null
	@$(BIN)/earshot serve --open

bench: $(VENV)/.press $(VENV)/.earshot $(VENV)/.test ## measure the press and Earshot on a quiet machine of two cores (about 20 minutes)
	@$(BIN)/press bench
	@$(BIN)/earshot models pull $(TESTED) > /dev/null
	@$(BIN)/earshot bench

faults: $(VENV)/.press $(VENV)/.test ## spoil a copy of the book in a hundred ways and see what the press says
	@PYTHONPATH=tests $(BIN)/python -m faults

kills: $(VENV)/.press $(VENV)/.test ## kill twenty builds of the book at random moments (about 15 minutes)
	@PYTHONPATH=tests $(BIN)/python -m faults.kills

test: $(VENV)/.press $(VENV)/.earshot $(VENV)/.figures $(VENV)/.test ## run the tests that need no browser, Java or node
	@$(BIN)/earshot models pull $(TESTED) > /dev/null
	@$(BIN)/pytest -q -n auto -m "not external"

check: $(VENV)/.press $(VENV)/.earshot $(VENV)/.figures $(VENV)/.diagrams $(VENV)/.test $(VENV)/.check ## run the tests with external validators (Java, Chromium, npm)
	@$(BIN)/earshot models pull $(TESTED) moonshine-tiny-web > /dev/null
	@$(BIN)/press check
	@$(BIN)/pytest -q -m external

release-check: $(VENV)/.press ## refuse unfinished chapters and facts past their review
	@$(BIN)/press check --release

lint: $(VENV)/.lint $(VENV)/.press $(VENV)/.earshot ## style, common errors and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy --strict earshot

clean: ## remove everything built; the virtual environment stays
	@rm -rf build .cache

# -- set-up: the virtual environment, one group of packages for each job --------

$(BIN)/uv:
	@$(PYTHON) scripts/system_needs.py python
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.press: uv.lock pyproject.toml | $(BIN)/uv
	@$(PYTHON) scripts/system_needs.py press
	@$(SYNC) --group press && touch $@

$(VENV)/.diagrams: uv.lock pyproject.toml | $(BIN)/uv
	@$(PYTHON) scripts/system_needs.py diagrams
	@$(SYNC) --group press --group diagrams && touch $@

$(VENV)/.check: uv.lock pyproject.toml | $(BIN)/uv
	@$(PYTHON) scripts/system_needs.py check
	@$(SYNC) --group check && touch $@

$(VENV)/.test: uv.lock pyproject.toml | $(BIN)/uv
	@$(PYTHON) scripts/system_needs.py speech-clips
	@$(SYNC) --group test && touch $@

$(VENV)/.%: uv.lock pyproject.toml | $(BIN)/uv
	@$(SYNC) --group $* && touch $@
