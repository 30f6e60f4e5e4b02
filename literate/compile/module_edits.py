"""What a person edited in one module: the records that are passed on until an edit is carried."""

from __future__ import annotations

from pathlib import Path

from ..records import dataclass, field
from .module import Module, ModuleCell


@dataclass(frozen=True)
class CellEdit:
    """A cell that was changed in the module."""

    cell: ModuleCell
    code: str  # the new code, with changes of the notebook to other lines of the cell
    generated: str  # as the notebook generates the cell now
    line: int  # of the cell's code in the module
    blank_lines: int = 0  # above the generated code, below its marker
    given_up: tuple[str, ...] = ()  # lines of the notebook that the module's lines replace


@dataclass(frozen=True)
class Conflict:
    """A cell that was changed in the module and in the notebook, or deleted on one side."""

    cell: ModuleCell | None  # None if the notebook no longer contains the cell
    code: str  # in the module; "" if the cell was deleted there
    generated: str  # as the notebook generates the cell now; "" without a cell
    merged: str  # the code with the module's version of lines that both sides changed
    line: int  # of the first such line in the module
    line_in_code: int  # of the first such line in the generated code, from 1
    predecessor: ModuleCell | None = None  # the cell above, if the notebook lacks the cell
    blank_lines: int = 0  # as in `CellEdit`
    given_up: tuple[str, ...] = ()  # lines of the notebook that `merged` does not contain

    @property
    def is_deletion(self) -> bool:
        """Whether the module deleted a cell that the notebook changed."""
        return not self.code


@dataclass(frozen=True)
class AddedCell:
    """A new section of the module."""

    predecessor: ModuleCell | None  # the cell above the section; None if no cell stands above it
    code: str
    line: int  # of the section's code in the module
    successor: ModuleCell | None = None  # the cell below, if no cell stands above

    @property
    def notebook(self) -> Path | None:
        """The notebook that takes the cell; None for a module without other cells."""
        neighbour = self.predecessor or self.successor
        return None if neighbour is None else neighbour.notebook


@dataclass(frozen=True)
class OutsideEdit:
    """An edit that no cell can take."""

    text: str
    line: int  # in the module
    message: str = "edited outside of any cell"
    hint: str | None = None  # None for the hint of the rule


@dataclass
class ModuleEdits:
    """Everything that was edited by hand in one module since it was generated."""

    module: Module
    disk: str = ""  # the text of the module, with the edits
    edits: list[CellEdit] = field(default_factory=list)
    added: list[AddedCell] = field(default_factory=list)
    removed: list[ModuleCell] = field(default_factory=list)
    outside: list[OutsideEdit] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    order: list[ModuleCell] = field(default_factory=list)  # as in the module, if it was changed
    # The generated code of each cell, in the order of the notebooks.
    generated: list[tuple[ModuleCell, str]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many edits there are."""
        kinds = (self.edits, self.added, self.removed, self.outside, self.conflicts)
        return sum([len(found) for found in kinds]) + bool(self.order)

    def take_module(self) -> None:
        """Resolve each conflict for the module.

        A cell that the notebook no longer contains becomes a new cell.
        """
        for conflict in self.conflicts:
            if conflict.cell is None:
                place = conflict.predecessor
                self.added.append(AddedCell(place, conflict.code, conflict.line))
            elif conflict.is_deletion:
                self.removed.append(conflict.cell)
            else:
                edit = CellEdit(
                    conflict.cell,
                    conflict.merged,
                    conflict.generated,
                    conflict.line,
                    conflict.blank_lines,
                    conflict.given_up,
                )
                self.edits.append(edit)
        self.conflicts = []

    def take_notebook(self) -> None:
        """Resolve each conflict for the notebook, and give up what no cell can take."""
        self.conflicts = []
        self.outside = []
