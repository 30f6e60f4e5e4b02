"""What notebooks were seen to import, kept between runs: so the warm parent knows what is worth its time."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from ..notebook import write_atomically
from ..project import Project


class Imports:
    """The third-party modules that each notebook imports and how long that takes, in the project's state folder."""

    def __init__(self, project: Project) -> None:
        self._root, self._file = project.root, project.state / "imports.json"
        self._data: dict = {"notebooks": {}, "unsafe": []}
        with suppress(OSError, ValueError, AttributeError, TypeError, LookupError):
            found = json.loads(self._file.read_text(encoding="utf-8"))
            notebooks = {name: {module: float(each) for module, each in modules.items()}
                         for name, modules in found["notebooks"].items()}
            self._data = {"notebooks": notebooks, "unsafe": [str(module) for module in found["unsafe"]]}
        self._before = json.dumps(self._data)

    def of(self, notebook: str) -> dict[str, float] | None:
        """Module -> seconds; None for a notebook that has not passed yet."""
        return self._data["notebooks"].get(self._key(notebook))

    @property
    def unsafe(self) -> frozenset[str]:
        """Modules that must not be loaded for all: they leave threads running, or import the project's own package."""
        return frozenset(self._data["unsafe"])

    def note(self, notebook: str, seconds: dict[str, float]) -> None:
        """A notebook has passed, and imported these."""
        if self._data["notebooks"].get(self._key(notebook), {}).keys() != seconds.keys():
            self._data["notebooks"][self._key(notebook)] = {name: round(each, 3) for name, each in seconds.items()}

    def refuse(self, modules: list[str]) -> None:
        """These turned out to be unsafe."""
        self._data["unsafe"] = sorted({*self._data["unsafe"], *modules})

    def save(self) -> None:
        """Write them down, if there is anything new; a folder that cannot be written to is no reason to fail."""
        if json.dumps(self._data) != self._before:
            with suppress(OSError):
                write_atomically(self._file, json.dumps(self._data, indent=1, sort_keys=True) + "\n")

    def _key(self, notebook: str) -> str:
        return Path(os.path.relpath(notebook, self._root)).as_posix()
