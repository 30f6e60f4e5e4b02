"""The differences between two notebooks, cell by cell."""

from __future__ import annotations

from ..line_diff import longest_rise, opcodes
from ..records import dataclass, field
from .cell_text import (
    cell_lines,
    cell_metadata_lines,
    head_lines,
    output_lines,
    source_lines,
)
from .pairing import Pairs, pair_cells
from .versions import Version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ADDED, DELETED, CHANGED, MOVED = "added", "deleted", "changed", "moved"

_CONTEXT = 3  # equal lines that are shown around a difference


@dataclass(frozen=True)
class CellDifference:
    """What became of one cell; the notebook's own metadata count as a cell without indexes."""

    change: str  # ADDED, DELETED, CHANGED or MOVED
    type: str
    id: str
    old_index: int | None  # from 0
    new_index: int | None
    parts: tuple[str, ...]  # what differs: "type", "metadata", "source", "outputs"
    lines: list[str] = field(default_factory=list)  # with " ", "-", "+" before each, or "..."
    is_moved: bool = False

    @property
    def added_lines(self) -> int:
        """How many lines came."""
        return sum(line.startswith("+") for line in self.lines)

    @property
    def deleted_lines(self) -> int:
        """How many lines went."""
        return sum(line.startswith("-") for line in self.lines)


def compare(old: Version, new: Version) -> list[CellDifference]:
    """The differences, in the order of the new notebook; deleted cells stand where they were."""
    pairs = pair_cells(old.keys, new.keys)
    moved = _moved(pairs)
    origin = {place: index for index, place in pairs.items()}
    found = _head_difference(old, new)
    waiting = 0  # the first old cell that was not passed yet
    for place, cell in enumerate(new.cells):
        index = origin.get(place)
        if index is None:
            found.append(_one_sided(ADDED, cell, None, place))
            continue
        if index not in moved:
            found += _deleted(old, pairs, waiting, index)
            waiting = index + 1
        found += _changed(old.cells[index], cell, index, place, index in moved)
    return found + _deleted(old, pairs, waiting, len(old.cells))


def _moved(pairs: Pairs) -> set[int]:
    """The old cells that stand in another order now."""
    in_order = longest_rise([pairs[index] for index in sorted(pairs)])
    return {index for index, place in pairs.items() if place not in in_order}


def _deleted(old: Version, pairs: Pairs, start: int, end: int) -> list[CellDifference]:
    found = []
    for index in range(start, end):
        if index not in pairs:
            found.append(_one_sided(DELETED, old.cells[index], index, None))
    return found


def _head_difference(old: Version, new: Version) -> list[CellDifference]:
    if not old.text or not new.text:  # a whole notebook came or went
        return []
    lines = difference_lines(head_lines(old.data), head_lines(new.data))
    if not lines:
        return []
    return [CellDifference(CHANGED, "notebook", "", None, None, ("metadata",), lines)]


def _one_sided(
    change: str, cell: dict[str, Any], old_index: int | None, new_index: int | None
) -> CellDifference:
    sign = "+" if change == ADDED else "-"
    lines = [f"{sign}{line}" for line in cell_lines(cell)[1:]]
    parts = ("source",)
    return CellDifference(change, _type(cell), _id(cell), old_index, new_index, parts, lines)


def _changed(
    old: dict[str, Any], new: dict[str, Any], old_index: int, new_index: int, is_moved: bool
) -> list[CellDifference]:
    """The difference of one cell in two versions; none if it only got another number."""
    parts = ["type"] if _type(old) != _type(new) else []
    lines: list[str] = []
    if parts:
        lines += [f"-# %% {_type(old)}", f"+# %% {_type(new)}"]
    for name, part in (
        ("metadata", cell_metadata_lines),
        ("source", source_lines),
        ("outputs", output_lines),
    ):
        found = difference_lines(part(old), part(new))
        if found:
            parts.append(name)
            lines += found
    if not parts and not is_moved:
        return []
    change = CHANGED if parts else MOVED
    about = _type(new), _id(new), old_index, new_index, tuple(parts)
    return [CellDifference(change, *about, lines, is_moved)]


def _type(cell: dict[str, Any]) -> str:
    return str(cell.get("cell_type"))


def _id(cell: dict[str, Any]) -> str:
    cell_id = cell.get("id")
    return cell_id if isinstance(cell_id, str) else ""


def difference_lines(old: list[str], new: list[str]) -> list[str]:
    """The differences of two lists of lines with some context; equal lists have none."""
    if old == new:
        return []
    lines: list[str] = []
    last = 0
    for kind, old_start, old_end, new_start, new_end in opcodes(old, new):
        if kind == "equal":
            continue
        lines += _context(old, last, old_start, is_first=not lines)
        lines += [f"-{line}" for line in old[old_start:old_end]]
        lines += [f"+{line}" for line in new[new_start:new_end]]
        last = old_end
    lines += [f" {line}" for line in old[last : last + _CONTEXT]]
    return lines


def _context(old: list[str], start: int, end: int, is_first: bool) -> list[str]:
    """The equal lines between two differences; many of them are cut short."""
    if is_first:
        start = max(start, end - _CONTEXT)
    elif end - start > 2 * _CONTEXT:
        head = [f" {line}" for line in old[start : start + _CONTEXT]]
        return [*head, "...", *[f" {line}" for line in old[end - _CONTEXT : end]]]
    return [f" {line}" for line in old[start:end]]
