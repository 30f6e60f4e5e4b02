"""The compiler: notebooks into modules. What each part needs is imported when it is used: starting up must be cheap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..diagnostics import UserError
from ..project import Project

if TYPE_CHECKING:
    from .plan import Plan
    from .write import Written

__all__ = ["compile_project"]


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection while thousands of cells and syntax trees are made that all live to the end: a third of the time."""
    import gc

    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def compile_project(project: Project, chosen: Iterable[Path] | None = None, force: bool = False) -> tuple[Plan, Written]:
    """Compile the chosen notebooks (default: all); a `UserError` holds everything that is wrong, and nothing was written then.

    `force` overwrites modules that were edited by hand; without it they raise `EditConflict`.
    """
    from .plan import make_plan
    from .state import input_stamps, remember
    from .write import locked, write_plan

    with locked(project), _uncollected():
        before = input_stamps(project)
        plan = make_plan(project, chosen)
        if plan.has_errors:
            raise UserError(*plan.diagnostics)
        written = write_plan(plan, force)
        if chosen is None:
            remember(project, list(plan.files), [str(d) for d in plan.diagnostics], before)
    return plan, written
