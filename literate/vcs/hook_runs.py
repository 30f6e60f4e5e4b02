"""What the hooks do: the check before a commit, and the compile after a merge."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..diagnostics import UserError, display_path
from ..git import run_git
from ..project import PYPROJECT, SETTINGS, NoSettingsError, Project, find_project
from .hook_files import POST_MERGE, POST_REWRITE, PRE_COMMIT

# While one of these exists, a merge, a rebase or the like is not finished.
_UNFINISHED = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")

_HINT = (
    "literate: these modules do not fit the notebooks of this commit. Run literate export (or "
    "literate export --update, if you edited a module), and git add what it writes."
)


def run_hook(name: str, arguments: list[str]) -> int:
    """Do what a hook is there for, in the repository of the current folder."""
    root = Path(run_git(Path.cwd(), "rev-parse", "--show-toplevel").rstrip("\n"))
    if name == PRE_COMMIT:
        return _check_commit(root)
    if name == POST_MERGE:
        _compile_again(root, "the merge")
    if name == POST_REWRITE and arguments[:1] == ["rebase"]:
        _compile_again(root, "the rebase")
    return 0


def _projects(root: Path, names: Iterable[str]) -> list[Project]:
    """The projects of some files of a repository.

    If the repository itself is a project, it is the only one: others inside of it are examples, or
    belong to tests.
    """
    folders = [root] if _has_settings(root) else sorted({(root / name).parent for name in names})
    found: dict[Path, Project] = {}
    for folder in folders:
        try:
            project = find_project(folder)
        except NoSettingsError:
            continue
        except UserError as error:
            print(error, file=sys.stderr)
            continue
        if project.root.is_relative_to(root):
            found[project.root] = project
    return list(found.values())


def _has_settings(folder: Path) -> bool:
    try:
        return find_project(folder).root == folder
    except NoSettingsError:
        return False
    except UserError:  # they are there, and wrong: the compile says so
        return True


def _names(root: Path, *words: str) -> list[str]:
    """The names that a git command prints, which ends each of them with a zero character."""
    return [name for name in run_git(root, *words, missing="").split("\0") if name]


# --- before a commit ---------------------------------------------------------------------------


def _check_commit(root: Path) -> int:
    """Check that the modules of a commit fit its notebooks; 0 if they do.

    What is checked is what will be committed, and not what lies in the folder.
    """
    staged = _names(root, "diff", "--cached", "--name-only", "-z")
    code = 0
    for project in _projects(root, staged):
        if not any(_belongs_to(project, root / name) for name in staged):
            continue
        if _is_unfinished(root):
            _compile_and_add(root, project)
        if not _fits(root, project):
            code = 1
    if code:
        print(_HINT, file=sys.stderr)
    return code


def _belongs_to(project: Project, path: Path) -> bool:
    """Whether a file can change what the modules of a project must hold."""
    if path.parent == project.root and path.name in (SETTINGS, PYPROJECT):
        return True
    is_notebook = path.suffix == ".ipynb" and path.is_relative_to(project.nbs_path)
    return is_notebook or (path.suffix == ".py" and path.is_relative_to(project.lib_path))


def _is_unfinished(root: Path) -> bool:
    for name in _UNFINISHED:
        path = run_git(root, "rev-parse", "--git-path", name).rstrip("\n")
        if os.path.exists(root / path):
            return True
    return False


def _fits(root: Path, project: Project) -> bool:
    """Whether the modules that git will commit are those of the notebooks that it will commit."""
    paths = [project.nbs_path, project.lib_path, project.root / SETTINGS, project.root / PYPROJECT]
    inside = [str(path.relative_to(root)) for path in paths if path.is_relative_to(root)]
    names = run_git(root, "ls-files", "-z", "--", *inside)
    with tempfile.TemporaryDirectory(prefix="literate-") as folder:
        copy = Path(folder, root.name)  # the name of the folder may be that of the library
        _check_out(root, names, copy)
        place = copy / project.root.relative_to(root)
        command = [sys.executable, "-m", "literate", "export", "--check", "--quiet"]
        done = subprocess.run(
            [*command, "--prefer", "notebook"], cwd=place, env=_without_git(), text=True
        )
    return done.returncode == 0


def _check_out(root: Path, names: str, folder: Path) -> None:
    """Write the staged versions of some files into another folder.

    It becomes a repository with the same remote one, which may give the library its name.
    """
    folder.mkdir()
    command = ["git", "checkout-index", "-z", "--stdin", f"--prefix={folder}/"]
    data = names.encode("utf-8", "surrogateescape")
    done = subprocess.run(command, cwd=root, input=data, capture_output=True)
    if done.returncode:
        message = done.stderr.decode("utf-8", "replace").strip()
        raise UserError(f"git checkout-index: {message}")
    remote = run_git(root, "config", "--get", "remote.origin.url", missing="").strip()
    for words in (["init", "--quiet"], ["config", "remote.origin.url", remote]):
        subprocess.run(["git", *words], cwd=folder, env=_without_git(), capture_output=True)


def _without_git() -> dict[str, str]:
    """The environment without the variables by which git tells a hook which repository it is in."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


# --- after a merge -----------------------------------------------------------------------------


def _compile_again(root: Path, after: str) -> None:
    """Compile the projects that it touched, and say what changed: it is not committed yet."""
    for project in _projects(root, _names(root, "diff", "--name-only", "-z", "ORIG_HEAD", "HEAD")):
        changed = _compile(project)
        if changed:
            names = " ".join(display_path(path) for path in changed)
            print(
                f"literate: after {after}, these modules were compiled again; commit them: {names}",
                file=sys.stderr,
            )


def _compile_and_add(root: Path, project: Project) -> None:
    """Compile a project at the end of a merge, and add the modules to the commit.

    This is left to the person if some notebook is changed in the folder and not added.
    """
    if not project.nbs_path.is_relative_to(root):
        return
    if run_git(root, "diff", "--name-only", "--", str(project.nbs_path)):
        return
    changed = [path for path in _compile(project) if path.is_relative_to(project.lib_path)]
    if changed:
        run_git(root, "add", "--", *map(str, changed))
        names = " ".join(display_path(path) for path in changed)
        print(f"literate: compiled at the end of the merge, and added: {names}", file=sys.stderr)


def _compile(project: Project) -> tuple[Path, ...]:
    """Compile a project; the files that changed. What is wrong is printed, and nothing changes."""
    from ..compile import compile_project

    try:
        _, result = compile_project(project)
    except UserError as error:
        print(error, file=sys.stderr)
        print("literate: the modules were not compiled, for the reason above", file=sys.stderr)
        return ()
    return result.changed
