"""How a run can be told to go: retries, parameters, limits, strictness, order, and a fresh interpreter for each notebook."""

import signal
from pathlib import Path

import pytest
from conftest import sleeper, tagged
from quirks import FAILING, HANGING, PASSING

from literate.diagnostics import UsageError
from literate.discovery import project_notebooks
from literate.execute import FAILED, PASSED, NotebookStarted, Options, run, run_notebooks
from literate.execute.options import check_choice, parse_parameters, parse_size, pick_shard
from literate.execute.protocol import CellBegins, CellReport, Task
from literate.execute.server import job as jobs

SLEEPER = sleeper(2)


def results_of(project, **options) -> dict:
    """The results of a run of everything, by the notebook's name."""
    found = run_notebooks(project, project_notebooks(project), Options(**options))
    return {Path(result.path).stem: result for result in found}


def test_retries(make_project):
    third = (
        "from pathlib import Path\nlog = Path('log')\nlog.write_text(log.read_text() + 'x' if log.exists() else 'x')\n"
        "assert log.read_text() == 'xxx', log.read_text()"
    )
    results = results_of(
        make_project({"00_flaky": [third], "01_bad": ["1/0"], "02_good": ["1"]}), retries=2
    )
    assert [result.outcome for result in results.values()] == [PASSED, FAILED, PASSED]
    assert [len(result.failed_before) for result in results.values()] == [2, 2, 0]
    flaky = results["00_flaky"].notes
    assert flaky == (
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
    project = make_project(
        {
            "00_first": ["assert (epochs, name) == (3, 'a b')"],
            "01_tagged": [
                tagged("epochs = 1; other = 2", "parameters"),
                "assert (epochs, other) == (3, 2)",
            ],
        }
    )
    results = results_of(project, parameters={"epochs": 3, "name": "a b"})
    assert {result.outcome for result in results.values()} == {PASSED}


@pytest.mark.parametrize("kernel", ["", "python3"])
def test_a_cells_own_timeout(make_project, kernel):
    long, endless = "import time\ntime.sleep(1.5)", "import time\ntime.sleep(9999)"
    project = make_project(
        {
            "00_longer": [f"#| timeout: 600\n{long}"],
            "01_shorter": [f"#| timeout: 0.2\n{endless}"],
            "02_other": [endless],
            "03_wrong": ["1", "#| timeout: soon\n1"],
        }
    )
    results = results_of(project, cell_timeout=1.0, kernel=kernel)
    failed = [name for name, result in results.items() if result.outcome == FAILED]
    assert {"01_shorter", "02_other", "03_wrong"} <= set(failed)
    # Its cell: to end the process afterwards, it has as long as any other.
    assert [cell.outcome for cell in results["00_longer"].cells] == [PASSED]
    said = [results[name].failures[0].error.message for name in ("01_shorter", "02_other")]
    assert said == [
        "Timeout: the cell was still running after 0.2 s (its own timeout)",
        "Timeout: the cell was still running after 1 s (--cell-timeout)",
    ]
    assert (
        ":cell 2 (00000001):1: error: timeout takes seconds, not 'soon'"
        in results["03_wrong"].reason
    )


def a_task(**changes) -> Task:
    """A task of a notebook without cells and limits, but for what is given."""
    values = {
        **dict.fromkeys(("path", "folder", "root", "state_dir", "kernel", "terminal"), ""),
        "engine": "fork",
        "cells": (),
        "parameters": {},
        "parameters_after": None,
        "timeout": 0.0,
        "cell_timeout": 0.0,
        "own_timeouts": {},
        "max_memory": 0,
        "allow_errors": False,
        "strict": False,
        "coverage": None,
        "module_lines": {},
    }
    return Task(**{**values, **changes})


def test_which_limit_counts_when(monkeypatch):
    """By a clock that stands still: the cell's own limit, or else the command's."""
    monkeypatch.setattr(jobs.time, "monotonic", lambda: 1000.0)
    task = a_task(cell_timeout=1.0, own_timeouts={0: 30.0, 1: 0.2})
    job = jobs.Job(0, task, lambda message: None)
    assert job.due == float("inf")
    for cell, due in [(0, 1030.0), (1, 1000.2), (2, 1001.0)]:
        job._handle(CellBegins(cell))
        assert job.due == due
        job._end_cell(cell, CellReport(True, 0.0, None, None, []))
        assert job.due == 1001.0  # between the cells, and at the end


def test_what_is_sent_at_a_limit_and_when(monkeypatch):
    """A question where it is, an interrupt, and a second later the end."""
    sent = []
    monkeypatch.setattr(jobs.time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(jobs.os, "kill", lambda pid, number: sent.append((now - due, number)))
    monkeypatch.setattr(jobs, "kill", lambda pid: sent.append((now - due, signal.SIGKILL)))
    job = jobs.Job(0, a_task(cell_timeout=5.0), lambda message: None)
    job._handle(CellBegins(0))
    due = job.due
    job.enforce(due - 0.1)
    assert sent == []
    while (now := job.due) < float("inf"):
        job.enforce(now)
    assert [number for _, number in sent] == [signal.SIGUSR1, signal.SIGINT, signal.SIGKILL]
    (asked, _), (interrupted, _), (killed, _) = sent
    assert asked == 0 and interrupted < 0.1 and killed >= 1


STRICT = {
    "thread": "import threading\nt = threading.Thread(target=lambda: 1/0)\nt.start(); t.join()",
    "task": "import asyncio\nasync def f(): 1/0\ntask = asyncio.ensure_future(f())",
    "running_task": "import asyncio\ntask = asyncio.ensure_future(asyncio.sleep(9999))",
    "command": "!exit 3",
    "process": "import subprocess\n"
    f"p = subprocess.Popen(['sleep', '{SLEEPER}'], start_new_session=True)",
    "nothing": "import subprocess, threading\nsubprocess.run(['true'])\nt = threading.Thread(target=print)\nt.start()",
}
SAID = {
    "thread": "an exception in thread",
    "task": "failed: ZeroDivisionError",
    "running_task": "a task still runs",
    "command": "!exit 3 ended with status 3",
    "process": f"leaves a process behind: sleep {SLEEPER}",
}


def test_what_no_cell_notices_is_a_remark_or_with_strict_a_failure(make_project):
    project = make_project({name: [source] for name, source in STRICT.items()})
    lax, strict = results_of(project), results_of(project, strict=True)
    assert {result.outcome for result in lax.values()} == {PASSED}
    assert [name for name, result in strict.items() if result.outcome == PASSED] == ["nothing"]
    assert lax["nothing"].notes == ()
    for name, words in SAID.items():
        assert words in lax[name].notes[0]
        failed = strict[name].failures
        assert words in (failed[0].error.message if failed else strict[name].reason)


def test_memory_limit(make_project):
    hog = ["x = []", "import sys\nfor _ in range(100):\n    x.append(bytearray(1 << 26))", "1"]
    result = results_of(make_project({"00_hog": hog, "01_ok": ["1"]}), max_memory=1 << 30)
    assert result["01_ok"].outcome == PASSED
    (failed,) = result["00_hog"].failures
    assert (failed.index, failed.line, failed.error.name) == (1, 3, "MemoryError")
    assert "1,073,741,824 bytes (--max-memory)" in failed.error.message


def test_a_cell_that_closes_every_descriptor(make_project):
    closes = "import os\nprint('before')\nos.closerange(3, 999)\nfiles = [open('/dev/null') for _ in range(9)]\nprint('after')"
    results = results_of(make_project({"00_a": [closes, "print('and on')\n1/0"]}))
    (failed,) = results["00_a"].failures
    assert (failed.index, failed.line) == (1, 2)
    assert [cell.outputs[0]["text"] for cell in results["00_a"].cells] == [
        "before\nafter\n",
        "and on\n",
    ]


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


def test_spawned_notebooks_come_out_as_forked_ones(make_project, unhurried):
    passing = (
        "bash_cell",
        "top_level_await",
        "order",
        "environment",
        "spawn",
        "display_html",
        "future_import",
    )
    failing = (
        "exception",
        "below_capture",
        "syntax",
        "group",
        "os_exit",
        "segfault",
        "loop",
        "input",
    )
    cases = {**FAILING, **HANGING}
    cells = {name: PASSING[name] for name in passing} | {name: cases[name][0] for name in failing}
    project = make_project(cells)
    (project.root / "lib").mkdir()
    (project.root / "lib" / "core.py").write_text("x = 1\n")
    forked, spawned = (results_of(project, isolation=how) for how in ("fork", "spawn"))

    def told(result) -> tuple:
        cells = [
            (c.outcome, c.execution_count, c.outputs, c.line, c.error and c.error.message)
            for c in result.cells
        ]
        return result.outcome, result.reason, result.notes, cells

    for name in cells:
        assert told(spawned[name]) == told(forked[name]), name


def test_arguments():
    assert parse_parameters("a=1 b='x y' c=[1,2] d=None e=x=y f=") == {
        "a": 1,
        "b": "x y",
        "c": [1, 2],
        "d": None,
        "e": "x=y",
        "f": "",
    }
    assert [parse_size(text) for text in ("", "10", "2k", "1.5M", "4G", "4 GiB")] == [
        0,
        10,
        2048,
        1572864,
        4 << 30,
        4 << 30,
    ]
    for text in ("1=2", "a", "class=1", "a='"):
        with pytest.raises(UsageError):
            parse_parameters(text)
    for text in ("x", "-1", "3X"):
        with pytest.raises(UsageError):
            parse_size(text)
    for text in ("x", "0/2", "3/2", "1/0", "4/9"):
        with pytest.raises(UsageError, match="--shard"):
            pick_shard([Path("a"), Path("b"), Path("c")], text)
    parts = [pick_shard(list(map(Path, "abcde")), f"{number}/2") for number in (1, 2)]
    assert ["".join(map(str, part)) for part in parts] == ["ace", "bd"]
    with pytest.raises(UsageError, match="takes fork or spawn"):
        check_choice("--isolation", "x", ("fork", "spawn"))
