"""The lines that git writes into a module in which a merge failed."""

from __future__ import annotations

import re
from collections.abc import Iterable

_START, _BASE, _MIDDLE, _END = "<" * 7, "|" * 7, "=" * 7, ">" * 7


def line_of_conflict(text: str, generated: Iterable[str]) -> int | None:
    """The line of the first mark of a conflict, from 1; None without one.

    Lines that a generated text contains as well are no marks: a string may hold them.
    """
    known: set[str] = set()
    for each in generated:
        known.update(each.split("\n"))
    opened: int | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if line in known:
            continue
        if line.startswith(f"{_START} "):
            opened = number
        elif opened and re.match(rf"{_END}(?: |$)", line):
            return opened
    return None


def is_made_of(text: str, sides: list[str]) -> bool:
    """Whether each line of a text in conflict comes from one of the sides, all of them generated.

    What stands between two marks must stand together in one side.
    """
    if len(sides) < 2:
        return False
    lines_of_sides = [side.split("\n") for side in sides]
    known = {line for lines in lines_of_sides for line in lines}
    part: list[str] | None = None  # the lines of the current side of a conflict
    is_base = False
    for line in text.split("\n"):
        mark = line[:7]
        if mark == _START and part is None:
            part, is_base = [], False
        elif part is not None and mark in (_BASE, _MIDDLE, _END):
            if not is_base and not any(_holds(lines, part) for lines in lines_of_sides):
                return False
            part = None if mark == _END else []
            is_base = mark == _BASE  # what both sides come from, as git shows it on request
        elif part is not None:
            part.append(line)
        elif line not in known:
            return False
    return part is None


def _holds(lines: list[str], part: list[str]) -> bool:
    """Whether some lines stand together among others."""
    size = len(part)
    return any(lines[start : start + size] == part for start in range(len(lines) - size + 1))
