"""Names that exported code uses but never gets: an `import math` left behind in a cell that is not exported."""

from __future__ import annotations

import _symtable
import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import WARNING, Diagnostic
from ..directives import Head
from ..notebook import Cell
from .module import Module, parse_error

_GIVEN = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__package__", "__path__", "__spec__", "__loader__", "__annotations__"}

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
    bound, used = {name for star in module.stars for name in own[star].public}, set()
    try:
        _collect(_symtable.symtable(code, "module", "exec"), bound, used)
    except SyntaxError:  # or a `__future__` import, which may stand in a cell further down
        yield from _scope_errors(module)
        return
    for name in sorted(used - bound - _GIVEN):
        place = next((cell for cell, head in others if _binds(head.code, name)), None)
        if place:
            yield _problem(module, name, place)


def _scope_errors(module: Module) -> Iterator[Diagnostic]:
    """What parses and still is no Python, such as a `global` below an assignment."""
    for item in module.cells:
        try:
            _symtable.symtable(item.head.code, "cell", "exec")
        except SyntaxError as error:
            message, line, column = parse_error(error)
            yield Diagnostic("syntax", message, item.notebook, item.cell.index, item.cell.id, item.head.line(line or 1), column,
                             "this cell is exported")


def _collect(table, bound: set[str], used: set[str], at_top: bool = True) -> None:
    """The names that code binds in its module, and those that it looks up there, at any depth.

    Straight from the flags that `symtable` wraps: for each name an object of its own, which takes ten times as long.
    """
    for name, flags in table.symbols.items():
        scope = flags >> _symtable.SCOPE_OFF & _symtable.SCOPE_MASK
        if flags & (_symtable.DEF_LOCAL | _symtable.DEF_IMPORT) and (at_top or scope == _symtable.GLOBAL_EXPLICIT):
            bound.add(name)
        elif flags & _symtable.USE and (at_top or scope in (_symtable.GLOBAL_IMPLICIT, _symtable.GLOBAL_EXPLICIT)):
            used.add(name)
    for child in table.children:
        _collect(child, bound, used, at_top=False)


def _binds(code: str, name: str) -> bool:
    if name not in code:
        return False
    import symtable

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
