"""The imports of the own package: where they stand, and what is bound above them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from ..records import replace
from .cell_names import guarded_body
from .facts import ModuleFacts, OwnImport
from .imports import DEFINITIONS
from .module import Module, cells_above_all

_COMPOUND = (ast.If, ast.Try, ast.TryStar, ast.With, ast.For, ast.While, ast.Match)
_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)

# Code that uses one of these may bind names that cannot be seen.
_BINDS_ANY_NAME = frozenset({"globals", "vars", "locals", "exec", "setattr"})
_BINDS_BY_ATTRIBUTE = ("sys.modules[", "global_enum", "._convert_(")


def facts_of(module: Module, package: str) -> ModuleFacts:
    """The facts about a generated module whose names have been collected."""
    imports = []
    finder = ImportFinder(package)
    above_all = len(cells_above_all(module))
    for number, item in enumerate(module.cells):
        if number == above_all:
            finder.bind("__all__")
        parsed = item.parsed
        cell = parsed.cell
        for found in finder.add(parsed.code, item.tree, is_outline=True):
            imports.append(
                replace(
                    found,
                    notebook=str(item.notebook),
                    cell=cell.index,
                    cell_id=cell.id,
                    line=parsed.line(found.line),
                )
            )
    codes = [item.parsed.code for item in module.cells]
    bound, used = module.names.bound, module.names.used
    return ModuleFacts(sorted(bound), imports, may_have_any_name(codes, bound, used))


def names_without_value(trees: Iterable[ast.Module]) -> set[str]:
    """The names in annotations such as `x: int`, which count as names of the module."""
    found = set()
    for tree in trees:
        for node in _running(tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return found


def may_have_any_name(codes: Iterable[str], bound: set[str], used: set[str]) -> bool:
    """Whether a module with this code, which binds and uses these names, may have others."""
    if "__getattr__" in bound or not used.isdisjoint(_BINDS_ANY_NAME):
        return True
    return any(text in code for code in codes for text in _BINDS_BY_ATTRIBUTE)


# --- imports of the own package ----------------------------------------------------------------


class ImportFinder:
    """Finds the imports of a package in the code of a module, piece by piece."""

    def __init__(self, package: str, folder: tuple[str, ...] = ()) -> None:
        self._package = package
        self._folder = folder  # the parts of the package that contains the code: for `from .`
        name = re.escape(package)
        direct = rf"\b(?:from|import)[\s\\]+{name}\b"
        after_others = rf"^[ \t]*import[ \t][^\n]*,[ \t]*{name}\b"
        self._may_import = re.compile(f"{direct}|{after_others}", re.MULTILINE)
        self._above: list[str] = []  # the names that are bound since the last import
        self._unread: list[tuple[str, ast.Module]] = []  # pieces without imports

    def add(self, code: str, tree: ast.Module, is_outline: bool = False) -> Iterator[OwnImport]:
        """The imports in the next piece of the code.

        `tree` is its syntax tree, or only its outline, which lacks the bodies of definitions.
        """
        candidates = []
        if "import" in code and self._package in code:
            candidates = list(self._may_import.finditer(code))
        if not candidates and not self._folder:
            self._unread.append((code, tree))
            return
        if is_outline and any(_is_in_line(code, match.start()) for match in candidates):
            tree = ast.parse(code)
        for node, runs, is_guarded in _statements(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                for module, names in self._own(node):
                    above = self._names_above() if runs else ()
                    line, column = node.lineno, node.col_offset + 1
                    yield OwnImport(
                        module, names, runs, is_guarded, above, line=line, column=column
                    )
            if runs:
                self._above += _bound_by(node, ":=" in code)

    def bind(self, name: str) -> None:
        """Count a name among those that stand above the next import."""
        self._above.append(name)

    def _names_above(self) -> tuple[str, ...]:
        for code, tree in self._unread:
            for node in _running(tree):
                self._above += _bound_by(node, ":=" in code)
        names = tuple(dict.fromkeys(self._above))
        self._above, self._unread = [], []
        return names

    def _own(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The modules of the package that a statement imports, and the names from each."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                if self._is_own(alias.name):
                    yield alias.name, ()
            return
        module = node.module or ""
        if node.level:
            if node.level > len(self._folder):
                return
            parts = self._folder[: len(self._folder) - node.level + 1]
            module = ".".join([*parts, module] if module else parts)
        if self._is_own(module):
            yield module, tuple(alias.name for alias in node.names)

    def _is_own(self, module: str) -> bool:
        return module.split(".")[0] == self._package


def _is_in_line(code: str, position: int) -> bool:
    """Whether something stands before a position in its line."""
    return position > 0 and code[position - 1] != "\n"


def _statements(tree: ast.Module) -> Iterator[tuple[ast.stmt, bool, bool]]:
    """All statements in their order, whether an import runs them, and whether they are guarded."""
    pending: list[tuple[ast.AST, bool, bool]] = [(tree, True, False)]
    while pending:
        node, runs, is_guarded = pending.pop()
        if isinstance(node, ast.stmt):
            yield node, runs, is_guarded
        if guarded_body(node, "ImportError", "ModuleNotFoundError"):
            is_guarded = True
        skipped = set(map(id, _not_run(node)))
        children: list[tuple[ast.AST, bool, bool]] = []
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _STATEMENTS):
                children.append((child, runs and id(child) not in skipped, is_guarded))
        pending += reversed(children)


def _running(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that an import runs, in the outline of a cell."""
    for node in tree.body:
        if isinstance(node, _COMPOUND):
            for inner, runs, _ in _statements(ast.Module([node], [])):
                if runs:
                    yield inner
        else:
            yield node


def _not_run(node: ast.AST) -> list[ast.stmt]:
    """The statements in a statement that do not run when the module is imported."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.body
    if isinstance(node, ast.If) and any(map(_is_false_at_import, ast.walk(node.test))):
        return node.body
    return []


def _is_false_at_import(node: ast.AST) -> bool:
    """Whether a part of a condition is `TYPE_CHECKING` or `__name__`."""
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in ("TYPE_CHECKING", "__name__")


def _bound_by(node: ast.stmt, binds_in_expressions: bool) -> Iterator[str]:
    """The names that a statement binds, without the statements that it contains.

    Only the operator `:=` binds names in expressions, and most code has none.
    """
    if isinstance(node, DEFINITIONS):
        yield node.name
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name.split(".")[0]
        return
    parts = _parts(node)
    if not binds_in_expressions:
        parts = [part for part in parts if not isinstance(part, ast.Expr)]
        if isinstance(node, ast.Assign):
            parts = [*node.targets]
    for part in parts:
        for inner in ast.walk(part):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                yield inner.id


def _parts(node: ast.stmt) -> list[ast.AST]:
    """The parts of a statement that are not statements themselves."""
    if not hasattr(node, "body"):
        return [node]
    return [child for child in ast.iter_child_nodes(node) if not isinstance(child, _STATEMENTS)]
