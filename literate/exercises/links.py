"""The files that a notebook links to, which its copy in another folder needs beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from ..directives import declared_reads
from ..notebook import Notebook

_LINKS = (
    re.compile(r"\]\(\s*<?([^)\s>]+)"),  # [text](path) and ![text](path)
    re.compile(r"\b(?:src|href)\s*=\s*[\"']([^\"']+)[\"']"),
)


def linked_files(notebook: Notebook, folder: Path, copies: Path) -> Iterator[tuple[Path, Path]]:
    """The files below a folder that a notebook in it needs, and where their copies belong.

    These are the targets of relative links in text cells, and what `#| reads: ...` names. Other
    notebooks are not among them.
    """
    root = folder.resolve()
    for name in _linked_names(notebook):
        source = (notebook.path.parent / name).resolve()
        if source.suffix == ".ipynb" or not source.is_relative_to(root) or not source.is_file():
            continue
        yield source, copies / source.relative_to(root)


def lost_links(notebook: Notebook, folder: Path, copies: Path) -> Iterator[str]:
    """The links of a notebook to files outside of its folder that do not work from its copy.

    They work if the copies stand beside the folder: `../docs/a.md` is the same file for both.
    """
    root = folder.resolve()
    inside = notebook.path.resolve().relative_to(root)
    copy = (copies.resolve() / inside).parent
    for name in _linked_names(notebook):
        source = (notebook.path.parent / name).resolve()
        if source.is_relative_to(root) or not source.exists():
            continue
        if not os.path.exists(os.path.normpath(copy / name)):  # the folder may not exist yet
            yield name


def _linked_names(notebook: Notebook) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.type == "code":
            yield from declared_reads(cell.source)
            continue
        for pattern in _LINKS:
            for link in pattern.findall(cell.source):
                path = unquote(re.split(r"[?#]", link)[0])
                if path and not re.match(r"[a-zA-Z][\w+.-]*:|/", path):
                    yield path
