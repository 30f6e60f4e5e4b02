"""Checks of modules that several notebooks make, and of notebooks that seem to be copies."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import Diagnostic, diagnose, display_path
from .imports import DEFINITIONS
from .module import Module, ModuleCell

_COPY = r"(.+)-Copy\d+$"  # how Jupyter names a copy

# Functions whose decorators are called so may have the same name.
_PARTS = r"patch|dispatch|register|overload|setter|getter|deleter|property"


def check_definitions(module: Module) -> Iterator[Diagnostic]:
    """Warnings for names that two notebooks of a module define: only the later one counts."""
    if len(module.notebooks) < 2:
        return
    first: dict[str, tuple[Path, list[str]]] = {}
    for item in module.cells:
        lines = item.parsed.code.split("\n")
        for name, node in _definitions(item):
            text = lines[node.lineno - 1 : node.end_lineno]
            notebook, earlier = first.setdefault(name, (item.notebook, text))
            is_new = isinstance(node, DEFINITIONS) or text != earlier
            if notebook != item.notebook and is_new and not _mentions(node, name):
                yield _defined_twice(item, node, name, notebook)
                first[name] = item.notebook, text


def _definitions(item: ModuleCell) -> Iterator[tuple[str, ast.stmt]]:
    """The names that a cell defines at its top level."""
    for node in item.tree.body:
        if isinstance(node, DEFINITIONS):
            if not any(map(_is_part, node.decorator_list)):
                yield node.name, node
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and not target.id.startswith("_"):
                    yield target.id, node


def _is_part(decorator: ast.expr) -> bool:
    """Whether a function with this decorator is a part of one thing, such as a property."""
    for node in ast.walk(decorator):
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        if re.search(_PARTS, name):
            return True
    return False


def _mentions(node: ast.stmt, name: str) -> bool:
    """Whether a definition builds on an earlier one of this name: `class A(A)`, `x = x + 1`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Load):
            return True
    return False


def _defined_twice(item: ModuleCell, node: ast.stmt, name: str, earlier: Path) -> Diagnostic:
    message = f"{name} is defined in {display_path(earlier)} too: only this definition counts"
    cell = item.parsed.cell
    line = item.parsed.line(node.lineno)
    return diagnose("defined-twice", message, item.notebook, cell.index, cell.id, line)


# --- modules that no `default_exp` names -------------------------------------------------------


def check_implied(module: Module) -> Iterator[Diagnostic]:
    """Warnings for notebooks whose names, and no `default_exp`, give them a module.

    Two of them with one module, and a copy with a module of its own, are probably slips.
    """
    for path in module.implied_by[1:]:
        message = f"{display_path(module.implied_by[0])} makes the module {module.name} too"
        yield diagnose("same-module", message, path)
    for path in module.implied_by:
        match = re.match(_COPY, path.stem)
        if match and path.with_name(f"{match[1]}.ipynb").exists():
            message = (
                f"this looks like a copy of {match[1]}.ipynb, and makes the module {module.name}"
            )
            hint = "delete the copy, or name its module with #default_exp"
            yield diagnose("same-module", message, path, hint=hint)
