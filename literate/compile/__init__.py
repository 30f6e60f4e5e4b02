"""The compiler: notebooks into modules."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..diagnostics import UserError
from ..project import Project
from .plan import Plan, make_plan
from .write import EditConflict, Written, stale_files, write_plan

__all__ = ["EditConflict", "Plan", "Written", "compile_project", "make_plan", "stale_files", "write_plan"]


def compile_project(project: Project, chosen: Iterable[Path] | None = None, force: bool = False) -> tuple[Plan, Written]:
    """Compile the chosen notebooks (default: all); a `UserError` holds everything that is wrong, and nothing was written then."""
    plan = make_plan(project, chosen)
    if plan.has_errors:
        raise UserError(*plan.diagnostics)
    return plan, write_plan(plan, force)
