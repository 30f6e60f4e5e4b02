"""Write down what the tests of the notebooks measure, while docs/matrix.py runs them.

`foundations.core` loads this file if FOUNDATIONS_RECORDER names it. Each record is a line of JSON
in the file that FOUNDATIONS_CLAIMS names. It says which line made the test, and which cell was
running: a test may stand in a function that another cell has defined.

Tests that are there to fail are not recorded: those inside of `test_fail` and `test_kills`, and the
checks of exercises.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np
import torch

WIDTH = 60  # characters of a note
FEW = 9  # a longer tensor is described by its shape

# Functions of the test kit: the line that called them is the place of the test.
HELPERS = {
    *("test_eq", "test_ne", "test_fail", "test_shape", "test_close", "test_near_zero"),
    *("test_between", "test_faster", "test_kills", "test_stat", "gradcheck", "earn"),
    *("_test_same", "_measure", "_note", "_kills"),
}
# Inside of these functions, tests are expected to fail.
EXPECT_FAILURES = {"test_fail", "kills", "_kills", "check_exercise"}
CELL = re.compile(r"(?P<notebook>[^/\\]+\.ipynb):cell \d+ \(")


def measure(kind: str, values: Any, low: float, high: float, **details: Any) -> None:
    """Record the range of what a test measured, and the bounds that it has to keep to."""
    measured = torch.as_tensor(values, dtype=torch.float64, device="cpu").detach()
    if measured.numel() == 0:
        return
    bounds = {"low": float(low), "high": float(high)}
    least, most = measured.min().item(), measured.max().item()
    _record(test=kind, least=least, most=most, **bounds, **details)


def note(value: Any) -> None:
    """Record a value that a test has seen, in a few words."""
    _record(note=in_few_words(value))


def killed(count: int) -> None:
    """Record how many wrong versions a test has rejected."""
    _record(note=f"kills {count} of {count}", mutants=count)


def in_few_words(value: Any) -> str:
    """Four digits of a number, the shape of a large tensor, the first line of a text."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        if math.prod(value.shape) > FEW:
            return f"shape {tuple(value.shape)}"
        value = value.tolist()
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        value = f"[{', '.join(map(in_few_words, value[:FEW]))}]"
    text = re.sub(" at 0x[0-9a-f]+", "", str(value).partition("\n")[0])
    return text if len(text) < WIDTH else text[: WIDTH - 3] + "..."


def _record(**entry: Any) -> None:
    """Append a line to the file, unless the test is expected to fail."""
    path = os.environ.get("FOUNDATIONS_CLAIMS")
    frames = list(_callers())
    # The first two frames are the helper's own: `_note`, and the test that called it.
    expects_failure = any(frame.f_code.co_name in EXPECT_FAILURES for frame in frames[2:])
    if not path or expects_failure:
        return
    places = [frame for frame in frames if frame.f_code.co_name not in HELPERS]
    cells = [frame for frame in places if CELL.search(frame.f_code.co_filename)]
    if places:
        entry["place"] = _place(places[0])
    if cells:
        entry["running"] = _place(cells[-1])
        entry["notebook"] = CELL.search(cells[-1].f_code.co_filename)["notebook"]
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _callers() -> Iterator[FrameType]:
    """The frames that led to a record, the innermost first, without those of this file."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename != _record.__code__.co_filename:
            yield frame
        frame = frame.f_back


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
