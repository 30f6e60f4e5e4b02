"""What a site is made from: notebooks, and pages of Markdown that lie among them or are named."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from ..diagnostics import UserError, diagnose
from ..discovery import notebook_folders, project_notebooks
from ..files import read_file
from ..notebook import Cell, Notebook, data_with_images, parse_notebook
from ..project import Project
from .settings import SiteSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PAGES = (".md", ".qmd")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NOT_PAGES = {"readme.md", "contributing.md", "license.md", "changelog.md"}


def site_sources(project: Project, settings: SiteSettings) -> list[Path]:
    """The paths of all notebooks and pages of a site."""
    found = dict.fromkeys(project_notebooks(project))
    for folder in notebook_folders(project):
        for name in _names_in(folder):
            is_page = name.endswith(_PAGES) and name.lower() not in _NOT_PAGES
            if is_page and not name.startswith(("_", ".")):
                found[Path(folder, name)] = None
    if settings.contents is not None:
        found[settings.contents] = None
    found.update(dict.fromkeys(settings.pages))
    return list(found)


def _names_in(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def read_source(path: Path) -> bytes:
    """The bytes of a notebook or a page; a `UserError` names a file that cannot be read."""
    try:
        return read_file(path)
    except OSError as error:
        raise UserError(diagnose("unreadable", error.strerror or str(error), path)) from None


def parse_source(path: Path, raw: bytes) -> Notebook:
    """A notebook, or a page of Markdown as a notebook with a single text cell."""
    if path.suffix == ".ipynb":
        return parse_notebook(path, raw)
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        message = f"not UTF-8: byte {error.start} cannot be decoded"
        raise UserError(diagnose("not-utf8", message, path)) from None
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    raw_cell = {"cell_type": "markdown", "source": text}
    return Notebook(path, raw, {"cells": [raw_cell]}, (Cell(0, "", "markdown", text, {}),))


class StoredCells:
    """The cells of a notebook as its file holds them. They are parsed when one is asked for.

    They contain the images, which the reader of notebooks leaves out.
    """

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._cells: list[dict[str, Any]] | None = None

    def __getitem__(self, index: int) -> dict[str, Any]:
        if self._cells is None:
            self._cells = data_with_images(self._notebook)["cells"]
        return self._cells[index]


def read_notes(path: Path | None) -> dict[str, dict[str, str]]:
    """The notes below cells: for each notebook, texts by the ids of its cells."""
    if path is None or not path.is_file():
        return {}
    try:
        notes = json.loads(path.read_bytes())
    except ValueError as error:
        raise UserError(diagnose("not-json", f"not JSON: {error}", path)) from None
    if not isinstance(notes, dict):
        raise UserError(diagnose("not-json", "it is not an object of notebooks", path))
    return notes
