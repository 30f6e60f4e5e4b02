# make              set up, compile the notebooks, run them
# make test         the whole test suite
# make lab          JupyterLab on the notebooks
# make site         the course as a site, in _docs
# make bench        speed, beside other programs
# make claims       one run of the notebooks, and docs/claims.md
# make matrix       the notebooks with moved seeds and old instructions: which claims are near to failing?
# make matrix-small what CI runs of it
# make lint         the form of the code: ruff and mypy
# make mutants      which small faults in the code would the tests not notice? (a quarter of an hour)
# make fuzz-commands  random histories of a project: is a typed line ever lost, or something wrong silent?
# make pictures     the pictures of the documentation, from real runs (needs Chromium)
# make fuzz         random edits in notebooks and modules, for longer than the tests (some minutes)
# make wheels       both distributions, built and tried in an empty environment
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

# $(call step,what it does,command): a line for each step of the set-up, with its seconds.
step = @printf '%-64s' '$(1)'; start=$$(date +%s); \
	if $(2); then echo "$$(($$(date +%s) - start)) s"; \
	else printf '\nThis step failed. To run only it again:\n  %s\n' '$(2)'; exit 1; fi

# $(call again,command,command to run again): runs a command; if it fails, the last line is the second one.
again = @echo '$(1)'; $(1) || { printf '\nTo run only this again:\n  %s\n' '$(2)'; exit 1; }

PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt

TOOL := ./literate[kernels,dask,pytest,coverage,docs]

all: $(READY)
	$(call again,$(BIN)/python notebook2script.py,$(BIN)/python notebook2script.py)
	$(BIN)/python run_notebook.py

test: $(READY)
	$(call again,$(BIN)/python -m pytest,$(BIN)/python -m pytest --last-failed)

lab: $(READY)
	$(BIN)/jupyter lab nbs $(if $(filter 0,$(shell id -u)),--allow-root)

site: $(READY)
	$(BIN)/python docs/site_notes.py
	$(BIN)/literate docs

bench: $(READY)
	$(BIN)/python benchmarks/notebook2script.py
	$(BIN)/python benchmarks/run_notebook.py

claims: $(READY)
	$(BIN)/python docs/matrix.py --shifts 0 --sets native --brief --save

matrix: $(READY)
	$(BIN)/python docs/matrix.py --save

matrix-small: $(READY)
	$(BIN)/python docs/matrix.py small

lint: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

mutants: $(READY)
	$(BIN)/python tests/mutate.py

fuzz-commands: $(READY)
	$(BIN)/python tests/fuzz.py --histories 100

SYNC_EXAMPLES ?= 2000
fuzz: $(READY)
	SYNC_EXAMPLES=$(SYNC_EXAMPLES) $(BIN)/python -m pytest tests/compile/test_sync.py

pictures: $(READY)
	$(BIN)/python docs/pictures.py

wheels:
	.ci/wheels $(PYTHON)

# The editable mode compat is an entry in the path. The default, a finder, would cost each start of Python 10 ms.
$(READY): setup.py settings.ini pyproject.toml literate/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(call step,Making the virtual environment $(VENV),test -x $(BIN)/python || $(PYTHON) -m venv $(VENV))
	$(call step,Installing PyTorch and NumPy,$(PIP) torch numpy)
	$(call step,Installing tool and library with Jupyter and test tools,$(PIP) --config-settings editable_mode=compat --editable $(TOOL) --editable .[dev])
	$(call step,Installing a kernel for a second language,$(BIN)/python -m bash_kernel.install --sys-prefix >$(VENV)/bash_kernel.log)
	@touch $(READY)

clean:
	rm -rf $(VENV) .literate .pytest_cache .hypothesis build *.egg-info

.PHONY: all test lab site bench claims matrix matrix-small lint mutants fuzz fuzz-commands pictures \
	wheels clean
