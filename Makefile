# Everything lives in .venv; nothing outside this folder is touched and nothing needs root.
PYTHON ?= python3
BIN := .venv/bin
# Processes of tests: one computes, the others live through communes, which mostly wait. More than two of those at once disturb each other on two cores.
JOBS ?= 3

.PHONY: demo test check bench clean

demo: .venv/ready
	$(BIN)/loa demo

test: .venv/ready
	$(BIN)/pytest -n $(JOBS) --dist loadfile

check: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PYTHONPATH=firmware:host_tools $(BIN)/lint-imports --no-logo
	$(BIN)/python tools/check_firmware_types.py
	$(BIN)/python tools/check_bytecode.py
	$(BIN)/python tools/protocol_tables.py --check
	$(BIN)/python tools/micropython_names.py --check
	$(BIN)/python tools/translations.py --check
	$(BIN)/python tools/check_paths.py
	$(BIN)/python tools/check_links.py

bench: .venv/ready
	$(BIN)/python -m tests.bench $(NAME)

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

clean:
	rm -rf .venv build
