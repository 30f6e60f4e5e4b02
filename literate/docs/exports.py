"""What a notebook exports: its module, and the names that its page documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..directives import ParsedCell
from ..discovery import module_of
from ..notebook import Notebook
from .cells import view_of
from .draft import SOURCE, Reference, Symbol, mark, unique_anchor
from .entries import entry_parts
from .front_matter import FrontMatter
from .settings import SHOWN, SiteSettings
from .signatures import Described, describe, names_defined

# Makes a function that rewrites a docstring from one that adds a reference.
MakeRewriter = Callable[[Callable[[Reference], str]], Callable[[str], str]]


class Exports:
    """The exported cells of a notebook, and what they define."""

    def __init__(
        self,
        settings: SiteSettings,
        notebook: Notebook,
        cells: Sequence[ParsedCell],
        front: FrontMatter,
    ) -> None:
        self.module = _module(notebook, cells)
        self.symbols: list[Symbol] = []
        self.anchors: dict[str, str] = {}  # the anchor of each name
        self._settings = settings
        self._has_entries = not front.is_on("skip_showdoc")
        self._described: dict[int, list[Described]] = {}  # by the index of the cell
        self.documented: set[str] = set()  # names that a call of `show_doc` documents
        for parsed in cells:
            if parsed.cell.type == "code" and "show_doc(" in parsed.code:
                view = view_of(parsed, "python", settings.source)
                if not view.is_hidden:
                    self.documented.add(view.documents)
        taken: dict[str, str] = {}
        for parsed in cells:
            if not is_exported(parsed):
                continue
            self._described[parsed.cell.index] = described = describe(parsed.code)
            for each in described:
                if each.name not in self.anchors:
                    anchor = unique_anchor(each.name.lower(), taken)
                    taken[anchor] = self.anchors[each.name] = anchor

    def described(self, parsed: ParsedCell) -> list[Described]:
        """The functions, classes and methods of a cell."""
        return self._described.get(parsed.cell.index, [])

    def is_shown(self, name: str) -> bool:
        """Whether the page has a place for a name: its code, or its entry."""
        if self._settings.source == SHOWN or name in self.documented:
            return True
        is_private = any(part.startswith("_") for part in name.split("."))
        return self._has_entries and not is_private

    def entries_of(self, parsed: ParsedCell) -> list[Symbol]:
        """The names of a cell whose entries stand in its place.

        `show_doc` puts an entry into another place.
        """
        if parsed.get("skip_showdoc"):
            return []
        names = [each.name for each in self.described(parsed)]
        wanted = [name for name in names if self.is_shown(name) and name not in self.documented]
        return [symbol for symbol in self.symbols if symbol.name in wanted]

    def note(
        self, parsed: ParsedCell, is_hidden: bool, near: str, make_rewriter: MakeRewriter
    ) -> None:
        """Remember what an exported cell defines, so that other pages can link to it.

        The page shows nothing of a hidden cell. `near` is the anchor of the heading above the cell.
        """
        if not is_exported(parsed):
            return
        module = _module_of_cell(parsed) or self.module
        known = {symbol.name for symbol in self.symbols}
        for described in self.described(parsed):
            if described.name not in known:
                has_place = self._has_place(described.name, parsed, is_hidden)
                anchor = self.anchors[described.name] if has_place else ""
                self.symbols.append(self._symbol(described, module, anchor, make_rewriter))
        for name in names_defined(parsed.code):
            self.symbols.append(Symbol(name, module, near, "value"))

    def _has_place(self, name: str, parsed: ParsedCell, is_hidden: bool) -> bool:
        """Whether the page has a place for a name of this cell that links can lead to."""
        if name in self.documented:
            return True
        if is_hidden or (parsed.get("skip_showdoc") and self._settings.source != SHOWN):
            return False
        return self.is_shown(name)

    def _symbol(
        self, described: Described, module: str, anchor: str, make_rewriter: MakeRewriter
    ) -> Symbol:
        references: list[Reference] = []

        def add(reference: Reference) -> str:
            references.append(reference)
            return mark(len(references) - 1)

        rewrite = make_rewriter(add)
        signature, *rest = entry_parts(described)
        source = add(Reference(SOURCE, described.name))
        body = "\n\n".join([signature, source, *map(rewrite, rest)])
        return Symbol(
            described.name,
            module,
            anchor,
            described.kind,
            described.summary,
            body,
            tuple(references),
        )


def is_exported(parsed: ParsedCell) -> bool:
    """Whether a cell's code is public in the library."""
    if parsed.cell.type != "code" or parsed.get("exporti"):
        return False
    export = parsed.get("export", "exports", "exportd")
    return export is not None and export.args != ("false",)


def _module_of_cell(parsed: ParsedCell) -> str:
    export = parsed.get("export", "exports")
    return export.args[0].replace("/", ".") if export and export.args else ""


def _module(notebook: Notebook, cells: Sequence[ParsedCell]) -> str:
    """The module that a notebook makes, or ""."""
    name = ""
    for parsed in cells:
        default = parsed.get("default_exp")
        if default and default.args:
            name = default.args[0].replace("/", ".")
    if not any(is_exported(parsed) for parsed in cells):
        return ""
    return name or module_of(notebook.path) or ""


def own_imports(cells: Sequence[ParsedCell], package: str) -> list[str]:
    """The modules of the package that a notebook imports, without the package's name."""
    found: dict[str, None] = {}
    pattern = re.compile(rf"(?m)^\s*(?:from|import)\s+({re.escape(package)}(?:\.\w+)*)")
    for parsed in cells:
        if parsed.cell.type == "code" and package in parsed.code:
            for name in pattern.findall(parsed.code):
                found[name.removeprefix(package).lstrip(".")] = None
    return list(found)
