"""The compiler: it turns the notebooks of a project into the modules of a package.

Each function imports what it needs when it is called, because starting up must be cheap.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..diagnostics import Diagnostic
    from ..project import Project
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
    from ..records import replace
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
    given_up: list[Diagnostic] = []
    if prune and plan.orphans:
        given_up = prune_orphans(plan, delete_edited=force, overwrite_edits=overwrite_edits)
        snapshot = Snapshot(project)
        plan = make_plan(project, chosen, force=force)
    result = write_plan(plan, overwrite_edits)
    if given_up:
        result = replace(result, given_up=(*given_up, *result.given_up))
    if chosen is None:
        store(plan, snapshot, result.changed)
    return plan, result


def update_notebooks(
    project: Project,
    force: bool = False,
    prune: bool = False,
    dry: bool = False,
    prefer: str = "",
    chosen: Iterable[Path] | None = None,
) -> tuple[list[CarriedEdit], WriteResult | None]:
    """Carry edits made in modules into the notebooks, then compile; return the carried edits.

    A cell in which both sides changed the same lines raises an `EditConflictError`, unless `prefer`
    says which side wins. Edits that no cell can take raise an `UncarriedEditsError`;
    `prefer="notebook"` gives up text outside of cells. `force` prefers the module and gives up text
    outside of cells. If an error is raised, nothing is written.

    `prune` also removes cells that were removed in a module. `dry` writes nothing. `chosen` limits
    the work to these notebooks.
    """
    from .plan import gc_paused
    from .write import locked, start_again_if_saved

    check_preference(prefer, force, updates=True)
    chosen = None if chosen is None else list(chosen)
    with locked(project), gc_paused():
        return start_again_if_saved(
            lambda: _update(project, chosen, prune, prefer, force, dry),
        )


def _update(
    project: Project,
    chosen: list[Path] | None,
    prune: bool,
    prefer: str,
    force: bool,
    dry: bool,
) -> tuple[list[CarriedEdit], WriteResult | None]:
    """Update once. The caller holds the lock."""
    from .planned_update import plan_update, write_update

    update = plan_update(project, chosen, prune, prefer, force)
    return update.carried, None if dry else write_update(update)


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
