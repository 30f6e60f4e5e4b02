"""The contents of a site: its pages in the order in which they are read, in sections.

The order comes from a page of Markdown (`docs_contents`), from nbdev's sidebar.yml or Quarto's
_quarto.yml if `custom_sidebar` is set, or from the names of files and folders.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from ..diagnostics import UserError, diagnose
from ..project import Project
from ..records import dataclass, field
from .draft import Draft, plain_text
from .settings import SiteSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)[^)]*\)")
_HEADING = re.compile(r"^##+ +(.*)$")
_NUMBER = re.compile(r"^\d+[a-zA-Z]?_")


@dataclass
class Section:
    """A section of the contents. The outermost one has no title."""

    title: str = ""
    entries: list[Section | Draft] = field(default_factory=list)

    def pages(self) -> Iterator[Draft]:
        """All pages in their order."""
        for entry in self.entries:
            if isinstance(entry, Section):
                yield from entry.pages()
            else:
                yield entry


def contents_of(project: Project, settings: SiteSettings, drafts: Mapping[Path, Draft]) -> Section:
    """The contents of a site."""
    if settings.contents is not None:
        return _from_page(settings.contents, drafts)
    if settings.custom_sidebar:
        section = _from_sidebar(project, drafts)
        if section is not None:
            return section
    return _from_folders(project, drafts)


# --- from a page of Markdown -------------------------------------------------------------------


def _from_page(path: Path, drafts: Mapping[Path, Draft]) -> Section:
    """The pages to which a page links, in this order; its headings are the sections."""
    whole = Section()
    current = whole
    seen = {id(drafts[path])}
    whole.entries.append(drafts[path])
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        heading = _HEADING.match(line)
        if heading:
            current = Section(plain_text(heading[1]))
            whole.entries.append(current)
        for target in _LINK.findall(line):
            draft = drafts.get(Path(os.path.normpath(path.parent / target)))
            if draft is not None and id(draft) not in seen:
                seen.add(id(draft))
                current.entries.append(draft)
    whole.entries = [each for each in whole.entries if not _is_empty(each)]
    _add_rest(whole, drafts, seen)
    return whole


def _is_empty(entry: Section | Draft) -> bool:
    return isinstance(entry, Section) and not entry.entries


def _add_rest(whole: Section, drafts: Mapping[Path, Draft], seen: set[int]) -> None:
    """Add the pages that the contents do not name, so that each page can be reached."""
    rest = [draft for draft in drafts.values() if id(draft) not in seen and not draft.is_hidden]
    if rest:
        whole.entries.append(Section("More", [*rest]))


# --- from the files of nbdev and Quarto --------------------------------------------------------


def _from_sidebar(project: Project, drafts: Mapping[Path, Draft]) -> Section | None:
    """The contents in sidebar.yml, or in _quarto.yml; None if neither has any."""
    for name in ("sidebar.yml", "_quarto.yml"):
        path = project.nbs_path / name
        if not path.is_file():
            continue
        contents = _sidebar_in(_read_yaml(path))
        if contents:
            reader = _SidebarReader(project, drafts)
            whole = Section("", reader.entries(contents))
            home = [draft for draft in drafts.values() if draft.page == "index.md"]
            if home and id(home[0]) not in reader.seen:
                whole.entries.insert(0, home[0])
                reader.seen.add(id(home[0]))
            return whole
    return None


def _sidebar_in(data: Any) -> list[Any]:
    website = data.get("website") if isinstance(data, dict) else None
    sidebar = website.get("sidebar") if isinstance(website, dict) else None
    contents = sidebar.get("contents") if isinstance(sidebar, dict) else None
    return contents if isinstance(contents, list) else []


def _read_yaml(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(diagnose("settings", f"it cannot be read: {reason}", path)) from None


class _SidebarReader:
    """Reads the entries of a sidebar: pages, patterns, and sections."""

    def __init__(self, project: Project, drafts: Mapping[Path, Draft]) -> None:
        self.seen: set[int] = set()
        self._drafts = drafts
        self._names: dict[str, Draft] = {}  # by the path from nbs_path
        for path, draft in drafts.items():
            if path.is_relative_to(project.nbs_path):
                self._names[path.relative_to(project.nbs_path).as_posix()] = draft

    def entries(self, contents: Any) -> list[Section | Draft]:
        """The pages and sections that a list of a sidebar names."""
        found: list[Section | Draft] = []
        for item in contents if isinstance(contents, list) else [contents]:
            if isinstance(item, str):
                found += self._pages(item)
            elif isinstance(item, dict):
                found += self._item(item)
        return found

    def _item(self, item: dict[str, Any]) -> list[Section | Draft]:
        if "section" in item:
            first = self._pages(str(item.get("href", "")))
            title = _section_title(str(item["section"]))
            section = Section(title, [*first, *self.entries(item.get("contents"))])
            return [section] if section.entries else []
        if "auto" in item:
            return [*self._pages(str(item["auto"]).lstrip("/"))]
        return [*self._pages(str(item.get("href") or item.get("file") or ""))]

    def _pages(self, pattern: str) -> list[Draft]:
        if not pattern:
            return []
        found = []
        for name, draft in sorted(self._names.items(), key=_by_order):
            is_meant = name == pattern or fnmatchcase(name, pattern)
            is_here = "**" in pattern or name.count("/") == pattern.count("/")
            if is_meant and is_here and id(draft) not in self.seen:
                self.seen.add(id(draft))
                found.append(draft)
        return found


# --- from folders ------------------------------------------------------------------------------


def _from_folders(project: Project, drafts: Mapping[Path, Draft]) -> Section:
    """The pages by their names, `index` first; folders are sections."""
    whole = Section()
    sections: dict[str, Section] = {"": whole}
    inside = [path for path in drafts if path.is_relative_to(project.nbs_path)]
    for path in sorted(inside, key=lambda path: _order(path, project.nbs_path, drafts[path])):
        draft = drafts[path]
        if draft.is_hidden:
            continue
        folder = posixpath.dirname(path.relative_to(project.nbs_path).as_posix())
        _section(sections, folder).entries.append(draft)
    seen = {id(draft) for draft in whole.pages()}
    _add_rest(whole, drafts, seen)
    return whole


def _order(path: Path, top: Path, draft: Draft) -> tuple[object, ...]:
    parts = path.relative_to(top).parts
    is_index = path.stem.lower() == "index"
    return (len(parts) > 1, *parts[:-1], not is_index, *_given_order(draft), parts[-1])


def _given_order(draft: Draft) -> tuple[bool, float]:
    """Pages that give themselves a place by `order` come first."""
    return draft.order is None, draft.order or 0.0


def _by_order(item: tuple[str, Draft]) -> tuple[object, ...]:
    name, draft = item
    return (*_given_order(draft), name)


def _section(sections: dict[str, Section], folder: str) -> Section:
    if folder not in sections:
        parent = _section(sections, posixpath.dirname(folder))
        section = sections[folder] = Section(_section_title(posixpath.basename(folder)))
        parent.entries.append(section)
    return sections[folder]


def _section_title(folder: str) -> str:
    words = _NUMBER.sub("", folder).replace("_", " ").strip()
    return words[:1].upper() + words[1:] or folder
