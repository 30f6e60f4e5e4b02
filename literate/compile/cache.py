"""The compile cache: what the last compile read and made, notebook by notebook.

With it the compiler opens only the notebooks that changed since.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from ..diagnostics import Diagnostic
from ..discovery import notebook_folders, project_notebooks
from ..files import Stamp, write_atomically
from ..files import stamps as stamps_of
from ..project import COMPILED, NBDEV3, PYPROJECT, SETTINGS, Project, user_configs
from .facts import facts_as_json, facts_from_json
from .fast_path import store_report

# Importing `typing` takes longer than checking an unchanged project.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .module import Module
    from .plan import CompilePlan

    Stamps = dict[str, Stamp]  # by path
    State = dict[str, Any]  # the content of the state file, or a part of it


class CompileCache:
    """The last compile of a whole project."""

    def __init__(self, project: Project, state: State) -> None:
        self.project = project
        self.state = state
        names = [*state["notebooks"], *state["files"]]
        self.stamps = stamps_of([self._path(name) for name in names])

    @classmethod
    def load(cls, project: Project) -> CompileCache | None:
        """The cache; None if it cannot be read, or if settings or this program have changed."""
        try:
            state = json.loads(_cache_file(project).read_bytes())
            if state["inputs"] != input_stamps(project):
                return None
            return cls(project, state)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def is_changed(self, path: Path) -> bool:
        """Whether a notebook is new or was changed."""
        entry = self._entry(path)
        return entry is None or self.stamps[str(path)] != entry["stamp"]

    def modules_of(self, path: Path) -> set[str]:
        """The modules to which a notebook exported."""
        entry = self._entry(path)
        return set() if entry is None else set(entry["modules"])

    def stale_modules(self, paths: Iterable[Path]) -> set[str]:
        """The modules that have to be generated again; `paths` are the present notebooks.

        These are the modules of notebooks that changed or are gone, and the modules whose own
        files changed.
        """
        unchanged = {self._name(path) for path in paths if not self.is_changed(path)}
        stale: set[str] = set()
        for name, entry in self.state["notebooks"].items():
            if name not in unchanged:
                stale.update(entry["modules"])
        for module, entry in self.state["modules"].items():
            file = entry["path"]
            if self.stamps.get(str(self._path(file))) != self.state["files"].get(file):
                stale.add(module)
        return stale

    def modules(self) -> list[Module]:
        """All modules of the last compile, without their cells."""
        return [self._module(name, entry) for name, entry in self.state["modules"].items()]

    def problems(self, path: Path) -> list[Diagnostic]:
        """The diagnostics about a notebook."""
        entries = self.state["notebooks"][self._name(path)]["problems"]
        return [Diagnostic(**{**entry, "path": Path(entry["path"])}) for entry in entries]

    def _module(self, name: str, entry: State) -> Module:
        from .module import Module

        return Module(
            name=name,
            path=self._path(entry["path"]),
            notebook=self._path(entry["notebook"]),
            is_owned=entry["is_owned"],
            docstring=entry["docstring"],
            cells=[],
            notebooks=[self._path(notebook) for notebook in entry["notebooks"]],
            public=entry["public"],
            star_imports=entry["stars"],
            symbols=entry["symbols"],
            facts=facts_from_json(entry["facts"]),
        )

    def _entry(self, path: Path) -> State | None:
        """What is known about a notebook; None for a new one."""
        entry: State | None = self.state["notebooks"].get(self._name(path))
        return entry

    def _path(self, name: str) -> Path:
        return Path(os.path.normpath(self.project.root / name))

    def _name(self, path: Path) -> str:
        return os.path.relpath(path, self.project.root)


def store(plan: CompilePlan, stamps_before: Stamps) -> None:
    """Store the compile of a whole project, for the next compile and for the fast path.

    `stamps_before` are the stamps of the notebooks before they were read. If a notebook has changed
    since, the cache is deleted instead.
    """
    project = plan.project
    folders = stamps_of(notebook_folders(project))
    if notebook_stamps(project) != stamps_before:
        _cache_file(project).unlink(missing_ok=True)
        return
    inputs = input_stamps(project)
    files = {*plan.files, *(module.path for module in plan.kept)}
    file_stamps = stamps_of([*files, *{path.parent for path in files}])

    def by_name(values: dict[str, Any]) -> State:
        """The same values by their path relative to the project."""
        return {os.path.relpath(path, project.root): value for path, value in values.items()}

    state = {
        "inputs": inputs,
        "notebooks": by_name(_notebook_entries(plan, stamps_before)),
        "modules": _module_entries(plan),
        "files": by_name(file_stamps),
    }
    write_atomically(_cache_file(project), json.dumps(state))
    stamps = {**inputs, **folders, **stamps_before, **file_stamps}
    store_report(project.root, plan.diagnostics, len(files), stamps)


def _notebook_entries(plan: CompilePlan, stamps: Stamps) -> dict[str, State]:
    """For each notebook: its stamp, the modules to which it exports, and its diagnostics."""
    entries: dict[str, State] = {}
    for path, stamp in stamps.items():
        entries[path] = {"stamp": stamp, "modules": [], "problems": []}
    for module in (*plan.modules, *plan.kept):
        for notebook in module.notebooks:
            entries[str(notebook)]["modules"].append(module.name)
    for diagnostic in plan.diagnostics:
        entry = entries.get(str(diagnostic.path))
        if entry is not None:
            entry["problems"].append({**vars(diagnostic), "path": str(diagnostic.path)})
    return entries


def _module_entries(plan: CompilePlan) -> dict[str, State]:
    """For each module: everything but its cells. Paths are relative to the project."""
    root = plan.project.root
    entries: dict[str, State] = {}
    for module in (*plan.modules, *plan.kept):
        entries[module.name] = {
            "path": os.path.relpath(module.path, root),
            "notebook": os.path.relpath(module.notebook, root),
            "is_owned": module.is_owned,
            "docstring": module.docstring,
            "notebooks": [os.path.relpath(notebook, root) for notebook in module.notebooks],
            "public": module.public,
            "stars": module.star_imports,
            "symbols": module.symbols,
            "facts": facts_as_json(module.facts),
        }
    return entries


def notebook_stamps(project: Project) -> Stamps:
    """The stamp of each notebook of the project."""
    return stamps_of(project_notebooks(project))


def input_stamps(project: Project) -> Stamps:
    """The stamps of everything besides notebooks on which a compile depends.

    These are the settings of the project and of the user, git's configuration (which can give the
    project its name), and this program.
    """
    folder = Path(__file__).parent
    user_config = "config.toml" if project.layout == NBDEV3 else SETTINGS
    own_configs = [project.root / name for name in (SETTINGS, PYPROJECT, ".git/config")]
    program = [*sorted(folder.glob("*.py")), *sorted(folder.parent.glob("*.py"))]
    return stamps_of([*own_configs, *user_configs(user_config), *program])


def _cache_file(project: Project) -> Path:
    return project.state_dir / COMPILED
