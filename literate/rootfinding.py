"""The project that notebooks run in, with settings or without.

A compile needs settings, which say where the modules go. A run needs none: without them, the
project is the nearest folder that looks like the root of one.
"""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path

from .project import PYPROJECT, STATE_DIR, NoSettingsError, Project, find_project

# A folder with one of these is the root of a project.
_MARKS = (".git", PYPROJECT, "setup.py")


def project_to_run(names: tuple[str, ...]) -> Project:
    """The project whose notebooks a command line runs.

    It is the project of the first notebook that the command line names, if this is a path.
    Otherwise it is the project of the current folder.
    """
    path = Path(names[0]) if names else Path.cwd()
    if not path.exists():
        path = Path.cwd()
    folder = path if path.is_dir() else path.parent
    return project_around(folder, Path.cwd())


def project_around(folder: Path, beside: Path) -> Project:
    """The project that a folder belongs to, with settings or without.

    Without settings and without any mark of a project, its root is `beside` if the folder lies
    there, and otherwise the folder itself. The root of a file system is nobody's project: every
    folder lies there.
    """
    folder = Path(os.path.abspath(folder))
    try:
        return find_project(folder)
    except NoSettingsError:
        return bare_project(
            _marked_root(folder) or (beside if _lies_in(folder, beside) else folder)
        )


def bare_project(root: Path) -> Project:
    """A project without settings: all of its folders may hold notebooks and modules."""
    has_state = (root / STATE_DIR).is_dir()
    return Project(
        root=root,
        nbs_path=root,
        # The root of a file system has no name, and its modules are not those of a library.
        lib_path=root / (root.name.replace("-", "_") or "library"),
        own_state_dir=None if has_state else _state_in_cache(root),
    )


def _marked_root(folder: Path) -> Path | None:
    """The nearest folder, from this one upwards, that has a mark of a project."""
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in _MARKS):
            return candidate
    return None


def _lies_in(folder: Path, other: Path) -> bool:
    """Whether a folder is another one, or lies below it; below the root of a file system, no."""
    if folder == other:
        return True
    return other in folder.parents and other != Path(other.anchor)


# --- the state of a project without settings ---------------------------------------------------


def _state_in_cache(root: Path) -> Path:
    """The folder for the state of a project that has none: it lies in the user's cache."""
    mark = sha256(os.fsencode(root)).hexdigest()[:12]
    return user_cache() / "literate" / f"{root.name}-{mark}"


def user_cache() -> Path:
    """The folder in which programs keep what they can make again."""
    given = os.environ.get("XDG_CACHE_HOME")
    if given and os.path.isabs(given):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or os.path.expanduser("~"))
    if sys.platform == "darwin":
        return Path(os.path.expanduser("~/Library/Caches"))
    return Path(os.path.expanduser("~/.cache"))
