# make: set up, compile the notebooks, run them.   make test: the whole test suite.   make claims: docs/claims.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

all: $(READY)
	$(BIN)/python notebook2script.py
	$(BIN)/python run_notebook.py

test: $(READY)
	$(BIN)/python -m pytest

lab: $(READY)
	$(BIN)/jupyter lab nbs $(if $(filter 0,$(shell id -u)),--allow-root)

bench: $(READY)
	$(BIN)/python benchmarks/notebook2script.py
	$(BIN)/python benchmarks/run_notebook.py

claims: $(READY)
	$(BIN)/python docs/claims.py

$(READY): setup.py settings.ini pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt \
		--config-settings editable_mode=compat --editable '.[dev]'  # compat: a path entry, not a finder that costs each start 10 ms
	$(BIN)/python -m bash_kernel.install --sys-prefix >/dev/null  # a second language, for the tests
	touch $(READY)

clean:
	rm -rf $(VENV) .literate .pytest_cache .hypothesis build *.egg-info

.PHONY: all test lab bench claims clean
