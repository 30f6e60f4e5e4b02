"""The compiler: it turns the notebooks of a project into the modules of a package.

Each function imports what it needs when it is called, because starting up must be cheap.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..project import Project
    from .merge import ModuleEdits
    from .plan import CompilePlan
    from .update import CarriedEdit
    from .write import WriteResult

__all__ = ["compile_project", "update_notebooks"]


def compile_project(
    project: Project,
    chosen: Iterable[Path] | None = None,
    force: bool = False,
    prune: bool = False,
    prefer: str = "",
) -> tuple[CompilePlan, WriteResult]:
    """Compile the chosen notebooks, by default all.

    Everything that is wrong is raised together as a `UserError`, and then nothing is written. If
    modules were edited by hand, this is an `UncarriedEditsError`, or an `EditConflictError` where
    the notebook was changed too.

    `prefer="notebook"` gives up edits made in modules. `force` also replaces files that were
    written by hand, and allows `prune` to delete modules that were edited. `prune` deletes
    generated modules that no notebook generates any more.
    """
    from .plan import gc_paused
    from .write import locked, start_again_if_saved

    check_preference(prefer, force)
    chosen = None if chosen is None else list(chosen)
    overwrite_edits = force or prefer == "notebook"
    with locked(project), gc_paused():
        return start_again_if_saved(
            lambda: _compile(project, chosen, force, prune, overwrite_edits)
        )


def _compile(
    project: Project, chosen: list[Path] | None, force: bool, prune: bool, overwrite_edits: bool
) -> tuple[CompilePlan, WriteResult]:
    """Compile once. The caller holds the lock."""
    from ..diagnostics import UserError
    from .cache import CompileCache, store
    from .plan import make_plan
    from .snapshot import Snapshot
    from .write import prune_orphans, write_plan

    snapshot = Snapshot(project)
    reads_all = overwrite_edits or chosen is not None
    cache = None if reads_all else CompileCache.load(snapshot)
    plan = make_plan(project, chosen, prune=prune, memory=cache, force=force)
    if plan.has_errors:
        raise UserError(*plan.diagnostics)
    if prune and plan.orphans:
        prune_orphans(plan, delete_edited=force, overwrite_edits=overwrite_edits)
        snapshot = Snapshot(project)
        plan = make_plan(project, chosen, force=force)
    result = write_plan(plan, overwrite_edits)
    if chosen is None:
        store(plan, snapshot, result.changed)
    return plan, result


def update_notebooks(
    project: Project,
    force: bool = False,
    prune: bool = False,
    dry: bool = False,
    prefer: str = "",
) -> tuple[list[CarriedEdit], WriteResult | None]:
    """Carry edits made in modules into the notebooks, then compile; return the carried edits.

    A cell that was changed on both sides raises an `EditConflictError`, unless `prefer` says which
    side wins. Text outside of cells raises an `UncarriedEditsError`; `prefer="notebook"` gives it
    up. `force` prefers the module and gives up text outside of cells. If an error is raised,
    nothing is written.

    `prune` also removes cells that were removed in a module. `dry` writes nothing.
    """
    from ..diagnostics import UserError
    from .baseline import Baseline
    from .plan import gc_paused, make_plan
    from .update import apply, carry
    from .write import find_edits, locked, write_plan

    check_preference(prefer, force, updates=True)
    with locked(project), gc_paused():
        plan = make_plan(project)
        if plan.has_errors:
            raise UserError(*plan.diagnostics)
        found = find_edits(plan, plan.files.keys(), Baseline(project))
        _resolve(found, prefer, force)
        carried = carry(project, found, prune)
        if dry:
            return carried, None
        apply(project, carried)
        after = make_plan(project)
        if after.has_errors:
            raise UserError(*after.diagnostics)
        overwrite_edits = force or bool(prefer)
        return carried, write_plan(after, overwrite_edits, found)


def _resolve(found: list[ModuleEdits], prefer: str, force: bool) -> None:
    """Decide conflicts and text outside of cells, or raise an error that shows them."""
    from .write import refuse_conflicts, refuse_outside

    for edits in found:
        if force or prefer == "module":
            edits.take_module()
        elif prefer == "notebook":
            edits.take_notebook()
    refuse_conflicts(found)
    if not force:
        refuse_outside(found)


def check_preference(prefer: str, force: bool, updates: bool = False) -> None:
    """Raise a `UsageError` if `prefer` is not a side, or does not fit the other arguments."""
    from ..diagnostics import UsageError

    if prefer not in ("", "module", "notebook"):
        raise UsageError(f"--prefer takes module or notebook, not {prefer!r}")
    if prefer and force:
        raise UsageError("--prefer and --force exclude each other: use one of them")
    if prefer == "module" and not updates:
        raise UsageError(
            "--prefer module needs --update, which carries the module's edits into the notebooks"
        )
