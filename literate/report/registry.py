"""The reports that a run leaves behind: files, and what GitHub Actions reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path

from ..diagnostics import UsageError
from ..files import write_atomically
from .summary import Run


def is_github() -> bool:
    """Whether this is a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


@contextmanager
def written_reports(
    run: Callable[[], Run], root: Path, on_github: bool, **files: str
) -> Iterator[None]:
    """Write what is asked for when the run is over, however it ends; a `UsageError` beforehand where that cannot be."""
    asked = {flag: Path(os.path.abspath(name)) for flag, name in files.items() if name}
    for flag, path in asked.items():
        _check(flag, path)
        if list(asked.values()).count(path) > 1:
            raise UsageError(f"--{flag} {path}: two reports cannot be one file")
    with _on_github(run, root) if on_github else nullcontext():
        try:
            yield
        finally:
            for flag, path in asked.items():
                made = import_module(
                    f"..{flag}", __name__
                )  # each format is loaded when it is asked for
                write_atomically(path, getattr(made, f"{flag}_text")(run(), root))


def _on_github(run: Callable[[], Run], root: Path) -> AbstractContextManager:
    from .github import reported

    return reported(run, root)


def _check(flag: str, path: Path) -> None:
    if (
        path.suffix == ".ipynb"
    ):  # `--html 01_matmul.ipynb`: a forgotten word must not cost a notebook
        raise UsageError(f"--{flag} takes the file to write, and {path.name} is a notebook")
    if path.is_dir():
        raise UsageError(f"--{flag} takes a file, and {path} is a folder")
    parent = next(folder for folder in path.parents if folder.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise UsageError(f"--{flag} {path}: nothing can be written to {parent}")
