"""What results say about themselves."""

from __future__ import annotations

import pytest

from literate.execute.results import (
    FAILED,
    PASSED,
    SKIPPED,
    CellResult,
    Error,
    Frame,
    NotebookResult,
)

OWN_LINE = Frame("a.ipynb", 3, cell=1)
OWN_INNER_LINE = Frame("a.ipynb", 5, cell=1)
OTHER_CELL = Frame("a.ipynb", 7, cell=0)
MODULE = Frame("lib/core.py", 11)


def cell(outcome: str, *frames: Frame, index: int = 1) -> CellResult:
    error = Error("ValueError", "ValueError", frames) if frames else None
    return CellResult(index, "id", "x", outcome, error=error)


@pytest.mark.parametrize(
    ("frames", "line"),
    [
        ([OWN_LINE], 3),
        ([OWN_LINE, OWN_INNER_LINE, MODULE], 5),
        ([OWN_LINE, OTHER_CELL], 3),
        ([OTHER_CELL, MODULE], None),
        ([], None),
    ],
)
def test_the_line_of_a_cell_is_the_innermost_one_of_its_own(frames, line):
    assert cell(FAILED, *frames).line == line


def test_the_cells_that_ran_and_those_that_failed():
    cells = (cell(PASSED, index=0), cell(FAILED), cell(SKIPPED, index=2))
    result = NotebookResult("a.ipynb", FAILED, cells)
    assert result.ran == 2
    assert [failure.index for failure in result.failures] == [1]
