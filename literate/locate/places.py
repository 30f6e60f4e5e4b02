"""Places in both worlds: a line of a module, and the line of a cell that it was generated from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ..diagnostics import UserError, display_path, format_location
from ..notebook import Notebook, read_notebook
from ..printable import printable
from ..project import find_project
from ..records import dataclass
from ..sourcemap import Place, SourceMap, read_source_map
from ..splice import line_in_file

# What the name of a place may say: the cell, the line in the notebook's file, or the module.
CELL, FILE, MODULE = "cell", "file", "module"

_MODULE_PLACE = re.compile(r"(?P<path>.+?\.py):(?P<line>\d+)(?::(?P<column>\d+))?:?$")
_CELL_PLACE = re.compile(
    r"(?P<path>.+?\.ipynb):"
    r"(?:cell (?P<number>\d+)(?: \([^)]*\))?|(?:cell )?#?(?P<id>[^\s:#]+))"
    r"(?::(?P<line>\d+))?(?::(?P<column>\d+))?:?$"
)


@dataclass(frozen=True)
class Position:
    """A line of a cell, and the line of a module that was generated from it, if there is one."""

    cell: Place
    module: Path | None = None
    module_line: int | None = None
    column: int | None = None  # the same in both


# --- finding -----------------------------------------------------------------------------------


def parse_position(name: str) -> Position:
    """The position that a name means, such as `lib/core.py:34` or `nbs/00_core.ipynb:cell 7:3`.

    Raises a `UserError` that says what is wrong with it.
    """
    match = _MODULE_PLACE.match(name)
    if match:
        return _position_of_module_line(Path(match["path"]), int(match["line"]), match["column"])
    match = _CELL_PLACE.match(name)
    if match is None:
        raise UserError(
            f"{name}: this is not a place (write a place as lib/core.py:34, or as "
            f"'nbs/00_core.ipynb:cell 7:3')"
        )
    notebook = _read(Path(os.path.abspath(match["path"])))
    index = _cell_index(notebook, match["number"], match["id"], name)
    line = int(match["line"] or 1)
    found = position_in_cell(notebook.path, index, line, match["column"])
    if found is None:
        lines = notebook.cells[index].source.count("\n") + 1
        raise UserError(f"{name}: this cell has {lines} lines")
    return found


def _position_of_module_line(module: Path, line: int, column: str | None) -> Position:
    place = f"{display_path(module)}:{line}"
    if not module.is_file():
        raise UserError(f"{display_path(module)}: no such file")
    source_map = read_source_map(module)
    if source_map is None:
        raise UserError(f"{display_path(module)}: no notebook generates this file")
    cell = source_map.to_notebook(line)
    if cell is None:
        lines = len(source_map.places)
        if not 0 < line <= lines:
            raise UserError(f"{place}: this module has {lines} lines")
        raise UserError(f"{place}: the compiler wrote this line, it stands in no cell")
    return Position(cell, source_map.module, line, int(column) if column else None)


def _cell_index(notebook: Notebook, number: str | None, cell_id: str, name: str) -> int:
    if number is not None:
        if not 0 < int(number) <= len(notebook.cells):
            raise UserError(f"{name}: this notebook has {len(notebook.cells)} cells")
        return int(number) - 1
    cell = notebook.cell(cell_id)
    if cell is None:
        raise UserError(f"{name}: no cell of this notebook has the id {cell_id}")
    return cell.index


def position_in_module(path: str, line: int, column: int | None = None) -> Position | None:
    """The position of a line of a file; None if no cell holds this line."""
    source_map = read_source_map(Path(path))
    cell = source_map.to_notebook(line) if source_map else None
    if source_map is None or cell is None:
        return None
    return Position(cell, source_map.module, line, column)


def position_in_cell(
    path: Path, index: int, line: int, column: str | int | None = None
) -> Position | None:
    """The position of a line of a cell, which is given by its index; None if there is no such line.

    A directive stands in no module. For its line, the module's line is that of the code below it.
    """
    try:
        cell = _read(path).cells[index]
    except (UserError, IndexError):
        return None
    if not 0 < line <= cell.source.count("\n") + 1:
        return None
    place = Place(path, index, cell.id, line)
    found_column = int(column) if column else None
    for source_map in _maps_of(path):
        number = _line_in_module(source_map, place)
        if number is not None:
            return Position(place, source_map.module, number, found_column)
    return Position(place, None, None, found_column)


def is_same_cell(one: Position | None, other: Position | None) -> bool:
    """Whether two positions are in the same cell."""
    if one is None or other is None:
        return False
    return (one.cell.notebook, one.cell.cell) == (other.cell.notebook, other.cell.cell)


def _line_in_module(source_map: SourceMap, wanted: Place) -> int | None:
    """The first line of a module that stands at or below a line of a cell, in this cell."""
    for number, place in enumerate(source_map.places, 1):
        if place is None or place.cell != wanted.cell or place.line < wanted.line:
            continue
        if str(place.notebook) == str(wanted.notebook):
            return number
    return None


def _maps_of(notebook: Path) -> Iterator[SourceMap]:
    """The maps of the modules to which a notebook exports."""
    try:
        project = find_project(notebook.parent)
    except UserError:
        return
    for module in sorted(project.lib_path.rglob("*.py")):
        source_map = read_source_map(module)
        if source_map is not None and _names_notebook(source_map, notebook):
            yield source_map


def _names_notebook(source_map: SourceMap, notebook: Path) -> bool:
    return any(place and place.notebook == notebook for place in source_map.places)


def _read(path: Path) -> Notebook:
    try:
        time_of_change = os.stat(path).st_mtime_ns
    except OSError:
        time_of_change = 0  # reading it says what is wrong
    return _read_once(path, time_of_change)


@lru_cache(maxsize=64)
def _read_once(path: Path, time_of_change: int) -> Notebook:
    return read_notebook(path)


# --- names -------------------------------------------------------------------------------------


def file_line(cell: Place) -> int:
    """The line of the notebook's file in which a line of a cell stands; 1 if it is not there."""
    try:
        return line_in_file(_read(cell.notebook).text, cell.cell, cell.line)
    except (UserError, IndexError, StopIteration):
        return 1


def shown_path(path: Path, absolute: bool = False) -> str:
    """A path as it is printed: relative to the current folder, unless it has to be absolute."""
    return printable(os.path.abspath(path)) if absolute else display_path(path)


def position_name(position: Position, world: str, absolute: bool = False) -> tuple[str, int]:
    """The name of the file or cell of a position, and the line in it.

    A cell that is in no module is named by its line in the notebook's file.
    """
    cell = position.cell
    if world == MODULE and position.module is not None and position.module_line is not None:
        return shown_path(position.module, absolute), position.module_line
    path = shown_path(cell.notebook, absolute)
    if world == CELL:
        return f"{path}:cell {cell.cell + 1} ({printable(cell.cell_id)})", cell.line
    return path, file_line(cell)


def other_side(position: Position, name: str) -> str:
    """The name of a position on the side that `name` does not name: the cell, or the module.

    Raises a `UserError` if it is in no module.
    """
    cell = position.cell
    if _MODULE_PLACE.match(name):
        where = cell.notebook, cell.cell, cell.cell_id, cell.line, position.column
        return format_location(*where)
    if position.module is None:
        line = file_line(cell)
        raise UserError(f"{name}: no module holds this cell; it is line {line} of the file")
    path, line = position_name(position, MODULE)
    return f"{path}:{line}:{position.column}" if position.column else f"{path}:{line}"


def as_json(position: Position) -> dict[str, object]:
    """A position as data for other programs; cells are counted from 1, as in messages."""
    cell = position.cell
    return {
        "notebook": str(cell.notebook),
        "cell": cell.cell + 1,
        "id": cell.cell_id,
        "line": cell.line,
        "column": position.column,
        "file_line": file_line(cell),
        "module": None if position.module is None else str(position.module),
        "module_line": position.module_line,
    }
