"""Which notebooks failed when they ran last (`--failed`)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..diagnostics import UserError
from ..files import read_state_file, write_state_file
from ..project import FAILURES, Project, state_lock
from .results import FAILED, PASSED, NotebookResult


def failed_last_time(project: Project, paths: Iterable[Path]) -> list[Path] | None:
    """Those of the notebooks that failed when they ran last; None if no run is on record."""
    labels = _read(project)
    if labels is None:
        return None
    return [path for path in paths if _label(project, path) in labels]


class FailureRecord:
    """Notes the failures of a run, in the state folder."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._failed: set[str] = set()
        self._passed: set[str] = set()

    def take(self, result: NotebookResult) -> None:
        """Note how a notebook ended. One that did not run stays as it was."""
        label = _label(self._project, result.path)
        if result.outcome == FAILED:
            self._failed.add(label)
        elif result.outcome == PASSED:
            self._passed.add(label)

    def save(self) -> None:
        """Write what is new. If that is not possible, the next run knows of no failures."""
        if not self._failed and not self._passed:
            return
        with suppress(OSError, UserError), state_lock(self._project):
            known = _read(self._project)
            failed = ((known or set()) - self._passed) | self._failed
            if failed != known:
                text = json.dumps(sorted(failed), indent=1) + "\n"
                write_state_file(_file(self._project), text)


def _file(project: Project) -> Path:
    return project.state_dir / FAILURES


def _label(project: Project, path: str | Path) -> str:
    """The name of a notebook in the state: its path from the project's root."""
    return Path(os.path.relpath(path, project.root)).as_posix()


def _read(project: Project) -> set[str] | None:
    """The labels in the state file; None if it is missing or damaged."""
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(read_state_file(_file(project)))
        if isinstance(found, list):
            return {label for label in found if isinstance(label, str)}
    return None
