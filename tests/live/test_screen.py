from __future__ import annotations

from pathlib import Path

import pytest

from literate.execute.results import (
    CANCELLED,
    FAILED,
    PASSED,
    SKIPPED,
    CellResult,
    Error,
    NotebookFinished,
    NotebookResult,
    NotebookStarted,
)
from literate.execute.session import WatchedNotebook
from literate.live.compiling import Compiled
from literate.live.screen import Screen, failure_lines, summary_line

FAILURE = CellResult(1, "b", "1 / 0", FAILED, error=Error("E", "E: message"))
FAILED_RESULT = NotebookResult("a.ipynb", FAILED, (FAILURE,), 1, 0.5)


@pytest.fixture
def printed(capsys):
    return lambda: capsys.readouterr().out.splitlines()


def test_the_lines_of_a_run(printed):
    screen = Screen()
    notebooks = {"a.ipynb": WatchedNotebook(Path("a.ipynb"), why="its cells changed")}
    screen.take(NotebookStarted("a.ipynb", 3, 1, 2, 4), notebooks)
    screen.take(NotebookFinished(FAILED_RESULT), notebooks)
    screen.idle({PASSED: 2, FAILED: 1, SKIPPED: 0}, 0.123)
    lines = printed()
    assert lines[0] == "a.ipynb: runs from cell 5 (its cells changed)"
    assert lines[1] == "a.ipynb: failed, 1 of 1 cells in 0.50s"
    assert lines[2] == "a.ipynb:cell 2 (b): E: message"
    assert lines[-1] == "2 passed, 1 failed, after 0.12s"


def test_a_cancelled_run_is_not_worth_a_line(printed):
    Screen().take(NotebookFinished(NotebookResult("a.ipynb", CANCELLED)), {})
    assert printed() == []


def test_a_skipped_notebook_has_its_reason(printed):
    Screen().take(NotebookFinished(NotebookResult("a.ipynb", SKIPPED, reason="no code")), {})
    assert printed() == ["a.ipynb: skipped: no code"]


def test_the_compile(printed):
    screen = Screen()
    screen.compiled(Compiled(True, (Path("lib/a.py"),)))
    screen.compiled(Compiled(False, problems=("wrong \x1b[31mhere",)))
    lines = printed()
    assert lines[0] == "compiled lib/a.py"
    assert "\x1b" not in lines[1]
    assert lines[2] == "nothing was compiled"


def test_summaries():
    assert summary_line({PASSED: 0, FAILED: 0, SKIPPED: 0}, 1) == "no notebooks, after 1.00s"
    assert [text for _, text in failure_lines([FAILED_RESULT])][0].startswith("a.ipynb:cell 2")
