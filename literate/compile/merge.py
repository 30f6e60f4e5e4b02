"""Edits made by hand in a module, found by comparing three versions of the module cell by cell.

The versions are the text that was generated last (the base), the file on disk, and the text that
the notebooks generate now.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..directives import Dialect
from ..markers import Issued, Section, split_edited
from .cell_source import typed_directives
from .head_edits import auto_section, find_head_edits, with_imports
from .line_merge import merge_lines
from .matching import match_in_notebooks, match_on_disk
from .module import Module, ModuleCell
from .module_edits import AddedCell, CellEdit, Conflict, ModuleEdits, OutsideEdit
from .typed_code import Lines, lines_of

_PROSE = r"(?:^|\s)(?:\[(?:markdown|md|raw)\]|\{.*\"(?:markdown|raw)\".*\})"


Forms = Callable[[str], set[Lines]]  # what the compiler may make of the code of a new cell


def _unchanged(code: str) -> set[Lines]:
    return {lines_of(code)}


def merge_module(
    module: Module, base: Issued | None, disk: str, new: Issued, forms: Forms = _unchanged
) -> ModuleEdits:
    """Find the edits made in a module.

    `base` is the text that was generated last, `disk` the text of the file, and `new` what the
    notebooks generate now. Without a base, every difference between `disk` and `new` is a conflict,
    because nothing tells which side was edited. A new section is not an edit if the notebooks
    generate one of its `forms` already, as after an update that was killed half way.
    """
    merger = _Merger(module, base, disk, new, forms)
    merger.compare_heads()
    merger.compare_cells()
    merger.find_additions()
    merger.compare_order()
    return merger.edits


class _Merger:
    """Compares the versions of one module."""

    def __init__(
        self, module: Module, base: Issued | None, disk: str, new: Issued, forms: Forms
    ) -> None:
        self.edits = ModuleEdits(module, disk)
        self._forms = forms
        self._has_base = base is not None
        base = base or new
        folder = module.path.parent
        self._base = base.sections(folder)
        self._disk = split_edited(disk, folder, base, new)
        self._new = new.sections(folder)
        indices = [n for n, section in enumerate(self._new) if section.notebook is not None]
        self._cells = dict(zip(indices, module.cells, strict=True))
        for index, cell in self._cells.items():
            self.edits.generated.append((cell, self._new[index].code))
        if self._has_base:
            self._to_new = match_in_notebooks(self._base, self._new)
        else:
            self._to_new = {index: index for index in indices}
        self._to_disk = match_on_disk(self._base, self._disk)

    def _cell(self, base_index: int) -> ModuleCell | None:
        """The cell that a section of the base is generated from now."""
        return self._cells.get(self._to_new.get(base_index, -1))

    def compare_heads(self) -> None:
        """Find edits above the first cell; imports go to the first cell that imports."""
        found = find_head_edits(self._base, self._disk, self._new)
        self.edits.outside += found.outside
        if not found.imports:
            return
        on_disk = {place: index for index, place in self._to_disk.items()}
        candidates = [
            place
            for place in sorted(on_disk)
            if self._cell(on_disk[place]) and self._disk[place].code
        ]
        if not candidates:
            text = "\n".join(found.imports)
            self.edits.outside.append(OutsideEdit(text, found.line))
            return
        place, section = with_imports(self._disk, candidates, found.imports)
        self._disk[place] = section

    def compare_cells(self) -> None:
        """Compare the versions of each cell of the base."""
        for index, section in enumerate(self._base):
            if section.notebook is None:
                continue
            place = self._to_disk.get(index)
            disk = None if place is None else self._disk[place]
            if disk is not None and not disk.code and section.code:
                disk = None  # only the marker is left
            new_index = self._to_new.get(index)
            new = None if new_index is None else self._new[new_index]
            base_code = section.code if self._has_base else None
            self._compare(base_code, disk, new, self._cell(index), index)

    def _compare(
        self,
        base_code: str | None,
        disk: Section | None,
        new: Section | None,
        cell: ModuleCell | None,
        index: int,
    ) -> None:
        """Compare the versions of one cell; a version is None where the cell is missing.

        `cell` is the cell that `new` was generated from.
        """
        if disk is None:
            if cell is not None and new is not None:
                self._add_removal(cell, new, base_code)
            return
        if disk.code == base_code or (new is not None and disk.code == new.code):
            return
        if cell is None or new is None:
            lost = Conflict(None, disk.code, "", disk.code, disk.first_line, 1, self._above(index))
            self.edits.conflicts.append(lost)
        elif new.code == base_code:
            edit = CellEdit(cell, disk.code, new.code, disk.first_line, new.blank_lines)
            self.edits.edits.append(edit)
        else:
            self._merge_cell(cell, base_code, disk, new)

    def _add_removal(self, cell: ModuleCell, new: Section, base_code: str | None) -> None:
        """Add a cell that was deleted in the module; if the notebook changed it, a conflict."""
        if base_code in (None, new.code):
            self.edits.removed.append(cell)
        else:
            given_up = tuple(new.code.split("\n"))
            conflict = Conflict(cell, "", new.code, "", 1, 1, given_up=given_up)
            self.edits.conflicts.append(conflict)

    def _merge_cell(
        self, cell: ModuleCell, base_code: str | None, disk: Section, new: Section
    ) -> None:
        """Merge a cell that was changed on both sides line by line."""
        lines = new.code.split("\n")
        if base_code is None:
            given_up = tuple(line for line in lines if line not in disk.code.split("\n"))
            conflict = Conflict(
                cell,
                disk.code,
                new.code,
                merged=disk.code,
                line=disk.first_line,
                line_in_code=1,
                blank_lines=new.blank_lines,
                given_up=given_up,
            )
            self.edits.conflicts.append(conflict)
            return
        merged = merge_lines(base_code.split("\n"), disk.code.split("\n"), lines)
        code = "\n".join(merged.lines)
        if not merged.overlaps:
            if code != new.code:  # the notebook may have taken over the edit already
                edit = CellEdit(cell, code, new.code, disk.first_line, new.blank_lines)
                self.edits.edits.append(edit)
            return
        first = merged.overlaps[0]
        replaced: list[str] = []
        for overlap in merged.overlaps:
            replaced += lines[slice(*overlap.notebook)]
        conflict = Conflict(
            cell,
            disk.code,
            new.code,
            merged=code,
            line=disk.first_line + first.module[0],
            line_in_code=first.notebook[0] + 1,
            blank_lines=new.blank_lines,
            given_up=tuple(replaced),
        )
        self.edits.conflicts.append(conflict)

    def _above(self, base_index: int) -> ModuleCell | None:
        """The nearest cell above a section of the base that the notebooks still contain."""
        for index in range(base_index - 1, -1, -1):
            cell = self._cell(index)
            if cell is not None:
                return cell
        return None

    # --- new sections ---

    def find_additions(self) -> None:
        """Find the new sections of the module, and copies of sections."""
        on_disk = {place: index for index, place in self._to_disk.items()}
        paired = set(self._to_new.values())
        new_in_notebook = [lines_of(self._new[n].code) for n in self._cells if n not in paired]
        predecessor: ModuleCell | None = None
        for place, section in enumerate(self._disk):
            if place in on_disk:
                predecessor = self._cell(on_disk[place]) or predecessor
            elif section.is_cell and (section.code or (section.is_new and section.remark)):
                self._add_section(section, predecessor, new_in_notebook)
            elif section.is_auto and section is not auto_section(self._disk):
                text = f"{section.marker}\n{section.code}"
                self.edits.outside.append(OutsideEdit(text, section.line))

    def _add_section(
        self, section: Section, predecessor: ModuleCell | None, new_in_notebook: list[Lines]
    ) -> None:
        """Add a section, unless it is a cell that is new in the notebook too."""
        if section.is_new and re.search(_PROSE, section.remark):
            message = "a section of text, which no exported cell can hold"
            hint = "move it into a Markdown cell of the notebook, and delete it here"
            self.edits.outside.append(OutsideEdit(section.code, section.line, message, hint))
            return
        code = _code_with_remark(section)
        for typed in dict.fromkeys((section.code, code)) if new_in_notebook else ():
            for lines in self._forms(typed):
                if lines in new_in_notebook:
                    new_in_notebook.remove(lines)
                    return
        successor = self.edits.module.cells[0] if self.edits.module.cells else None
        self.edits.added.append(AddedCell(predecessor, code, section.first_line, successor))

    # --- the order ---

    def compare_order(self) -> None:
        """Find out whether sections were put into another order."""
        on_disk = {place: index for index, place in self._to_disk.items()}
        indices: list[int] = []  # of sections of the base, as they stand in the module
        for place in sorted(on_disk):
            index = on_disk[place]
            if self._cell(index) is not None and self._disk[place].code:
                indices.append(index)
        if indices == sorted(indices):
            return
        places = [self._to_new[index] for index in indices]
        if places == sorted(places):  # the notebook has this order too
            return
        self.edits.order = [self._cells[place] for place in places]
        places_of_base = [self._to_new[index] for index in sorted(indices)]
        if places_of_base != sorted(places_of_base):
            message = "sections stand in another order than in the notebook, which moved cells too"
            hint = "move the cells in the notebook, then give up the module's order with "
            hint += "--prefer notebook"
            self.edits.outside.append(OutsideEdit("", 1, message, hint))


def _code_with_remark(section: Section) -> str:
    """The code of a new cell; a remark behind its `# %%` becomes a comment below the directives."""
    if not section.is_new or not section.remark:
        return section.code
    lines = section.code.split("\n")
    head = 0
    for dialect in (Dialect.PLAIN, Dialect.MARKED):
        for directive in typed_directives(section.code, dialect):
            head = max(head, directive.line)
    return "\n".join([*lines[:head], f"# {section.remark}", *lines[head:]]).rstrip("\n")
