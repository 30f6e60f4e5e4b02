"""Whole notebooks, and what comes of them: one run of many tiny notebooks from `tests/quirks`."""

from __future__ import annotations

import json
import os

import pytest
from conftest import (
    UNHURRIED,
    constants,
    notebook,
    results_of,
    running,
    settings_text,
    split_cells,
    wait_for,
    write_files,
)
from quirks import FAILING, HANGING, PASSING, SKIPPED_NOTEBOOKS, STUBBORN
from quirks.passing import SLEEPER

from literate.discovery import project_notebooks
from literate.execute import FAILED, PASSED, SKIPPED, NotebookResult, Options, run_notebooks
from literate.project import Project, read_project
from literate.records import asdict

FAILING_AND_HANGING = {**FAILING, **HANGING, **STUBBORN}

DIES_AT_EXIT = split_cells("""
    import atexit, os
    atexit.register(os._exit, 4)
    atexit.register(print, 'so long');
""")


def all_notebooks() -> dict[str, str]:
    """The text of each notebook, by its name."""
    cells = {**PASSING, **SKIPPED_NOTEBOOKS, "dies_at_exit": DIES_AT_EXIT}
    for name, failing in FAILING_AND_HANGING.items():
        cells[name] = failing.cells
    texts = {name: notebook(*sources) for name, sources in cells.items()}
    texts["broken"] = '{"cells": ['
    texts["quiet/no_test"] = notebook("1/0")
    return texts


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("quirks")
    files = {
        "settings.ini": settings_text("tst_flags = slow cuda"),
        "lib/__init__.py": "",
        "lib/core.py": "x = 1\n",
        "nbs/quiet/.notest": "",
    }
    for name, text in all_notebooks().items():
        files[f"nbs/{name}.ipynb"] = text
    write_files(root, files)
    return read_project(root / "settings.ini")


@pytest.fixture(scope="module")
def results(project, fonts, tmp_path_factory):
    """The results of all notebooks, by the names of the notebooks."""
    stubborn = paths_of(project, *STUBBORN)
    others = [path for path in project_notebooks(project) if path not in stubborn]
    with constants(tmp_path_factory.mktemp("site") / "unhurried", UNHURRIED):
        found = run_notebooks(project, others, Options(workers=4))
    assert [result.path for result in found] == [str(path) for path in others]
    found += run_notebooks(project, stubborn, Options(workers=2, cell_timeout=1.5))
    return {os.path.basename(r.path).removesuffix(".ipynb"): r for r in found}


def paths_of(project: Project, *names: str) -> list:
    return [project.nbs_path / f"{name}.ipynb" for name in names]


def outcomes(results: list[NotebookResult]) -> list[str]:
    return [result.outcome for result in results]


def outputs(result: NotebookResult, index: int) -> list[str]:
    """The text of what a cell printed and displayed."""
    (cell,) = [cell for cell in result.cells if cell.index == index]
    texts = []
    for output in cell.outputs:
        texts.append(output["text"] if "text" in output else output["data"]["text/plain"])
    return texts


# --- notebooks that pass -----------------------------------------------------------------------


@pytest.mark.parametrize("name", PASSING)
def test_passes(results, name):
    assert (results[name].outcome, results[name].failures, results[name].reason) == (PASSED, (), "")


def test_atexit_handlers_run(project, results):
    assert results["atexit_handler"].outcome == PASSED
    assert (project.nbs_path / "atexit.txt").read_text() == "ran"


def test_processes_left_behind_are_ended(results):
    assert results["leaves_a_process"].outcome == PASSED
    assert wait_for(lambda: not running(f"sleep {SLEEPER}"))


def test_one_worker_process_isolates_notebooks_too(project):
    paths = paths_of(project, "leaks", "leaks_not")
    assert outcomes(run_notebooks(project, paths, Options(workers=1))) == [PASSED, PASSED]


PATCHES = """
    import time, os, json, pickle, builtins, asyncio, threading
    time.perf_counter = time.monotonic = time.sleep = None
    os._exit = json.dumps = pickle.dumps = None
    builtins.print = builtins.input = None
    asyncio._set_running_loop = threading.get_ident = None
    # %%
    import own_module
    own_module.value
"""


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_functions_that_a_notebook_patches_are_not_those_of_the_worker(make_project, isolation):
    project = make_project({"00_a": split_cells(PATCHES)})
    write_files(project.nbs_path, {"own_module.py": "value = 2"})
    result = results_of(project, isolation=isolation)["00_a"]
    assert (result.outcome, result.failures, result.reason) == (PASSED, (), "")
    assert outputs(result, 1) == ["2"]


# --- notebooks that fail -----------------------------------------------------------------------


@pytest.mark.parametrize("name", FAILING_AND_HANGING)
def test_fails_and_says_where(results, name):
    expected = FAILING_AND_HANGING[name]
    result = results[name]
    assert result.outcome == FAILED
    (cell,) = result.failures
    assert (cell.index, cell.line) == (expected.index, expected.line)
    assert cell.error.name == expected.error
    assert expected.message in cell.error.message
    for frame in cell.error.frames:
        assert frame.cell is not None or "IPython" not in frame.file


def test_a_broken_file_is_a_failure_of_its_own(results):
    assert results["broken"].outcome == FAILED
    assert "broken.ipynb" in results["broken"].reason


def test_a_death_outside_of_the_cells_is_a_failure(results):
    result = results["dies_at_exit"]
    assert result.outcome == FAILED
    assert result.reason == "the process died: exit status 4, outside of its cells\nso long"


def test_a_notebook_has_a_time_limit(project):
    (result,) = run_notebooks(project, paths_of(project, "loop"), Options(timeout=0.5))
    # On a slow machine, the limit may pass before the cell begins.
    said = result.reason or result.failures[0].error.message
    assert "the notebook was still running after 0.5 s" in said


def test_fail_fast_stops(project):
    paths = paths_of(project, "exception", "underscore")
    assert outcomes(run_notebooks(project, paths, Options(workers=1, fail_fast=True))) == [FAILED]


# --- notebooks and cells that are skipped ------------------------------------------------------


@pytest.mark.parametrize("name", [*SKIPPED_NOTEBOOKS, "no_test"])
def test_is_skipped_and_says_why(results, name):
    assert results[name].outcome == SKIPPED
    assert results[name].reason


def test_skipped_cells_are_in_the_result(results):
    first, second = results["all_but_eval"].cells
    assert (first.outcome, first.reason, second.outcome) == (SKIPPED, "eval: false", PASSED)


def test_cells_that_a_flag_asks_for_run(project):
    options = Options(flags=frozenset({"slow"}))
    (result,) = run_notebooks(project, paths_of(project, "directive"), options)
    assert result.failures[0].error.name == "ZeroDivisionError"


# --- outputs -----------------------------------------------------------------------------------


def test_results_are_plain_data(results):
    for result in results.values():
        json.dumps(asdict(result), allow_nan=False)


def test_printed_text_and_displays_come_in_order(results):
    assert outputs(results["order"], 0) == ["one\n", "two\nthree\n", "4", "five\n"]
    texts = ["one\n", "two\n", "three", "four\n", "five\n"]
    assert outputs(results["order_of_streams"], 0) == texts


def test_what_a_cell_printed_before_it_died_is_kept(results):
    assert outputs(results["os_exit"], 1) == ["last words\n"]
    assert outputs(results["segfault"], 1) == ["dying\n"]
    assert outputs(results["loop"], 0) == ["x\n"]


def test_rich_outputs(results):
    assert results["display_html"].cells[0].outputs[0]["data"]["text/html"] == "<b>x</b>"
    assert "image/svg+xml" in results["matplotlib_magic"].cells[1].outputs[0]["data"]
    assert "image/png" in results["figure"].cells[0].outputs[0]["data"]
    assert outputs(results["updated_display"], 0) == ["'new'"]
    assert outputs(results["cleared_output"], 0) == ["new\n"]


def test_output_of_commands_and_threads(results):
    assert outputs(results["bash_cell"], 0) == ["from bash\n"]
    assert outputs(results["threads"], 0) == ["from a thread\n"]


def test_output_of_forked_processes_arrives(results):
    printed = "".join(outputs(results["forked_print"], 0))
    assert sorted(printed.split("\n")) == ["", "ours", "ours again", "theirs"]


FORKS = """
    import os
    pid = os.fork()
    if pid == 0:
        print('forked')
        {end}
    else:
        status = os.waitstatus_to_exitcode(os.wait()[1])
    # %%
    print('status', status)
"""


@pytest.mark.parametrize(("end", "status"), [("pass", 0), ("1/0", 1), ("os._exit(5)", 5)])
def test_a_process_that_a_cell_forks_ends_with_this_cell(make_project, end, status):
    cells = split_cells(FORKS.format(end=end))
    result = results_of(make_project({"00_a": cells}))["00_a"]
    assert result.outcome == PASSED
    assert outputs(result, 0)[0].startswith("forked\n")
    assert outputs(result, 1) == [f"status {status}\n"]


def test_a_flood_is_cut_and_says_so(results):
    text = "".join(outputs(results["flood"], 0))
    assert len(text) < 2_000_000
    assert "[output cut here" in text


# Cells that skip the rest of their notebook, and the reason that they give.
SKIPPING = {
    "pytest_skip": ("import pytest\npytest.skip('no\\nGPU')", "no GPU"),
    "in_a_function": ("import pytest\ndef need(): pytest.skip('no GPU')\nneed()", "no GPU"),
    "importorskip": (
        "import pytest\npytest.importorskip('no_such_module', reason='no module')",
        "no module",
    ),
    "unittest_skip": ("import unittest\nraise unittest.SkipTest('no GPU')", "no GPU"),
    "captured": ("%%capture\nimport unittest\nraise unittest.SkipTest('no GPU')", "no GPU"),
    "without_a_reason": ("import unittest\nraise unittest.SkipTest", "it skips itself"),
}


@pytest.mark.parametrize("isolation", ["fork", "spawn"])
def test_a_notebook_that_skips_itself(make_project, isolation):
    cells = {name: ["x = 1", source, "1/0"] for name, (source, _) in SKIPPING.items()}
    results = results_of(make_project(cells), isolation=isolation)
    for name, (_, reason) in SKIPPING.items():
        assert (results[name].outcome, results[name].reason) == (SKIPPED, reason), name
        first, second = results[name].cells
        assert (first.outcome, second.outcome) == (PASSED, SKIPPED)
        assert (second.reason, second.error) == (reason, None)


def test_a_notebook_that_failed_before_it_skips_itself(make_project):
    project = make_project({"00_a": ["1/0", "import unittest\nraise unittest.SkipTest('late')"]})
    result = results_of(project, allow_errors=True)["00_a"]
    assert result.outcome == FAILED
    assert [cell.outcome for cell in result.cells] == [FAILED, SKIPPED]


def test_a_cell_that_has_to_skip(make_project):
    source = "#| raises: SkipTest\nimport unittest\nraise unittest.SkipTest('as it has to')"
    result = results_of(make_project({"00_a": [source, "x = 1"]}))["00_a"]
    assert (result.outcome, len(result.cells)) == (PASSED, 2)


def test_an_exception_that_is_only_called_skipped(make_project):
    source = "class Skipped(Exception): pass\nraise Skipped('not by pytest')"
    assert results_of(make_project({"00_a": [source]}))["00_a"].outcome == FAILED
