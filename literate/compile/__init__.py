"""The compiler: notebooks into modules. What each part needs is imported when it is used: starting up must be cheap."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..project import Project
    from .plan import CompilePlan
    from .update import Carried
    from .write import Written

__all__ = ["compile_project", "update_notebooks"]


def compile_project(
    project: Project, chosen: Iterable[Path] | None = None, force: bool = False, prune: bool = False
) -> tuple[CompilePlan, Written]:
    """Compile the chosen notebooks (default: all); a `UserError` holds everything that is wrong, and nothing was written then.

    `force` overwrites modules that were edited or written by hand; without it they raise `UncarriedEditsError` or `EditConflictError`. `prune`
    deletes generated modules that no notebook makes any more.
    """
    from ..diagnostics import UserError
    from .cache import notebook_stamps, recall, remember
    from .plan import gc_paused, make_plan
    from .write import locked, prune_orphans, write_plan

    with locked(project), gc_paused():
        before = notebook_stamps(project)
        plan = make_plan(
            project,
            chosen,
            prune=prune,
            memory=None if force or chosen is not None else recall(project),
            force=force,
        )
        if plan.has_errors:
            raise UserError(*plan.diagnostics)
        if prune and plan.orphans:
            prune_orphans(plan, force)
            plan = make_plan(project, chosen, force=force)
        written = write_plan(plan, force)
        if chosen is None:
            remember(plan, before)
    return plan, written


def update_notebooks(
    project: Project, force: bool = False, prune: bool = False, dry: bool = False
) -> tuple[list[Carried], Written | None]:
    """Carry edits made in modules into the notebooks, then compile; what is returned says which cells changed.

    A cell that was changed on both sides raises `EditConflictError` (unless `force`: then the module's version wins), text
    outside of any cell raises `UncarriedEditsError`; nothing is written then. `prune` also removes cells that were removed in a
    module. `dry` writes nothing.
    """
    from ..diagnostics import UserError
    from .baseline import Base
    from .plan import gc_paused, make_plan
    from .update import apply, carry
    from .write import find_edits, locked, refuse_conflicts, refuse_outside, write_plan

    with locked(project), gc_paused():
        plan = make_plan(project)
        if plan.has_errors:
            raise UserError(*plan.diagnostics)
        merges = find_edits(plan, set(plan.files), Base(project))
        if force:
            for merge in merges:
                merge.take_module()
        else:
            refuse_conflicts(merges)
            refuse_outside(merges)
        carried = carry(project, merges, prune)
        if dry:
            return carried, None
        apply(project, carried)
        after = make_plan(project)
        if after.has_errors:
            raise UserError(*after.diagnostics)
        return carried, write_plan(after, force or any(merge.removed for merge in merges), merges)
