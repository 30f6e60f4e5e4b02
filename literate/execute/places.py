"""The places of cells in an earlier result, after an edit that changed only prose and order.

If a markdown cell is added above, the cells below it have other numbers, and nothing has to run.
"""

from __future__ import annotations

from ..records import replace
from .results import CellResult, Error, NotebookResult
from .selection import NotebookPlan

Place = tuple[int, str]  # the index and the id of a cell


def with_places(result: NotebookResult, before: NotebookPlan, now: NotebookPlan) -> NotebookResult:
    """A result whose cells have the places that they have now. Both plans have the same code."""
    places: dict[int, Place] = {}
    for old, new in zip(before.steps, now.steps, strict=False):
        places[old.cell.index] = new.cell.index, new.cell.id
    cells = tuple(_moved_cell(cell, places) for cell in result.cells)
    return replace(result, cells=cells)


def _moved_cell(cell: CellResult, places: dict[int, Place]) -> CellResult:
    index, cell_id = places.get(cell.index, (cell.index, cell.id))
    error = cell.error and _moved_error(cell.error, places)
    return replace(cell, index=index, id=cell_id, error=error)


def _moved_error(error: Error, places: dict[int, Place]) -> Error:
    frames = []
    for frame in error.frames:
        if frame.cell is not None and frame.cell in places:
            index, cell_id = places[frame.cell]
            frame = replace(frame, cell=index, cell_id=cell_id)
        frames.append(frame)
    related = tuple((word, _moved_error(each, places)) for word, each in error.related)
    return replace(error, frames=tuple(frames), related=related)
