"""Undefined names: names that exported code uses, but that only cells outside of the module define.

An example is an `import math` in a cell that is not exported: the notebook runs, the module fails.
"""

from __future__ import annotations

import _symtable  # type: ignore[import-not-found]  # a part of CPython that typeshed leaves out
import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import Diagnostic, diagnose
from ..directives import ParsedCell
from ..notebook import Cell
from .checks import syntax_error
from .module import Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class SymbolTable(Protocol):
        """The names of a module, class or function, as Python's compiler sees them."""

        symbols: dict[str, int]  # for each name its flags
        children: list[SymbolTable]  # the classes and functions inside


# The names that every module has.
_GIVEN = frozenset(dir(builtins)) | {
    *("__file__", "__name__", "__doc__", "__package__", "__path__", "__spec__"),
    *("__loader__", "__annotations__"),
}

_BINDS = _symtable.DEF_LOCAL | _symtable.DEF_IMPORT
_USES = _symtable.USE
_SCOPE_OFFSET = _symtable.SCOPE_OFF
_SCOPE_MASK = _symtable.SCOPE_MASK
_GLOBAL_STATEMENT = _symtable.GLOBAL_EXPLICIT
_GLOBAL_SCOPES = (_symtable.GLOBAL_IMPLICIT, _symtable.GLOBAL_EXPLICIT)

Unexported = dict[Path, list[ParsedCell]]  # the code cells of each notebook that are not exported


def check_names(
    modules: list[Module], known: list[Module], unexported: Unexported, package: str
) -> list[Diagnostic]:
    """A warning for each name that a module uses and that only an unexported cell defines.

    `known` are all modules of the project: the names of star imports from them are looked up.
    """
    by_name = {f"{package}.{module.name}": module for module in known}
    found: list[Diagnostic] = []
    for module in modules:
        found += _check_module(module, unexported, by_name)
    return found


def _check_module(
    module: Module, unexported: Unexported, by_name: dict[str, Module]
) -> Iterator[Diagnostic]:
    """The warnings for one module."""
    bound: set[str] = set()
    used: set[str] = set()
    for name in module.star_imports:
        if name not in by_name:  # the names in a module from elsewhere are not known
            return
        bound.update(by_name[name].public)
    code = "\n".join(item.parsed.code for item in module.cells)
    try:
        _collect_names(_symtable.symtable(code, "module", "exec"), bound, used)
    except SyntaxError:
        # Either a cell is wrong, or a `__future__` import stands in a later cell. That is allowed,
        # because the module's text has such an import at its top, but the check ends here.
        yield from _check_scopes(module)
        return
    for name in sorted(used - bound - _GIVEN):
        cell = _defining_cell(name, module, unexported)
        if cell is not None:
            yield _undefined_name(module, name, cell)


def _check_scopes(module: Module) -> Iterator[Diagnostic]:
    """An error for each cell that the parser accepts and the compiler refuses.

    An example is a `global` statement below an assignment to the same name.
    """
    for item in module.cells:
        try:
            _symtable.symtable(item.parsed.code, "cell", "exec")
        except SyntaxError as error:
            yield syntax_error(item.notebook, item.parsed, error)


def _collect_names(
    table: SymbolTable, bound: set[str], used: set[str], is_module: bool = True
) -> None:
    """Add the names that code binds in its module, and those that it looks up there, at any depth.

    This reads the flags of the symbol table directly. The module `symtable` makes an object for
    each name, which takes ten times as long.
    """
    for name, flags in table.symbols.items():
        scope = (flags >> _SCOPE_OFFSET) & _SCOPE_MASK
        if flags & _BINDS and (is_module or scope == _GLOBAL_STATEMENT):
            bound.add(name)
        elif flags & _USES and (is_module or scope in _GLOBAL_SCOPES):
            used.add(name)
    for child in table.children:
        _collect_names(child, bound, used, is_module=False)


def _defining_cell(name: str, module: Module, unexported: Unexported) -> Cell | None:
    """The first unexported cell in the module's notebooks that defines a name."""
    for path in module.notebooks:
        for parsed in unexported.get(path, []):
            if name in parsed.code and _defines(parsed.code, name):
                return parsed.cell
    return None


def _defines(code: str, name: str) -> bool:
    """Whether code binds a name at its top level; code with magics counts as not binding any."""
    import symtable

    try:
        symbol = symtable.symtable(code, "cell", "exec").lookup(name)
    except (SyntaxError, ValueError, KeyError):  # a KeyError: the name stands in a comment
        return False
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _undefined_name(module: Module, name: str, defined_in: Cell) -> Diagnostic:
    """The warning, at the first place where the module uses the name."""
    message = (
        f"{name} is defined only in cell {defined_in.index + 1} ({defined_in.id}), which is not "
        f"exported: {module.name} will lack it"
    )
    for item in module.cells:
        cell = item.parsed.cell
        for node in ast.walk(ast.parse(item.parsed.code)):
            if isinstance(node, ast.Name) and node.id == name:
                line = item.parsed.line(node.lineno)
                column = node.col_offset + 1
                where = (item.notebook, cell.index, cell.id, line, column)
                return diagnose("undefined-name", message, *where)
    first = module.cells[0]
    cell = first.parsed.cell
    return diagnose("undefined-name", message, first.notebook, cell.index, cell.id)
