"""Layouts: how nbdev 2 and nbdev 3 write modules, `__init__.py` and the index.

Each layout is a class. To add a layout, write a subclass of `Layout` and add it to `_LAYOUTS`. All
other files of the compiler ask `layout_of(project)` and do not know which layout they use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ..directives import ParsedCell
from ..markers import Marker
from ..notebook import Cell, Notebook
from ..project import NBDEV2, NBDEV3, Project
from .docstrings import (
    PackageDocs,
    docstring_literal,
    encodable,
    exported_prose,
    package_docs,
    page_of,
    summary_lines,
)

# Rare patterns are compiled when they are used: that saves a millisecond of each compile.
_ID_KEY = r"#\S+"
_NUMBER_KEY = r"\d+"
_QUOTED_VERSION = r"(?m)^__version__\s*=\s*['\"]([^'\"]+)['\"]"


class Layout:
    """How the modules of a project are laid out."""

    writes_raw_docstrings = False  # a docstring with backslashes becomes r"""..."""
    indexes_empty_modules = True  # modules without symbols appear in _modidx.py

    def __init__(self, project: Project) -> None:
        self.project = project

    def module_docstring(self, notebook: Notebook, cells: list[ParsedCell]) -> str:
        """The docstring that a notebook gives to its module, or ""."""
        raise NotImplementedError

    def with_version(self, text: str) -> str:
        """The text of the package's `__init__.py` with a line for the version."""
        raise NotImplementedError

    def package_docs(
        self, docstrings: Mapping[Path, str], others: list[Path]
    ) -> PackageDocs | None:
        """The package's docstring and llms.txt; None if the layout does not write them.

        `docstrings` are those of the generated modules, `others` are the files written by hand.
        """
        return None

    def docstring_literal(self, text: str) -> str:
        """The lines above the header that hold the docstring; "" for a module without one."""
        return docstring_literal(text, raw=self.writes_raw_docstrings)

    # --- the keys in cell markers: `# %% ../nbs/00_core.ipynb 3`, or `#6fd14ecd` in place of 3 ---

    @property
    def has_keys(self) -> bool:
        """Whether markers end with a key of the cell."""
        return True

    @property
    def has_id_keys(self) -> bool:
        """Whether the key is the cell's id, and not its number."""
        return True

    def cell_key(self, cell: Cell, above_all: bool) -> str:
        """The key in a cell's marker, or "".

        Cells above `__all__` have a key even if the others have none: nbdev writes them that way.
        """
        if self.has_id_keys:
            return f"#{cell.id}"
        if self.has_keys or above_all:
            return str(cell.index)
        return ""

    def accepts(self, marker: Marker) -> bool:
        """Whether a marker has the kind of key that this layout writes."""
        if not self.has_keys:
            return True
        pattern = _ID_KEY if self.has_id_keys else _NUMBER_KEY
        return re.fullmatch(pattern, marker.key) is not None


class Nbdev2Layout(Layout):
    """The layout of nbdev 2, for projects with a settings.ini."""

    @property
    def has_keys(self) -> bool:
        """Whether markers end with a key: the setting `cell_number`."""
        return self.project.cell_number

    @property
    def has_id_keys(self) -> bool:
        """Whether the key is the cell's id: the setting `cell_ids`."""
        return self.project.cell_ids

    def module_docstring(self, notebook: Notebook, cells: list[ParsedCell]) -> str:
        """The first line under the title that begins with `> `."""
        lines = summary_lines(cells)
        return encodable(lines[0]) if lines else ""

    def with_version(self, text: str) -> str:
        """The text with the version of settings.ini in place of its own."""
        from .init_file import with_version

        return with_version(text, self.project.version)


class Nbdev3Layout(Layout):
    """The layout of nbdev 3, for projects with `[tool.nbdev]` in pyproject.toml."""

    writes_raw_docstrings = True
    indexes_empty_modules = False

    def module_docstring(self, notebook: Notebook, cells: list[ParsedCell]) -> str:
        """All lines under the title that begin with `> `, exported prose, and the page's address.

        A notebook without a title gives no docstring.
        """
        lines = summary_lines(cells)
        if lines is None:
            return ""
        text = "\n\n".join(["\n".join(lines), *exported_prose(cells)]).strip()
        if self.project.docs_url and notebook.path.is_relative_to(self.project.nbs_path):
            page = page_of(notebook.path, self.project.nbs_path)
            text += f"\n\nDocs: {self.project.docs_url}/{page}.md"
        return encodable(text.strip())

    def with_version(self, text: str) -> str:
        """The text with a version; its own stays, because nbdev 3 reads the version from there."""
        if re.search(_QUOTED_VERSION, text):
            return text
        from .init_file import with_version_line

        return with_version_line(text, self.project.version)

    def package_docs(
        self, docstrings: Mapping[Path, str], others: list[Path]
    ) -> PackageDocs | None:
        """The docstring and llms.txt, made of the index notebook and the docstrings of modules."""
        return package_docs(self.project, docstrings, others)


_LAYOUTS: dict[str, type[Layout]] = {NBDEV2: Nbdev2Layout, NBDEV3: Nbdev3Layout}


def layout_of(project: Project) -> Layout:
    """The layout that a project's configuration asks for."""
    return _LAYOUTS[project.layout](project)
