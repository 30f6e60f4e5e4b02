"""Names that exported code uses but never gets: an `import math` left behind in a cell that is not exported."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import WARNING, Diagnostic
from ..directives import Head
from ..notebook import Cell
from .module import Module

_GIVEN = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__package__", "__path__", "__spec__", "__loader__", "__annotations__"}
_words = re.compile(r"[^\W\d]\w*").findall

Unexported = dict[Path, list[tuple[Cell, Head]]]  # the code cells of each notebook that are not exported


def check_names(modules: list[Module], known: list[Module], unexported: Unexported, package: str) -> list[Diagnostic]:
    """A warning for each name that one of `modules` uses and that only an unexported cell of its notebooks binds.

    `known` are all modules of the project: star imports from them are looked up.
    """
    own = {f"{package}.{m.name}": m for m in known}
    return [problem for module in modules for problem in _check_module(module, unexported, own)]


def _check_module(module: Module, unexported: Unexported, own: dict[str, Module]) -> Iterator[Diagnostic]:
    if not all(name in own for name in module.stars):
        return  # nobody knows what a star import from elsewhere brings
    others = [pair for path in module.notebooks for pair in unexported.get(path, [])]
    code = "\n".join(item.head.code for item in module.cells)
    suspects = set(_words(code)) & {word for _, head in others for word in _words(head.code)} - _GIVEN
    if not suspects:
        return
    bound, used = {name for star in module.stars for name in own[star].public}, set()
    _collect(symtable.symtable(code, "module", "exec"), bound, used)
    for name in sorted(suspects & used - bound):
        place = next((cell for cell, head in others if _binds(head.code, name)), None)
        if place:
            yield _problem(module, name, place)


def _collect(table: symtable.SymbolTable, bound: set[str], used: set[str]) -> None:
    """The names that code binds in its module, and those that it looks up there, at any depth."""
    at_top = table.get_type() == "module"
    for symbol in table.get_symbols():
        is_bound = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
        if at_top and is_bound or symbol.is_declared_global() and is_bound:
            bound.add(symbol.get_name())
        elif symbol.is_referenced() and (at_top or symbol.is_global()):
            used.add(symbol.get_name())
    for child in table.get_children():
        _collect(child, bound, used)


def _binds(code: str, name: str) -> bool:
    if name not in code:
        return False
    try:
        symbol = symtable.symtable(code, "cell", "exec").lookup(name)
    except (SyntaxError, ValueError, KeyError):  # magics, or a name in a comment
        return False
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _problem(module: Module, name: str, place: Cell) -> Diagnostic:
    """The warning, at the first place where the name is used."""
    uses = ((item, node) for item in module.cells for node in ast.walk(ast.parse(item.head.code)) if isinstance(node, ast.Name) and node.id == name)
    item, node = next(uses, (module.cells[0], None))
    line, column = (item.head.line(node.lineno), node.col_offset + 1) if node else (None, None)
    return Diagnostic("left-behind", f"{name} is bound only in cell {place.index + 1} ({place.id}), which is not exported: {module.name} will lack it",
                      item.notebook, item.cell.index, item.cell.id, line, column, "export that cell too", WARNING)
