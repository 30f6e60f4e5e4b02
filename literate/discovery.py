"""Discovery: which notebooks a project has, in which order, and which ones a command line names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from .diagnostics import UsageError
from .project import Project

_NUMBER = re.compile(r"(\d+)([a-zA-Z]*)[_\-. ]")
_IGNORED = ("_", ".")  # how the names of files and folders begin that are left out


def project_notebooks(project: Project, up_to: str = "") -> list[Path]:
    """All notebooks of a project by file name, so that their numbers give the order of the work.

    With `up_to="02"`, only the notebooks with a number up to 02.
    """
    notebooks = notebooks_in(project.nbs_path, project.recursive)
    return _select_up_to(notebooks, up_to)


def notebooks_in(folder: Path, recursive: bool = True) -> list[Path]:
    """The notebooks of a folder by file name, without names that begin with `_` or `.`."""
    found = []
    for parent, names in _walk(folder, recursive):
        for name in sorted(names):
            if name.endswith(".ipynb") and not name.startswith(_IGNORED):
                found.append(Path(parent, name))
    return _sort_by_name(found)


def is_project_notebook(project: Project, path: Path) -> bool:
    """Whether a path below `nbs_path` names a notebook of the project, be there a file or not."""
    parts = path.relative_to(project.nbs_path).parts
    is_ignored = any(part.startswith(_IGNORED) for part in parts)
    return path.suffix == ".ipynb" and not is_ignored and (project.recursive or len(parts) == 1)


def notebook_folders(project: Project) -> list[str]:
    """The folders in which a new file may be a notebook of the project."""
    folders = [parent for parent, _ in _walk(project.nbs_path, project.recursive)]
    return [str(project.nbs_path), *folders]


def _walk(folder: Path, recursive: bool) -> Iterator[tuple[str, list[str]]]:
    """Each folder that may hold notebooks, and the names of its files."""
    for parent, subfolders, names in os.walk(folder):
        # os.walk enters the folders that this list names.
        entered = [name for name in subfolders if recursive and _may_hold_notebooks(parent, name)]
        subfolders[:] = sorted(entered)
        yield parent, names


def _may_hold_notebooks(parent: str, name: str) -> bool:
    """Whether a folder belongs to the project: a virtual environment holds those of others."""
    if name.startswith(_IGNORED):
        return False
    return not os.path.exists(os.path.join(parent, name, "pyvenv.cfg"))


def _sort_by_name(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: path.name)


# --- what a command line names -----------------------------------------------------------------


def choose_notebooks(project: Project, names: tuple[str, ...], up_to: str = "") -> list[Path]:
    """The notebooks that a command line names, or all notebooks of the project without names.

    A name is a file, a folder or a pattern such as `01*`, from the current folder or from nbs_path.
    Raises a `UsageError` for a name that matches nothing.
    """
    if not names:
        return _all_notebooks(project, up_to)
    chosen: dict[Path, None] = {}  # a dict keeps the order
    for name in names:
        matches = _find_matches(Path.cwd(), name) or _find_matches(project.nbs_path, name)
        matches = _select_up_to(matches, up_to)
        if not matches:
            raise UsageError(f"{name}: no such notebook, here or in {project.nbs_path}")
        chosen.update(dict.fromkeys(matches))
    return list(chosen)


def _all_notebooks(project: Project, up_to: str) -> list[Path]:
    found = project_notebooks(project, up_to)
    if not found:
        limit = f" up to {up_to}" if up_to else ""
        raise UsageError(f"no notebooks{limit} in {project.nbs_path}")
    return found


def without_excluded(project: Project, paths: list[Path], excluded: str) -> list[Path]:
    """The notebooks that no word of `excluded` means.

    A word is the name of a notebook or of a folder, a path, or a pattern of these. Raises a
    `UsageError` if no notebook is left.
    """
    words = _split_words(excluded)
    left = [path for path in paths if not any(_means(word, path, project) for word in words)]
    if paths and not left:
        raise UsageError(f"--exclude {excluded}: no notebook is left")
    return left


def _split_words(text: str) -> list[str]:
    """The words of `a.ipynb slow_*`, which blanks or commas separate; blanks may be quoted."""
    import shlex

    separator = shlex.shlex(text, posix=True, punctuation_chars=False)
    separator.whitespace += ","
    separator.whitespace_split = True
    separator.commenters = ""
    try:
        return list(separator)
    except ValueError as error:
        raise UsageError(f"--exclude {text}: {str(error).lower()}") from None


def _means(word: str, path: Path, project: Project) -> bool:
    """Whether a word of `--exclude` means a notebook, or a folder that it lies in."""
    from fnmatch import fnmatchcase
    from glob import escape

    if "/" not in word.rstrip("/"):
        root = project.root if path.is_relative_to(project.root) else path.parent
        names = (path.stem, *path.relative_to(root).parts)
        return any(fnmatchcase(name, word.rstrip("/")) for name in names)
    for base in (Path.cwd(), project.root, project.nbs_path):
        pattern = os.path.normpath(os.path.join(escape(str(base)), word))
        for form in (pattern, pattern.replace("**/", "")):  # `**` may also mean no folder
            if any(fnmatchcase(str(place), form) for place in (path, *path.parents)):
                return True
    return False


def _find_matches(folder: Path, name: str) -> list[Path]:
    """The notebooks that a file name, a folder name or a pattern means, seen from a folder."""
    path = folder / name
    if path.is_dir():
        return notebooks_in(path)
    if path.is_file():
        return _absolute_notebooks([path])
    from glob import glob

    names = glob(name, root_dir=folder, recursive=True)
    return _sort_by_name(_absolute_notebooks(folder / name for name in names))


def _absolute_notebooks(paths: Iterable[Path]) -> list[Path]:
    return [Path(os.path.abspath(path)) for path in paths if path.suffix == ".ipynb"]


# --- numbers -----------------------------------------------------------------------------------


def number_of(name: str) -> tuple[int, str] | None:
    """The number in a file name: (2, "a") for "02a_init.ipynb", None without a number."""
    match = _NUMBER.match(name)
    if match is None:
        return None
    return int(match[1]), match[2].lower()


def is_up_to(path: Path, last: str) -> bool:
    """Whether a notebook's number is at most `last`.

    01_a.ipynb and 02_b.ipynb are up to "02"; 02a_c.ipynb is not, and neither is a name without a
    number.
    """
    limit = number_of(f"{Path(last).stem}_")
    if limit is None:
        raise UsageError(f"--up-to takes a notebook's number, such as 02 or 02a, not {last!r}")
    number = number_of(path.name)
    return number is not None and number <= limit


def _select_up_to(paths: list[Path], up_to: str) -> list[Path]:
    if not up_to:
        return paths
    return [path for path in paths if is_up_to(path, up_to)]


def module_of(path: Path) -> str | None:
    """The module that a numbered notebook goes to by default.

    It is "train_loop" for 11_train-loop.ipynb, and None for a name that gives no module.
    """
    match = _NUMBER.match(path.name)
    if match is None:
        return None
    name = re.sub(r"\W", "_", path.stem[match.end() :])
    return name if name.isidentifier() else None
