"""Watching: it tells when the notebooks or the settings of a project were saved."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from ..project import Project
from ..stamps import Stamps, is_current

# What happens to the folder of the notebooks.
GONE = "gone"  # it is not there any more, or not yet
WATCHED = "watched"  # it is there, and from now on no save is missed
SAVED = "saved"

_INTERVAL = 200  # milliseconds between two looks at what sends no events


def events(project: Project) -> Iterator[str]:
    """What happens to the notebooks of a project, until its settings are saved.

    The folder of the notebooks may go and come back, as in a checkout of another branch.
    """
    folder = project.nbs_path
    is_gone = False
    while _are_current(project.config_stamps):
        if folder.is_dir():
            is_gone = False
            yield from _events_in(folder, project.config_stamps)
        elif is_gone:
            time.sleep(_INTERVAL / 1000)
        else:
            is_gone = True
            yield GONE


def _events_in(folder: Path, config_stamps: Stamps) -> Iterator[str]:
    """What happens until this folder goes, or until the settings are saved."""
    from watchfiles import Change, watch

    identity = _identity(folder)
    is_watched = False
    try:
        for changes in watch(
            folder,
            watch_filter=lambda change, path: _concerns_notebooks(change.raw_str(), path, folder),
            debounce=50,
            step=10,
            rust_timeout=_INTERVAL,
            yield_on_timeout=True,
        ):
            is_replaced = (Change.deleted, str(folder)) in changes
            if is_replaced or _identity(folder) != identity or not _are_current(config_stamps):
                return
            if not is_watched:  # it yields for the first time when it watches
                is_watched = True
                yield WATCHED
            elif changes:
                yield SAVED
    except FileNotFoundError:  # the folder went just before it was watched
        return


def _concerns_notebooks(change: str, path: str, folder: Path) -> bool:
    """Whether a notebook changed, or a folder that may contain notebooks."""
    name = os.path.basename(path)
    parts = os.path.relpath(path, folder).split(os.sep)
    if parts != [os.curdir] and any(part.startswith(("_", ".")) for part in parts):
        return False  # as in discovery.py; the state files are among them
    if name.endswith(".ipynb"):
        return True
    return "." not in name if change == "deleted" else os.path.isdir(path)


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another one in its place; None if it is not there."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _are_current(config_stamps: Stamps) -> bool:
    return all(is_current(path, known) for path, known in config_stamps.items())
