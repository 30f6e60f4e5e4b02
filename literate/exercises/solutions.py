"""The solutions beside the student's edition: what attempts are compared with.

The folder `.solutions` of the edition holds a JSON file for each notebook that has exercises. The
solutions in it are compressed, so that nobody reads one by accident.
"""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..diagnostics import UserError, diagnose, display_path
from ..files import read_file
from ..records import dataclass
from ..spelling import nearest
from .mutants import Mistakes, parse_table, select_mistakes
from .progress import record
from .sources import globals_of, notebook_of, run_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FOLDER = ".solutions"  # in the folder of the edition
_FORMAT = 1


@dataclass(frozen=True)
class SolvedCell:
    """The solutions of one cell."""

    names: tuple[str, ...]  # of the exercises
    source: str  # what the cell defines, and its imports


@dataclass(frozen=True)
class SolutionFile:
    """The solutions of one notebook."""

    notebook: str  # the path of the notebook inside of the edition
    module: str  # the module that the notebook writes to, or ""
    edition: str  # a digest of the notebook as it was given to the student
    cells: tuple[SolvedCell, ...]
    tables: Mapping[str, str]  # the files of known mistakes, by the names of their modules

    @property
    def names(self) -> list[str]:
        """The names of all exercises of the notebook, from top to bottom."""
        return [name for cell in self.cells for name in cell.names]


# --- the file ----------------------------------------------------------------------------------


def solution_text(solutions: SolutionFile) -> str:
    """The content of the file."""
    cells = [{"names": cell.names, "source": _packed(cell.source)} for cell in solutions.cells]
    tables = {module: _packed(text) for module, text in solutions.tables.items()}
    data = {
        "format": _FORMAT,
        "notebook": solutions.notebook,
        "module": solutions.module,
        "edition": solutions.edition,
        "cells": cells,
        "mistakes": tables,
    }
    return json.dumps(data, indent=1) + "\n"


def read_solutions(path: Path) -> SolutionFile:
    """Read such a file. Raises a `UserError` if it is damaged."""
    try:
        data = json.loads(read_file(path))
        if data["format"] != _FORMAT:
            raise ValueError
        cells = [
            SolvedCell(tuple(cell["names"]), _unpacked(cell["source"])) for cell in data["cells"]
        ]
        tables = {str(module): _unpacked(text) for module, text in data["mistakes"].items()}
        return SolutionFile(
            str(data["notebook"]), str(data["module"]), str(data["edition"]), tuple(cells), tables
        )
    except OSError as error:
        problem = diagnose("unreadable", error.strerror or str(error), path)
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error):
        message = "this is not a file of solutions that this version can read"
        hint = "delete it, and make the edition again with literate exercises"
        problem = diagnose("unreadable", message, path, hint=hint)
    raise UserError(problem)


def _solutions_in(data: Any) -> SolutionFile:
    cells = []
    for cell in data["cells"]:
        cells.append(SolvedCell(tuple(map(str, cell["names"])), _unpacked(cell["source"])))
    return SolutionFile(
        notebook=str(data["notebook"]),
        module=str(data["module"]),
        edition=str(data["edition"]),
        cells=tuple(cells),
        tables={str(module): _unpacked(text) for module, text in data["mistakes"].items()},
    )


def _packed(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def _unpacked(text: str) -> str:
    return zlib.decompress(base64.b64decode(text, validate=True)).decode()


def solution_files(edition: Path) -> list[Path]:
    """The files of solutions of an edition, in the order of its notebooks."""
    return sorted((edition / FOLDER).rglob("*.json"), key=lambda path: path.name)


def solution_path(edition: Path, notebook: str) -> Path:
    """The file with the solutions of a notebook, which is given by its path in the edition."""
    return (edition / FOLDER / notebook).with_suffix(".json")


# --- a solution by its name --------------------------------------------------------------------


@dataclass(frozen=True)
class NamedSolution:
    """A solution that somebody wants to read."""

    notebook: str
    name: str
    source: str


def solution_named(edition: Path, wanted: str) -> NamedSolution:
    """The solution with a name such as `softmax` or `02_loss.ipynb:softmax`."""
    notebook, _, name = wanted.rpartition(":")
    found = []
    known: set[str] = set()
    for path in edition_files(edition):
        file = read_solutions(path)
        known.update(file.names)
        if notebook and notebook not in (file.notebook, Path(file.notebook).stem):
            continue
        for cell in file.cells:
            if name in cell.names:
                found.append(NamedSolution(file.notebook, name, cell.source))
    if len(found) == 1:
        return found[0]
    if found:
        choices = " or ".join(f"{each.notebook}:{name}" for each in found)
        raise UserError(f"several notebooks have an exercise {name}: name it as {choices}")
    near = nearest(name, frozenset(known))
    place = f" of {notebook}" if notebook else ""
    hint = f"; did you mean {near}?" if near and near != name else ""
    raise UserError(f"{display_path(edition)}: no exercise{place} has the name {name!r}{hint}")


def edition_files(edition: Path) -> list[Path]:
    """The files of solutions of an edition. Raises a `UserError` if there is no edition."""
    paths = solution_files(edition)
    if not paths:
        shown = display_path(edition)
        raise UserError(
            f"{shown} is not a student's edition, because it has no folder {FOLDER}: make one with "
            f"literate exercises --output {shown}"
        )
    return paths


# --- the solution of an attempt ----------------------------------------------------------------


@dataclass(frozen=True)
class Solution:
    """The solution of one exercise."""

    edition: Path  # the folder of the student's edition
    path: Path  # the file of solutions
    file: SolutionFile
    name: str

    def right_version(self, attempt: Any) -> Any:
        """What the solution defines, in a copy of the globals of the attempt.

        Earlier solutions of the notebook are in there, too, so that it does not depend on what the
        student wrote for them.
        """
        namespace = dict(globals_of(attempt))
        for cell in self.file.cells:
            label = f"solution of {', '.join(cell.names)}"
            run_source(cell.source, attempt, namespace, label)
            if self.name in cell.names:
                break
        return namespace[self.name]

    def mistakes(self, module: str = "") -> Mistakes | None:
        """The known mistakes; those of the module that is given, or of the notebook's, if any."""
        modules = [module or self.file.module, *([] if module else self.file.tables)]
        for chosen in modules:
            text = self.file.tables.get(chosen)
            if text is None:
                continue
            table = parse_table(Path(f"{chosen}.py"), text)
            if any(key.partition(".")[0] == self.name for key in table):
                return select_mistakes(self.path, table, self.name)
        return None

    def count_defined(self, variables: Mapping[str, Any]) -> int:
        """How many exercises of the notebook have a variable of their name."""
        return sum(name in variables for name in self.file.names)

    def record(self, is_done: bool) -> None:
        """Note in the student's progress whether the exercise is done."""
        record(self.edition, self.file.notebook, self.name, is_done)


def find_solution(attempt: Any, name: str) -> Solution | None:
    """The solution of an exercise; None in the full edition, which holds it in its notebooks.

    `attempt` is the attempt, or something else that its notebook defines.
    """
    notebook = notebook_of(attempt)
    folder = Path(os.path.abspath(notebook.parent if notebook else Path.cwd()))
    for edition in (folder, *folder.parents):
        if (edition / FOLDER).is_dir():
            return _find_in(edition, notebook, name, globals_of(attempt))
    return None


def _find_in(
    edition: Path, notebook: Path | None, name: str, variables: Mapping[str, Any]
) -> Solution | None:
    found = []
    for path in _candidates(edition, notebook):
        file = read_solutions(path)
        if name in file.names:
            found.append(Solution(edition, path, file, name))
    # Where the notebook is not known, it is the one that has most of these exercises.
    return max(found, key=lambda each: each.count_defined(variables), default=None)


def _candidates(edition: Path, notebook: Path | None) -> Iterator[Path]:
    """The files that may hold a solution: that of the notebook, or else all of them.

    A notebook without a file of its own may be a copy that the student made.
    """
    if notebook is not None:
        inside = os.path.relpath(os.path.abspath(notebook), edition)
        own = solution_path(edition, inside)
        if own.is_file():
            yield own
            return
    yield from solution_files(edition)
