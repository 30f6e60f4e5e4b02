"""The reports that a run leaves behind: files, and what GitHub Actions reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from ..diagnostics import UsageError
from ..notebook import write_atomically
from .github import add_summary, annotations, commands_stopped, is_github
from .html import html_text
from .json import json_text
from .junit import junit_text
from .summary import Run

__all__ = ["is_github", "written_reports"]

_FORMATS = {"junit": junit_text, "html": html_text, "json": json_text}


@contextmanager
def written_reports(run: Callable[[], Run], root: Path, on_github: bool, **files: str) -> Iterator[None]:
    """Write what is asked for when the run is over, however it ends; a `UsageError` beforehand where that cannot be."""
    asked = {flag: Path(os.path.abspath(name)) for flag, name in files.items() if name}
    for flag, path in asked.items():
        _check(flag, path)
        if list(asked.values()).count(path) > 1:
            raise UsageError(f"--{flag} {path}: two reports cannot be one file")
    try:
        with commands_stopped() if on_github else nullcontext():
            yield
    finally:
        for flag, path in asked.items():
            write_atomically(path, _FORMATS[flag](run(), root))
        if on_github:
            print("".join(f"{line}\n" for line in annotations(run(), root)), end="", flush=True)
            add_summary(run(), root)


def _check(flag: str, path: Path) -> None:
    if path.suffix == ".ipynb":  # `--html 01_matmul.ipynb`: a forgotten word must not cost a notebook
        raise UsageError(f"--{flag} takes the file to write, and {path.name} is a notebook")
    if path.is_dir():
        raise UsageError(f"--{flag} takes a file, and {path} is a folder")
    parent = next(folder for folder in path.parents if folder.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise UsageError(f"--{flag} {path}: nothing can be written to {parent}")
