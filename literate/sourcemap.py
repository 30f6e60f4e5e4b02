"""Source maps: from a line of a generated module to notebook, cell and line, and back."""

from __future__ import annotations

import os
from collections import deque
from functools import lru_cache
from pathlib import Path

from .diagnostics import UserError
from .directives import dialect_of, parse_cell
from .markers import Marker, issued_by_look, may_contain_markers, parse_marker
from .notebook import Cell, Notebook, read_notebook
from .project import Project, find_project
from .records import dataclass


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
    places = _places(project, module.parent, text)
    if not any(places):
        return None
    return SourceMap(module, tuple(places))


def _places(project: Project, folder: Path, text: str) -> list[Place | None]:
    """The origin of each line of a module that lies in `folder`.

    A line that looks like a marker belongs to a cell if it stands in a string, or if the cell has
    this line at this place.
    """
    marker_lines = {line for line, _ in issued_by_look(text).markers}
    places: list[Place | None] = []
    cell_lines: deque[tuple[Place, str]] = deque()
    for number, line in enumerate(text.split("\n"), 1):
        is_of_cell = bool(cell_lines) and cell_lines[0][1] == line
        marker = parse_marker(line) if number in marker_lines and not is_of_cell else None
        if marker is not None:
            places.append(None)
            cell_lines = deque(_lines_of_cell(project, folder, marker))
        elif cell_lines:
            place, _ = cell_lines.popleft()
            places.append(place)
        else:
            places.append(None)
    return places


def _lines_of_cell(project: Project, folder: Path, marker: Marker) -> list[tuple[Place, str]]:
    """The lines of code of the cell that a marker names, each with its place."""
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
    code = parsed.code.split("\n")
    return [
        (Place(path, cell.index, cell.id, line), text)
        for line, text in zip(parsed.lines, code, strict=False)
    ]


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
