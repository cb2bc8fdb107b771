# Everything lives in .venv; nothing outside this folder is touched and nothing needs root.
PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 2

.PHONY: demo test bench clean

demo: .venv/ready
	$(BIN)/loa demo

test: .venv/ready
	$(BIN)/pytest -n $(JOBS)

bench: .venv/ready
	$(BIN)/python -m tests.bench $(NAME)

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

clean:
	rm -rf .venv build
