"""What the compiler remembers between runs: it opens only notebooks that changed, and none if nothing did."""

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
from .fast_path import remember_said

TYPE_CHECKING = (
    False  # as in typing, which takes longer to import than an unchanged project to check
)
if TYPE_CHECKING:
    from .module import Module
    from .plan import CompilePlan

Stamps = dict[str, Stamp]


class Memory:
    """The last whole compilation of a project: for each file its size and time, and what was made of it."""

    def __init__(self, project: Project, state: dict):
        self.project, self.state = project, state
        self.stamps: Stamps = stamps_of(
            [self._path(name) for name in [*state["notebooks"], *state["files"]]]
        )

    def _path(self, name: str) -> Path:
        return Path(os.path.normpath(self.project.root / name))

    def _name(self, path: Path) -> str:
        return os.path.relpath(path, self.project.root)

    def is_changed(self, path: Path) -> bool:
        """Whether a notebook is new or was changed."""
        book = self.state["notebooks"].get(self._name(path))
        return book is None or self.stamps[str(path)] != book["stamp"]

    def modules_of(self, path: Path) -> set[str]:
        """The modules that a notebook exported to."""
        return set(self.state["notebooks"].get(self._name(path), {}).get("modules", ()))

    def stale_modules(self, paths: Iterable[Path]) -> set[str]:
        """The modules that changed notebooks made (those that are gone, too), and those that were changed themselves."""
        present = {self._name(path) for path in paths if not self.is_changed(path)}
        stale = {
            module
            for name, book in self.state["notebooks"].items()
            if name not in present
            for module in book["modules"]
        }
        for name, kept in self.state["modules"].items():
            if self.stamps.get(str(self._path(kept["path"]))) != self.state["files"].get(
                kept["path"]
            ):
                stale.add(name)
        return stale

    def modules(self) -> list[Module]:
        """All modules as they were, without their cells."""
        from .module import Module

        return [
            Module(
                name,
                self._path(kept["path"]),
                self._path(kept["notebook"]),
                kept["is_owned"],
                kept["docstring"],
                [],
                [self._path(n) for n in kept["notebooks"]],
                kept["public"],
                kept["stars"],
                kept["symbols"],
            )
            for name, kept in self.state["modules"].items()
        ]

    def problems(self, path: Path) -> list[Diagnostic]:
        """What was said of a notebook."""
        return [
            _diagnostic(entry) for entry in self.state["notebooks"][self._name(path)]["problems"]
        ]


def recall(project: Project) -> Memory | None:
    """The last compilation, unless the configuration or this program changed since, or it cannot be read."""
    try:
        state = json.loads(_file(project).read_bytes())
        return Memory(project, state) if state["inputs"] == input_stamps(project) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def remember(plan: CompilePlan, before: Stamps) -> None:
    """Keep a whole compilation for the next run, unless a notebook changed meanwhile (`before`: their stamps at the start)."""
    project = plan.project
    folders = stamps_of(notebook_folders(project))
    if notebook_stamps(project) != before:
        _file(project).unlink(missing_ok=True)
        return
    modules = [*plan.modules, *plan.kept]

    def name(path: Path) -> str:
        return os.path.relpath(path, project.root)

    books = {
        path: {"stamp": stamp, "modules": [], "problems": []} for path, stamp in before.items()
    }
    for module in modules:
        for path in module.notebooks:
            books[str(path)]["modules"].append(module.name)
    for diagnostic in plan.diagnostics:
        if book := books.get(str(diagnostic.path)):
            book["problems"].append({**vars(diagnostic), "path": str(diagnostic.path)})
    files = {*plan.files, *(module.path for module in plan.kept)}
    kept = {
        m.name: {
            "path": name(m.path),
            "notebook": name(m.notebook),
            "is_owned": m.is_owned,
            "docstring": m.docstring,
            "notebooks": [name(path) for path in m.notebooks],
            "public": m.public,
            "stars": m.star_imports,
            "symbols": m.symbols,
        }
        for m in modules
    }
    inputs, stamps = input_stamps(project), stamps_of([*files, *{path.parent for path in files}])
    state = {
        "inputs": inputs,
        "notebooks": {name(Path(p)): book for p, book in books.items()},
        "modules": kept,
        "files": {name(Path(path)): stamp for path, stamp in stamps.items()},
    }
    write_atomically(_file(project), json.dumps(state))
    remember_said(
        project.root, plan.diagnostics, len(files), {**inputs, **folders, **before, **stamps}
    )


def notebook_stamps(project: Project) -> Stamps:
    """Size and time of every notebook."""
    return stamps_of(project_notebooks(project))


def input_stamps(project: Project) -> Stamps:
    """Size and time of what else decides: the configuration (git's too, which can name the repository) and this program."""
    here, of_user = (
        Path(__file__).parent,
        user_configs("config.toml" if project.layout == NBDEV3 else SETTINGS),
    )
    configs = [*(project.root / name for name in (SETTINGS, PYPROJECT, ".git/config")), *of_user]
    return stamps_of([*configs, *sorted(here.glob("*.py")), *sorted(here.parent.glob("*.py"))])


def _diagnostic(entry: dict) -> Diagnostic:
    return Diagnostic(**{**entry, "path": Path(entry["path"])})


def _file(project: Project) -> Path:
    return project.state_dir / COMPILED
