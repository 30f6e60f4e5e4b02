"""The outputs that are stored in a notebook: compare them with those of a run, or replace them.

`--check-outputs` compares printed text and the text of results. Figures and other rich outputs only
have to be there. Numbers may differ by one in the last digit shown, or by a part in a thousand.
Addresses, times and temporary paths may differ, and so may stderr, where warnings and progress bars
go. A cell that says `#| check_outputs: false` is not compared, nor is a cell that was never run.

`--save` replaces the outputs, and no other byte of the notebook.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from ..files import write_atomically
from ..notebook import Notebook, read_notebook
from ..records import replace
from ..splice import replace_outputs
from .results import FAILED, PASSED, SKIPPED, CellResult, Error, NotebookResult
from .selection import NotebookPlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Output = dict[str, Any]  # an output of a cell, as a notebook stores it

CHANGED = "OutputChanged"  # the name of the error


# --- compare -----------------------------------------------------------------------------------


def check_outputs(plan: NotebookPlan, result: NotebookResult) -> NotebookResult:
    """The result of a notebook that passed; cells whose outputs are not the stored ones failed."""
    stored = plan.notebook.data["cells"]
    compared = {step.cell.index for step in plan.runs if step.compares_outputs}
    cells = []
    for cell in result.cells:
        if cell.outcome == PASSED and cell.index in compared:
            cell = _check_cell(cell, stored[cell.index])
        cells.append(cell)
    has_failed = any(cell.outcome == FAILED for cell in cells)
    return replace(result, cells=tuple(cells), outcome=FAILED if has_failed else result.outcome)


def _check_cell(cell: CellResult, stored: dict[str, Any]) -> CellResult:
    stored_outputs = stored.get("outputs") or []
    if not stored_outputs and stored.get("execution_count") is None:  # it was never run
        return cell
    try:
        before = _shown(stored_outputs)
        now = _shown(cell.outputs)
    except (AttributeError, KeyError, TypeError):
        return _failed(cell, "the stored outputs are not valid: run the notebook with --save")
    if _is_same(before, now):
        return cell
    diff = difflib.unified_diff(_lines(before), _lines(now), "stored", "now", lineterm="", n=1)
    return _failed(cell, "the cell does not show what is stored\n" + "\n".join(diff))


def _failed(cell: CellResult, message: str) -> CellResult:
    return replace(cell, outcome=FAILED, error=Error(CHANGED, f"{CHANGED}: {message}"))


# What a reader sees of an output: its kind and its text. The kind of plain text is "text"; the kind
# of a rich output names its media types, such as "image", and its text is empty.
Shown = tuple[str, str]


def _shown(outputs: Iterable[Output]) -> list[Shown]:
    """What a reader sees of the outputs; printed texts that follow each other are joined."""
    shown: list[Shown] = []
    for output in outputs:
        if output["output_type"] == "error" or output.get("name") == "stderr":
            continue
        kind, text = _kind_and_text(output)
        is_printed = "data" not in output
        if is_printed and shown and shown[-1][0] == kind:
            text = shown.pop()[1] + text
        shown.append((kind, text))
    return [(kind, text) for kind, text in shown if kind != "text" or text.strip()]


def _kind_and_text(output: Output) -> Shown:
    data = output.get("data", {})
    rich = sorted(kind.partition("/")[0] for kind in data if not kind.startswith("text/"))
    if rich:
        return " ".join(rich), ""
    text = output.get("text", data.get("text/plain", ""))
    return "text", text if isinstance(text, str) else "".join(text)


def _is_same(before: list[Shown], now: list[Shown]) -> bool:
    if len(before) != len(now):
        return False
    for (old_kind, old_text), (new_kind, new_text) in zip(before, now, strict=True):
        if old_kind != new_kind or not same_text(old_text, new_text):
            return False
    return True


def _lines(shown: list[Shown]) -> list[str]:
    """The lines that the message compares."""
    lines = []
    for kind, text in shown:
        lines += text.rstrip("\n").split("\n") if kind == "text" else [f"<{kind}>"]
    return lines


# --- compare two texts -------------------------------------------------------------------------

_NUMBER = r"[-+]?(?:\d[\d_]*\.\d*|\.\d+|\d[\d_]*)(?:[eE][-+]?\d+)?"
_TOKEN = re.compile(rf"{_NUMBER}(?![\w])|\w+|[^\w\s]")

_DATE = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_CLOCK = r"\b\d?\d:\d\d(?::\d\d(?:\.\d+)?)?\b"
_DURATION = rf"{_NUMBER} ?(?:ns|us|µs|μs|ms|s|secs?|seconds?|min|minutes?|h|it/s|s/it)\b"
_UUID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"

# What may differ from run to run, and the word that takes its place.
_MASKS = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),  # a colour
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "ADDRESS"),
    (re.compile(_DATE), "TIME"),
    (re.compile(_CLOCK), "TIME"),
    (re.compile(_DURATION), "TIME"),
    (re.compile(_UUID), "UUID"),
    (re.compile(r"/tmp/[\w./-]+"), "TEMPORARY"),
)

_RELATIVE_TOLERANCE = 1e-3
_LAST_DIGIT_TOLERANCE = 1.01  # one, with room for the error of binary fractions


def same_text(old: str, new: str) -> bool:
    """Whether two texts say the same, apart from white space, masked parts and last digits."""
    if old == new:
        return True
    for pattern, mask in _MASKS:
        old = pattern.sub(mask, old)
        new = pattern.sub(mask, new)
    old_tokens = _TOKEN.findall(old)
    new_tokens = _TOKEN.findall(new)
    if len(old_tokens) != len(new_tokens):
        return False
    for old_token, new_token in zip(old_tokens, new_tokens, strict=True):
        if old_token != new_token and not _is_same_number(old_token, new_token):
            return False
    return True


def _is_same_number(old: str, new: str) -> bool:
    """Whether two texts are numbers that are close enough; whole numbers have to be equal."""
    try:
        old_value = float(old)
        new_value = float(new)
    except ValueError:
        return False
    is_whole = not set(".eE") & set(old + new)
    if is_whole:
        return old_value == new_value
    by_size = _RELATIVE_TOLERANCE * max(abs(old_value), abs(new_value))
    by_digit = _LAST_DIGIT_TOLERANCE * max(_last_digit(old), _last_digit(new))
    return abs(old_value - new_value) <= max(by_size, by_digit)


def _last_digit(number: str) -> float:
    """The value of a step in the last digit shown: 0.01 for "1.25", and 0.0 for a whole number."""
    mantissa, _, exponent = number.lower().partition("e")
    _, point, decimals = mantissa.partition(".")
    if not point and not exponent:
        return 0.0
    return 10.0 ** (int(exponent or 0) - len(decimals))


# --- save --------------------------------------------------------------------------------------


def save_outputs(notebook: Notebook, result: NotebookResult) -> NotebookResult:
    """Write the outputs of the cells that ran into the notebook; every other byte stays.

    If the file was edited while the notebook ran, nothing is written, and a note in the returned
    result says so.
    """
    new_outputs = {}
    for cell in result.cells:
        if cell.outcome != SKIPPED:
            new_outputs[cell.index] = (cell.execution_count, _outputs_to_store(cell))
    text = replace_outputs(notebook.text, new_outputs)
    if read_notebook(notebook.path).text != notebook.text:
        note = "not saved: the notebook was edited while it ran"
        return replace(result, notes=(*result.notes, note))
    if text != notebook.text:
        write_atomically(notebook.path, text)
    return result


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
