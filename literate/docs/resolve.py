"""Filling in what depends on other pages: links, images, names, entries and places in the code."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from urllib.parse import unquote

from ..diagnostics import Diagnostic, diagnose
from ..project import Project
from .api import placed_entry
from .draft import (
    ADDRESS,
    ENTRY,
    IMAGE,
    LINK,
    NAME,
    REFERENCE,
    SOURCE,
    Draft,
    Reference,
    same_anchor,
)
from .name_index import NameIndex, SourceLines
from .settings import SiteSettings

_EXTERNAL = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_PAGES = (".ipynb", ".md", ".qmd", ".html")


class Resolver:
    """Fills in the references of the drafts of a site."""

    def __init__(
        self, project: Project, settings: SiteSettings, drafts: Mapping[Path, Draft]
    ) -> None:
        self.problems: list[Diagnostic] = []
        self.files: dict[str, Path] = {}  # files to copy into the site, by their place there
        self._project = project
        self._settings = settings
        self._drafts = drafts  # by the paths of their notebooks
        self._by_page = {draft.page: draft for draft in drafts.values()}
        self._names = NameIndex(project.package, drafts.values())
        self._lines = SourceLines(project)
        self._by_stem: dict[str, Draft] = {}
        for path, draft in drafts.items():
            self._by_stem.setdefault(path.name, draft)

    def text_of(self, path: Path) -> str:
        """The finished text of the page of a notebook."""
        draft = self._drafts[path]
        page = _Page(path, draft)
        # An entry brings references of its own, and a label of a link may contain an image.
        text = draft.text
        for _ in range(4):
            if not REFERENCE.search(text):
                break
            text = REFERENCE.sub(lambda match: self._fill(page, int(match[1])), text)
        return text

    def _fill(self, page: _Page, number: int) -> str:
        reference = page.references[number]
        if reference.kind == NAME:
            return self._name(page, reference)
        if reference.kind == ENTRY:
            return self._entry(page, reference)
        if reference.kind == SOURCE:
            return self._source(page, reference)
        if reference.kind == ADDRESS:
            is_markdown = bool(reference.suffix)
            return self._address(page, reference, in_html=not is_markdown)
        title, _, attributes = reference.suffix.partition("\n")
        address = self._address(page, reference)
        bang = "!" if reference.kind == IMAGE else ""
        if reference.kind == LINK and not address:
            return reference.text
        return f"{bang}[{reference.text}]({address}{title}){attributes}"

    # --- links ---------------------------------------------------------------------------------

    def _address(self, page: _Page, reference: Reference, in_html: bool = False) -> str:
        """The address to write for a link; a link that leads nowhere is a problem."""
        target = reference.target
        if target.startswith("figure:"):
            return target.removeprefix("figure:")
        if not target or _EXTERNAL.match(target):
            return target
        path, sign, anchor = target.partition("#")
        if not path:
            found = self._anchor(page, page.draft, anchor, reference)
            return f"#{found}"
        linked = self._linked_page(page, unquote(path))
        if linked is not None:
            address = _relative(linked.page, page.draft.page)
            if in_html:
                address = f"{address.removesuffix('.md')}.html"
            found = self._anchor(page, linked, anchor, reference) if sign else ""
            return f"{address}#{found}" if found else address
        return self._file(page, reference, unquote(path.partition("?")[0]), sign + anchor)

    def _linked_page(self, page: _Page, path: str) -> Draft | None:
        """The page that a link means: a notebook, a page of Markdown, or a page of the site."""
        base = self._project.nbs_path if path.startswith("/") else page.path.parent
        full = Path(os.path.normpath(base / path.lstrip("/")))
        if full in self._drafts:
            return self._drafts[full]
        stem, suffix = posixpath.splitext(path)
        if suffix not in _PAGES:
            return None
        for other in (".ipynb", ".md", ".qmd"):
            if full.with_suffix(other) in self._drafts:
                return self._drafts[full.with_suffix(other)]
        folder = "" if path.startswith("/") else posixpath.dirname(page.draft.page)
        name = posixpath.normpath(posixpath.join(folder, stem.lstrip("/") + ".md"))
        return self._by_page.get(name)

    def _anchor(self, page: _Page, linked: Draft, anchor: str, reference: Reference) -> str:
        """The anchor of a page that a link means, in the spelling of the page."""
        anchor = unquote(anchor)
        anchors = linked.all_anchors
        if not anchor or anchor in anchors:
            return anchor
        if anchor.startswith("cell-id=") and anchor[8:] in linked.cells:
            return linked.cells[anchor[8:]]  # JupyterLab's link to a cell
        wanted = same_anchor(anchor)
        for known, text in anchors.items():
            if wanted in (same_anchor(known), same_anchor(text)):
                return known
        message = f"{reference.target} leads nowhere: {linked.source} has no heading #{anchor}"
        self._report(page, reference, message)
        return anchor

    def _file(self, page: _Page, reference: Reference, path: str, anchor: str) -> str:
        """The address of a file that is not a page: it is copied, or linked in the repository."""
        base = self._project.nbs_path if path.startswith("/") else page.path.parent
        full = Path(os.path.normpath(base / path.lstrip("/")))
        root, notebooks = self._project.root, self._project.nbs_path
        if not full.exists():
            self._report(page, reference, f"{reference.target} leads nowhere: there is no {path}")
            return reference.target
        # A file that is not the project's is never published, not even through a link.
        is_own = full.resolve().is_relative_to(root.resolve())
        is_shown = is_own and (reference.kind == IMAGE or full.is_relative_to(notebooks))
        if full.is_file() and is_shown and full.suffix not in (".ipynb", ".py"):
            inside = full.is_relative_to(notebooks)
            place = full.relative_to(notebooks).as_posix() if inside else f"files/{full.name}"
            self.files[place] = full
            return _relative(place, page.draft.page)
        if is_own and full.is_relative_to(root):
            address = self._settings.blob(full.relative_to(root).as_posix())
            if address:
                return address + anchor
        reason = "no repository is known" if is_own else "the file is not one of the project"
        message = f"{reference.target} leads out of the site, and {reason}"
        self._report(page, reference, message)
        return reference.target

    def _report(self, page: _Page, reference: Reference, message: str) -> None:
        problem = diagnose(
            "broken-link",
            message,
            page.path,
            reference.cell if page.path.suffix == ".ipynb" else None,
            reference.cell_id,
            line=reference.line,
        )
        if problem not in self.problems:
            self.problems.append(problem)

    # --- names ---------------------------------------------------------------------------------

    def _name(self, page: _Page, reference: Reference) -> str:
        """A name in a text, as a link to what documents it."""
        if reference.target.endswith(".ipynb"):
            linked = self._by_stem.get(posixpath.basename(reference.target))
            if linked is None or linked is page.draft:
                return reference.text
            return f"[{reference.text}]({_relative(linked.page, page.draft.page)})"
        found = self._names.find(reference.target, page.draft)
        if found is not None:
            anchor = found.symbol.anchor
            place = f"#{anchor}" if anchor else ""
            if found.page != page.draft.page:
                place = _relative(found.page, page.draft.page) + place
            return f"[{reference.text}]({place})" if place else reference.text
        module = self._names.page_of_module(reference.target)
        if module and module != page.draft.page:
            return f"[{reference.text}]({_relative(module, page.draft.page)})"
        return reference.text

    def _entry(self, page: _Page, reference: Reference) -> str:
        """The entry that `show_doc` asks for."""
        found = self._names.find(reference.target, page.draft)
        if found is None or not found.symbol.entry:
            return reference.text
        offset = len(page.references)
        page.references += found.symbol.references
        return placed_entry(found.symbol, reference.level, offset)

    def _source(self, page: _Page, reference: Reference) -> str:
        """Where the code of a name is: the lines of the module, and the notebook."""
        found = self._names.find(reference.target, page.draft)
        module = found.symbol.module if found else page.draft.module
        place = self._lines.find(module, reference.target, reference.text)
        links = []
        if place is not None:
            file, (first, last) = place
            lines = f"line {first}" if first == last else f"lines {first} to {last}"
            address = self._settings.blob(f"{file}#L{first}-L{last}")
            text = f"{file}, {lines}"
            links.append(_html_link(address, text))
        owner = self._by_page[found.page] if found else page.draft
        if owner is not page.draft:
            links.append(_html_link(self._settings.blob(owner.source), owner.source))
        if not links:
            return ""
        return f'<p class="literate-source">{" · ".join(links)}</p>'


class _Page:
    """A page while it is filled in. Entries from other pages add their references."""

    def __init__(self, path: Path, draft: Draft) -> None:
        self.path = path
        self.draft = draft
        self.references = list(draft.references)


def _html_link(address: str, text: str) -> str:
    if not address:
        return escape(text)
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def _relative(target: str, page: str) -> str:
    """The address of a place in the site, from the folder of a page."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")
