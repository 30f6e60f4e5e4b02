"""A plan onto the disk: whole files, one at a time, and never over somebody's edit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..diagnostics import Diagnostic, UserError, short
from ..notebook import write_atomically
from ..project import Project
from .plan import Plan


@dataclass(frozen=True)
class Written:
    """What became of a plan."""

    changed: tuple[Path, ...]
    unchanged: int


class EditConflict(UserError):
    """Generated modules that were edited by hand."""

    exit_code = 3


def stale_files(plan: Plan) -> dict[Path, tuple[str, str]]:
    """Old and new text of each file that would change; the old text of a new file is empty."""
    return {path: (old or "", new) for path, new in plan.files.items() if (old := _read(path)) != new}


def diff(path: Path, old: str, new: str) -> str:
    """A unified diff of one file."""
    from difflib import unified_diff

    lines = unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), short(path), f"{short(path)} (from the notebooks)")
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def write_plan(plan: Plan, force: bool = False) -> Written:
    """Write the files that differ; an `EditConflict` if that would lose an edit made in a module (unless `force`).

    What was generated last is kept in `.literate/base`; a module that differs from it, or from git's HEAD where there
    is no base, was edited by hand. Nothing at all is written then. The caller holds the lock.
    """
    stale = stale_files(plan)
    modules = [module.path for module in plan.modules]
    edited = [path for path in stale if path in modules and not force and _is_edited(path, plan.project)]
    if edited:
        raise EditConflict(*(Diagnostic("edited", "edited by hand since it was generated", path,
                                        hint="put the edit into the notebook, or give it up with --force") for path in edited))
    for path in stale:
        write_atomically(path, plan.files[path])
    for path in modules:
        base = _base(path, plan.project)
        if _read(base) != plan.files[path]:
            write_atomically(base, plan.files[path])
    return Written(tuple(stale), len(plan.files) - len(stale))


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def _base(path: Path, project: Project) -> Path:
    """Where the text of a module as last generated is kept."""
    return project.state / "base" / path.relative_to(project.lib_path.parent)


def _is_edited(path: Path, project: Project) -> bool:
    present = _read(path)
    if not (present or "").strip():  # an empty file, as `touch` makes it, holds nobody's work
        return False
    base = _read(_base(path, project))
    return present not in (base, _in_head(path))


def _in_head(path: Path) -> str | None:
    """The file's text in git's HEAD; None without git, or if git does not know the file."""
    import subprocess

    try:
        shown = subprocess.run(["git", "show", f"HEAD:./{path.name}"], cwd=path.parent, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return shown.stdout.decode("utf-8", "surrogateescape")


@contextmanager
def locked(project: Project) -> Iterator[None]:
    """Two compilers at once take turns."""
    project.state.mkdir(exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows; elsewhere filelock's imports would be a third of a compilation
        from filelock import FileLock

        with FileLock(project.state / "lock"):
            yield
    else:
        with open(project.state / "lock", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
