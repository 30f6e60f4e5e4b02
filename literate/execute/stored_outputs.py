"""`--check-outputs`: whether a notebook still shows what is stored in it.

Compared are printed text and the text of results; figures and other rich outputs by their presence. Numbers may differ
in the last digit shown or by a part in a thousand; addresses, times and temporary paths do not count; nor does stderr,
where warnings and progress bars go. `#| check_outputs: false` exempts a cell, and one that was never run has nothing
to compare.
"""

from __future__ import annotations

import difflib
import re

from ..records import replace
from .results import FAILED, PASSED, CellResult, Error, NotebookResult
from .selection import NotebookPlan

CHANGED = "OutputChanged"
_RELATIVE = 1e-3
_EXEMPT = re.compile(r"^\s*#\s*\|\s*check_outputs\s*:\s*false\s*$", re.MULTILINE | re.IGNORECASE)
_NUMBER = r"[-+]?(?:\d[\d_]*\.\d*|\.\d+|\d[\d_]*)(?:[eE][-+]?\d+)?"
_MASKS = [
    (re.compile(pattern), mask)
    for pattern, mask in (
        (r"\x1b\[[0-9;]*m", ""),
        (r"\b0x[0-9a-fA-F]+\b", "ADDRESS"),
        (r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", "TIME"),
        (r"\b\d?\d:\d\d(?::\d\d(?:\.\d+)?)?\b", "TIME"),
        (rf"{_NUMBER} ?(?:ns|us|µs|μs|ms|s|secs?|seconds?|min|minutes?|h|it/s|s/it)\b", "TIME"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
        (r"/tmp/[\w./-]+", "TEMPORARY"),
    )
]
_TOKEN = re.compile(rf"{_NUMBER}(?![\w])|\w+|[^\w\s]")


def check_outputs(plan: NotebookPlan, result: NotebookResult) -> NotebookResult:
    """The result of a notebook that passed, with the cells failed whose outputs are not the stored ones."""
    stored = plan.notebook.data["cells"]
    cells = tuple(
        _check(cell, stored[cell.index]) if cell.outcome == PASSED else cell
        for cell in result.cells
    )
    outcome = FAILED if any(cell.outcome == FAILED for cell in cells) else result.outcome
    return replace(result, cells=cells, outcome=outcome)


def _check(cell: CellResult, stored: dict) -> CellResult:
    outputs = stored.get("outputs") or []
    if _EXEMPT.search(cell.source) or not outputs and stored.get("execution_count") is None:
        return cell
    try:
        before, now = _shown(outputs), _shown(cell.outputs)
    except (AttributeError, KeyError, TypeError):
        return replace(
            cell,
            outcome=FAILED,
            error=Error(
                CHANGED,
                f"{CHANGED}: what is stored is not shaped as outputs are: run the notebook with --save",
            ),
        )
    pairs = zip(before, now)
    if len(before) == len(now) and all(
        kind == other and same_text(a, b) for (kind, a), (other, b) in pairs
    ):
        return cell
    diff = difflib.unified_diff(_lines(before), _lines(now), "stored", "now", lineterm="", n=1)
    message = f"{CHANGED}: the cell shows something else than what is stored\n" + "\n".join(diff)
    return replace(cell, outcome=FAILED, error=Error(CHANGED, message))


def _shown(outputs) -> list[tuple[str, str]]:
    """What people see: a kind and a text for each output; texts that follow each other are one."""
    found: list[tuple[str, str]] = []
    for output in outputs:
        if output["output_type"] == "error" or output.get("name") == "stderr":
            continue
        data = output.get("data", {})
        rich = sorted(kind.partition("/")[0] for kind in data if not kind.startswith("text/"))
        kind, text = (
            (" ".join(rich), "")
            if rich
            else ("text", _joined(output.get("text", data.get("text/plain", ""))))
        )
        if found and kind == found[-1][0] == "text" and "data" not in output:
            text = found.pop()[1] + text
        found.append((kind, text))
    return [(kind, text) for kind, text in found if text.strip() or kind != "text"]


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _lines(shown: list[tuple[str, str]]) -> list[str]:
    texts = (text.rstrip("\n") if kind == "text" else f"<{kind}>" for kind, text in shown)
    return [line for text in texts for line in text.split("\n")]


def same_text(old: str, new: str) -> bool:
    """Whether two texts say the same: up to white space, what is masked, and the last digits of numbers."""
    if old == new:
        return True
    for pattern, mask in _MASKS:
        old, new = pattern.sub(mask, old), pattern.sub(mask, new)
    first, second = _TOKEN.findall(old), _TOKEN.findall(new)
    return len(first) == len(second) and all(
        a == b or _same_number(a, b) for a, b in zip(first, second)
    )


def _same_number(old: str, new: str) -> bool:
    """Whole numbers have to be equal; of others, the last digit shown may differ by one."""
    try:
        a, b = float(old), float(new)
    except ValueError:
        return False
    if not set(".eE") & set(old + new):
        return a == b
    return abs(a - b) <= max(
        _RELATIVE * max(abs(a), abs(b)), 1.01 * max(_last_digit(old), _last_digit(new))
    )


def _last_digit(number: str) -> float:
    """What a step in the last digit shown is worth."""
    mantissa, _, exponent = number.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals) if "." in mantissa or exponent else 0.0
