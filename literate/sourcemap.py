"""Where a line of a generated module comes from: notebook, cell and line, and back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from .diagnostics import UserError
from .directives import dialect_of, parse_cell
from .notebook import read_notebook
from .project import Project, find_project
from .records import dataclass

_MARKER = re.compile(r"# %% (.+\.ipynb)(?: (#?)([^\s#]+))?$")


@dataclass(frozen=True)
class Place:
    """A line of a cell."""

    notebook: Path
    cell: int  # index, from 0
    cell_id: str
    line: int  # from 1


@dataclass(frozen=True)
class SourceMap:
    """The map of one module: each of its lines is a line of a cell, or the compiler's own (None)."""

    module: Path
    places: tuple[Place | None, ...]  # places[n - 1] is where line n comes from

    def to_notebook(self, line: int) -> Place | None:
        """The cell's line that a line of the module comes from."""
        return self.places[line - 1] if 0 < line <= len(self.places) else None

    def to_module(self, notebook: Path, cell_id: str, line: int) -> int | None:
        """The module's line that a cell's line became."""
        want = os.path.abspath(notebook)
        return next(
            (
                n
                for n, p in enumerate(self.places, 1)
                if p and (p.cell_id, p.line) == (cell_id, line) and str(p.notebook) == want
            ),
            None,
        )


def read_source_map(module: Path) -> SourceMap | None:
    """The map of a generated module as it stands on disk, by its cell markers; None if no notebook made it."""
    try:
        stamp = os.stat(module).st_mtime_ns
    except OSError:
        return None
    return _read(Path(os.path.abspath(module)), stamp)


@lru_cache(maxsize=256)
def _read(module: Path, stamp: int) -> SourceMap | None:
    text = module.read_text(encoding="utf-8")
    if "# %% " not in text:
        return None
    try:
        project = find_project(module.parent)
    except UserError:
        return None
    places: list[Place | None] = []
    section: list[Place] | None = None
    for line in text.split("\n"):
        if match := _MARKER.match(line):
            section = iter(
                _cell_places(
                    project, Path(os.path.normpath(module.parent / match[1])), match[2], match[3]
                )
            )
            places.append(None)
        else:
            section = None if line.startswith("# %% auto") else section
            places.append(next(section, None) if section else None)
    return SourceMap(module, tuple(places)) if any(places) else None


def _cell_places(project: Project, path: Path, is_id: str, key: str | None) -> Iterable[Place]:
    """The places of the code lines of one cell, in order."""
    try:
        notebook = _notebook(path, os.stat(path).st_mtime_ns)
    except (OSError, UserError):
        return ()
    if is_id:
        cell = notebook.cell(key)
    else:
        cell = (
            notebook.cells[int(key)]
            if key and key.isdigit() and int(key) < len(notebook.cells)
            else None
        )
    if cell is None:
        return ()
    return tuple(
        Place(path, cell.index, cell.id, line)
        for line in parse_cell(cell, dialect_of(notebook, project)).lines
    )


@lru_cache(maxsize=64)
def _notebook(path: Path, stamp: int):
    return read_notebook(path)
