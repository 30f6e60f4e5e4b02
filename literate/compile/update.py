"""Carrying edits that were made in modules back into the notebooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from hashlib import sha256
from pathlib import Path

from ..diagnostics import Diagnostic, UserError, diagnose, display_path, format_location
from ..directives import Dialect, ParsedCell, dialect_of
from ..files import write_atomically
from ..notebook import Notebook, read_notebook
from ..project import Project
from ..records import dataclass
from ..splice import add_ids, insert_cell, remove_cell, replace_sources
from .imports import make_absolute
from .merge import AddedCell, CellEdit, ModuleEdits
from .module import UNPARSABLE, Module, ModuleCell, parse_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CHANGED, ADDED, REMOVED = "changed", "added", "removed"


@dataclass(frozen=True)
class CarriedEdit:
    """One edit that goes from a module into a notebook."""

    notebook: Path
    cell: ModuleCell | None  # the cell that is changed, removed, or stands above an added cell
    source: str  # the new source of the cell
    kind: str  # CHANGED, ADDED or REMOVED
    module: Path
    line: int  # in the module

    def __str__(self) -> str:
        source = f"{display_path(self.module)}:{self.line}"
        if self.cell is None:
            return f"{display_path(self.notebook)} + a new cell at its end <- {source}"
        cell = self.cell.parsed.cell
        target = format_location(self.notebook, cell.index, cell.id)
        relation = {CHANGED: "<-", ADDED: "+ a new cell after it <-", REMOVED: "removed, as in"}
        return f"{target} {relation[self.kind]} {source}"

    @property
    def cell_index(self) -> int | None:
        """The index of `cell` in the notebook."""
        return None if self.cell is None else self.cell.parsed.cell.index


# --- from a module's code to a cell's source ---------------------------------------------------


def carry(project: Project, found: list[ModuleEdits], prune: bool) -> list[CarriedEdit]:
    """The edits as the notebooks need them; removed cells are included if `prune`.

    A `UserError` names all code of modules that cannot go into a cell.
    """
    carried: list[CarriedEdit] = []
    problems: list[Diagnostic] = []
    for module_edits in found:
        module = module_edits.module
        edits: list[CellEdit | AddedCell] = [*module_edits.edits, *module_edits.added]
        for edit in edits:
            try:
                carried.append(_carry_edit(project, module, edit))
            except UNPARSABLE as error:
                problems.append(_syntax_error(module.path, edit.line, error))
        if prune:
            for cell in module_edits.removed:
                carried.append(CarriedEdit(cell.notebook, cell, "", REMOVED, module.path, 1))
    if problems:
        raise UserError(*problems)
    return carried


def _carry_edit(project: Project, module: Module, edit: CellEdit | AddedCell) -> CarriedEdit:
    folders = module.path.parent.relative_to(project.lib_path).parts
    package = [project.package, *folders]
    code = make_absolute(edit.code, package)
    if isinstance(edit, AddedCell):
        above = edit.predecessor
        notebook = module.notebook if above is None else above.notebook
        dialect = dialect_of(read_notebook(notebook), project)
        source = f"{_export_line(dialect, above)}\n{code}"
        return CarriedEdit(notebook, above, source, ADDED, module.path, edit.line)
    cell = edit.cell
    assert cell is not None  # only conflicts can be without a cell, and they are resolved
    source = _edited_source(cell, make_absolute(edit.generated, package), code)
    return CarriedEdit(cell.notebook, cell, source, CHANGED, module.path, edit.line)


def _syntax_error(module: Path, marker_line: int, error: Exception) -> Diagnostic:
    message, line_in_cell, column = parse_error(error)
    line = marker_line + (line_in_cell or 0)
    hint = "mend it in the module first"
    return diagnose("syntax", message, module, line=line, column=column, hint=hint)


def _export_line(dialect: str, predecessor: ModuleCell | None) -> str:
    """The directive of a new cell: it exports to the same module as the cell above."""
    word = "#export" if dialect == Dialect.PLAIN else "#| export"
    if predecessor is None:
        return word
    export = predecessor.parsed.get("export", "exports", "exporti")
    if export is None or not export.args:
        return word
    return f"{word} {export.args[0]}"


def _edited_source(cell: ModuleCell, generated: str, code: str) -> str:
    """The cell's source with new code: directives and unchanged lines stay as they are.

    The generated code differs from the code in the cell (relative imports, `__future__` imports
    that were lifted), but it has the same number of lines. So the new code is compared with the
    generated code, and only lines that differ are taken over.
    """
    lines = cell.parsed.cell.source.split("\n")
    first = _first_line_of_code(cell.parsed)
    head = lines[: first - 1]
    body = lines[first - 1 :]

    # Some lines of the head are in the generated code as well, for example `#| eval: false`.
    kept = len([number for number in cell.parsed.lines if number < first])
    old = generated.split("\n")[kept:]
    new = code.split("\n")[kept:]

    edited: list[str] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            edited += body[old_start:old_end]
        else:
            edited += new[new_start:new_end]
    blank_lines_at_the_end = body[len(old) :]
    return "\n".join([*head, *edited, *blank_lines_at_the_end])


def _first_line_of_code(parsed: ParsedCell) -> int:
    """The line of the cell's source from which on every line is in the generated code.

    Above it, directives may stand between lines that are in the generated code.
    """
    first = parsed.lines[-1]
    for number in reversed(parsed.lines[:-1]):
        if number != first - 1:
            break
        first = number
    return first


# --- into the files ----------------------------------------------------------------------------


def apply(project: Project, carried: list[CarriedEdit]) -> None:
    """Write the notebooks, each in one step; every character that was not edited stays.

    If the modules name cells by id, a notebook without ids gets the ids that the modules use.
    """
    by_notebook: dict[Path, list[CarriedEdit]] = {}
    for edit in carried:
        by_notebook.setdefault(edit.notebook, []).append(edit)
    for path, edits in by_notebook.items():
        text = _edited_notebook(project, read_notebook(path), edits)
        write_atomically(path, text, project.own_folders)


def _edited_notebook(project: Project, notebook: Notebook, edits: list[CarriedEdit]) -> str:
    sources: dict[int, str] = {}
    places: list[tuple[int, CarriedEdit]] = []  # cells to add or remove, by the index of the cell
    for edit in edits:
        index = edit.cell_index
        if index is None:  # no cell stands above the new one: it goes to the end
            index = len(notebook.cells) - 1
        if edit.kind == CHANGED:
            sources[index] = edit.source
        else:
            places.append((index, edit))

    text = _with_ids(notebook) if project.cell_ids else notebook.text
    text = replace_sources(text, sources)
    # From the bottom to the top, so that each index is still right when its turn comes. Cells that
    # are added at the same place end up in their order, because the last one is inserted first.
    places.sort(key=lambda place: place[0])
    for index, edit in reversed(places):
        if edit.kind == REMOVED:
            text = remove_cell(text, index)
        else:
            text = insert_cell(text, index + 1, _new_cell(text, edit.source))
    return text


def _with_ids(notebook: Notebook) -> str:
    """The notebook's text; if no cell has an id, each cell gets one."""
    if any(cell.given_id for cell in notebook.cells) or not notebook.cells:
        return notebook.text
    return add_ids(notebook.text, [cell.id for cell in notebook.cells])


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
