"""Three versions of a notebook, merged by cell."""

from __future__ import annotations

from ..notebook import new_id
from ..records import dataclass
from .lines import Marks
from .merged_cell import OURS, THEIRS, MergedCell, as_cells, merge_cell, source_of
from .order import Triple, align
from .values import merge_objects
from .versions import (
    Version,
    cell_texts,
    layout_of,
    with_cells,
    with_members,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MINOR_WITH_IDS = 5  # from nbformat 4.5 on, cells have ids

# Metadata of notebooks that programs write by themselves: ours is as good as theirs.
_UNIMPORTANT = {
    *("kernelspec", "language_info", "widgets", "colab", "vscode", "papermill", "jupytext"),
    *("toc", "toc-autonumbering", "toc-showcode", "varInspector", "nav_menu", "hide_input"),
    *("anaconda-cloud", "latex_envs", "accelerator", "orig_nbformat", "interpreter"),
}


@dataclass(frozen=True)
class Conflict:
    """What both sides changed in different ways."""

    cell: int | None  # the cell's index in the merged notebook; None for the notebook itself
    cell_id: str
    parts: tuple[str, ...]  # "source", or paths such as "metadata.slideshow"

    @property
    def is_marked(self) -> bool:
        """Whether marks in the notebook show the conflict; otherwise ours was taken."""
        return "source" in self.parts


@dataclass(frozen=True)
class MergedNotebook:
    """The result of a merge, which is a valid notebook even if there are conflicts."""

    text: str
    conflicts: list[Conflict]


def merge_notebooks(
    base: Version, ours: Version, theirs: Version, marks: Marks, both_as_cells: bool = False
) -> MergedNotebook:
    """Merge the changes that two sides made to a notebook."""
    if not ours.text or not theirs.text:
        return MergedNotebook(ours.text or theirs.text, [])
    return _Merge(base, ours, theirs, marks, both_as_cells).result()


class _Merge:
    def __init__(
        self, base: Version, ours: Version, theirs: Version, marks: Marks, both_as_cells: bool
    ) -> None:
        self._base = base
        self._ours = ours
        self._theirs = theirs
        self._marks = marks
        self._both_as_cells = both_as_cells
        self._layout = layout_of(ours.text)
        self._has_same_layout = layout_of(theirs.text) == self._layout
        self._texts = {OURS: cell_texts(ours), THEIRS: cell_texts(theirs)}
        self._ids: set[str] = set()  # that the cells of ours have, and new ones
        self._written: set[str] = set()  # that cells of the merged notebook have already
        self._conflicts: list[Conflict] = []

    def result(self) -> MergedNotebook:
        """The merged notebook."""
        members = self._merge_members()
        self._know_ids(members.get("nbformat_minor", self._ours.minor))
        cells: list[str] = []
        for triple in align(self._base.keys, self._ours.keys, self._theirs.keys):
            old = self._base.cell(triple.base)
            ours, theirs = self._ours.cell(triple.ours), self._theirs.cell(triple.theirs)
            merged = merge_cell(old, ours, theirs, self._marks)
            if merged is None:
                continue
            if merged.conflicts:
                self._note_conflict(merged, len(cells))
            if self._both_as_cells and merged.is_marked:
                cells += self._both_versions(merged, triple)
                continue
            cells.append(self._text_of(merged, triple.ours, triple.theirs))
        text = self._ours.text
        if cells != self._texts[OURS]:
            text = with_cells(text, self._layout, cells)
        if members:
            text = with_members(text, self._layout, members)
        return MergedNotebook(text, self._conflicts)

    def _know_ids(self, minor: Any) -> None:
        """Set which cells have ids in the merged notebook: all from nbformat 4.5 on."""
        ids = [key.id for key in self._ours.keys if key.id]
        old = self._ours.minor
        self._ids.update(ids)
        self._has_ids = isinstance(minor, int) and minor >= _MINOR_WITH_IDS
        self._keeps_ids = self._has_ids or bool(ids)
        self._adds_ids = self._has_ids and old is not None and old < _MINOR_WITH_IDS

    def _note_conflict(self, merged: MergedCell, index: int) -> None:
        cell_id = merged.data.get("id")
        name = cell_id if isinstance(cell_id, str) else ""
        self._conflicts.append(Conflict(index, name, tuple(merged.conflicts)))

    def _both_versions(self, merged: MergedCell, triple: Triple) -> list[str]:
        """The JSON of both versions of a cell in conflict, and of the marks around them."""
        ours, theirs = merged.versions
        texts = []
        for cell in as_cells(merged, self._marks):
            index = triple.ours if cell is ours else None
            texts.append(self._layout.dump(self._with_own_id(cell, index), 2))
        return texts

    def _text_of(self, merged: MergedCell, ours: int | None, theirs: int | None) -> str:
        """The JSON of a cell, exactly as it stands in our file or in theirs if that is possible."""
        cell = self._with_own_id(merged.data, ours)
        if cell is merged.data and merged.side:
            index = ours if merged.side == OURS else theirs
            if index is not None and (merged.side == OURS or self._has_same_layout):
                return self._texts[merged.side][index]
        return self._layout.dump(cell, 2)

    def _with_own_id(self, cell: dict[str, Any], ours: int | None) -> dict[str, Any]:
        """The cell as the merged notebook can hold it: with an id of its own, or without one.

        A cell of ours stays as it is, unless the other side has brought a format with ids.
        """
        cell_id = cell.get("id")
        if cell_id is not None and not self._keeps_ids:
            return {key: value for key, value in cell.items() if key != "id"}
        is_missing = cell_id is None and (self._adds_ids or (ours is None and self._has_ids))
        if is_missing or not self._may_have(cell_id, ours):
            cell = _with_id(cell, self._unused_id(cell))
        if isinstance(cell.get("id"), str):
            self._ids.add(cell["id"])
            self._written.add(cell["id"])
        return cell

    def _may_have(self, cell_id: Any, ours: int | None) -> bool:
        """Whether a cell may have an id: it is its own in ours, or that of no other cell."""
        if ours is not None and self._ours.keys[ours].id == cell_id:
            return True
        return cell_id not in self._written and cell_id not in self._ids

    def _unused_id(self, cell: dict[str, Any]) -> str:
        """An id that is made from the cell's content, and that no other cell has."""
        content = f"{cell.get('cell_type')}\0{source_of(cell)}"
        made = new_id(content)
        while made in self._ids:
            content += "\0"
            made = new_id(content)
        return made

    # --- what is not a cell --------------------------------------------------------------------

    def _merge_members(self) -> dict[str, Any]:
        """The notebook's own members whose merged values differ from ours."""
        found: list[str] = []
        ours = self._ours.members
        versions = self._base.members, ours, self._theirs.members
        merged = merge_objects(versions, "", found)
        changed = {}
        for key, value in merged.items():
            if key not in ours or ours[key] != value:
                changed[key] = value
        minor = _merged_minor(self._base.minor, self._ours.minor, self._theirs.minor)
        if minor not in (self._ours.minor, None):
            changed["nbformat_minor"] = minor
        important = [path for path in found if not _is_unimportant(path)]
        if important:
            self._conflicts.append(Conflict(None, "", tuple(important)))
        return changed


def _merged_minor(base: int | None, ours: int | None, theirs: int | None) -> int | None:
    """The merged minor version of the format: the newer one, if both sides changed it."""
    if ours is None or theirs is None or base in (ours, theirs):
        return theirs if ours in (base, None) else ours
    return max(ours, theirs)


def _is_unimportant(path: str) -> bool:
    name, _, inner = path.partition(".")
    return name == "metadata" and inner.partition(".")[0] in _UNIMPORTANT


def _with_id(cell: dict[str, Any], cell_id: str) -> dict[str, Any]:
    """The cell with an id, sorted in where its members are sorted."""
    keys = [key for key in cell if key != "id"]
    new = {**cell, "id": cell_id}
    return dict(sorted(new.items())) if keys == sorted(keys) else new
