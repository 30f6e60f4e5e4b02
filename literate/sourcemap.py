"""Source maps: from a line of a generated module to notebook, cell and line, and back."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from .diagnostics import UserError
from .directives import dialect_of, parse_cell
from .markers import Marker, may_contain_markers, parse_marker
from .notebook import Cell, Notebook, read_notebook
from .project import Project, find_project
from .records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Place:
    """A line of a cell."""

    notebook: Path
    cell: int  # index, from 0
    cell_id: str
    line: int  # from 1


@dataclass(frozen=True)
class SourceMap:
    """The map of one module. A line that the compiler added has no place."""

    module: Path
    places: tuple[Place | None, ...]  # places[n - 1] is the origin of line n

    def to_notebook(self, line: int) -> Place | None:
        """The line of a cell from which a line of the module was generated."""
        if 0 < line <= len(self.places):
            return self.places[line - 1]
        return None

    def to_module(self, notebook: Path, cell_id: str, line: int) -> int | None:
        """The line of the module that was generated from a line of a cell."""
        wanted = os.path.abspath(notebook)
        for number, place in enumerate(self.places, 1):
            if place is None or (place.cell_id, place.line) != (cell_id, line):
                continue
            if str(place.notebook) == wanted:
                return number
        return None


def read_source_map(module: Path) -> SourceMap | None:
    """The map of a module as it is on disk; None for a file that no notebook generates.

    The map follows from the cell markers in the module and from the notebooks that they name.
    """
    try:
        time_of_change = os.stat(module).st_mtime_ns
    except OSError:
        return None
    return _read_source_map(Path(os.path.abspath(module)), time_of_change)


@lru_cache(maxsize=256)
def _read_source_map(module: Path, time_of_change: int) -> SourceMap | None:
    """Read the map. The time is part of the cache's key: a file that changed is read again."""
    try:
        text = module.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    if not may_contain_markers(text):
        return None
    try:
        project = find_project(module.parent)
    except UserError:
        return None
    places: list[Place | None] = []
    cell_places: Iterator[Place] = iter(())
    for line in text.split("\n"):
        marker = parse_marker(line)
        if marker is None:
            places.append(next(cell_places, None))
        else:
            places.append(None)
            cell_places = iter(_places_of_cell(project, module.parent, marker))
    if not any(places):
        return None
    return SourceMap(module, tuple(places))


def _places_of_cell(project: Project, folder: Path, marker: Marker) -> list[Place]:
    """The place of each line of code of the cell that a marker names, in their order."""
    if marker.is_auto:
        return []
    path = Path(os.path.normpath(folder / marker.notebook))
    try:
        notebook = _read_notebook(path, os.stat(path).st_mtime_ns)
    except (OSError, UserError):
        return []
    cell = _find_cell(notebook, marker.key)
    if cell is None:
        return []
    parsed = parse_cell(cell, dialect_of(notebook, project))
    return [Place(path, cell.index, cell.id, line) for line in parsed.lines]


def _find_cell(notebook: Notebook, key: str) -> Cell | None:
    """The cell with the id or the number in a marker."""
    if key.startswith("#"):
        return notebook.cell(key.removeprefix("#"))
    if key.isdecimal() and int(key) < len(notebook.cells):
        return notebook.cells[int(key)]
    return None


@lru_cache(maxsize=64)
def _read_notebook(path: Path, time_of_change: int) -> Notebook:
    """Read a notebook. The time is part of the cache's key: a file that changed is read again."""
    return read_notebook(path)
