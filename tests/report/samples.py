"""Results for the tests of reports. The texts of their notebooks are hostile."""

from __future__ import annotations

from pathlib import Path

from literate.execute import FAILED, PASSED, SKIPPED, CellResult, Error, Frame, NotebookResult
from literate.report.summary import RunSummary

ROOT = Path("/project")

HOSTILE = (
    "]]> </pre></script><script>alert(1)</script> & \" ' "
    "\x00\x07\x1b[31mred\x1b[0m \x85\x9b \ud800 \uffff ::error::x\r\n\r\n# h"
)


def stream(text: str) -> dict:
    """An output with a text that a cell printed."""
    return {"output_type": "stream", "name": "stdout", "text": text}


def display(data: dict[str, object]) -> dict:
    """An output with an object that a cell displayed, by format."""
    return {"output_type": "display_data", "metadata": {}, "data": data}


def passed(path: str, *outputs: dict, **fields: object) -> NotebookResult:
    """The result of a notebook with one cell that passed."""
    cell = CellResult(0, "a", "1", PASSED, seconds=0.25, outputs=outputs)
    return NotebookResult(path, PASSED, (cell,), 1, 0.3, **fields)


def failed(
    path: str, source: str = "1/0", message: str = "ValueError: x", outputs: tuple = ()
) -> NotebookResult:
    """The result of a notebook whose second cell failed."""
    name = message.partition(":")[0]
    error = Error(name, message, (Frame(path, 1, "<module>", source, 1, "id"),))
    cell = CellResult(1, "id", source, FAILED, outputs=outputs, error=error)
    return NotebookResult(path, FAILED, (cell,), 2, 0.5)


def stopped_run() -> RunSummary:
    """A run that was stopped, with a result of each outcome."""
    flaky = passed(
        "/project/nbs/00_ok.ipynb",
        stream("hi"),
        notes=("flaky",),
        failed_before=(failed("/project/nbs/00_ok.ipynb"),),
    )
    skipped = NotebookResult("/project/nbs/01_no.ipynb", SKIPPED, reason=HOSTILE)
    outputs = (stream(HOSTILE), display({"text/html": HOSTILE}))
    bad = failed("/project/nbs/02_bad.ipynb", HOSTILE, f"E: {HOSTILE}", outputs)
    broken = NotebookResult("/project/nbs/03_broken.ipynb", FAILED, reason=HOSTILE)
    return RunSummary((flaky, skipped, bad, broken), left=1, seconds=1.5)
