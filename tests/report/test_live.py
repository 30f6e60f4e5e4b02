"""The live display of a run on a terminal."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from literate.execute import (
    FAILED,
    PASSED,
    CellFinished,
    CellResult,
    CellStarted,
    NotebookFinished,
    NotebookResult,
    NotebookStarted,
)
from literate.report.live import LiveReport


def live_report(*names: str, width: int = 80) -> LiveReport:
    report = LiveReport([Path(name) for name in names])
    report.console = Console(file=io.StringIO(), width=width, force_terminal=True)
    return report


def test_it_fits_a_narrow_terminal():
    report = live_report("a.ipynb", "b.ipynb", "c.ipynb", width=40)
    source = "# a comment\n\nx = 'a long line' * 100 + 'that does not fit'"
    report.take(NotebookStarted("a.ipynb", 3))
    report.take(CellStarted("a.ipynb", 0, source))
    report.take(CellFinished("a.ipynb", CellResult(0, "id", "", PASSED)))
    report.take(NotebookStarted("b.ipynb", 1))
    report.take(NotebookFinished(NotebookResult("b.ipynb", FAILED, reason="it died")))
    with report.console.capture() as captured:
        report.console.print(report._progress())
    running, counts = captured.get().splitlines()
    assert "a.ipynb      1/3" in running
    assert "x = 'a" in running
    assert "1 done, 1 failed, 1 waiting" in counts


def test_a_table_stands_at_the_end():
    report = live_report("a.ipynb")
    cell = CellResult(0, "id", "1", PASSED)
    report.take(NotebookFinished(NotebookResult("a.ipynb", PASSED, (cell,), 1)))
    report.console = Console(file=io.StringIO(), width=80)
    report.summarise()
    head, result, *_, closing = report.console.file.getvalue().splitlines()
    assert head.split() == ["notebook", "cells", "seconds", "result"]
    assert result.split() == ["a.ipynb", "1", "0.0s", "passed"]
    assert closing.startswith("1 passed in ")
