"""What a new project has to know about itself. Whatever can be found out is not asked for."""

from __future__ import annotations

import keyword
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ..configuration import read_toml, toml_table
from ..diagnostics import UsageError
from ..discovery import notebooks_in
from ..git import run_git
from ..project import PYPROJECT, SETTINGS
from ..records import dataclass
from .licences import LICENCES

OLDEST_PYTHON = "3.11"

# The name of a distribution: PEP 508.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_USUAL_FOLDERS = ("nbs", "notebooks")
_BUILT_BY = (PYPROJECT, "setup.py", "setup.cfg")
_MODULES = ("core", "first", "first_notebook")  # of the first notebook; one that is free


@dataclass(frozen=True)
class Facts:
    """All that the files of a new project say about it."""

    name: str  # of the distribution: my-library
    package: str  # the import name, and the folder below `library_in`: my_library
    author: str
    email: str
    licence: str  # a word of LICENCES
    repository: str  # the address of its repository, without an end such as .git; or ""
    branch: str = "main"
    nbs_path: str = "nbs"
    library_in: str = ""  # the folder around the package, such as src/
    description: str = ""
    module: str = "core"  # the module of the first notebook
    has_notebooks: bool = False
    settings: str = ""  # the file that holds the settings already
    has_pyproject: bool = False
    can_be_built: bool = False  # something there says how the package is built, and its version

    @property
    def lib_path(self) -> str:
        """The folder of the package, as settings name it."""
        return self.library_in + self.package


def check_name(name: str) -> str:
    """The import name for a name. Raises a `UsageError` if it cannot be one."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a library: take letters, digits, - and _, such as "
            f"my-library"
        )
    package = re.sub(r"[-.]+", "_", name).lower()
    if not package.isidentifier() or keyword.iskeyword(package):
        raise UsageError(f"{name!r} cannot be imported as {package}: begin it with a letter")
    if package in sys.stdlib_module_names:
        raise UsageError(f"Python has a module {package} already: take another name")
    return package


def facts_for_new(name: str, parent: Path, licence: str) -> Facts:
    """What can be found out for a project that does not exist yet."""
    package = check_name(name)
    return Facts(
        name=name,
        package=package,
        author=_of_person(parent, "user.name"),
        email=_of_person(parent, "user.email"),
        licence=_check_licence(licence or "apache-2.0"),
        repository="",
        branch=run_git(parent, "config", "init.defaultBranch", missing="").strip() or "main",
    )


def facts_of_folder(folder: Path, name: str, licence: str) -> Facts:
    """What can be found out in a folder with some work in it."""
    pyproject = _read_pyproject(folder)
    project = pyproject.get("project", {})
    remote = remote_address(folder)
    name = name or str(project.get("name") or "") or _last_part(remote) or folder.name
    package = check_name(name)
    library_in, package = _package_in(folder, package)
    nbs_path = _notebooks_in(folder)
    return Facts(
        name=name,
        package=package,
        module=_free_module(folder / library_in / package),
        author=_of_person(folder, "user.name"),
        email=_of_person(folder, "user.email"),
        licence=_check_licence(licence or "apache-2.0"),
        repository=remote,
        branch=_branch(folder),
        nbs_path=nbs_path,
        library_in=library_in,
        description=str(project.get("description") or ""),
        has_notebooks=bool(_notebooks(folder / nbs_path)),
        settings=_settings(folder, pyproject),
        has_pyproject=(folder / PYPROJECT).exists(),
        can_be_built=any((folder / each).exists() for each in _BUILT_BY),
    )


def _check_licence(word: str) -> str:
    if word not in LICENCES:
        raise UsageError(f"--licence {word}: there is {', '.join(LICENCES)}")
    return word


# --- git ---------------------------------------------------------------------------------------


def _of_person(folder: Path, key: str) -> str:
    return run_git(folder, "config", "--get", key, missing="").strip()


def remote_address(folder: Path) -> str:
    """The address of the remote repository as a browser opens it; "" if there is none.

    It counts only for the folder of the repository itself, and not for one below it.
    """
    if not (folder / ".git").exists():
        return ""
    url = run_git(folder, "config", "--get", "remote.origin.url", missing="").strip()
    url = url.rstrip("/").removesuffix(".git")
    at_host = re.fullmatch(r"(?:ssh://)?(?:[^@/]+@)([^:/]+)(?::\d+(?=/))?[:/](.+)", url)
    if at_host:  # git@github.com:me/it
        return f"https://{at_host[1]}/{at_host[2]}"
    if not url.startswith(("https://", "http://")):
        return ""
    return re.sub(r"//[^@/]+@", "//", url)  # without a name and a password


def _last_part(address: str) -> str:
    return address.rpartition("/")[2]


def _branch(folder: Path) -> str:
    """The branch of a repository, with or without commits."""
    return run_git(folder, "symbolic-ref", "--short", "HEAD", missing="").strip() or "main"


# --- files -------------------------------------------------------------------------------------


def _read_pyproject(folder: Path) -> dict[str, dict[str, object]]:
    path = folder / PYPROJECT
    if not path.is_file():
        return {}
    data = read_toml(path)
    return {"project": toml_table(path, data, "project"), "tool": toml_table(path, data, "tool")}


def _settings(folder: Path, pyproject: dict[str, dict[str, object]]) -> str:
    if "nbdev" in pyproject.get("tool", {}):
        return PYPROJECT
    return SETTINGS if (folder / SETTINGS).exists() else ""


def _package_in(folder: Path, package: str) -> tuple[str, str]:
    """Where the package is, or shall be: the folder around it, and its name.

    If there is just one package, it is the library, whatever the name of the distribution.
    """
    found = []
    for place in ("", "src/"):
        for path in _packages(folder / place):
            if path.name == package:
                return place, package
            found.append((place, path.name))
    named_tests = {"tests", "test", "docs", "examples", "benchmarks"}
    others = [each for each in found if each[1] not in named_tests]
    return others[0] if len(others) == 1 else ("", package)


def _packages(folder: Path) -> Iterator[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name.isidentifier() and (folder / name / "__init__.py").is_file():
            yield folder / name


def _free_module(package: Path) -> str:
    """A name for the first module that no file of the library has."""
    return next((name for name in _MODULES if not (package / f"{name}.py").exists()), _MODULES[-1])


def _notebooks_in(folder: Path) -> str:
    """The folder of the notebooks: a usual one, or the only one that holds notebooks."""
    for name in _USUAL_FOLDERS:
        if _notebooks(folder / name):
            return name
    if _notebooks(folder, recursive=False):
        return "."
    holders = {path.relative_to(folder).parts[0] for path in _notebooks(folder)}
    return holders.pop() if len(holders) == 1 else _USUAL_FOLDERS[0]


def _notebooks(folder: Path, recursive: bool = True) -> list[Path]:
    return notebooks_in(folder, recursive) if folder.is_dir() else []
