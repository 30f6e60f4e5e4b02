"""A run of notebooks from the first plan to the last result, by the options of the run."""

import pytest
from conftest import results_of, tagged
from quirks import FAILING, HANGING, PASSING

from literate.discovery import project_notebooks
from literate.execute import (
    FAILED,
    PASSED,
    NotebookFinished,
    NotebookStarted,
    Options,
    run,
    run_notebooks,
    start_server,
)


def test_retries(make_project):
    third = (
        "from pathlib import Path\n"
        "log = Path('log')\n"
        "log.write_text(log.read_text() + 'x' if log.exists() else 'x')\n"
        "assert log.read_text() == 'xxx', log.read_text()"
    )
    project = make_project({"00_flaky": [third], "01_bad": ["1/0"], "02_good": ["1"]})
    results = results_of(project, retries=2)
    assert [result.outcome for result in results.values()] == [PASSED, FAILED, PASSED]
    assert [len(result.failed_before) for result in results.values()] == [2, 2, 0]
    assert results["00_flaky"].notes == (
        "flaky: passed at attempt 3",
        "attempt 1: AssertionError: x",
        "attempt 2: AssertionError: xx",
    )


def test_shuffle(make_project):
    project = make_project({f"{number:02}_x": ["1"] for number in range(6)})

    def order(seed: str) -> list[str]:
        events = run(project, project_notebooks(project), Options(workers=1, shuffle=seed))
        return [event.path for event in events if isinstance(event, NotebookStarted)]

    assert order("a") == order("a") != order("b")
    assert sorted(order("b")) == order("")


def test_allow_errors(make_project):
    project = make_project({"00_a": ["1/0", "x = 1", "assert x == 2"]})
    result = results_of(project, allow_errors=True)["00_a"]
    assert result.outcome == FAILED and [cell.index for cell in result.failures] == [0, 2]
    assert [cell.index for cell in results_of(project)["00_a"].failures] == [0]


def test_parameters(make_project):
    tagged_cell = tagged("epochs = 1; other = 2", "parameters")
    project = make_project(
        {
            "00_first": ["assert (epochs, name) == (3, 'a b')"],
            "01_tagged": [tagged_cell, "assert (epochs, other) == (3, 2)"],
        }
    )
    results = results_of(project, parameters={"epochs": 3, "name": "a b"})
    assert {result.outcome for result in results.values()} == {PASSED}


def test_fail_fast_stops_at_a_broken_notebook(make_project):
    project = make_project({"00_a": "{", "01_b": ["1"]})
    assert list(results_of(project, fail_fast=True)) == ["00_a"]
    assert list(results_of(project)) == ["00_a", "01_b"]


def test_results_come_in_the_order_of_the_paths(make_project):
    project = make_project({"00_a": ["1"], "01_b": "{", "02_c": ["#| eval: false\n1"]})
    paths = [project.nbs_path / f"{name}.ipynb" for name in ("02_c", "00_a", "01_b")]
    assert [result.path for result in run_notebooks(project, paths)] == list(map(str, paths))


def test_a_lent_server_serves_several_runs(make_project):
    project = make_project({"00_a": ["import os\nos.getppid()"]})
    server = start_server(1)
    try:
        parents = set()
        for _ in range(2):
            for event in run(project, project_notebooks(project), Options(), server):
                if isinstance(event, NotebookFinished):
                    parents.add(event.result.cells[0].outputs[0]["data"]["text/plain"])
        assert len(parents) == 1
    finally:
        server.close()


# --- what a cell may do ------------------------------------------------------------------------


def test_a_cell_that_closes_every_descriptor(make_project):
    closes = (
        "import os\n"
        "print('before')\n"
        "os.closerange(3, 999)\n"
        "files = [open('/dev/null') for _ in range(9)]\n"
        "print('after')"
    )
    result = results_of(make_project({"00_a": [closes, "print('and on')\n1/0"]}))["00_a"]
    (failed,) = result.failures
    assert (failed.index, failed.line) == (1, 2)
    printed = [cell.outputs[0]["text"] for cell in result.cells]
    assert printed == ["before\nafter\n", "and on\n"]


@pytest.mark.parametrize(
    "above",
    [
        "%timeit -n1 -r1 \\\n 1",
        "x = !echo a \\\n b",
        "!echo \\\n \\\n hi",
        "x = 1\nif x:\n    %timeit -n1 \\\n     -r1 1",
    ],
)
def test_magics_over_several_lines_move_no_line(make_project, above):
    source = f"{above}\n1/0"
    (failed,) = results_of(make_project({"00_a": [source]}))["00_a"].failures
    assert failed.line == source.count("\n") + 1


# --- a fresh interpreter for each notebook -----------------------------------------------------

SPAWNED_PASSING = (
    "bash_cell",
    "top_level_await",
    "order",
    "environment",
    "spawn",
    "display_html",
    "future_import",
)
SPAWNED_FAILING = (
    "exception",
    "below_capture",
    "syntax",
    "group",
    "os_exit",
    "segfault",
    "loop",
    "input",
)


def told(result) -> tuple:
    """What is to be the same, however a notebook runs."""
    cells = []
    for cell in result.cells:
        message = cell.error and cell.error.message
        cells.append((cell.outcome, cell.execution_count, cell.outputs, cell.line, message))
    return result.outcome, result.reason, result.notes, cells


def test_spawned_notebooks_come_out_as_forked_ones(make_project, unhurried):
    cases = {**FAILING, **HANGING}
    cells = {name: PASSING[name] for name in SPAWNED_PASSING}
    cells |= {name: cases[name][0] for name in SPAWNED_FAILING}
    project = make_project(cells)
    (project.root / "lib").mkdir()
    (project.root / "lib" / "core.py").write_text("x = 1\n")
    forked, spawned = (results_of(project, isolation=how) for how in ("fork", "spawn"))
    for name in cells:
        assert told(spawned[name]) == told(forked[name]), name
