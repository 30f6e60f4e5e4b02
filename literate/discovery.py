"""Discovery: which notebooks belong to a project, in which order, and which of them a command names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from .diagnostics import UsageError
from .project import Project

_NUMBER = re.compile(r"(\d+)([a-zA-Z]*)[_\-. ]")


def project_notebooks(project: Project, up_to: str = "") -> list[Path]:
    """All notebooks of the project, sorted by file name so that numbers order the work; `up_to` as in `--up-to 02`."""
    return [
        path
        for path in notebooks_in(project.nbs_path, project.recursive)
        if not up_to or is_up_to(path, up_to)
    ]


def notebooks_in(folder: Path, recursive: bool = True) -> list[Path]:
    """The notebooks of a folder, by file name; names that begin with `_` or `.` are left out."""
    found = [
        Path(parent, name)
        for parent, names in _walk(folder, recursive)
        for name in sorted(names)
        if name.endswith(".ipynb") and name[0] not in "_."
    ]
    return sorted(found, key=lambda path: path.name)


def notebook_folders(project: Project) -> list[str]:
    """The folders in which a new file may be a notebook of the project."""
    return [
        str(project.nbs_path),
        *(parent for parent, _ in _walk(project.nbs_path, project.recursive)),
    ]


def _walk(folder: Path, recursive: bool) -> Iterator[tuple[str, list[str]]]:
    """The folders that count, and what is in each."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if recursive and name[0] not in "_.")
        yield parent, names


def choose_notebooks(project: Project, names: tuple[str, ...], up_to: str = "") -> list[Path]:
    """The notebooks that a command line names: files, folders or globs, from the current folder or from nbs_path.

    Without names, all of the project's. A `UsageError` says which name matches nothing.
    """
    if not names:
        found = project_notebooks(project, up_to)
        if not found:
            raise UsageError(
                f"no notebooks{f' up to {up_to}' if up_to else ''} in {project.nbs_path}"
            )
        return found
    chosen: dict[Path, None] = {}
    for name in names:
        matches = _matches(Path.cwd(), name) or _matches(project.nbs_path, name)
        matches = [path for path in matches if not up_to or is_up_to(path, up_to)]
        if not matches:
            raise UsageError(f"{name}: no such notebook, here or in {project.nbs_path}")
        chosen.update(dict.fromkeys(matches))
    return list(chosen)


def _matches(folder: Path, name: str) -> list[Path]:
    path = folder / name
    if path.is_dir():
        return notebooks_in(path)
    if path.is_file():
        return [Path(os.path.abspath(path))] if path.suffix == ".ipynb" else []
    from glob import glob

    found = glob(name, root_dir=folder, recursive=True)
    return sorted(
        (Path(os.path.abspath(folder / f)) for f in found if f.endswith(".ipynb")),
        key=lambda path: path.name,
    )


def number_of(name: str) -> tuple[int, str] | None:
    """(2, "a") for "02a_init.ipynb", None for a name without a number."""
    match = _NUMBER.match(name)
    return (int(match[1]), match[2].lower()) if match else None


def is_up_to(path: Path, last: str) -> bool:
    """Whether a notebook's number is at most `last`: up to "02" are 01_a, 02_b, but not 02a_c."""
    limit, number = number_of(f"{Path(last).stem}_"), number_of(path.name)
    if limit is None:
        raise UsageError(f"--up-to takes a notebook's number, such as 02 or 02a, not {last!r}")
    return number is not None and number <= limit


def module_of(path: Path) -> str | None:
    """The module that a numbered notebook goes to unless it says otherwise: 11_train-loop.ipynb -> "train_loop"."""
    match = _NUMBER.match(path.name)
    name = re.sub(r"\W", "_", path.stem[match.end() :]) if match else ""
    return name if name.isidentifier() else None
