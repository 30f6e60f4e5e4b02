"""What the hooks do: the check before a commit, and the compile after a merge."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ..diagnostics import UserError, display_path
from ..git import run_git
from ..project import PYPROJECT, SETTINGS, Project, read_project
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


def _projects(root: Path) -> list[Project]:
    """The projects whose settings git knows in a repository."""
    names = run_git(root, "ls-files", "-z", "--", f"*{SETTINGS}", f"*{PYPROJECT}").split("\0")
    found = []
    for name in filter(None, names):
        path = root / name
        if path.name not in (SETTINGS, PYPROJECT) or not path.is_file():
            continue
        try:
            project = read_project(path)
        except UserError as error:
            print(error, file=sys.stderr)
            continue
        if project is not None:
            found.append(project)
    return found


# --- before a commit ---------------------------------------------------------------------------


def _check_commit(root: Path) -> int:
    """Check that the modules of a commit fit its notebooks; 0 if they do.

    What is checked is what will be committed, and not what lies in the folder.
    """
    staged = run_git(root, "diff", "--cached", "--name-only", "-z").split("\0")
    code = 0
    for project in _projects(root):
        if not any(_belongs_to(project, root / name) for name in staged if name):
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
    """Compile all projects, and say what changed: it is not committed yet."""
    for project in _projects(root):
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
