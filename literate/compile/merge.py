"""Edits made by hand in a module, found by comparing three versions of the module cell by cell.

The versions are the text that was generated last (the base), the file on disk, and the text that
the notebooks generate now.
"""

from __future__ import annotations

from collections import Counter

from ..markers import Section, markers_of, split_sections
from ..records import dataclass, field
from .module import Module, ModuleCell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Key = tuple[Path, str]  # notebook, and id or number of a cell


@dataclass(frozen=True)
class CellEdit:
    """A cell that was changed in the module; in a conflict, it was changed in the notebook too."""

    cell: ModuleCell | None  # None only in a conflict: the notebook no longer contains the cell
    code: str  # in the module
    generated: str  # as the notebook generates the cell now
    line: int  # of the cell's marker in the module


@dataclass(frozen=True)
class AddedCell:
    """A new section of the module."""

    predecessor: ModuleCell | None  # the cell above the section; None if no cell stands above it
    code: str
    line: int  # of the section's marker in the module


@dataclass
class ModuleEdits:
    """Everything that was edited by hand in one module since it was generated."""

    module: Module
    disk: str = ""  # the text of the module, with the edits
    edits: list[CellEdit] = field(default_factory=list)
    added: list[AddedCell] = field(default_factory=list)
    removed: list[ModuleCell] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)  # text that belongs to no cell
    conflicts: list[CellEdit] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many edits there are."""
        kinds = (self.edits, self.added, self.removed, self.outside, self.conflicts)
        return sum([len(found) for found in kinds])

    def take_module(self) -> None:
        """Resolve each conflict for the module.

        A cell that the notebook no longer contains becomes a new cell.
        """
        for conflict in self.conflicts:
            if conflict.cell is None:
                self.added.append(AddedCell(None, conflict.code, conflict.line))
            else:
                self.edits.append(conflict)
        self.conflicts = []

    def take_notebook(self) -> None:
        """Resolve each conflict for the notebook, and give up text that belongs to no cell."""
        self.conflicts = []
        self.outside = []


def merge_module(module: Module, base: str | None, disk: str, new: str) -> ModuleEdits:
    """Find the edits made in a module.

    `base` is the text that was generated last, `disk` the text of the file, and `new` what the
    notebooks generate now. Without a base, every difference between `disk` and `new` is a conflict,
    because nothing tells which side was edited.
    """
    folder = module.path.parent
    known = markers_of(base or "", new)
    disk_sections = split_sections(disk, folder, known)
    new_sections = split_sections(new, folder, known)
    cells = _cells_by_section(new_sections, module)
    if base is None:
        base_sections = new_sections
        to_new = {index: index for index in cells}
    else:
        base_sections = split_sections(base, folder, known)
        to_new = match_sections(base_sections, new_sections, numbers_hold=False)
    to_disk = match_sections(base_sections, disk_sections, numbers_hold=True)

    edits = ModuleEdits(module, disk)
    disk_cells: dict[int, ModuleCell | None] = {}  # for each section on disk that has a match
    for index, section in enumerate(base_sections):
        new_section = _at(new_sections, to_new.get(index))
        disk_section = _at(disk_sections, to_disk.get(index))
        cell = cells.get(to_new.get(index, -1))
        if section.notebook is not None:
            base_code = None if base is None else section.code
            _compare_cell(edits, base_code, disk_section, new_section, cell)
        if index in to_disk:
            disk_cells[to_disk[index]] = cell

    new_in_notebook = [new_sections[i].code for i in cells.keys() - set(to_new.values())]
    generated = [s.code for s in (*base_sections, *new_sections) if s.notebook is None]
    _find_additions(edits, disk_sections, disk_cells, new_in_notebook, generated)
    return edits


def _cells_by_section(sections: list[Section], module: Module) -> dict[int, ModuleCell]:
    """The cell of each section of the generated text, by the index of the section."""
    indices = [index for index, section in enumerate(sections) if section.notebook is not None]
    return dict(zip(indices, module.cells, strict=False))


def _at(sections: list[Section], index: int | None) -> Section | None:
    return None if index is None else sections[index]


def _compare_cell(
    edits: ModuleEdits,
    base_code: str | None,
    disk: Section | None,
    new: Section | None,
    cell: ModuleCell | None,
) -> None:
    """Compare the versions of one cell of the base; a version is None where the cell is missing.

    `cell` is the cell that `new` was generated from.
    """
    if disk is None:
        # A cell that the notebook changed is not removed: that would lose the change.
        if cell is not None and new is not None and base_code in (None, new.code):
            edits.removed.append(cell)
        return
    if disk.code == base_code or (new is not None and disk.code == new.code):
        return
    if cell is None or new is None:
        edits.conflicts.append(CellEdit(None, disk.code, "", disk.line))
        return
    edit = CellEdit(cell, disk.code, new.code, disk.line)
    if new.code == base_code:
        edits.edits.append(edit)
    else:
        edits.conflicts.append(edit)


def _find_additions(
    edits: ModuleEdits,
    disk_sections: list[Section],
    disk_cells: dict[int, ModuleCell | None],
    new_in_notebook: list[str],
    generated: list[str],
) -> None:
    """Find the new sections of the module, and changes to text that belongs to no cell.

    `disk_cells` tells which sections of the module are known, and from which cells they are now
    generated. `new_in_notebook` is the code of cells that are new in the notebook: a section with
    the same code is the same cell. `generated` are the generated texts that belong to no cell.
    """
    predecessor: ModuleCell | None = None
    for index, section in enumerate(disk_sections):
        if index in disk_cells:
            predecessor = disk_cells[index] or predecessor
        elif not section.code:
            continue
        elif section.is_new:
            code = _code_with_remark(section)
            if code not in new_in_notebook:
                edits.added.append(AddedCell(predecessor, code, section.line))
        elif section.code not in generated and section.code not in new_in_notebook:
            edits.outside.append(section.code)


def _code_with_remark(section: Section) -> str:
    """The code of a new cell; a remark behind its `# %%` becomes a comment in the first line."""
    if not section.remark:
        return section.code
    return f"# {section.remark}\n{section.code}"


# --- which section is which --------------------------------------------------------------------


def match_sections(base: list[Section], other: list[Section], numbers_hold: bool) -> dict[int, int]:
    """For the sections of cells in `base`, by index: the index of the same section in `other`.

    Sections are the same if they have the same notebook and the same key, and if no other section
    has this key. All others are matched by their code and their order.

    Keys that are numbers count only if `numbers_hold`. The number of a cell holds in the module
    that it was written to, but not in the notebook, where cells come and go.
    """
    base_keys = [_key_of(section, numbers_hold) for section in base]
    other_keys = [_key_of(section, numbers_hold) for section in other]
    base_counts = Counter(base_keys)
    other_counts = Counter(other_keys)

    def is_unique(key: Key | None) -> bool:
        return key is not None and base_counts[key] <= 1 and other_counts[key] <= 1

    index_of = {key: index for index, key in enumerate(other_keys) if is_unique(key)}
    pairs: dict[int, int] = {}
    for index, key in enumerate(base_keys):
        if key in index_of:
            pairs[index] = index_of[key]

    rest_of_base = [index for index in range(len(base)) if index not in pairs]
    rest_of_other = [index for index, key in enumerate(other_keys) if not is_unique(key)]
    for notebook in {section.notebook for section in base}:
        if notebook is not None:
            old = [index for index in rest_of_base if base[index].notebook == notebook]
            new = [index for index in rest_of_other if other[index].notebook == notebook]
            old_codes = [base[index].code for index in old]
            new_codes = [other[index].code for index in new]
            for i, n in _align(old_codes, new_codes):
                pairs[old[i]] = new[n]
    return pairs


def _key_of(section: Section, numbers_hold: bool) -> Key | None:
    """Notebook and key of a section; None if it has no key that counts."""
    if section.notebook is None or not section.key:
        return None
    if section.key.startswith("#") or numbers_hold:
        return section.notebook, section.key
    return None


def _align(old: list[str], new: list[str]) -> Iterator[tuple[int, int]]:
    """Pairs of indices of two lists of cells.

    Equal cells are paired. Where some cells were replaced by as many others, these are pairs too.
    """
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        is_same_number = old_end - old_start == new_end - new_start
        if kind == "equal" or (kind == "replace" and is_same_number):
            yield from zip(range(old_start, old_end), range(new_start, new_end), strict=True)
