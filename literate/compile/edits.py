"""Edits made by hand in modules: they are found, and it is said what stops them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path

from ..diagnostics import Diagnostic, UserError, diagnose, format_location
from ..markers import without_keys
from .baseline import Baseline
from .merge import merge_module
from .merge_marks import is_made_of, line_of_conflict
from .module import Module, issued_module
from .module_edits import Conflict, ModuleEdits
from .package_files import read_text
from .plan import CompilePlan
from .revisions import Revisions, plain_text
from .typed_code import compiled_lines_of_new
from .write import diff


class UncarriedEditsError(UserError):
    """Modules contain edits that the notebooks do not contain."""


class EditConflictError(UserError):
    """Cells were changed both in the notebook and in the module."""

    exit_code = 3


def find_edits(plan: CompilePlan, paths: Collection[Path], baseline: Baseline) -> list[ModuleEdits]:
    """The edits made by hand in those planned modules that are among `paths`.

    They are found by comparison with the text that was generated last. If the baseline does not
    know it, as in a fresh clone, it is what the notebooks in git's HEAD make. If git does not know
    them either, each difference from the notebooks counts as an edit.

    A `UserError` names modules that contain the marks of a merge that failed, and that cannot be
    made again without losing what somebody typed.
    """
    finder = _Finder(plan, baseline)
    found = [finder.edits_of(module) for module in plan.modules if module.path in paths]
    if finder.problems:
        raise UserError(*finder.problems)
    return [edits for edits in found if edits is not None and edits.count]


class _Finder:
    """Compares modules with what was generated last."""

    def __init__(self, plan: CompilePlan, baseline: Baseline) -> None:
        self.problems: list[Diagnostic] = []
        self._plan = plan
        self._baseline = baseline
        self._revisions = Revisions(plan.project)

    def edits_of(self, module: Module) -> ModuleEdits | None:
        """The edits in one module; None for a module that nobody edited."""
        path = module.path
        disk = plain_text(_read(path))
        if not disk.strip():  # no person's work: for example, `touch` made the file
            return None
        texts = self._baseline.texts(path)
        if disk in texts or without_keys(disk) == without_keys(self._plan.files[path]):
            return None
        line = line_of_conflict(disk, [*texts, self._plan.files[path]])
        if line is not None:
            if not is_made_of(disk, self._revisions.sides(path)):
                message = "merge-conflict markers, and lines that no notebook makes"
                self.problems.append(diagnose("merge-conflict", message, path, line=line))
            return None
        if self._revisions.is_unedited(path, disk):
            return None
        new = issued_module(module, self._plan.project)
        base = self._baseline.base(path, disk) or self._revisions.base(path)
        forms = partial(compiled_lines_of_new, self._plan.project, module)
        return merge_module(module, base, disk, new, forms)


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except FileNotFoundError:
        return ""


# --- what stops an edit ------------------------------------------------------------------------


def refuse_conflicts(found: Iterable[ModuleEdits]) -> None:
    """Raise an `EditConflictError` that shows each cell that was changed on both sides."""
    problems: list[Diagnostic] = []
    for edits in found:
        for conflict in edits.conflicts:
            problems.append(_conflict(edits.module.path, conflict))
    if problems:
        raise EditConflictError(*problems)


def refuse_uncarried(found: Iterable[ModuleEdits], prune: bool) -> None:
    """Raise an `UncarriedEditsError` for edits that no cell can take.

    Cells that were deleted in a module are among them, unless `prune` says that the notebooks are
    to lose them too.
    """
    problems: list[Diagnostic] = []
    for edits in found:
        path = edits.module.path
        for outside in edits.outside:
            problem = diagnose(
                "edit-outside-cell",
                outside.message,
                path,
                line=outside.line,
                hint=outside.hint,
                detail=_indented(outside.text.splitlines()),
            )
            problems.append(problem)
        for cell in [] if prune else edits.removed:
            parsed = cell.parsed.cell
            where = format_location(cell.notebook, parsed.index, parsed.id)
            problems.append(diagnose("removed", f"deleted here, but not in {where}", path))
    if problems:
        raise UncarriedEditsError(*problems)


def refuse_edits(plan: CompilePlan, found: list[ModuleEdits]) -> None:
    """Raise an error if modules were edited; conflicts come first, because they show more.

    The message proposes `--update` only if that would carry the edits.
    """
    refuse_conflicts(found)
    if not found:
        return
    from .planned_update import plan_update

    obstacles: tuple[Diagnostic | str, ...] = ()
    try:
        plan_update(plan.project)
    except UserError as error:
        obstacles = error.problems
    hint = "--prefer notebook gives these edits up" if obstacles else None
    problems = [
        diagnose("edited", _summary(edits), edits.module.path, hint=hint) for edits in found
    ]
    raise UncarriedEditsError(*problems, *obstacles)


def _summary(edits: ModuleEdits) -> str:
    counts = {
        "changed": len(edits.edits),
        "added": len(edits.added),
        "removed": len(edits.removed),
        "outside of any cell": len(edits.outside),
    }
    parts = [f"{count} {kind}" for kind, count in counts.items() if count]
    if edits.order:
        parts.append("sections in another order")
    return f"edited by hand since it was generated: {', '.join(parts)}"


def _conflict(path: Path, conflict: Conflict) -> Diagnostic:
    cell = conflict.cell
    if cell is None:
        message = "changed here, but the notebook no longer contains this cell"
    else:
        line = cell.parsed.line(conflict.line_in_code)
        where = format_location(cell.notebook, cell.parsed.cell.index, cell.parsed.cell.id, line)
        message = f"{'deleted' if conflict.is_deletion else 'changed'} here and changed in {where}"
        if not conflict.is_deletion:
            message = f"changed here and in {where}"
    lines = diff(path, conflict.generated + "\n", conflict.code + "\n").splitlines()
    detail = _indented(lines[2:])  # without the names of the files
    return diagnose("conflict", message, path, line=conflict.line, detail=detail)


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
