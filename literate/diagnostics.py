"""What is wrong, where, and what to do about it: made everywhere, printed at the doors."""

from __future__ import annotations

import os
from pathlib import Path

from .values import dataclass

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Diagnostic:
    """One remark about a place in a file, as plain data."""

    code: str                 # the rule's name, such as "unknown-directive": docs/diagnostics.md explains each
    message: str              # what is wrong, in one line
    path: Path | None = None  # the file it is about
    cell: int | None = None   # the cell's index in its notebook, from 0
    cell_id: str = ""         # the cell's id
    line: int | None = None   # the line in the cell, or in the file, from 1
    column: int | None = None  # the column in that line, from 1
    hint: str = ""            # what to do
    severity: str = ERROR
    detail: str = ""          # lines to show below, such as a diff

    def __str__(self) -> str:
        head = f"{place(self.path, self.cell, self.cell_id, self.line, self.column)}: " if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{head}{self.severity}: {self.message}{hint} [{self.code}]" + (f"\n{self.detail}" if self.detail else "")

    @property
    def sort_key(self) -> tuple:
        """Diagnostics are shown in the order of the notebooks' names, then from top to bottom."""
        path = self.path or Path()
        return path.name, str(path), self.cell or 0, self.line or 0, self.column or 0


def place(path: Path, cell: int | None = None, cell_id: str = "", line: int | None = None, column: int | None = None) -> str:
    """`nbs/01_matmul.ipynb:cell 7 (6fd14ecd):3:5`; cells are counted from 1, as editors show them."""
    parts = [short(path)]
    if cell is not None:
        parts.append(f"cell {cell + 1}" + (f" ({cell_id})" if cell_id else ""))
    parts += [str(number) for number in (line, column) if number is not None]
    return ":".join(parts)


def short(path: Path) -> str:
    """The path as a person would type it: relative to the current folder where it lies below it."""
    try:
        return str(Path(os.path.abspath(path)).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


class UserError(Exception):
    """Something that the user can mend: a door prints its lines, without a traceback, and exits with `exit_code`."""

    exit_code = 1

    def __init__(self, *problems: Diagnostic | str):
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(p) if isinstance(p, Diagnostic) else f"error: {p}" for p in self.problems)


class UsageError(UserError):
    """A command that cannot be carried out as it was typed."""

    exit_code = 2
