"""What notebooks were seen to import, kept between runs: so the warm parent knows what is worth its time."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from ..files import write_atomically
from ..project import IMPORT_TIMES, Project, state_lock


class Imports:
    """The third-party modules that each notebook imports and how long that takes, in the project's state folder."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._root, self._file = project.root, project.state_dir / IMPORT_TIMES
        self._data = _read(self._file)
        self._news: dict[str, dict[str, float]] = {}
        self._refused: set[str] = set()

    def of(self, notebook: str) -> dict[str, float] | None:
        """Module -> seconds; None for a notebook that has not passed yet."""
        key = self._key(notebook)
        return self._news.get(key, self._data["notebooks"].get(key))

    @property
    def unsafe(self) -> frozenset[str]:
        """Modules that must not be loaded for all: they leave threads running, or import the project's own package."""
        return frozenset(self._data["unsafe"]) | self._refused

    def note(self, notebook: str, seconds: dict[str, float]) -> None:
        """A notebook has passed, and imported these."""
        if self._data["notebooks"].get(self._key(notebook), {}).keys() != seconds.keys():
            self._news[self._key(notebook)] = {
                name: round(each, 3) for name, each in seconds.items()
            }

    def refuse(self, modules: list[str]) -> None:
        """These turned out to be unsafe."""
        self._refused.update(modules)

    def save(self) -> None:
        """Write down what is new, beside what other runs have; where nothing can be written, that is no failure."""
        if not self._news and self._refused <= set(self._data["unsafe"]):
            return
        with suppress(OSError), state_lock(self._project):
            known = _read(self._file)
            unsafe = sorted({*known["unsafe"], *self._refused})
            data = {"notebooks": {**known["notebooks"], **self._news}, "unsafe": unsafe}
            write_atomically(self._file, json.dumps(data, indent=1, sort_keys=True) + "\n")

    def _key(self, notebook: str) -> str:
        return Path(os.path.relpath(notebook, self._root)).as_posix()


def _read(file: Path) -> dict:
    with suppress(OSError, ValueError, AttributeError, TypeError, LookupError, RecursionError):
        found = json.loads(file.read_text(encoding="utf-8"))
        notebooks = {
            name: {module: float(each) for module, each in modules.items()}
            for name, modules in found["notebooks"].items()
        }
        return {"notebooks": notebooks, "unsafe": [str(module) for module in found["unsafe"]]}
    return {"notebooks": {}, "unsafe": []}
