"""What the compiler remembers between runs: with nothing changed since, it opens no notebook and no module."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from ..notebook import write_atomically
from ..project import PYPROJECT, SETTINGS, Project, project_notebooks

FORMAT = 1  # raised when the compiler writes other bytes for the same notebooks


@dataclass(frozen=True)
class Remembered:
    """The outcome of the last whole compilation."""

    files: int                 # generated files, all still as they were written
    diagnostics: tuple[str, ...]


def recall(project: Project) -> Remembered | None:
    """What the last compilation of the whole project said, if every file that it read or wrote is untouched since."""
    try:
        state = json.loads(_path(project).read_bytes())
        if state["format"] != FORMAT or state["stamps"] != _stamps(project, [project.root / name for name in state["files"]]):
            return None
        return Remembered(len(state["files"]), tuple(state["diagnostics"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(project: Project, files: list[Path], diagnostics: list[str], before: dict) -> None:
    """Keep the outcome, unless an input changed while it was compiled (`before`: the inputs' stamps at the start)."""
    if input_stamps(project) != before:
        return
    names = [os.path.relpath(path, project.root) for path in files]
    state = {"format": FORMAT, "files": names, "stamps": _stamps(project, files), "diagnostics": diagnostics}
    text = json.dumps(state)
    if not _path(project).exists() or _path(project).read_text(encoding="utf-8") != text:
        write_atomically(_path(project), text)


def input_stamps(project: Project) -> dict[str, list[int]]:
    """Size and time of what the compiler reads: configuration, this program, the notebooks."""
    program = [Path(__file__).parent, *Path(__file__).parent.glob("*.py"), *Path(__file__).parent.parent.glob("*.py")]
    return _stamp([project.root / SETTINGS, project.root / PYPROJECT, *program, *project_notebooks(project)])


def _stamps(project: Project, files: list[Path]) -> dict[str, list[int]]:
    """The stamps of the inputs, of the files written, and of the folders of the library (they change with its list of files)."""
    folders = {file.parent for file in files}
    return input_stamps(project) | _stamp([*files, *folders])


def _stamp(paths: list[Path]) -> dict[str, list[int]]:
    found = {}
    for path in paths:
        try:
            status = os.stat(path)
            found[str(path)] = [status.st_size, status.st_mtime_ns]
        except OSError:
            found[str(path)] = []
    return found


def _path(project: Project) -> Path:
    return project.state / "compiled.json"
