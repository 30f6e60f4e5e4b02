"""The names of the library: where each is documented, and where its code is."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..project import Project
from ..records import dataclass
from .draft import Draft, Symbol
from .signatures import Definition, Function, patched_classes

Lines = tuple[int, int]  # the first and the last line of a definition


@dataclass(frozen=True)
class Documented:
    """A name, and the page that documents it."""

    page: str
    symbol: Symbol


class NameIndex:
    """Every name that a page documents."""

    def __init__(self, package: str, drafts: Iterable[Draft]) -> None:
        self._package = package
        self._by_name: dict[str, list[Documented]] = {}
        self._modules: dict[str, str] = {}  # the page of each module
        for draft in drafts:
            if draft.module:
                self._modules.setdefault(draft.module, draft.page)
            for symbol in draft.symbols:
                if not symbol.anchor and symbol.kind != "value":
                    continue  # its page has no place for it
                self._by_name.setdefault(symbol.name, []).append(Documented(draft.page, symbol))

    def find(self, name: str, near: Draft) -> Documented | None:
        """What a name means on a page; None if it is not a name of the library.

        A name of the page's own notebook comes first, then those of the modules that it imports.
        """
        module, name = self._without_module(name)
        found = self._by_name.get(name, [])
        if module:
            found = [each for each in found if each.symbol.module == module]
        for each in found:
            if each.page == near.page:
                return each
        for each in found:
            if each.symbol.module in near.imports:
                return each
        return found[0] if found else None

    def page_of_module(self, name: str) -> str:
        """The page of a module, `package.module`; "" if it is not one."""
        package, dot, module = name.partition(".")
        if package != self._package or not dot:
            return ""
        return self._modules.get(module, "")

    def _without_module(self, name: str) -> tuple[str, str]:
        """Module and name of `package.module.name`; the module is "" if it is not given."""
        if not name.startswith(f"{self._package}."):
            return "", name
        parts = name.split(".")[1:]
        for number in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:number])
            if module in self._modules:
                return module, ".".join(parts[number:])
        return "", name


class SourceLines:
    """The lines of the definitions in the modules of the library."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._modules: dict[str, dict[str, Lines]] = {}

    def find(self, module: str, name: str, last: str = "") -> tuple[str, Lines] | None:
        """The file of a definition, from the root of the project, and its lines."""
        if not module:
            return None
        path = self._project.lib_path.joinpath(*module.split(".")).with_suffix(".py")
        known = self._modules.get(module)
        if known is None:
            known = self._modules[module] = definition_lines(path)
        if name not in known:
            return None
        end = known.get(last, known[name])[1] if last else known[name][1]
        file = path.relative_to(self._project.root).as_posix()
        return file, (known[name][0], max(end, known[name][1]))


def definition_lines(path: Path) -> dict[str, Lines]:
    """The first and the last line of each definition in a module."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, Lines] = {}
    _add_definitions(found, tree.body, "")
    return found


def _add_definitions(found: dict[str, Lines], body: Sequence[ast.stmt], owner: str) -> None:
    for node in body:
        if not isinstance(node, Definition):
            continue
        lines = [decorator.lineno for decorator in node.decorator_list]
        first = min([node.lineno, *lines])
        owners = patched_classes(node) if isinstance(node, Function) and not owner else []
        for name in owners or [owner]:
            full = f"{name}.{node.name}" if name else node.name
            found[full] = (first, node.end_lineno or first)
        if isinstance(node, ast.ClassDef) and not owner:
            _add_definitions(found, node.body, node.name)
