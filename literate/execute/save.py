"""Outputs written back into a notebook, and nothing else: every byte that is no output stays."""

from __future__ import annotations

from ..files import write_atomically
from ..notebook import Notebook, read_notebook
from ..records import replace
from ..splice import replace_outputs
from .results import SKIPPED, CellResult, Error, NotebookResult


def save_outputs(notebook: Notebook, result: NotebookResult) -> NotebookResult:
    """Write the outputs of the cells that ran; a note in the result says why not, if the file has changed meanwhile."""
    ran = {
        cell.index: (cell.execution_count, _outputs(cell))
        for cell in result.cells
        if cell.outcome != SKIPPED
    }
    text = replace_outputs(notebook.text, ran)
    if read_notebook(notebook.path).text != notebook.text:
        return replace(
            result, notes=(*result.notes, "not saved: the notebook was edited while it ran")
        )
    if text != notebook.text:
        write_atomically(notebook.path, text)
    return result


def _outputs(cell: CellResult) -> list[dict]:
    """The outputs as a notebook stores them; the exception of a cell that had to raise is one of them."""
    outputs = [_stored(output) for output in cell.outputs]
    if cell.error:
        outputs.append(_raised(cell.error))
    return outputs


def _raised(error: Error) -> dict:
    """An exception; of its traceback the lines in cells alone: where libraries lie differs from machine to machine."""
    frames = [
        f"  cell {f.cell + 1} ({f.cell_id}), line {f.line}: {f.text}"
        for f in error.frames
        if f.cell is not None
    ]
    lines = ["Traceback (most recent call last):", *frames, *error.message.split("\n")]
    return {
        "output_type": "error",
        "ename": error.name,
        "evalue": error.message.partition(": ")[2],
        "traceback": lines,
    }


def _stored(output: dict) -> dict:
    """Text in lines, as Jupyter writes it."""
    if "text" in output:
        return {**output, "text": output["text"].splitlines(keepends=True)}
    return {
        **output,
        "data": {kind: _in_lines(kind, value) for kind, value in output["data"].items()},
    }


def _in_lines(kind: str, value: object) -> object:
    is_text = kind.startswith("text/") or kind in ("application/javascript", "image/svg+xml")
    return value.splitlines(keepends=True) if is_text and isinstance(value, str) else value
