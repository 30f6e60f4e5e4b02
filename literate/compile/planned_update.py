"""An update, worked out to its end before anything is written.

The edits of modules are put into the notebooks in memory, and these notebooks are compiled. If the
modules that come out do not hold each edit exactly once, the update is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..diagnostics import Diagnostic, UserError, diagnose, display_path
from ..directives import dialect_of
from ..discovery import project_notebooks
from ..files import read_file
from ..notebook import parse_notebook
from ..project import Project
from ..records import dataclass, replace
from .baseline import Baseline
from .cell_source import code_of_new
from .edited_notebooks import edited_notebooks
from .edits import UncarriedEditsError, find_edits, refuse_conflicts, refuse_uncarried
from .history import given_up_lines, keep_versions
from .module import Module, issued_module
from .module_edits import ModuleEdits
from .plan import CompilePlan, make_plan
from .typed_code import Lines, compiled_lines, lines_of
from .update import REMOVED, CarriedEdit, carry
from .write import WriteResult, write_plan

_ABOUT_DIRECTIVES = (
    *("unknown-directive", "misplaced-directive", "repeated-directive", "two-exports"),
    "mixed-dialects",
)


@dataclass(frozen=True)
class PlannedUpdate:
    """What an update will write."""

    found: list[ModuleEdits]
    carried: list[CarriedEdit]
    notebooks: dict[Path, tuple[str, str]]  # old and new text
    after: CompilePlan  # of the notebooks with their new texts
    given_up: list[Diagnostic]


def plan_update(
    project: Project,
    chosen: Iterable[Path] | None = None,
    prune: bool = False,
    prefer: str = "",
    force: bool = False,
) -> PlannedUpdate:
    """Work out an update; a `UserError` says what stops it.

    The arguments are those of `update_notebooks`.
    """
    chosen = None if chosen is None else list(chosen)
    contents = _read_contents([*project_notebooks(project), *(chosen or [])])
    plan = make_plan(project, chosen, contents_of=contents)
    if plan.has_errors:
        raise UserError(*plan.diagnostics)
    found = find_edits(plan, plan.files.keys(), Baseline(project))
    given_up = _resolve(found, prefer, force, prune)
    carried = carry(project, found, contents)
    if chosen is not None:
        _refuse_other_notebooks(carried, chosen)
    changes: dict[Path, tuple[str, str]] = {}
    edited = dict(contents)
    for path, (old, new) in edited_notebooks(found, carried, contents).items():
        changes[path] = old, new
        edited[path] = new.encode()
    after = make_plan(project, chosen, contents_of=edited)
    if after.has_errors:
        raise UserError(*after.diagnostics)
    _refuse_new_problems(plan, after)
    _Check(project, found, contents).compare(plan.modules, after.modules)
    return PlannedUpdate(found, carried, changes, after, given_up)


def write_update(update: PlannedUpdate) -> WriteResult:
    """Write the notebooks and the modules. The caller holds the lock."""
    project = update.after.project
    keep_versions(project, _replaced_texts(update))
    result = write_plan(update.after, carried=update.found, notebooks=update.notebooks)
    return replace(result, given_up=tuple(update.given_up))


def _replaced_texts(update: PlannedUpdate) -> dict[Path, str]:
    """The texts that must not be gone: of notebooks that lose a cell, and of all that give up."""
    if update.given_up:
        texts = {path: old for path, (old, _) in update.notebooks.items()}
        for edits in update.found:
            texts[edits.module.path] = edits.disk
        return texts
    shrunk = {edit.notebook for edit in update.carried if edit.kind == REMOVED}
    return {path: update.notebooks[path][0] for path in shrunk}


def _read_contents(paths: Iterable[Path]) -> dict[Path, bytes]:
    """The bytes of notebooks; one that cannot be read is left out, and the plan reports it."""
    contents: dict[Path, bytes] = {}
    for path in paths:
        with suppress(OSError):
            contents[path] = read_file(path)
    return contents


def _resolve(found: list[ModuleEdits], prefer: str, force: bool, prune: bool) -> list[Diagnostic]:
    """Decide conflicts and text outside of cells, or raise an error that shows them.

    Returns what is given up.
    """
    given_up: list[Diagnostic] = []
    for edits in found:
        if force or prefer == "module":
            for conflict in edits.conflicts:
                if conflict.cell is not None:
                    given_up += given_up_lines(conflict.cell.notebook, conflict.given_up)
            edits.take_module()
        elif prefer == "notebook":
            for conflict in edits.conflicts:
                kept = conflict.generated.split("\n")
                lines = [line for line in conflict.code.split("\n") if line not in kept]
                given_up += given_up_lines(edits.module.path, lines)
        if force or prefer == "notebook":
            for outside in edits.outside:
                given_up += given_up_lines(edits.module.path, outside.text.split("\n"))
            edits.take_notebook()
        if force and not prune:
            edits.removed = []
    refuse_conflicts(found)
    refuse_uncarried(found, prune)
    return given_up


def _refuse_other_notebooks(carried: list[CarriedEdit], chosen: list[Path]) -> None:
    """Raise an `UncarriedEditsError` for edits that belong to a notebook that was not chosen."""
    problems: dict[Path, Diagnostic] = {}
    for edit in carried:
        if edit.notebook not in chosen:
            name = display_path(edit.notebook)
            message = f"it is edited in cells of {name}, which the command does not name"
            hint = f"add {name} to the command"
            problem = diagnose("uncarried", message, edit.module, line=edit.line, hint=hint)
            problems.setdefault(edit.notebook, problem)
    if problems:
        raise UncarriedEditsError(*problems.values())


def _refuse_new_problems(before: CompilePlan, after: CompilePlan) -> None:
    """Raise an `UncarriedEditsError` if lines of an edit would be read as wrong directives."""
    known = {(each.code, each.message) for each in before.diagnostics}
    problems = []
    for each in after.diagnostics:
        if each.code in _ABOUT_DIRECTIVES and (each.code, each.message) not in known:
            problems.append(each)
    if problems:
        raise UncarriedEditsError(*problems)


# --- does the result hold each edit exactly once? ----------------------------------------------


class _Check:
    """Compares the cells that the edits ask for with those that come out."""

    def __init__(
        self, project: Project, found: list[ModuleEdits], contents: dict[Path, bytes]
    ) -> None:
        self._project = project
        self._edits = {edits.module.path: edits for edits in found}
        self._contents = contents
        self._dialects: dict[Path, str] = {}  # of notebooks

    def compare(self, before: list[Module], after: list[Module]) -> None:
        """Raise an `UncarriedEditsError` unless the same cells come out, each exactly once."""
        wanted: Counter[Lines] = Counter()
        for module in before:
            edits = self._edits.get(module.path)
            wanted.update(self._cells(module) if edits is None else self._wanted(edits))
        made: Counter[Lines] = Counter()
        for module in after:
            cells = self._cells(module)
            made.update(cells)
            self._compare_order(module, cells)
        if wanted != made:
            missing = [*(wanted - made).elements(), *(made - wanted).elements()]
            detail = "\n".join(f"    {line}" for lines in missing for line in lines)
            message = "its edits cannot be carried so that the notebooks make the same code"
            paths = self._edits or [module.path for module in before[:1]]
            raise UncarriedEditsError(
                *[diagnose("uncarried", message, path, detail=detail) for path in paths]
            )

    def _cells(self, module: Module) -> list[Lines]:
        """The cells of a module as it is generated."""
        sections = issued_module(module, self._project).sections(module.path.parent)
        return [lines_of(section.code) for section in sections if section.notebook is not None]

    def _wanted(self, edits: ModuleEdits) -> list[Lines]:
        """The cells that a module is to have after its edits were carried."""
        changed = {id(edit.cell): edit for edit in edits.edits}
        removed = set(map(id, edits.removed))
        wanted = []
        for cell, generated in edits.generated:
            if id(cell) in changed:
                code = changed[id(cell)].code
                wanted.append(self._compiled(edits.module, code, cell.notebook))
            elif id(cell) not in removed:
                wanted.append(lines_of(generated))
        for added in edits.added:
            notebook = added.notebook or edits.module.notebook
            code = code_of_new(added.code, self._dialect(notebook))
            wanted.append(self._compiled(edits.module, code, notebook))
        return wanted

    def _compare_order(self, module: Module, cells: list[Lines]) -> None:
        """Raise an `UncarriedEditsError` unless a new order of sections comes out."""
        edits = self._edits.get(module.path)
        if edits is None or not edits.order:
            return
        changed = {id(edit.cell): edit for edit in edits.edits}
        generated = {id(cell): code for cell, code in edits.generated}
        remaining = iter(cells)
        for cell in edits.order:
            lines = lines_of(generated[id(cell)])
            if id(cell) in changed:
                code = changed[id(cell)].code
                lines = self._compiled(module, code, cell.notebook)
            if lines not in remaining:
                message = "its sections stand in an order that the notebooks cannot have"
                hint = "move the cells in the notebooks, and give the order here up with "
                hint += "--prefer notebook"
                raise UncarriedEditsError(diagnose("uncarried", message, module.path, hint=hint))

    def _compiled(self, module: Module, code: str, notebook: Path) -> Lines:
        return compiled_lines(self._project, module, code, self._dialect(notebook))

    def _dialect(self, notebook: Path) -> str:
        if notebook not in self._dialects:
            parsed = parse_notebook(notebook, self._contents[notebook])
            self._dialects[notebook] = dialect_of(parsed, self._project)
        return self._dialects[notebook]
