"""The results as JSON, for whatever else wants to read them."""

from __future__ import annotations

import json
from pathlib import Path

from ..execute.results import CellResult, NotebookResult
from ..records import asdict
from .summary import RunSummary, path_in

FORMAT = 1  # goes up when a reader of the last one would stumble


def json_text(run: RunSummary, root: Path) -> str:
    """The report of a run; the notebooks' paths are given from `root`."""
    notebooks = [_notebook(result, root) for result in run.results]
    head = {
        "format": FORMAT,
        "passed": run.passed,
        "counts": dict(run.counts),
        "seconds": round(run.seconds, 3),
    }
    return json.dumps({**head, "notebooks": notebooks}, indent=1) + "\n"


def _notebook(result: NotebookResult, root: Path) -> dict:
    data = {**asdict(result), "path": path_in(root, result.path)}
    return {
        **data,
        "cells": [_cell(cell, fields) for cell, fields in zip(result.cells, data["cells"])],
    }


def _cell(cell: CellResult, fields: dict) -> dict:
    return {**fields, "line": cell.line}
