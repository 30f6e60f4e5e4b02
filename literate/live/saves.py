"""Notebooks that are being saved: a program may write a file piece by piece."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ..diagnostics import UserError
from ..notebook import read_notebook

_AGAIN = 0.02  # seconds until a file is read again
_PATIENCE = 1.0  # seconds after which a file that cannot be read counts as it is


def wait_until_whole(
    paths: Iterable[Path],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> list[Path]:
    """Wait until notebooks can be read; return those that could not, after a second."""
    torn = [path for path in paths if not _is_whole(path)]
    deadline = clock() + _PATIENCE
    while torn and clock() < deadline:
        sleep(_AGAIN)
        torn = [path for path in torn if not _is_whole(path)]
    return torn


def _is_whole(path: Path) -> bool:
    """Whether a notebook can be read. One that is gone is not torn."""
    if not path.exists():
        return True
    try:
        read_notebook(path)
    except (UserError, OSError):
        return False
    return True
