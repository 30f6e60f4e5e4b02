"""Edits made in modules, carried back into the notebooks."""

from __future__ import annotations

import json
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
from .merge import Addition, Edit, Merge
from .module import UNPARSABLE, ModuleCell, parse_error


@dataclass(frozen=True)
class Carried:
    """One edit on its way from a module to a notebook."""

    notebook: Path
    cell: ModuleCell | None  # the cell that changes or goes, or that a new one comes after
    source: str  # the cell's new source
    kind: str  # "changed", "added" or "removed"
    module: Path
    line: int  # in the module

    def __str__(self) -> str:
        where = (
            format_location(self.notebook, self.cell.parsed.cell.index, self.cell.parsed.cell.id)
            if self.cell
            else display_path(self.notebook)
        )
        word = {"changed": "<-", "added": "+ a new cell after it <-", "removed": "removed, as in"}[
            self.kind
        ]
        return f"{where} {word} {display_path(self.module)}:{self.line}"


def carry(project: Project, merges: list[Merge], prune: bool) -> list[Carried]:
    """What the notebooks have to become; a `UserError` for module code that cannot go into a cell."""
    carried, problems = [], []
    for merge in merges:
        package = [project.package, *merge.module.path.parent.relative_to(project.lib_path).parts]
        dialect = {
            path: dialect_of(read_notebook(path), project) for path in merge.module.notebooks
        }
        for edit in [*merge.edits, *merge.added]:
            try:
                carried.append(_carried(merge, edit, package, dialect))
            except UNPARSABLE as error:
                problems.append(_syntax(merge.module.path, edit.line, error))
        if prune:
            carried += [
                Carried(cell.notebook, cell, "", "removed", merge.module.path, 1)
                for cell in merge.removed
            ]
    if problems:
        raise UserError(*problems)
    return carried


def _carried(
    merge: Merge, edit: Edit | Addition, package: list[str], dialect: dict[Path, str]
) -> Carried:
    code = make_absolute(edit.code, package)
    if isinstance(edit, Edit):
        source = _edited_source(edit.cell, make_absolute(edit.generated, package), code)
        return Carried(
            edit.cell.notebook, edit.cell, source, "changed", merge.module.path, edit.line
        )
    notebook = edit.before.notebook if edit.before else merge.module.notebook
    source = f"{_export_line(dialect.get(notebook), edit.before)}\n{code}"
    return Carried(notebook, edit.before, source, "added", merge.module.path, edit.line)


def _syntax(path: Path, line: int, error: Exception) -> Diagnostic:
    message, number, column = parse_error(error)
    return diagnose(
        "syntax",
        message,
        path,
        line=line + (number or 0),
        column=column,
        hint="mend it in the module first",
    )


def _export_line(dialect: str | None, before: ModuleCell | None) -> str:
    """The directive of a new cell: its neighbour's module, its notebook's spelling."""
    export = before.parsed.get("export", "exports", "exporti") if before else None
    module = f" {export.args[0]}" if export and export.args else ""
    return ("#export" if dialect == Dialect.PLAIN else "#| export") + module


def _edited_source(cell: ModuleCell, generated: str, code: str) -> str:
    """The cell's source with new code: directives and untouched lines stay as they are.

    What is generated differs from the cell's own code (relative imports, `__future__` lines that are lifted), though
    line by line. So the new code is compared with what was generated, and only lines that differ are taken over.
    """
    lines = cell.parsed.cell.source.split("\n")
    first = _first_line_of_code(cell.parsed)
    body, kept = lines[first - 1 :], sum(number < first for number in cell.parsed.lines)
    old = generated.split("\n")[kept:]
    new = code.split("\n")[kept:]
    result: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        result += body[a:b] if kind == "equal" else new[c:d]
    tail = body[len(old) :]  # blank lines at the end of the cell
    return "\n".join([*lines[: first - 1], *result, *tail])


def _first_line_of_code(head: ParsedCell) -> int:
    """Where the cell's code begins: from there on its lines follow without a gap, whatever directives stand above."""
    first = head.lines[-1]
    for number in reversed(head.lines[:-1]):
        if number != first - 1:
            break
        first = number
    return first


def apply(project: Project, carried: list[Carried]) -> None:
    """Write the notebooks, each in one step; every character that was not edited stays.

    Where modules name cells by id, a notebook without ids is given those that the modules have.
    """
    for path in dict.fromkeys(c.notebook for c in carried):
        mine = [c for c in carried if c.notebook == path]
        notebook = read_notebook(path)
        text = replace_sources(
            _with_ids(notebook) if project.cell_ids else notebook.text,
            {c.cell.parsed.cell.index: c.source for c in mine if c.kind == "changed"},
        )
        rest = [
            (c.cell.parsed.cell.index if c.cell else len(notebook.cells) - 1, n, c)
            for n, c in enumerate(mine)
            if c.kind != "changed"
        ]
        for index, _, c in sorted(rest, key=lambda row: row[:2], reverse=True):
            text = (
                remove_cell(text, index)
                if c.kind == "removed"
                else insert_cell(text, index + 1, _new_cell(text, c.source))
            )
        write_atomically(path, text)


def _with_ids(notebook: Notebook) -> str:
    lacks_all = notebook.cells and not any(cell.given_id for cell in notebook.cells)
    return (
        add_ids(notebook.text, [cell.id for cell in notebook.cells]) if lacks_all else notebook.text
    )


def _new_cell(text: str, source: str) -> dict:
    data = json.loads(text.encode())  # of bytes, a byte order mark is no part
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }
    if data.get("nbformat_minor", 0) >= 5:
        taken = {raw.get("id") for raw in data["cells"]}
        salts = (sha256(f"{n}\0{source}".encode()).hexdigest()[:8] for n in range(len(taken) + 1))
        cell = {
            "cell_type": "code",
            "execution_count": None,
            "id": next(i for i in salts if i not in taken),
            **cell,
        }
    return cell
