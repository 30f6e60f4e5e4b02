"""Generated modules in a merge: their sections are merged as the cells that they come from.

A merge by line is of little use for them. The numbers in the markers change with each new cell, and
`__all__` is one long line, so two branches that add a cell are in conflict there.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from ..compile.modidx import INDEX_MARK, format_literal
from ..compile.module import GENERATED, wrapped_names
from ..diagnostics import UserError, display_path
from ..files import read_file, write_atomically
from ..markers import cell_marker, issued_by_look, parse_marker, without_keys
from ..printable import printable
from ..records import dataclass, replace
from .driver import CONFLICTS, MERGED, Order, merge_by_line
from .lines import Marks, merge_texts
from .order import align
from .pairing import Key
from .values import merge_objects, merge_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

_INDEX = "_modidx.py"
_ALL = re.compile(r"__all__ = (\[.*\])", re.DOTALL)


class _ConflictError(Exception):
    """Both sides changed the same part of a module."""


def merge_module_files(order: Order) -> int:
    """Merge a file of the library, and return the exit code for git.

    A generated file that is in conflict stays ours: the notebooks are to be settled, and then it is
    made again. Files that were written by hand are merged by line.
    """
    base, ours, theirs = (_read(path) for path in (order.base, order.ours, order.theirs))
    if order.path.name == _INDEX:
        merge = _merge_index
    elif GENERATED in ours and GENERATED in theirs:
        merge = _merge_sections
    else:
        return merge_by_line(order)
    by_line = merge_texts(base or None, ours, theirs, Marks())
    try:
        merged = merge(base, ours, theirs)
    except _ConflictError as conflict:
        if by_line.conflicts:
            line = f"{display_path(order.path)}: ours is kept, because both sides changed "
            line += f"{conflict}: settle the notebooks, then run literate export"
            print(printable(line), file=sys.stderr)
            return CONFLICTS
        merged = None
    if not by_line.conflicts and without_keys(merged or "") != without_keys(by_line.text):
        merged = by_line.text  # where git can merge, the result is git's, but for numbers of cells
    if merged is None:
        return merge_by_line(order)
    write_atomically(order.ours, merged)
    return MERGED


def _read(path: Path) -> str:
    try:
        return read_file(path).decode("utf-8")
    except OSError as error:
        raise UserError(f"a side cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError("a side is not UTF-8") from None


# --- modules -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """A section of a module: below the marker of a cell, below that of `__all__`, or the head."""

    marker: str  # "" for the head
    code: str
    above: int = 0  # how many blank lines stand between the marker and the code
    below: int = 1  # how many stand behind the code

    @property
    def key(self) -> Key:
        """What the section is known by: the id of its cell, or its notebook and its code."""
        marker = parse_marker(self.marker)
        if marker is None or marker.is_auto:
            return Key(self.marker or "head", self.marker, self.code)
        cell_id = marker.key if marker.key.startswith("#") else ""
        return Key(cell_id and f"{marker.notebook}{cell_id}", marker.notebook, self.code)

    @property
    def text(self) -> str:
        """The section as it stands in a module, with the blank lines behind it."""
        lines = [self.marker] if self.marker else []
        lines += [""] * self.above
        lines += [self.code] if self.code else []
        return "\n".join([*lines, *[""] * self.below])


def _merge_sections(base: str, ours: str, theirs: str) -> str | None:
    """The merged module; None if the text of a side is laid out in another way."""
    old, left, right = _parts_of(base), _parts_of(ours), _parts_of(theirs)
    if _joined(old) != base or _joined(left) != ours or _joined(right) != theirs:
        return None
    if len(left) == 1 or len(right) == 1:  # its cells have other markers, or none
        return None
    merged = []
    shifts = (0, 0)
    for triple in align(*([part.key for part in parts] for parts in (old, left, right))):
        versions = _at(old, triple.base), _at(left, triple.ours), _at(right, triple.theirs)
        part = _merge_part(*versions)
        shifts = _shifts_behind(*versions, shifts)
        if part is not None:
            merged.append(_renumbered(part, *versions, shifts))
    known = {part.code for part in (*left, *right)}
    ended = _with_end_of(left[-1], _with_names_in_order(merged, known))
    return _joined(ended)


def _with_end_of(last: _Part, parts: list[_Part]) -> list[_Part]:
    """The sections with blank lines between them, and with the end of another module."""
    spaced = [replace(part, below=max(1, part.below)) for part in parts[:-1]]
    return [*spaced, replace(parts[-1], below=last.below)]


def _parts_of(text: str) -> list[_Part]:
    if not text:
        return []
    sections = issued_by_look(text).sections(Path())
    ends = [section.line - 1 for section in sections[1:]] + [text.count("\n") + 1]
    parts = []
    for section, end in zip(sections, ends, strict=True):
        size = section.code.count("\n") + 1 if section.code else 0
        below = end - (section.first_line - 1) - size
        parts.append(_Part(section.marker, section.code, section.blank_lines, below))
    return parts


def _joined(parts: list[_Part]) -> str:
    """The text of a module; "" for a module that does not exist."""
    return "\n".join(part.text for part in parts)


def _at(parts: list[_Part], index: int | None) -> _Part | None:
    return None if index is None else parts[index]


def _merge_part(base: _Part | None, ours: _Part | None, theirs: _Part | None) -> _Part | None:
    """The merged section; None if it is deleted."""
    if ours is None or theirs is None:
        kept = ours or theirs
        if base is None or kept is None:
            return kept
        if kept.code != base.code:
            raise _ConflictError(f"the section {kept.marker!r}")
        return None
    code = merge_texts(base.code if base else None, ours.code, theirs.code, Marks())
    if not code.conflicts:
        if base is None:
            return ours
        return _Part(
            _changed_one(base.marker, ours.marker, theirs.marker),
            code.text,
            _changed_one(base.above, ours.above, theirs.above),
            _changed_one(base.below, ours.below, theirs.below),
        )
    names = _merge_names(base.code if base else "", ours.code, theirs.code)
    if names is None:
        raise _ConflictError(f"the section {ours.marker!r}" if ours.marker else "the head")
    return replace(ours, code=names)


def _changed_one(base: T, ours: T, theirs: T) -> T:
    """The value that a side changed; that of ours if both did."""
    return theirs if ours == base else ours


def _number(part: _Part | None) -> int | None:
    """The number of a cell in its marker; None without one."""
    marker = parse_marker(part.marker) if part else None
    if marker is None or marker.is_auto or not marker.key.isdigit():
        return None
    return int(marker.key)


def _shifts_behind(
    base: _Part | None, ours: _Part | None, theirs: _Part | None, before: tuple[int, int]
) -> tuple[int, int]:
    """By how much each side has raised the numbers of cells, from this section on."""
    old, left, right = _number(base), _number(ours), _number(theirs)
    if old is None:
        return before
    shift_of_ours = before[0] if left is None else left - old
    shift_of_theirs = before[1] if right is None else right - old
    return shift_of_ours, shift_of_theirs


def _renumbered(
    part: _Part,
    base: _Part | None,
    ours: _Part | None,
    theirs: _Part | None,
    shifts: tuple[int, int],
) -> _Part:
    """The section with the number that its cell has now that both sides' cells stand before it."""
    marker = parse_marker(part.marker)
    left, right, old = _number(ours), _number(theirs), _number(base)
    if marker is None or marker.is_auto:
        return part
    if ours is not None and theirs is not None and (left is None or right is None):
        return part if left is None else replace(part, marker=theirs.marker)
    if old is not None and left is not None and right is not None:
        number = left + right - old
    elif left is not None:
        number = left + shifts[1]
    elif right is not None:
        number = right + shifts[0]
    else:
        return part
    return replace(part, marker=cell_marker(marker.notebook, str(max(0, number))))


def _with_names_in_order(parts: list[_Part], known: set[str]) -> list[_Part]:
    """The sections with a merged `__all__` in the order of the definitions.

    An `__all__` that is that of one side is `known`, and in order.
    """
    ordered = []
    for part in parts:
        match = _ALL.fullmatch(part.code)
        if match is not None and part.code not in known:
            names: list[str] = ast.literal_eval(match[1])
            names.sort(key=lambda name: _place_of(name, parts))
            part = replace(part, code=f"__all__ = {wrapped_names(repr(names))}")
        ordered.append(part)
    return ordered


def _place_of(name: str, parts: list[_Part]) -> tuple[int, int, int]:
    """Where `__all__` has a name: names that are assigned come first, then what is defined."""
    assigned = re.compile(rf"^{re.escape(name)}\b *[=:,]", re.MULTILINE)
    defined = re.compile(rf"^(?:(?:async )?def|class) {re.escape(name)}\b", re.MULTILINE)
    for kind, pattern in enumerate((assigned, defined)):
        for number, part in enumerate(parts):
            match = pattern.search(part.code)
            if match is not None:
                return kind, number, match.start()
    return 2, 0, 0


def _merge_names(base: str, ours: str, theirs: str) -> str | None:
    """The merged definition of `__all__`; None for other code."""
    found = [_ALL.fullmatch(code) for code in (base, ours, theirs)]
    if not (found[1] and found[2]):
        return None
    lists = [ast.literal_eval(match[1]) if match else [] for match in found]
    conflicts: list[str] = []
    names = merge_values((lists[0], lists[1], lists[2]), "__all__", conflicts)
    return None if conflicts else f"__all__ = {wrapped_names(repr(names))}"


# --- the index ---------------------------------------------------------------------------------


def _merge_index(base: str, ours: str, theirs: str) -> str | None:
    """The merged index of symbols; None if a side holds more than the index."""
    found = [_index_in(text) for text in (base, ours, theirs)]
    if found[1] is None or found[2] is None:
        return None
    conflicts: list[str] = []
    merged = merge_objects((found[0] or {}, found[1], found[2]), "", conflicts)
    if conflicts:
        raise _ConflictError(conflicts[0])
    return _index_text(merged)


def _index_in(text: str) -> dict[str, Any] | None:
    """The index that a text holds, if that is all it holds."""
    try:
        index = ast.literal_eval(text.removeprefix(f"{INDEX_MARK}\n\nd = "))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    is_whole = isinstance(index, dict) and _index_text(index) == text
    return index if is_whole else None


def _index_text(index: dict[str, Any]) -> str:
    return f"{INDEX_MARK}\n\nd = {format_literal(index)}\n"
