"""Carrying edits that were made in modules back into the notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..diagnostics import Diagnostic, UserError, diagnose, display_path, format_location
from ..directives import COMPILER_DIRECTIVES, dialect_of, parse_cell
from ..line_diff import longest_rise
from ..notebook import parse_notebook
from ..project import Project
from ..records import dataclass
from .cell_source import edited_source, new_source, typed_directives
from .imports import make_absolute
from .module import UNPARSABLE, Module, ModuleCell, parse_error
from .module_edits import AddedCell, CellEdit, ModuleEdits
from .typed_code import package_of

CHANGED, ADDED, REMOVED, MOVED = "changed", "added", "removed", "moved"
_RELATIONS = {
    CHANGED: "<-",
    ADDED: "+ a new cell after it <-",
    REMOVED: "removed, as in",
    MOVED: "moved, as in",
}


@dataclass(frozen=True)
class CarriedEdit:
    """One edit that goes from a module into a notebook."""

    notebook: Path
    cell: ModuleCell | None  # the cell that is changed or removed, or next to an added cell
    source: str  # the new source of the cell
    kind: str  # CHANGED, ADDED, REMOVED or MOVED
    module: Path
    line: int  # in the module
    is_above: bool = False  # an added cell stands above `cell`, and not below it

    def __str__(self) -> str:
        source = f"{display_path(self.module)}:{self.line}"
        if self.cell is None:
            return f"{display_path(self.notebook)} + a new cell at its end <- {source}"
        cell = self.cell.parsed.cell
        target = format_location(self.notebook, cell.index, cell.id)
        relation = "+ a new cell before it <-" if self.is_above else _RELATIONS[self.kind]
        return f"{target} {relation} {source}"

    @property
    def cell_index(self) -> int | None:
        """The index of `cell` in the notebook."""
        return None if self.cell is None else self.cell.parsed.cell.index


def carry(
    project: Project, found: list[ModuleEdits], contents: Mapping[Path, bytes]
) -> list[CarriedEdit]:
    """The edits as the notebooks need them; `contents` are the bytes of the notebooks.

    A `UserError` names all code of modules that cannot go into a cell.
    """
    carrier = _Carrier(project, contents)
    carried: list[CarriedEdit] = []
    problems: list[Diagnostic] = []
    for module_edits in found:
        module = module_edits.module
        edits: list[CellEdit | AddedCell] = [*module_edits.edits, *module_edits.added]
        for edit in edits:
            try:
                carried.append(carrier.carry(module, edit))
            except UNPARSABLE as error:
                problems.append(_syntax_error(module.path, edit.line, error))
            except UserError as error:
                problems += [each for each in error.problems if isinstance(each, Diagnostic)]
        for cell in module_edits.removed:
            carried.append(CarriedEdit(cell.notebook, cell, "", REMOVED, module.path, 1))
        for cell in moved_cells(module_edits):
            carried.append(CarriedEdit(cell.notebook, cell, "", MOVED, module.path, 1))
    if problems:
        raise UserError(*problems)
    return carried


def _syntax_error(module: Path, first_line: int, error: Exception) -> Diagnostic:
    message, line_in_cell, column = parse_error(error)
    line = first_line + (line_in_cell or 1) - 1
    hint = "mend it in the module first"
    return diagnose("syntax", message, module, line=line, column=column, hint=hint)


class _Carrier:
    """Turns code of modules into sources of cells, notebook by notebook."""

    def __init__(self, project: Project, contents: Mapping[Path, bytes]) -> None:
        self._project = project
        self._contents = contents
        self._dialects: dict[Path, str] = {}

    def carry(self, module: Module, edit: CellEdit | AddedCell) -> CarriedEdit:
        """The edit as its notebook needs it."""
        code = make_absolute(edit.code, package_of(self._project, module))
        if isinstance(edit, AddedCell):
            return self._carry_new(module, edit, code)
        return self._carry_change(module, edit, code)

    def _carry_new(self, module: Module, edit: AddedCell, code: str) -> CarriedEdit:
        neighbour = edit.predecessor or edit.successor
        notebook = edit.notebook or module.notebook
        dialect = self._dialect(notebook)
        _refuse_directives(module.path, edit, dialect, ("default_exp", "exportd"))
        source = new_source(code, dialect, neighbour.parsed if neighbour else None)
        is_above = edit.predecessor is None and neighbour is not None
        path = module.path
        return CarriedEdit(notebook, neighbour, source, ADDED, path, edit.line, is_above)

    def _carry_change(self, module: Module, edit: CellEdit, code: str) -> CarriedEdit:
        cell = edit.cell
        dialect = self._dialect(cell.notebook)
        _refuse_directives(module.path, edit, dialect, COMPILER_DIRECTIVES)
        generated = make_absolute(edit.generated, package_of(self._project, module))
        parsed = cell.parsed
        is_formatted = self._project.black_formatting
        if is_formatted:  # the plan holds the formatted code
            parsed = parse_cell(parsed.cell, dialect)
        source = edited_source(parsed, generated, edit.blank_lines, code, is_formatted)
        if source is None:
            where = format_location(cell.notebook, parsed.cell.index, parsed.cell.id)
            message = f"black formatted this cell, and its lines are not found again in {where}"
            problem = diagnose("uncarried", message, module.path, line=edit.line)
            raise UserError(problem)
        return CarriedEdit(cell.notebook, cell, source, CHANGED, module.path, edit.line)

    def _dialect(self, path: Path) -> str:
        if path not in self._dialects:
            notebook = parse_notebook(path, self._contents[path])
            self._dialects[path] = dialect_of(notebook, self._project)
        return self._dialects[path]


def _refuse_directives(
    module: Path, edit: CellEdit | AddedCell, dialect: str, names: tuple[str, ...]
) -> None:
    """Raise a `UserError` if one of these directives was typed at the head of a section."""
    for directive in typed_directives(edit.code, dialect):
        if directive.name in names:
            message = f"the directive {directive.name} cannot be carried from a module"
            hint = "write it in the notebook, and delete it here"
            line = edit.line + directive.line - 1
            raise UserError(diagnose("uncarried", message, module, line=line, hint=hint))


# --- another order -----------------------------------------------------------------------------


def moved_cells(edits: ModuleEdits) -> list[ModuleCell]:
    """The fewest cells that have to move for the order of the module."""
    place_of = {id(cell): n for n, cell in enumerate(edits.module.cells)}
    places = [place_of[id(cell)] for cell in edits.order]
    staying = longest_rise(places)
    return [cell for cell, place in zip(edits.order, places, strict=True) if place not in staying]


def new_order(edits: ModuleEdits, notebook: Path, order: list[int]) -> list[int]:
    """The cells of a notebook, by index, in the order that a module asks for."""
    moved = {id(cell) for cell in moved_cells(edits)}
    wanted = [cell for cell in edits.order if cell.notebook == notebook]
    order = list(order)
    for number, cell in enumerate(wanted):
        if id(cell) not in moved:
            continue
        index = cell.parsed.cell.index
        order.remove(index)
        if number > 0:
            place = order.index(wanted[number - 1].parsed.cell.index) + 1
        else:
            staying = [each for each in wanted if id(each) not in moved]
            place = order.index(staying[0].parsed.cell.index) if staying else 0
        order.insert(place, index)
    return order
