"""One cell in three versions, merged."""

from __future__ import annotations

import re

from ..records import dataclass, field
from .lines import Marks, merge_texts, whole_conflict
from .noise import CELL_NOISE
from .values import MISSING, merge_objects, merge_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_OUTPUT_KEYS = ("outputs", "execution_count")
_OWN_RULES = {"cell_type", "id", "source", *_OUTPUT_KEYS}
# Metadata that editors write by themselves. Where both sides changed it, ours is as good as theirs.
_UNIMPORTANT = {*CELL_NOISE, "scrolled", "hidden", "heading_collapsed", "id"}


@dataclass
class MergedCell:
    """The result for one cell."""

    data: dict[str, Any]
    side: str = ""  # OURS or THEIRS, if it is that side's cell without any change
    conflicts: list[str] = field(default_factory=list)  # what both sides changed: "source"
    # Both sides' cells, if the source is in conflict; None stands for a side that deleted it.
    versions: tuple[dict[str, Any] | None, dict[str, Any] | None] = (None, None)

    @property
    def is_marked(self) -> bool:
        """Whether the source holds the marks of a conflict."""
        return "source" in self.conflicts


OURS, THEIRS = "ours", "theirs"


def source_of(cell: dict[str, Any]) -> str:
    """The source of a cell with LF line ends."""
    source = cell.get("source", "")
    text = source if isinstance(source, str) else "".join(source)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def with_source(cell: dict[str, Any], source: str) -> dict[str, Any]:
    """The cell with another source, as a text or as a list of lines, as it was."""
    is_text = isinstance(cell.get("source"), str)
    return {**cell, "source": source if is_text else _LINE.findall(source)}


def merge_cell(
    base: dict[str, Any] | None,
    ours: dict[str, Any] | None,
    theirs: dict[str, Any] | None,
    marks: Marks,
) -> MergedCell | None:
    """The merged cell; None if it is deleted."""
    if ours is None or theirs is None:
        return _one_sided(base, ours, theirs, marks)
    if ours == theirs or theirs == base:
        return MergedCell(ours, OURS)
    if ours == base:
        return MergedCell(theirs, THEIRS)
    return _merge_both(base, ours, theirs, marks)


def _one_sided(
    base: dict[str, Any] | None,
    ours: dict[str, Any] | None,
    theirs: dict[str, Any] | None,
    marks: Marks,
) -> MergedCell | None:
    """A cell that one side added, or that one side deleted.

    A deletion counts unless the other side changed the source.
    """
    kept, side = (ours, OURS) if ours is not None else (theirs, THEIRS)
    if kept is None:
        return None
    if base is None:
        return MergedCell(kept, side)
    if _same_source(base, kept):
        return None
    sides = [None if cell is None else source_of(cell) for cell in (ours, theirs)]
    text = whole_conflict(sides[0], source_of(base), sides[1], marks)
    return MergedCell(with_source(kept, text), conflicts=["source"], versions=(ours, theirs))


def _same_source(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return source_of(one) == source_of(other) and one.get("cell_type") == other.get("cell_type")


def _merge_both(
    given: dict[str, Any] | None, ours: dict[str, Any], theirs: dict[str, Any], marks: Marks
) -> MergedCell:
    base = given or {}
    conflicts: list[str] = []
    kind = _merge_member("cell_type", base, ours, theirs, conflicts)
    # The side that chose the type gives the cell its members.
    model = ours if ours.get("cell_type") == kind else theirs
    old_source = None if given is None else source_of(base)
    source = merge_texts(old_source, source_of(ours), source_of(theirs), marks)
    merged = _merge_members(base, ours, theirs, conflicts)
    cell: dict[str, Any] = {}
    for key, value in model.items():
        if key not in _OWN_RULES and key in merged:
            cell[key] = merged.pop(key)
        elif key in _OWN_RULES:
            cell[key] = value
    cell.update(merged)
    cell_id = _merge_member("id", base, ours, theirs, [])
    if cell_id is not MISSING:
        cell["id"] = cell_id
    runner = _side_of_outputs(base, ours, theirs, source.text)
    for key in _OUTPUT_KEYS:
        if key in cell and key in runner:
            cell[key] = runner[key]
    cell = with_source(cell, source.text)
    if source.conflicts:
        return MergedCell(cell, "", ["source", *conflicts], (ours, theirs))
    return MergedCell(cell, "", conflicts)


def _merge_members(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], conflicts: list[str]
) -> dict[str, Any]:
    """Metadata, attachments, and members that no version of nbformat knows."""
    found: list[str] = []
    versions = _other_members(base), _other_members(ours), _other_members(theirs)
    merged = merge_objects(versions, "", found)
    for path in found:
        _, _, inner = path.partition(".")
        if path.split(".")[0] != "metadata" or inner.split(".")[0] not in _UNIMPORTANT:
            conflicts.append(path)
    return merged


def _other_members(cell: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in cell.items() if key not in _OWN_RULES}


def _merge_member(
    key: str,
    base: dict[str, Any],
    ours: dict[str, Any],
    theirs: dict[str, Any],
    conflicts: list[str],
) -> Any:
    """The merged value of one member; `MISSING` without one."""
    versions = base.get(key, MISSING), ours.get(key, MISSING), theirs.get(key, MISSING)
    return merge_values(versions, key, conflicts)


def _side_of_outputs(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], source: str
) -> dict[str, Any]:
    """The version whose outputs the merged cell has: the one with its source, or else ours.

    Outputs can be made again, so they are never in conflict.
    """
    has_ours, has_theirs = source == source_of(ours), source == source_of(theirs)
    if has_ours != has_theirs:
        return ours if has_ours else theirs
    is_ours_old = all(ours.get(key) == base.get(key) for key in _OUTPUT_KEYS)
    return theirs if has_theirs and is_ours_old else ours


# --- both versions as cells of their own -------------------------------------------------------


def as_cells(merged: MergedCell, marks: Marks) -> list[dict[str, Any]]:
    """A cell in conflict as two cells, with marks before, between and behind them."""
    ours, theirs = merged.versions
    texts = (
        f"{'<' * marks.size} {marks.ours}",
        "=" * marks.size,
        f"{'>' * marks.size} {marks.theirs}",
    )
    cells: list[dict[str, Any]] = []
    for text, version in zip(texts, (ours, theirs, None), strict=True):
        cells.append({"cell_type": "markdown", "metadata": {}, "source": [f"`{text}`"]})
        if version is not None:
            cells.append(version)
    return cells
