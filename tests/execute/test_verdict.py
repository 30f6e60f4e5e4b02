"""What passed and what failed: from the messages about a notebook to its result."""

import signal

import pytest
from conftest import results_of, sleeper

from literate.execute import FAILED, PASSED, SKIPPED, Error, Frame, verdict
from literate.execute.protocol import CellEnded, CellReport, NotebookEnd
from literate.execute.selection import plan_notebook

LIMITS = {"cell": 2.0, "notebook": 600.0, "memory": 0}
ZERO_DIVISION = Error("ZeroDivisionError", "ZeroDivisionError: division by zero")
SLEEPER = sleeper(2)


@pytest.fixture
def plan(make_project):
    """The plan of a notebook with three cells: one is skipped, one has to raise an exception."""
    cells = ["x = 1\ny = 2", "#| eval: false\n2", "#| raises: ValueError\n3"]
    project = make_project({"00_a": cells})
    return plan_notebook(project, project.nbs_path / "00_a.ipynb")


def ended(ok: bool = True, error: Error | None = None, limit: str = "") -> CellEnded:
    """The message about a cell that came to its end."""
    return CellEnded(0, 0, CellReport(ok, 0.5, 1, error, []), [], limit)


def cell_result(plan, index: int = 0, limits: dict = LIMITS, **message):
    return verdict.cell_result(plan.steps[index], ended(**message), limits)


# --- a cell ------------------------------------------------------------------------------------


def test_a_cell_that_ends(plan):
    result = cell_result(plan)
    assert (result.outcome, result.error) == (PASSED, None)
    assert (result.index, result.source, result.seconds) == (0, "x = 1\ny = 2", 0.5)


def test_a_cell_that_fails(plan):
    result = cell_result(plan, ok=False, error=ZERO_DIVISION)
    assert (result.outcome, result.error) == (FAILED, ZERO_DIVISION)


def test_a_cell_that_had_to_raise(plan):
    passed = cell_result(plan, 2, ok=True, error=Error("ValueError", "ValueError: x"))
    assert (passed.outcome, passed.error.message) == (PASSED, "ValueError: x")
    nothing = cell_result(plan, 2, ok=False)
    assert (nothing.outcome, nothing.error.name) == (FAILED, "DidNotRaise")
    assert nothing.error.message == "the cell had to raise ValueError, but it raised nothing"
    other = cell_result(plan, 2, ok=False, error=ZERO_DIVISION)
    assert other.outcome == FAILED
    assert other.error.message == f"{ZERO_DIVISION.message}\nthe cell had to raise ValueError"


@pytest.mark.parametrize(
    "limit, message",
    [
        ("cell", "Timeout: the cell was still running after 2 s (--cell-timeout)"),
        ("notebook", "Timeout: the notebook was still running after 600 s (--timeout)"),
    ],
)
def test_a_cell_that_is_interrupted_at_a_limit(plan, limit, message):
    frame = Frame("00_a.ipynb", 2, cell=0)
    interrupt = Error("KeyboardInterrupt", "KeyboardInterrupt", (frame,))
    result = cell_result(plan, ok=False, error=interrupt, limit=limit)
    assert (result.outcome, result.error.name, result.line) == (FAILED, "Timeout", 2)
    assert result.error.message == message
    ignored_the_interrupt = cell_result(plan, ok=True, limit=limit)
    assert (ignored_the_interrupt.outcome, ignored_the_interrupt.error.message) == (FAILED, message)


@pytest.mark.parametrize("name", ["MemoryError", "_ArrayMemoryError"])
def test_a_memory_error_names_the_limit(plan, name):
    error = Error(name, f"{name}: no more")
    limited = cell_result(plan, limits={**LIMITS, "memory": 1 << 30}, ok=False, error=error)
    assert limited.error.message == (
        f"{name}: no more\neach process of the notebook may take 1,073,741,824 bytes (--max-memory)"
    )
    assert cell_result(plan, ok=False, error=error).error.message == f"{name}: no more"


def test_another_error_does_not_name_the_memory_limit(plan):
    limits = {**LIMITS, "memory": 1 << 30}
    result = cell_result(plan, limits=limits, ok=False, error=ZERO_DIVISION)
    assert result.error == ZERO_DIVISION


def test_memory_limit(make_project):
    hog = ["x = []", "import sys\nfor _ in range(100):\n    x.append(bytearray(1 << 26))", "1"]
    results = results_of(make_project({"00_hog": hog, "01_ok": ["1"]}), max_memory=1 << 30)
    assert results["01_ok"].outcome == PASSED
    (failed,) = results["00_hog"].failures
    assert (failed.index, failed.line, failed.error.name) == (1, 3, "MemoryError")
    assert "1,073,741,824 bytes (--max-memory)" in failed.error.message


# --- a process that ends while a cell runs -----------------------------------------------------


@pytest.mark.parametrize(
    "status, message",
    [
        (3 << 8, "the process died: exit status 3"),
        (0, "the process died: exit status 0"),
        (signal.SIGSEGV, "the process died: SIGSEGV, Segmentation fault"),
        (signal.SIGSEGV | 0x80, "the process died: SIGSEGV, Segmentation fault"),  # a core dump
        (signal.SIGKILL, "the process died: SIGKILL, Killed (out of memory?)"),
        (40, "the process died: signal 40, Real-time signal 6"),
    ],
)
def test_how_a_process_died(plan, status, message):
    end = NotebookEnd(status, cell=0)
    result = verdict.interrupted_cell(plan, plan.steps[0], end, LIMITS)
    assert (result.outcome, result.error) == (FAILED, Error("Died", message))


DUMP = """
Thread 0x1 (most recent call first):
  File "/lib/other.py", line 9 in run
  File "00_a.ipynb:cell 1 (00000000)", line 9 in <module>

Current thread 0x2 (most recent call first):
  File "/lib/core.py", line 4 in f
  File "00_a.ipynb:cell 1 (00000000)", line 2 in <module>
  File "/lib/IPython.py", line 7 in run_code
"""


def test_the_frames_of_the_main_thread_come_from_a_dump(plan):
    text = Frame(plan.path, 2, "<module>", "y = 2", 0, "00000000")
    expected = (text, Frame("/lib/core.py", 4, "f"))
    end = NotebookEnd(signal.SIGSEGV, cell=0, dump=DUMP)
    result = verdict.interrupted_cell(plan, plan.steps[0], end, LIMITS)
    assert (result.error.frames, result.line) == (expected, 2)
    printed = {"output_type": "stream", "name": "stderr", "text": DUMP}
    end = NotebookEnd(signal.SIGSEGV, cell=0, outputs=(printed,))
    result = verdict.interrupted_cell(plan, plan.steps[0], end, LIMITS)
    assert result.error.frames == expected
    assert result.outputs == (printed,)


def test_a_process_that_is_killed_at_a_limit(plan):
    end = NotebookEnd(signal.SIGKILL, limit="cell", cell=0, dump=DUMP)
    result = verdict.interrupted_cell(plan, plan.steps[0], end, LIMITS)
    assert result.error.message.startswith("Timeout: the cell was still running after 2 s")
    assert result.line == 2


# --- a notebook --------------------------------------------------------------------------------

COMPLETE = NotebookEnd(0, complete=True)


def notebook_result(plan, end: NotebookEnd = COMPLETE, strict: bool = False, **first):
    """The result of the notebook after its first cell ended."""
    cells = {0: cell_result(plan, **first)}
    return verdict.notebook_result(plan, cells, end, LIMITS, 1.0, strict)


def test_a_notebook_passes_if_its_cells_pass(plan):
    result = notebook_result(plan)
    assert (result.outcome, result.reason, result.total) == (PASSED, "", 2)
    assert [cell.outcome for cell in result.cells] == [PASSED, SKIPPED]
    assert result.cells[1].reason == "eval: false"


def test_a_notebook_fails_if_a_cell_fails(plan):
    result = notebook_result(plan, ok=False, error=ZERO_DIVISION)
    assert (result.outcome, result.reason) == (FAILED, "")


@pytest.mark.parametrize(
    "end, reason",
    [
        (NotebookEnd(0, refusal="no such kernel"), "no such kernel"),
        (NotebookEnd(4 << 8), "the process died: exit status 4, outside of its cells"),
        (
            NotebookEnd(0, complete=True, limit="notebook"),
            "Timeout: the notebook was still running after 600 s (--timeout), outside of its cells",
        ),
        (
            NotebookEnd(9, limit="cell", dump=DUMP),
            "Timeout: the notebook was still running after 2 s (--cell-timeout) "
            "in cell 1 (00000000), line 2, outside of its cells",
        ),
    ],
)
def test_a_notebook_that_fails_outside_of_its_cells(plan, end, reason):
    result = notebook_result(plan, end)
    assert (result.outcome, result.reason) == (FAILED, reason)


def test_what_was_printed_outside_of_the_cells_is_told(plan):
    printed = {"output_type": "stream", "name": "stdout", "text": "so long\n"}
    result = notebook_result(plan, NotebookEnd(4 << 8, outputs=(printed,)))
    assert result.reason.endswith("outside of its cells\nso long")


def test_remarks_are_notes_and_failures_only_if_the_run_is_strict(plan):
    end = NotebookEnd(0, complete=True, remarks=((0, "in a thread"), (None, "at the end")))
    lax = notebook_result(plan, end)
    assert (lax.outcome, lax.notes) == (PASSED, ("cell 1: in a thread", "at the end"))
    strict = notebook_result(plan, end, strict=True)
    assert (strict.outcome, strict.reason) == (FAILED, "at the end")


def test_a_notebook_that_ended_the_server_twice(plan):
    end = verdict.server_killer_end(0, signal.SIGKILL)
    cells = {0: verdict.interrupted_cell(plan, plan.steps[0], end, LIMITS)}
    result = verdict.notebook_result(plan, cells, end, LIMITS, 1.0)
    assert result.outcome == FAILED
    assert "SIGKILL" in result.failures[0].error.message
    assert "ended the process that runs all notebooks" in result.notes[0]


# --- what no cell notices ----------------------------------------------------------------------

STRICT = {
    "thread": "import threading\nt = threading.Thread(target=lambda: 1/0)\nt.start(); t.join()",
    "task": "import asyncio\nasync def f(): 1/0\ntask = asyncio.ensure_future(f())",
    "running_task": "import asyncio\ntask = asyncio.ensure_future(asyncio.sleep(9999))",
    "command": "!exit 3",
    "process": "import subprocess\n"
    f"p = subprocess.Popen(['sleep', '{SLEEPER}'], start_new_session=True)",
    "nothing": "import subprocess, threading\nsubprocess.run(['true'])\n"
    "t = threading.Thread(target=print)\nt.start()",
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
