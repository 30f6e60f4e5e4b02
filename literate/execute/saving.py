"""Save the outputs of a run into the notebook (`--save`), and change no other byte of it.

Only the cells that are to be folded get the metadata that says so to editors.
"""

from __future__ import annotations

from ..diagnostics import UserError
from ..directives import is_folded
from ..files import write_atomically
from ..notebook import Notebook, read_notebook
from ..records import replace
from ..splice import hide_sources, replace_outputs
from .results import FAILED, SKIPPED, CellResult, Error, NotebookResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Output = dict[str, Any]  # an output of a cell, as a notebook stores it


def save_outputs(notebook: Notebook, result: NotebookResult) -> NotebookResult:
    """Write the outputs of the cells that ran into the notebook; every other byte stays.

    If the file was edited while the notebook ran, nothing is written, and a note in the returned
    result says so. If the file cannot be written, or is gone, the notebook has failed.
    """
    try:
        return _save(notebook, result)
    except (OSError, UserError, UnicodeError) as error:
        reason = f"its outputs cannot be saved: {_in_words(error)}"
        return replace(result, outcome=FAILED, reason=reason)


def _save(notebook: Notebook, result: NotebookResult) -> NotebookResult:
    new_outputs = {}
    for cell in result.cells:
        if cell.outcome != SKIPPED:
            new_outputs[cell.index] = (cell.execution_count, _outputs_to_store(cell))
    text = replace_outputs(notebook.text, new_outputs)
    text = hide_sources(text, [cell.index for cell in notebook.cells if is_folded(cell)])
    if read_notebook(notebook.path).text != notebook.text:
        note = "not saved: the notebook was edited while it ran"
        return replace(result, notes=(*result.notes, note))
    if text != notebook.text:
        write_atomically(notebook.path, text)
    return result


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)


def _outputs_to_store(cell: CellResult) -> list[Output]:
    """The outputs of a cell; the exception of a cell that had to raise it is one of them."""
    outputs = [_with_text_in_lines(output) for output in cell.outputs]
    if cell.error:
        outputs.append(_error_output(cell.error))
    return outputs


def _error_output(error: Error) -> Output:
    """An exception as an output.

    Its traceback contains only lines of cells: where libraries lie differs between machines.
    """
    traceback = ["Traceback (most recent call last):"]
    for frame in error.frames:
        if frame.cell is not None:
            place = f"cell {frame.cell + 1} ({frame.cell_id}), line {frame.line}"
            traceback.append(f"  {place}: {frame.text}")
    traceback += error.message.split("\n")
    return {
        "output_type": "error",
        "ename": error.name,
        "evalue": error.message.partition(": ")[2],
        "traceback": traceback,
    }


def _with_text_in_lines(output: Output) -> Output:
    """An output whose texts are lists of lines, as Jupyter writes them."""
    if "text" in output:
        return {**output, "text": output["text"].splitlines(keepends=True)}
    data = {kind: _in_lines(kind, value) for kind, value in output["data"].items()}
    return {**output, "data": data}


def _in_lines(kind: str, value: object) -> object:
    is_text = kind.startswith("text/") or kind in ("application/javascript", "image/svg+xml")
    if is_text and isinstance(value, str):
        return value.splitlines(keepends=True)
    return value
