"""The compile cache: what the last compile read and made, notebook by notebook.

With it the compiler opens only the notebooks that changed since.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..diagnostics import RULES, Diagnostic
from ..files import read_state_file, write_state_file
from ..project import COMPILED, Project
from ..stamps import Stamp, Stamps, is_current
from .facts import facts_as_json, facts_from_json
from .fast_path import store_report
from .snapshot import Snapshot

# Importing `typing` takes longer than checking an unchanged project.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .module import Module
    from .plan import CompilePlan

    State = dict[str, Any]  # the content of the state file, or a part of it

_FORMAT = 2  # of the state file: a file in another format is not read


class CompileCache:
    """The last compile of a whole project."""

    def __init__(self, snapshot: Snapshot, state: State) -> None:
        self.project = snapshot.project
        self.state = state
        self._is_current: dict[str, bool] = {}

    @classmethod
    def load(cls, snapshot: Snapshot) -> CompileCache | None:
        """The cache; None if it cannot be read, or if more than notebooks and modules has changed.

        What counts are the settings, modules written by hand, and this program.
        """
        try:
            project = snapshot.project
            state = json.loads(read_state_file(_cache_file(project)))
            if state["format"] != _FORMAT or state["inputs"] != snapshot.inputs():
                return None
            if not _is_sound(state, project):
                return None
            cache = cls(snapshot, state)
            return cache if cache._knows_others(snapshot) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def is_changed(self, path: Path) -> bool:
        """Whether a notebook is new or was changed."""
        entry = self._entry(path)
        return entry is None or not self._has_stamp(path, entry["stamp"])

    def _has_stamp(self, path: Path, known: Stamp | None) -> bool:
        """Whether a file still has a stamp; this is looked up once for each file."""
        name = str(path)
        if name not in self._is_current:
            self._is_current[name] = known is not None and is_current(name, known)
        return self._is_current[name]

    def _knows_others(self, snapshot: Snapshot) -> bool:
        """Whether the files of the package that no notebook makes are those of the last compile."""
        others = {self._name(Path(path)) for path in snapshot.package} - self.state["files"].keys()
        known = self.state["others"]
        if others != known.keys():
            return False
        return all(self._has_stamp(self._path(name), known[name]) for name in others)

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
            if not self._has_stamp(self._path(file), self.state["files"].get(file)):
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


def store(plan: CompilePlan, snapshot: Snapshot, written: Iterable[Path]) -> None:
    """Store the compile of a whole project, for the next compile and for the fast path.

    `snapshot` was taken before anything was read, and `written` are the files that were written.
    """
    root = str(plan.project.root)
    stamps = snapshot.after_writing((path, plan.files[path]) for path in written)
    generated = {str(path) for path in (*plan.files, *(module.path for module in plan.kept))}
    others = {path: known for path, known in snapshot.package.items() if path not in generated}

    def by_name(values: Mapping[str, Any]) -> State:
        """The same values by their path relative to the project."""
        return {_relative(path, root): value for path, value in values.items()}

    state = {
        "format": _FORMAT,
        "inputs": snapshot.inputs(),
        "notebooks": by_name(_notebook_entries(plan, snapshot.notebooks)),
        "modules": _module_entries(plan),
        "files": by_name({path: stamps[path] for path in generated}),
        "others": by_name(others),
    }
    write_state_file(_cache_file(plan.project), json.dumps(state))
    store_report(plan.project.root, plan.diagnostics, len(generated), stamps)


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
    root = str(plan.project.root)
    entries: dict[str, State] = {}
    for module in (*plan.modules, *plan.kept):
        entries[module.name] = {
            "path": _relative(str(module.path), root),
            "notebook": _relative(str(module.notebook), root),
            "is_owned": module.is_owned,
            "docstring": module.docstring,
            "notebooks": [_relative(str(notebook), root) for notebook in module.notebooks],
            "public": module.public,
            "stars": module.star_imports,
            "symbols": module.symbols,
            "facts": facts_as_json(module.facts),
        }
    return entries


def _relative(path: str, root: str) -> str:
    """What `os.path.relpath` returns, which takes many times as long inside of the root."""
    inside = os.path.join(root, "")
    if path.startswith(inside) and ".." not in path:
        return path[len(inside) :]
    return os.path.relpath(path, root)


def _cache_file(project: Project) -> Path:
    return project.state_dir / COMPILED


# --- the state file may hold anything ----------------------------------------------------------

_MODULE = {
    **dict.fromkeys(["path", "notebook", "docstring"], str),
    **dict.fromkeys(["notebooks", "public", "stars"], list),
    "is_owned": bool,
    "symbols": dict,
    "facts": dict,
}
_NESTED = ("stamp", "problems", "facts")  # what does not only contain texts
_NOTEBOOK = {"stamp": list, "modules": list, "problems": list}
_PROBLEM = {
    **dict.fromkeys(["code", "message", "path", "cell_id", "hint", "severity", "detail"], str),
    **dict.fromkeys(["cell", "line", "column"], int | None),
}


def _is_sound(state: State, project: Project) -> bool:
    """Whether the state has the structure that `store` gives it.

    It is not a matter of trust: a project from elsewhere may bring its state along.
    """
    library = os.path.join(project.lib_path, "")
    modules, notebooks = state["modules"], state["notebooks"]
    for module in modules.values():
        path = os.path.normpath(project.root / module["path"])
        if not _has_types(module, _MODULE) or not path.startswith(library):
            return False
        facts_from_json(module["facts"])  # it raises an error that `load` handles
    for notebook in notebooks.values():
        if not _has_types(notebook, _NOTEBOOK) or not modules.keys() >= set(notebook["modules"]):
            return False
        for problem in notebook["problems"]:
            if not _has_types(problem, _PROBLEM) or problem["code"] not in RULES:
                return False
    return isinstance(state["files"], dict)


def _has_types(entry: State, types: Mapping[str, Any]) -> bool:
    """Whether an entry has exactly these keys, and values of these types, down to the texts."""
    if entry.keys() != types.keys():
        return False
    for name, kind in types.items():
        value = entry[name]
        if not isinstance(value, kind):
            return False
        if kind in (list, dict) and name not in _NESTED:
            texts = value if kind is list else value.values()
            if not all(isinstance(text, str) for text in texts):
                return False
    return True
