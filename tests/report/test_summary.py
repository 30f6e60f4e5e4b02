"""The summary of a run: counts, verdict, and the rows of a table."""

from __future__ import annotations

import pytest

from literate.execute import FAILED, PASSED, SKIPPED, CellResult, Error, NotebookResult
from literate.execute.results import DIED, TIMEOUT
from literate.report.summary import RunSummary, path_in, row


def failing(error_name: str) -> NotebookResult:
    """A notebook whose first cell of two failed."""
    cell = CellResult(0, "id", "1/0", FAILED, error=Error(error_name, "x"))
    return NotebookResult("a.ipynb", FAILED, (cell,), total=2, seconds=1.25)


def passing(cells: int, **fields: object) -> NotebookResult:
    results = tuple(CellResult(index, "id", "1", PASSED) for index in range(cells))
    return NotebookResult("a.ipynb", PASSED, results, cells, 0.0, **fields)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (failing("ValueError"), ("1/2 cells", "1.2s", "failed")),
        (failing(TIMEOUT), ("1/2 cells", "1.2s", "timed out")),
        (failing(DIED), ("1/2 cells", "1.2s", "died")),
        (passing(1, notes=("not saved: x",)), ("1 cell", "0.0s", "passed; not saved: x")),
        (passing(2), ("2 cells", "0.0s", "passed")),
        (NotebookResult("a.ipynb", SKIPPED, reason="because"), ("", "", "skipped: because")),
    ],
)
def test_rows(result, expected):
    assert row(result) == ("a.ipynb", *expected)


UNCHANGED = NotebookResult("a.ipynb", SKIPPED, unchanged=True)


@pytest.mark.parametrize(
    ("results", "left", "passed"),
    [
        ([passing(1)], 0, True),
        ([passing(1), NotebookResult("b.ipynb", SKIPPED)], 0, True),
        ([UNCHANGED], 0, True),
        ([NotebookResult("b.ipynb", SKIPPED)], 0, False),
        ([passing(1), failing("E")], 0, False),
        ([passing(1)], 1, False),
        ([], 0, False),
    ],
)
def test_what_counts_as_passed(results, left, passed):
    assert RunSummary(tuple(results), left).passed == passed


def test_the_closing_line():
    results = (passing(1), passing(1), UNCHANGED, failing("E"))
    assert RunSummary(results, 3, 12.34).closing_line == (
        "2 passed, 1 failed, 1 unchanged, 3 not run in 12.3s"
    )


def test_the_slowest_cells_come_first():
    seconds = {"a": 1.0, "b": 3.0, "c": 2.0}
    cells = [CellResult(0, name, "1", PASSED, seconds=time) for name, time in seconds.items()]
    skipped = CellResult(3, "d", "1", SKIPPED, seconds=9.0)
    run = RunSummary((NotebookResult("a.ipynb", PASSED, (*cells, skipped), 3),))
    assert [cell.id for _, cell in run.slowest(2)] == ["b", "c"]


def test_a_path_is_given_from_the_root_where_it_lies_below_it(tmp_path):
    assert path_in(tmp_path, str(tmp_path / "nbs" / "a.ipynb")) == "nbs/a.ipynb"
    assert path_in(tmp_path / "nbs", tmp_path / "a.ipynb") == f"{tmp_path.as_posix()}/a.ipynb"
