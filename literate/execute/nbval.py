"""The words of nbval, with which many notebooks say how their cells are to be tested.

They stand in comments (`# NBVAL_SKIP`) or in tags (`nbval-skip`).
"""

from __future__ import annotations

from ..notebook import Cell

SKIP = "nbval-skip"
RAISES = "nbval-raises-exception"
IGNORE_OUTPUT = "nbval-ignore-output"
CHECK_OUTPUT = "nbval-check-output"

_FORMER = {"pytest-validate-ignore-output": IGNORE_OUTPUT}
_KNOWN = {SKIP, RAISES, IGNORE_OUTPUT, CHECK_OUTPUT, *_FORMER}


def nbval_words(cell: Cell) -> frozenset[str]:
    """The words of nbval in the tags and in the comments of a cell."""
    words = {_spelled_as_tag(tag) for tag in cell.tags}
    if "NBVAL" in cell.source or "PYTEST_VALIDATE" in cell.source:
        words |= {_spelled_as_tag(comment) for comment in _comments(cell.source)}
    return frozenset(_FORMER.get(word, word) for word in words & _KNOWN)


def _spelled_as_tag(word: str) -> str:
    return word.lower().replace("_", "-")


def _comments(source: str) -> set[str]:
    """The comments that have a line of their own."""
    lines = [line.strip() for line in source.splitlines()]
    return {line.lstrip("#").strip() for line in lines if line.startswith("#")}
