"""`literate hooks`: what it puts into a repository, what it takes out again, and what is there."""

from __future__ import annotations

import os
from pathlib import Path

from ..diagnostics import UsageError, display_path
from ..git import run_git
from ..records import dataclass
from .attributes import our_lines, read_attributes, with_lines, write_attributes
from .drivers import (
    DRIVERS,
    FILTER,
    MERGE,
    MODULES,
    Driver,
    attribute_lines,
    attributes_of,
    command_in,
    drivers,
    read_settings,
    remove_settings,
    write_settings,
)
from .hook_files import (
    HOOKS,
    command_of,
    former_hook,
    hook_state,
    remove_hook,
    write_hook,
)
from .hooked_repository import Repository, find_repository, global_attributes, is_there, own_command

PARTS = (*DRIVERS, *HOOKS)
_LOCAL, _GLOBAL = "--local", "--global"


@dataclass(frozen=True)
class PartState:
    """What is there of one part."""

    part: str
    works: bool
    note: str


def choose_parts(words: str, for_all: bool) -> list[str]:
    """The parts that a command line names, by default all. A `UsageError` for an unknown one."""
    possible = [part for part in PARTS if not for_all or part in (*DRIVERS,) and part != MODULES]
    chosen = words.replace(",", " ").split() or possible
    for word in chosen:
        if word not in possible:
            where = " with --global" if for_all and word in PARTS else ""
            raise UsageError(f"--parts {word}: there is no such part{where}: {', '.join(possible)}")
    return [part for part in possible if part in chosen]


# --- install -----------------------------------------------------------------------------------


def install(folder: Path, parts: list[str], for_all: bool) -> list[PartState]:
    """Write what belongs to some parts; the state of each of them after that."""
    repository = None if for_all else find_repository(folder)
    command = own_command(for_all)
    made = drivers(command)
    for part in DRIVERS:
        if part in parts:
            write_settings(folder, made[part], _GLOBAL if for_all else _LOCAL)
    _write_lines(repository, [part for part in parts if part in DRIVERS])
    if repository is not None:
        for name in HOOKS:
            if name in parts:
                write_hook(repository, name, command)
    return [state for state in status(folder, for_all) if state.part in parts]


def _write_lines(repository: Repository | None, parts: list[str]) -> None:
    """Add the lines of some drivers to the file of attributes; those of other parts stay."""
    path = _attributes_path(repository)
    old = read_attributes(path)
    present = our_lines(old)
    words = " ".join(present)
    made = drivers("literate")
    wanted = [part for part in DRIVERS if part in parts or made[part].attribute in words]
    root = repository.root if repository else None
    project = repository.project if repository else None
    lines = attribute_lines(wanted, root, project, _taken(repository, old))
    write_attributes(path, with_lines(old, lines))


def _attributes_path(repository: Repository | None) -> Path:
    return repository.attributes if repository else global_attributes()


def _taken(repository: Repository | None, text: str) -> dict[str, str]:
    """The attributes of notebooks that belong to other tools, by name."""
    if repository is None:
        return {}
    found = attributes_of(repository.root, _some_notebook(repository))
    return {name: value for name, value in found.items() if value not in ("literate", "set")}


def _some_notebook(repository: Repository) -> str:
    """The path of a notebook as git names it, be there a file or not."""
    project = repository.project
    if project is None or not project.nbs_path.is_relative_to(repository.root):
        return "a.ipynb"
    return (project.nbs_path.relative_to(repository.root) / "a.ipynb").as_posix()


# --- uninstall ---------------------------------------------------------------------------------


def uninstall(folder: Path, for_all: bool) -> list[str]:
    """Take out what `install` wrote, and nothing else; a line for each thing that is gone."""
    repository = None if for_all else find_repository(folder)
    where = _GLOBAL if for_all else _LOCAL
    removed = []
    for driver in drivers("literate").values():
        if remove_settings(folder, driver, where):
            removed.append(f"git's configuration: {driver.section}")
    path = _attributes_path(repository)
    old = read_attributes(path)
    if our_lines(old) and write_attributes(path, with_lines(old, [])):
        removed.append(display_path(path))
    if repository is not None:
        for name in HOOKS:
            if remove_hook(repository, name):
                removed.append(display_path(repository.hooks / name))
    return removed


# --- status ------------------------------------------------------------------------------------


def status(folder: Path, for_all: bool) -> list[PartState]:
    """What is there of each part, and what is missing and why."""
    repository = None if for_all else find_repository(folder)
    states = []
    for part, driver in drivers("literate").items():
        if part != MODULES or repository is not None:
            states.append(_driver_state(folder, repository, part, driver))
    if repository is not None:
        states += [_hook_state(repository, name) for name in HOOKS]
    return states


def _driver_state(
    folder: Path, repository: Repository | None, part: str, driver: Driver
) -> PartState:
    problem = _problem_of_driver(folder, repository, part, driver)
    return PartState(part, not problem, problem or "installed")


def _problem_of_driver(
    folder: Path, repository: Repository | None, part: str, driver: Driver
) -> str:
    """Why git does not use a driver; "" if it does."""
    if part == MODULES and repository is not None and repository.project is None:
        return "there are no settings of a project here, so nobody knows where the modules are"
    has_attribute, says = _attribute_state(repository, part, driver)
    found = read_settings(folder, driver, _GLOBAL)
    if repository is not None:
        found = {**found, **read_settings(folder, driver, _LOCAL)}
    if not has_attribute and says:
        return says
    if not has_attribute and not found:
        return "not installed (literate hooks install)"
    if not has_attribute:
        shown = display_path(_attributes_path(repository))
        return f"{shown} does not name it (literate hooks install)"
    missing = [key for key in driver.settings if key not in found]
    if missing:
        # The file of attributes comes with a clone, and the configuration does not.
        return f"git's configuration does not have {driver.section} (literate hooks install)"
    command = next(filter(None, map(command_in, found.values())), "")
    return _problem_of_command(command)


def _attribute_state(repository: Repository | None, part: str, driver: Driver) -> tuple[bool, str]:
    """Whether the files of a driver have its attribute, and which tool has it otherwise."""
    name, _, wanted = driver.attribute.partition("=")
    if repository is None:
        words = " ".join(our_lines(read_attributes(global_attributes()))).split()
        return driver.attribute in words, ""
    path = _some_notebook(repository)
    if part == MODULES and repository.project is not None:
        folder = repository.project.lib_path.relative_to(repository.root)
        path = (folder / "a.py").as_posix()
    value = attributes_of(repository.root, path).get(name, "")
    if value == wanted:
        return True, ""
    if not value:
        return False, ""
    return False, (
        f"another tool has it: the attributes of {path} say {name}={value} (remove that line, and "
        f"run literate hooks install)"
    )


def _problem_of_command(command: str) -> str:
    if not command:
        return "the configuration was changed by hand (literate hooks install)"
    if not is_there(command):
        return f"its command is gone: {command} (literate hooks install)"
    return ""


def _hook_state(repository: Repository, name: str) -> PartState:
    works, note = hook_state(repository, name)
    path = repository.hooks / name
    command = command_of(path) or command_of(former_hook(path))
    if works and command:
        problem = _problem_of_command(command)
        if problem:
            return PartState(name, False, problem)
    return PartState(name, works, note)


# --- notes -------------------------------------------------------------------------------------


def notes_after_install(folder: Path, parts: list[str], for_all: bool) -> list[str]:
    """What somebody should know after an installation."""
    notes = []
    if FILTER in parts and not for_all and _has_notebooks(folder):
        notes.append(
            "Notebooks that are committed already stay as they are until they change. "
            "To clean all of them now: git add --renormalize ."
        )
    if not for_all and _is_ignored(folder):
        notes.append(
            ".gitignore leaves .gitattributes out: remove that line, so that git treats notebooks "
            "in the same way for everybody."
        )
    if not for_all and (FILTER in parts or MERGE in parts):
        notes.append(
            "Commit .gitattributes. Everybody who clones the repository runs "
            "literate hooks install once."
        )
    return notes


def _has_notebooks(folder: Path) -> bool:
    return bool(run_git(folder, "ls-files", "--", "*.ipynb", missing="").strip())


def _is_ignored(folder: Path) -> bool:
    """Whether git leaves our file of attributes out, as nbdev's .gitignore does."""
    path = find_repository(folder).attributes
    words = ("check-ignore", "--no-index", str(path))
    return bool(run_git(folder, *words, missing="").strip())


def leftovers(folder: Path) -> list[str]:
    """What nbdev has left in git's configuration and hooks, and what removes it."""
    found = []
    if run_git(folder, "config", "--get", "merge.nbdev-merge.driver", missing=""):
        found.append(
            "nbdev's merge driver is still configured: git config --remove-section "
            "merge.nbdev-merge"
        )
    hook = find_repository(folder).hooks / "post-merge"
    if os.path.exists(hook) and "nbdev" in hook.read_text(errors="replace"):
        found.append(f"nbdev's hook is still there: rm {display_path(hook)}")
    return found
