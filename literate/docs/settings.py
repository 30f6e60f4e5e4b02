"""What a site is called, where it goes, and how it shows code: the settings of a project.

The keys are nbdev's. Two more belong to literate: `docs_source` says what happens to the code of
exported cells, and `docs_contents` names a page of Markdown that gives the reading order.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..configuration import (
    ConfigReader,
    read_ini,
    read_toml,
    refuse_settings,
    shortened,
    toml_table,
)
from ..project import PYPROJECT, SETTINGS, Project
from ..records import dataclass

# What a page shows of an exported cell beside its documentation.
HIDDEN, FOLDED, SHOWN = "hidden", "folded", "shown"
OPEN = "open"  # folded, but open at first; only a cell can ask for it

_DEFAULTS = {
    "branch": "main",
    "custom_sidebar": "false",
    "doc_path": "_docs",
    "docs_source": HIDDEN,
    "readme_nb": "index.ipynb",
}


@dataclass(frozen=True)
class SiteSettings:
    """The settings of a site."""

    title: str
    description: str
    output: Path  # the folder of the finished site
    url: str  # where the site will be found, with a slash at the end, or ""
    repository: str  # the address of the repository, without a slash at the end, or ""
    branch: str
    source: str = HIDDEN  # HIDDEN, FOLDED or SHOWN
    custom_sidebar: bool = False  # sidebar.yml was written by hand
    contents: Path | None = None  # a page of Markdown that gives the reading order
    pages: tuple[Path, ...] = ()  # pages of Markdown that do not lie among the notebooks
    notes: Path | None = None  # texts to show below cells
    home: str = "index.ipynb"  # the notebook that is the first page, from nbs_path
    run: str = "literate test"  # the command that runs a notebook

    def blob(self, path: str) -> str:
        """The address of a file in the repository; "" if the repository is not known."""
        return f"{self.repository}/blob/{self.branch}/{path}" if self.repository else ""

    def edit(self, path: str) -> str:
        """The address where a file of the repository is edited; "" if it is not known."""
        return f"{self.repository}/edit/{self.branch}/{path}" if self.repository else ""


def read_site_settings(project: Project, output: str = "") -> SiteSettings:
    """The settings of a project's site, with nbdev's defaults; `output` counts more than they."""
    config = _config_of(project)
    values, about = _tables(config)
    reader = ConfigReader(config, values, _DEFAULTS)
    index = project.index_settings
    description = reader.text("description") or about.text("description") or project.description
    return SiteSettings(
        title=reader.text("title") or about.text("name") or _library(reader, project),
        description=description,
        output=_output(config, project, output or reader.text("doc_path"), bool(output)),
        url=_address(index),
        repository=index.get("git_url", "").rstrip("/"),
        branch=index.get("branch") or reader.text("branch"),
        source=_source(config, reader.text("docs_source")),
        custom_sidebar=reader.flag("custom_sidebar"),
        contents=_contents(config, reader.text("docs_contents")),
        pages=_pages(config, reader.words("docs_pages")),
        notes=config.parent / notes if (notes := reader.text("docs_notes")) else None,
        home=reader.text("readme_nb"),
        run=reader.text("docs_run") or "literate test",
    )


def _config_of(project: Project) -> Path:
    """The file that the settings of a project were read from."""
    settings = project.root / SETTINGS
    pyproject = project.root / PYPROJECT
    if str(pyproject) in project.config_stamps and pyproject.is_file():
        data = read_toml(pyproject)
        if "nbdev" in toml_table(pyproject, data, "tool"):
            return pyproject
    return settings


def _tables(config: Path) -> tuple[Mapping[str, object], ConfigReader]:
    """The keys of nbdev, and what the project says about itself elsewhere."""
    if config.name == SETTINGS:
        return read_ini(config, weaker=())["DEFAULT"], ConfigReader(config, {}, {})
    data = read_toml(config)
    about = ConfigReader(config, toml_table(config, data, "project"), {})
    return toml_table(config, data, "tool", "nbdev"), about


def _library(reader: ConfigReader, project: Project) -> str:
    return reader.text("lib_name") or project.package


def _address(index: Mapping[str, str]) -> str:
    host, path = index.get("doc_host", ""), index.get("doc_baseurl", "")
    if not host:
        return ""
    return f"{host.rstrip('/')}/{path.strip('/')}/".replace("//", "/").replace(":/", "://", 1)


def _source(config: Path, word: str) -> str:
    if word not in (HIDDEN, FOLDED, SHOWN):
        message = f"docs_source = {shortened(word)} is not one of hidden, folded and shown"
        refuse_settings(config, message)
    return word


def _output(config: Path, project: Project, path: str, is_typed: bool) -> Path:
    """The folder of the site. It must be a folder of its own: old pages are deleted there."""
    base = Path.cwd() if is_typed else config.parent
    output = Path(os.path.normpath(base / path))
    taken = (config.parent, project.nbs_path, project.lib_path)
    if any(folder == output or folder.is_relative_to(output) for folder in taken):
        message = f"doc_path = {shortened(path)} is not a folder for the site alone"
        refuse_settings(config, message, hint="write a folder below this one, such as _docs")
    return output


def _contents(config: Path, path: str) -> Path | None:
    if not path:
        return None
    found = _pages(config, (path,))
    return found[0]


def _pages(config: Path, names: tuple[str, ...]) -> tuple[Path, ...]:
    pages = []
    for name in names:
        path = Path(os.path.normpath(config.parent / name))
        if not path.is_file():
            refuse_settings(config, f"{shortened(name)} is not a file", hint="correct its path")
        pages.append(path)
    return tuple(pages)
