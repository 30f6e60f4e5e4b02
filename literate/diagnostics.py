"""Diagnostics: what is wrong, where it is, and what to do about it.

Every kind of diagnostic has a rule in the table in `rules.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

from .printable import printable, printable_lines
from .records import dataclass
from .rules import ERROR as ERROR
from .rules import REMARK as REMARK
from .rules import RULES as RULES
from .rules import WARNING as WARNING


@dataclass(frozen=True)
class Diagnostic:
    """One remark about a place in a file, as plain data."""

    code: str  # the code of its rule
    message: str  # what is wrong, in one line
    path: Path | None = None  # the file
    cell: int | None = None  # the cell's index in its notebook, from 0
    cell_id: str = ""
    line: int | None = None  # the line in the cell, or in the file, from 1
    column: int | None = None  # the column in that line, from 1
    hint: str = ""  # what to do
    severity: str = ERROR
    detail: str = ""  # lines to show below the message, such as a diff

    def __str__(self) -> str:
        text = f"{self.severity}: {self.message}"
        if self.path:
            where = format_location(self.path, self.cell, self.cell_id, self.line, self.column)
            text = f"{where}: {text}"
        if self.hint:
            text += f" ({self.hint})"
        text += f" [{self.code}]"
        if former := RULES[self.code].former:
            text += f" [{former}]"
        text = printable(text)
        if self.detail:
            text += f"\n{printable_lines(self.detail)}"
        return text

    @property
    def sort_key(self) -> tuple[str, str, int, int, int]:
        """The order of diagnostics: by the notebook's name, then from top to bottom."""
        path = self.path or Path()
        return path.name, str(path), self.cell or 0, self.line or 0, self.column or 0


def diagnose(
    code: str,
    message: str,
    path: Path | None = None,
    cell: int | None = None,
    cell_id: str = "",
    line: int | None = None,
    column: int | None = None,
    hint: str | None = None,
    severity: str = "",
    detail: str = "",
) -> Diagnostic:
    """Make a diagnostic; its rule gives the hint and the severity that are not given here."""
    rule = RULES[code]
    if hint is None:
        hint = rule.hint
    severity = severity or rule.severity
    return Diagnostic(code, message, path, cell, cell_id, line, column, hint, severity, detail)


def format_location(
    path: Path,
    cell: int | None = None,
    cell_id: str = "",
    line: int | None = None,
    column: int | None = None,
) -> str:
    """A place as people read it: `nbs/01_matmul.ipynb:cell 7 (6fd14ecd):3:5`.

    Cells are counted from 1 here, as editors show them.
    """
    parts = [display_path(path)]
    if cell is not None:
        identifier = f" ({cell_id})" if cell_id else ""
        parts.append(f"cell {cell + 1}{identifier}")
    parts += [str(number) for number in (line, column) if number is not None]
    return ":".join(parts)


def display_path(path: Path) -> str:
    """The path as it is printed: relative to the current folder, if it lies below it."""
    try:
        text = str(Path(os.path.abspath(path)).relative_to(Path.cwd()))
    except (ValueError, OSError):
        text = str(path)
    if text.startswith("::"):  # at the beginning of a line, a CI service takes it as a command
        text = os.path.join(os.curdir, text)
    return printable(text)


class UserError(Exception):
    """An error that the user can correct.

    A command prints its lines without a traceback and exits with `exit_code`.
    """

    exit_code = 1

    def __init__(self, *problems: Diagnostic | str) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        lines = [
            str(problem) if isinstance(problem, Diagnostic) else printable(f"error: {problem}")
            for problem in self.problems
        ]
        return "\n".join(lines)


class UsageError(UserError):
    """A command line that cannot be carried out as it was typed."""

    exit_code = 2


def as_data(problem: Diagnostic | str) -> dict[str, object]:
    """A problem as plain data, for JSON. A text that is not a diagnostic is a message alone."""
    if not isinstance(problem, Diagnostic):
        return {"message": problem}
    path = None if problem.path is None else str(problem.path)
    return {**vars(problem), "path": path}
