"""A git repository as `literate hooks` sees it: its folders, its hooks, and its project."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from ..diagnostics import UserError
from ..git import run_git
from ..project import Project, find_project
from ..records import dataclass


@dataclass(frozen=True)
class Repository:
    """The repository around a folder."""

    root: Path  # the folder of the working tree
    hooks: Path  # the folder of its hooks, wherever the configuration puts it
    hooks_are_set: bool  # the configuration says where the hooks are: core.hooksPath
    project: Project | None  # the project of the folder; None without settings

    @property
    def attributes(self) -> Path:
        """The file of attributes that everybody gets who clones the repository."""
        return self.root / ".gitattributes"


def find_repository(folder: Path) -> Repository:
    """The repository around a folder; a `UserError` if there is none."""
    root = run_git(folder, "rev-parse", "--show-toplevel", missing="").rstrip("\n")
    if not root:
        raise UserError(f"{folder}: no git repository here (make one with git init)")
    hooks = run_git(folder, "rev-parse", "--git-path", "hooks").rstrip("\n")
    set_hooks = run_git(folder, "config", "core.hooksPath", missing="").rstrip("\n")
    try:
        project = find_project(folder)
    except UserError:
        project = None
    if project is not None and not project.root.is_relative_to(root):
        project = None
    # The path of the hooks counts from the folder in which git was asked.
    path = Path(os.path.normpath(folder / hooks))
    return Repository(Path(root), path, bool(set_hooks), project)


def global_attributes() -> Path:
    """The user's own file of attributes, for all repositories."""
    chosen = run_git(
        Path.home(), "config", "--global", "--type=path", "core.attributesFile", missing=""
    )
    if chosen.strip():
        return Path(chosen.rstrip("\n"))
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return Path(folder, "git", "attributes")


def own_command(for_all: bool) -> str:
    """How git shall call this program, as a word of a shell.

    In a repository, it is the path of the command beside the Python that runs now: git may be
    started by an editor that knows no virtual environment. For all repositories of a user, it is
    the name alone, since an environment may go.
    """
    if for_all:
        return "literate"
    beside = Path(sys.executable).with_name("literate")
    if beside.exists():
        return shlex.quote(str(beside))
    found = shutil.which("literate")
    return shlex.quote(found) if found else "literate"


def is_there(command: str) -> bool:
    """Whether a command that was written by `own_command` can be run."""
    words = shlex.split(command)
    return bool(words) and shutil.which(words[0]) is not None
