"""The program that makes HTML from the pages: Zensical, or MkDocs with its theme Material.

Both read one configuration, so the pages do not depend on which one is used.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from ..diagnostics import UserError
from ..printable import printable
from .contents import Section
from .settings import SiteSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ZENSICAL, MKDOCS = "zensical", "mkdocs"
RENDERERS = (ZENSICAL, MKDOCS)
CONFIGURATION = "mkdocs.yml"

# Each renderer with the packages that it needs.
_NEEDS = {ZENSICAL: ("zensical",), MKDOCS: ("mkdocs", "material")}

_EXTENSIONS: list[Any] = [
    "abbr",
    "admonition",
    "attr_list",
    "def_list",
    "footnotes",
    "md_in_html",
    "tables",
    {"toc": {"permalink": True, "toc_depth": "2-4"}},
    {"pymdownx.arithmatex": {"generic": True}},
    {"pymdownx.highlight": {"pygments_lang_class": True}},
    "pymdownx.betterem",
    "pymdownx.details",
    "pymdownx.magiclink",
    "pymdownx.superfences",
    {"pymdownx.tabbed": {"alternate_style": True}},
    {"pymdownx.tasklist": {"custom_checkbox": True}},
    {"pymdownx.tilde": {"subscript": False}},
]


def choose_renderer(name: str) -> str:
    """The renderer with this name, or the first one that is installed."""
    for renderer in (name,) if name else RENDERERS:
        if all(find_spec(package) for package in _NEEDS[renderer]):
            return renderer
    wanted = name or "a renderer"
    package = {MKDOCS: "mkdocs-material"}.get(name, "literate-notebooks[docs]")
    raise UserError(f"{wanted} is not installed: pip install '{package}'")


def configuration(settings: SiteSettings, contents: Section, site: Path) -> str:
    """The configuration of a site. It is JSON, and JSON is YAML."""
    values: dict[str, Any] = {
        "site_name": settings.title,
        "site_description": settings.description,
        "docs_dir": "pages",
        "site_dir": str(site),
        "use_directory_urls": False,
        "theme": _theme(),
        "markdown_extensions": _EXTENSIONS,
        "extra_css": ["literate/literate.css"],
        "extra_javascript": ["literate/literate.js"],
        "nav": _navigation(contents),
        # Links are checked before the renderer runs, with the notebook and the cell.
        "validation": {"omitted_files": "ignore", "links": {"not_found": "ignore"}},
    }
    if settings.url:
        values["site_url"] = settings.url
    if settings.repository:
        # Not as `repo_url`: the theme would ask GitHub how many stars the repository has.
        icon = "gitlab" if "gitlab" in settings.repository else "github"
        link = {"icon": f"fontawesome/brands/{icon}", "link": settings.repository}
        values["extra"] = {"social": [{**link, "name": "Repository"}]}
    return json.dumps(values, indent=1, ensure_ascii=False)


def _theme() -> dict[str, Any]:
    """The theme: no font of another host, light and dark as the reader's system says."""
    light = {
        "media": "(prefers-color-scheme: light)",
        "scheme": "default",
        "toggle": {"icon": "material/weather-night", "name": "Switch to dark mode"},
    }
    dark = {
        "media": "(prefers-color-scheme: dark)",
        "scheme": "slate",
        "toggle": {"icon": "material/weather-sunny", "name": "Switch to light mode"},
    }
    return {
        "name": "material",
        "language": "en",
        "font": False,
        "palette": [light, dark],
        "features": [
            "content.code.copy",
            "navigation.footer",
            "navigation.top",
            "search.highlight",
            "search.suggest",
            "toc.follow",
        ],
    }


def _navigation(section: Section) -> list[Any]:
    entries: list[Any] = []
    for entry in section.entries:
        if isinstance(entry, Section):
            entries.append({entry.title: _navigation(entry)})
        else:
            entries.append({entry.title: entry.page})
    return entries


def render(renderer: str, folder: Path) -> None:
    """Make HTML from the pages of a folder, as its configuration says."""
    done = subprocess.run(
        command(renderer, "build"),
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise failure(renderer, done.returncode, done.stdout + done.stderr)


def failure(renderer: str, code: int, printed: str) -> UserError:
    """What to tell when a renderer failed: the last line that it printed is the reason."""
    lines = [line for line in printed.splitlines() if line.strip()]
    reason = printable(lines[-1].strip()) if lines else "it printed nothing"
    return UserError(f"{renderer} failed with exit code {code}: {reason}")


def environment() -> dict[str, str]:
    """The environment of a renderer: the theme Material prints no advertisement."""
    return {**os.environ, "NO_MKDOCS_2_WARNING": "1"}


def command(renderer: str, verb: str) -> list[str]:
    """The command line of a renderer, which runs in the folder of its configuration."""
    words = [sys.executable, "-m", renderer, verb, "-f", CONFIGURATION]
    return [*words, "--quiet"] if renderer == MKDOCS and verb == "build" else words
