"""The text of notebooks with edits in their cells; every character that was not edited stays."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from ..notebook import Notebook, parse_notebook
from ..splice import insert_cell, remove_cell, reorder_cells, replace_sources
from .module_edits import ModuleEdits
from .update import ADDED, CHANGED, REMOVED, CarriedEdit, new_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def edited_notebooks(
    found: list[ModuleEdits], carried: list[CarriedEdit], contents: Mapping[Path, bytes]
) -> dict[Path, tuple[str, str]]:
    """The old and the new text of each notebook that takes an edit."""
    by_notebook: dict[Path, list[CarriedEdit]] = {}
    for edit in carried:
        by_notebook.setdefault(edit.notebook, []).append(edit)
    texts: dict[Path, tuple[str, str]] = {}
    for path, edits in by_notebook.items():
        notebook = parse_notebook(path, contents[path])
        texts[path] = notebook.text, _edited_notebook(notebook, edits, found)
    return texts


def _edited_notebook(notebook: Notebook, edits: list[CarriedEdit], found: list[ModuleEdits]) -> str:
    sources: dict[int, str] = {}
    for edit in edits:
        if edit.kind == CHANGED and edit.cell_index is not None:
            sources[edit.cell_index] = edit.source
    text = replace_sources(notebook.text, sources)
    order = list(range(len(notebook.cells)))
    for module_edits in found:
        if module_edits.order:
            order = new_order(module_edits, notebook.path, order)
    if order != sorted(order):
        text = reorder_cells(text, order)
    place_of = {index: place for place, index in enumerate(order)}

    # From the bottom to the top, so that each place is still right when its turn comes. Cells that
    # are added at the same place end up in their order, because the last one is inserted first.
    places: list[tuple[int, bool, CarriedEdit]] = []
    for edit in edits:
        if edit.kind == REMOVED and edit.cell_index is not None:
            places.append((place_of[edit.cell_index], True, edit))
        elif edit.kind == ADDED:
            places.append((_place_of_new(edit, place_of), False, edit))
    places.sort(key=lambda place: place[:2])
    for place, is_removal, edit in reversed(places):
        if is_removal:
            text = remove_cell(text, place)
        else:
            text = insert_cell(text, place, _new_cell(text, edit.source))
    return text


def _place_of_new(edit: CarriedEdit, place_of: dict[int, int]) -> int:
    """Where a new cell goes: below its neighbour, above it, or to the end of the notebook."""
    if edit.cell_index is None:
        return len(place_of)
    place = place_of[edit.cell_index]
    return place if edit.is_above else place + 1


def _new_cell(text: str, source: str) -> dict[str, Any]:
    """A code cell for the notebook with this text; it has an id if the format requires one."""
    notebook = json.loads(text.encode())  # bytes, because they may begin with a byte order mark
    cell: dict[str, Any] = {"cell_type": "code", "execution_count": None}
    if notebook.get("nbformat_minor", 0) >= 5:
        taken = {each.get("id") for each in notebook["cells"]}
        cell["id"] = next(cell_id for cell_id in _possible_ids(source) if cell_id not in taken)
    cell["metadata"] = {}
    cell["outputs"] = []
    cell["source"] = source.splitlines(keepends=True)
    return cell


def _possible_ids(source: str) -> Iterator[str]:
    """Ids that follow from the source, so that they are the same in each run."""
    number = 0
    while True:
        yield sha256(f"{number}\0{source}".encode()).hexdigest()[:8]
        number += 1
