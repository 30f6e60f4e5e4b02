"""Code that was typed in a module, as the compiler writes it once it stands in a notebook."""

from __future__ import annotations

import ast

from ..directives import Dialect
from ..project import Project
from .cell_source import code_of, code_of_new
from .imports import make_absolute, make_relative
from .module import Module
from .reader import blackened

Lines = tuple[str, ...]  # of a cell, without blank ones


def package_of(project: Project, module: Module) -> list[str]:
    """The package that a module lies in, such as ["foundations", "data"]."""
    return [project.package, *module.path.parent.relative_to(project.lib_path).parts]


def lines_of(code: str) -> Lines:
    """The lines of code without blank ones, and without imports that are lifted to the head."""
    lines = []
    for line in code.split("\n"):
        if line.strip() and not line.startswith("from __future__ import"):
            lines.append(line)
    return tuple(lines)


def compiled_lines(project: Project, module: Module, code: str, dialect: str) -> Lines:
    """Code as it comes out of the compiler once it stands in a cell of a notebook.

    Raises a `SyntaxError` if the code is not Python.
    """
    package = package_of(project, module)
    code = code_of(make_absolute(code, package), dialect)
    if project.black_formatting:
        code = blackened(code)
    if project.relative_imports:
        code = make_relative(code, ast.parse(code), package)
    return lines_of(code)


def compiled_lines_of_new(project: Project, module: Module, code: str) -> set[Lines]:
    """The same for the code of a new cell, in each spelling of directives that a notebook has."""
    found = {lines_of(code)}
    for dialect in (Dialect.PLAIN, Dialect.MARKED):
        try:
            found.add(compiled_lines(project, module, code_of_new(code, dialect), dialect))
        except SyntaxError:  # the notebook does not contain it yet: its update would be refused
            continue
    return found
