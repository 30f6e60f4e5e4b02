"""Which modules the notebooks import and how long that takes, remembered from run to run.

From this the front decides what the server imports once for all notebooks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from ..diagnostics import UserError
from ..files import read_state_file, write_state_file
from ..project import IMPORT_TIMES, Project, state_lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class State(TypedDict):
        """The content of the state file."""

        notebooks: dict[str, dict[str, float]]  # module -> seconds, for each notebook
        unsafe: list[str]  # modules


class ImportTimes:
    """The third-party modules that each notebook imports, and the seconds that each takes.

    They are kept in the project's state folder.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._file = project.state_dir / IMPORT_TIMES
        self._data = _read(self._file)
        self._news: dict[str, dict[str, float]] = {}
        self._refused: set[str] = set()

    def of(self, notebook: str) -> dict[str, float] | None:
        """The seconds for each module of a notebook; None for a notebook that has never passed."""
        key = self._key(notebook)
        return self._news.get(key, self._data["notebooks"].get(key))

    @property
    def unsafe(self) -> frozenset[str]:
        """Modules that must not be imported for all notebooks.

        They leave threads running, or they import the project's own package.
        """
        return frozenset(self._data["unsafe"]) | self._refused

    def note(self, notebook: str, seconds: Mapping[str, float]) -> None:
        """Note what a notebook that passed has imported.

        Only other modules are news: if other times were, too, the file would change in each run.
        """
        key = self._key(notebook)
        known = self._data["notebooks"].get(key, {})
        if known.keys() != seconds.keys():
            self._news[key] = {module: round(each, 3) for module, each in seconds.items()}

    def refuse(self, modules: Iterable[str]) -> None:
        """Note modules that turned out to be unsafe."""
        self._refused.update(modules)

    def save(self) -> None:
        """Write what is new. What other runs have written in the meantime stays.

        If the file cannot be written, the next run is slower, and nothing is wrong.
        """
        if not self._news and self._refused <= set(self._data["unsafe"]):
            return
        with suppress(OSError, UserError), state_lock(self._project):
            known = _read(self._file)
            updated = {
                "notebooks": {**known["notebooks"], **self._news},
                "unsafe": sorted({*known["unsafe"], *self._refused}),
            }
            write_state_file(self._file, json.dumps(updated, indent=1, sort_keys=True) + "\n")

    def _key(self, notebook: str) -> str:
        return Path(os.path.relpath(notebook, self._project.root)).as_posix()


def _read(file: Path) -> State:
    """The content of the state file; an empty one if the file is missing or damaged."""
    with suppress(OSError, ValueError, AttributeError, TypeError, LookupError, RecursionError):
        found = json.loads(read_state_file(file))
        notebooks = {}
        for notebook, modules in found["notebooks"].items():
            notebooks[notebook] = {module: float(each) for module, each in modules.items()}
        return {"notebooks": notebooks, "unsafe": [str(module) for module in found["unsafe"]]}
    return {"notebooks": {}, "unsafe": []}
