"""`literate watch --json`: each event as a JSON object on a line of its own, for other programs.

The form of the lines is described in docs/watch.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..diagnostics import as_data
from ..execute.results import (
    FAILED,
    PASSED,
    SKIPPED,
    CellFinished,
    CellResult,
    CellStarted,
    NotebookResult,
    NotebookStarted,
)
from ..execute.selection import NotebookPlan
from ..records import asdict
from .compiling import Compiled
from .screen import Notebooks, Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 1  # it is increased when a program that reads the last format could fail


class JsonLines(Screen):
    """Prints each event as a line of JSON."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._runs: dict[str, int] = {}  # the number of the last run, by path
        self._known: set[str] = set()

    def begin(self, root: Path, paths: Sequence[Path]) -> None:
        self._root = root
        names = [self._name(str(path)) for path in paths]
        self._emit("watching", format=FORMAT, root=str(root), notebooks=names, pid=os.getpid())

    def follow(self, notebooks: Notebooks) -> None:
        for path in sorted(self._known - notebooks.keys()):
            self._emit("gone", notebook=self._name(path))
        self._known = set(notebooks)

    def compiled(self, compiled: Compiled) -> None:
        self._emit(
            "compiled",
            ok=compiled.ok,
            written=[str(path) for path in compiled.written],
            unchanged=compiled.unchanged,
            diagnostics=[as_data(problem) for problem in compiled.problems],
            seconds=round(compiled.seconds, 4),
        )

    def on_start(self, event: NotebookStarted, notebooks: Notebooks) -> None:
        self._runs[event.path] = event.run
        notebook = notebooks.get(event.path)
        why = notebook.why if notebook else ""
        fields = {"cells": event.cells, "done": event.done, "from": event.first, "why": why}
        self._emit_of(event.path, "started", **fields)

    def on_cell(self, event: CellStarted, notebooks: Notebooks) -> None:
        cell_id = ""
        notebook = notebooks.get(event.path)
        if notebook is not None and isinstance(notebook.plan, NotebookPlan):
            ids = {step.cell.index: step.cell.id for step in notebook.plan.steps}
            cell_id = ids.get(event.index, "")
        self._emit_of(event.path, "begun", cell=event.index, id=cell_id)

    def on_cell_end(self, event: CellFinished, notebooks: Notebooks) -> None:
        cell = event.cell
        fields: dict[str, Any] = {
            "cell": cell.index,
            "id": cell.id,
            "outcome": cell.outcome,
            "seconds": round(cell.seconds, 4),
        }
        if cell.reason:
            fields["reason"] = cell.reason
        if cell.outcome == FAILED:
            fields["line"] = cell.line
            fields["error"] = asdict(cell.error) if cell.error else None
            fields["outputs"] = list(cell.outputs)
        self._emit_of(event.path, "cell", **fields)

    def on_end(self, result: NotebookResult, notebooks: Notebooks) -> None:
        outcomes = [cell.outcome for cell in result.cells]
        self._emit_of(
            result.path,
            "notebook",
            outcome=result.outcome,
            reason=result.reason,
            notes=list(result.notes),
            seconds=round(result.seconds, 4),
            passed=outcomes.count(PASSED),
            failed=outcomes.count(FAILED),
            skipped=outcomes.count(SKIPPED),
            failures=[_failure(cell) for cell in result.failures],
        )

    def idle(self, counts: Mapping[str, int], seconds: float) -> None:
        self._emit("idle", ok=not counts[FAILED], **counts, seconds=round(seconds, 4))

    def problem(self, message: str) -> None:
        self._emit("problem", message=message)

    def _emit_of(self, path: str, event: str, **fields: object) -> None:
        """Print an event of a notebook."""
        run = self._runs.get(path, 0)
        self._emit(event, notebook=self._name(path), run=run, **fields)

    def _emit(self, event: str, **fields: object) -> None:
        self.print(json.dumps({"event": event, **fields}, default=str))

    def _name(self, path: str) -> str:
        return Path(os.path.relpath(path, self._root)).as_posix()


def _failure(cell: CellResult) -> dict[str, object]:
    message = cell.error.message if cell.error else "the cell failed"
    return {"cell": cell.index, "id": cell.id, "line": cell.line, "message": message}
