"""The outputs that are stored in a notebook: compare them with those of a run.

`--check-outputs` compares printed text, the text of results, and images. Other rich outputs only
have to be there. `same_text.py` and `images.py` say what counts as the same. stderr, where warnings
and progress bars go, does not count. A cell that says `#| check_outputs: false` is not compared,
nor is a cell that was never run. With `--check-outputs=marked`, only cells that say
`#| check_outputs` are compared.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable

from ..notebook import Notebook
from ..records import dataclass, replace
from .images import same_image
from .results import FAILED, PASSED, CellResult, Error, NotebookResult
from .same_text import same_text
from .selection import NotebookPlan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .same_text import Mask

    Output = dict[str, Any]  # an output of a cell, as a notebook stores it

CHANGED = "OutputChanged"  # the name of the error
_RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp")  # images that consist of pixels
_MOST_LINES = 400  # of each side, in which the message looks for the difference


def check_outputs(
    plan: NotebookPlan,
    result: NotebookResult,
    masks: tuple[Mask, ...] = (),
    only_marked: bool = False,
) -> NotebookResult:
    """The result of a notebook that passed; cells whose outputs are not the stored ones failed."""
    compared = set()
    for step in plan.runs:
        if step.marks_outputs if only_marked else step.compares_outputs:
            compared.add(step.cell.index)
    stored = stored_cells(plan.notebook)
    cells = []
    for cell in result.cells:
        if cell.outcome == PASSED and cell.index in compared:
            cell = _check_cell(cell, stored[cell.index], masks)
        cells.append(cell)
    has_failed = any(cell.outcome == FAILED for cell in cells)
    return replace(result, cells=tuple(cells), outcome=FAILED if has_failed else result.outcome)


def stored_cells(notebook: Notebook) -> list[dict[str, Any]]:
    """The cells as they are stored, with their images: `Notebook.data` lacks those."""
    if b'"image/' not in notebook.raw:
        data = notebook.data
    else:
        data = json.loads(notebook.raw.decode("utf-8-sig"))
    cells: list[dict[str, Any]] = data["cells"]
    return cells


def _check_cell(cell: CellResult, stored: dict[str, Any], masks: tuple[Mask, ...]) -> CellResult:
    stored_outputs = stored.get("outputs") or []
    if not stored_outputs and stored.get("execution_count") is None:  # it was never run
        return cell
    try:
        before = _shown(stored_outputs)
        now = _shown(cell.outputs)
    except (AttributeError, KeyError, TypeError):
        return _failed(cell, "the stored outputs are not valid: run the notebook with --save")
    if _is_same(before, now, masks):
        return cell
    diff = _difference(_lines(before), _lines(now))
    return _failed(cell, "the cell does not show what is stored\n" + "\n".join(diff))


def _failed(cell: CellResult, message: str) -> CellResult:
    return replace(cell, outcome=FAILED, error=Error(CHANGED, f"{CHANGED}: {message}"))


# --- what a reader sees ------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """What a reader sees of an output."""

    kind: str  # "text", or for a rich output its media types, such as "image"
    text: str = ""
    image: tuple[str, object] | None = None  # the media type of an image, and its content


def _shown(outputs: Iterable[Output]) -> list[Shown]:
    """What a reader sees of the outputs; printed texts that follow each other are joined."""
    shown: list[Shown] = []
    for output in outputs:
        if output["output_type"] == "error" or output.get("name") == "stderr":
            continue
        each = _as_shown(output)
        is_printed = "data" not in output
        if is_printed and shown and shown[-1].kind == each.kind:
            each = Shown(each.kind, shown.pop().text + each.text)
        shown.append(each)
    return [each for each in shown if each.kind != "text" or each.text.strip()]


def _as_shown(output: Output) -> Shown:
    data = output.get("data", {})
    rich = sorted(kind.partition("/")[0] for kind in data if not kind.startswith("text/"))
    if not rich:
        return Shown("text", _text(output["text"] if "text" in output else _best_text(data)))
    images = [(kind, data[kind]) for kind in _RASTER if kind in data]
    return Shown(" ".join(rich), image=images[0] if images else None)


_NO_TEXT = re.compile(r"<[\w.]+(?: object)?(?: at 0x[0-9a-fA-F]+)?>")


def _best_text(data: dict[str, Any]) -> object:
    """The plain text of a result; where that names only the object, the text that is shown."""
    plain = _text(data.get("text/plain", ""))
    if plain and not _NO_TEXT.fullmatch(plain):
        return plain
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            return data[kind]
    if "text/html" in data:
        from .visible_text import visible_text

        return visible_text(_text(data["text/html"]))
    return plain


def _text(stored: Any) -> str:
    """A text as a notebook stores it: in one piece, or in lines."""
    return stored if isinstance(stored, str) else "".join(stored)


# --- compare -----------------------------------------------------------------------------------


def _is_same(before: list[Shown], now: list[Shown], masks: tuple[Mask, ...]) -> bool:
    if len(before) != len(now):
        return False
    for old, new in zip(before, now, strict=True):
        if old.kind != new.kind or not same_text(old.text, new.text, masks):
            return False
        if not _is_same_image(old.image, new.image):
            return False
    return True


def _is_same_image(old: tuple[str, object] | None, new: tuple[str, object] | None) -> bool:
    if old is None or new is None or old[0] != new[0]:  # there is nothing to compare
        return True
    return same_image(old[1], new[1])


def _lines(shown: list[Shown]) -> list[str]:
    """The lines that the message compares."""
    lines = []
    for each in shown:
        is_text = each.kind == "text"
        lines += each.text.rstrip("\n").split("\n") if is_text else [f"<{each.kind}>"]
    return lines


def _difference(before: list[str], now: list[str]) -> list[str]:
    """The lines that differ, as `diff -u` shows them.

    Of long outputs, only the part around the first difference is looked at: to compare all lines
    could take very long.
    """
    same = 0
    for old, new in zip(before, now, strict=False):
        if old != new:
            break
        same += 1
    start = max(0, same - 1)
    part = slice(start, start + _MOST_LINES)
    diff = difflib.unified_diff(before[part], now[part], "stored", "now", lineterm="", n=1)
    lines = list(diff)
    return lines or ["the images differ"]
