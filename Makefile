# Every way in. `make help` lists them; two are enough to start: `make run`, `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python
RASA := extensions/.venv/bin/python
SETS ?= ../shared/eval
ROOM ?= conversations

# Every start reads compiled modules, where the shell says not to write them too.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test test-room check train evaluate bench nlu-bench shell channels clean

help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Set up both environments, the widget, the encoder and the model (only what is missing)
	@python3 deploy/setup.py all

run: ## Set up what is missing and run the assistant, the website page and the staff console
	@python3 deploy/setup.py run
	@exec $(PY) -m frontdesk.app.run

test: ## Set up what is missing and run every test, linter and type checker
	@python3 deploy/setup.py test
	@exec $(PY) -m tests.suite

test-room: ## Run one room's tests in seconds: make test-room ROOM=applications
	@$(PY) -m tests.suite $(ROOM)

check: ## Linters, type checkers and the contract of the rooms, without tests
	@$(PY) -m tests.suite check

train: ## Train a model on the present data, whether or not one fits
	@python3 deploy/setup.py train

shell: ## Talk to the assistant in the terminal (starts the actions beside Rasa's own shell)
	@python3 deploy/setup.py run
	@$(PY) -m frontdesk.app.shell

channels: ## Check the messaging channels and register their webhooks where the provider allows
	@$(PY) -m frontdesk.channels.registration

evaluate: ## Score the assistant on a folder of sets: make evaluate SETS=../shared/eval
	@python3 deploy/setup.py run
	@$(PY) -m tests.evaluation --sets $(SETS)

bench: ## Measure turn times, start-up, memory and training beside a stock Rasa assistant
	@python3 deploy/setup.py test
	@$(PY) -m tests.bench

nlu-bench: ## Train the pipeline on any intent set beside stock Rasa: make nlu-bench FOLDER=path
	@python3 deploy/setup.py run
	@$(RASA) -m extensions.nlu.bench $(FOLDER)

clean: ## Remove what was built (environments, widget, cache); data under var/ and models/ stay
	@rm -rf .venv extensions/.venv .tools widget/node_modules widget/dist widget/npm var/setup var/cache
