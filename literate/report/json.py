"""The results as JSON, for other programs."""

from __future__ import annotations

import json
from pathlib import Path

from ..execute.results import NotebookResult
from ..records import asdict
from .summary import RunSummary, path_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 1  # it is increased when a program that reads the last format could fail


def json_text(run: RunSummary, root: Path) -> str:
    """The report of a run; the notebooks' paths are given from `root`."""
    report = {
        "format": FORMAT,
        "passed": run.passed,
        "counts": dict(run.counts),
        "seconds": round(run.seconds, 3),
        "notebooks": [_notebook(result, root) for result in run.results],
    }
    return json.dumps(report, indent=1) + "\n"


def _notebook(result: NotebookResult, root: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = asdict(result)
    notebook["path"] = path_in(root, result.path)
    cells = []
    for cell, fields in zip(result.cells, notebook["cells"], strict=True):
        cells.append({**fields, "line": cell.line})
    notebook["cells"] = cells
    return notebook
