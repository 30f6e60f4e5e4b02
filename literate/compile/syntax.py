"""Syntax: whether the code of exported cells is valid in a module.

Each cell is parsed, and each module is compiled as a whole, because Python's compiler refuses more
than its parser: a `return` outside of a function is an example.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

from ..diagnostics import Diagnostic
from ..directives import ParsedCell
from .checks import in_cell
from .imports import is_dynamic_all
from .module import (
    UNPARSABLE,
    Module,
    future_imports,
    outline,
    parse_error,
    without_future_imports,
)

_MAGIC = r"\s*(%|!|\?)|.*\?\s*$|\s*\w+\s*=\s*[!%]"
_MAGIC_HINT = "IPython's magics have no place in a module: move them to a cell that is not exported"

_RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


# --- one cell ----------------------------------------------------------------------------------


def parse_exported(path: Path, parsed: ParsedCell, min_python: str = "") -> ast.Module | Diagnostic:
    """The outline of a cell's code, or an error if Python's parser refuses it.

    `compile_module` looks at the bodies of functions, which the outline lacks.
    `min_python` is the oldest Python that the project supports, for the message.
    """
    try:
        return outline(parsed.code)
    except UNPARSABLE as error:
        return _parser_error(path, parsed, error, min_python)


def _parser_error(path: Path, parsed: ParsedCell, error: Exception, min_python: str) -> Diagnostic:
    """The error for code that the parser refuses.

    A newer Python may accept most of such code, so the message names the Python that runs.
    """
    message, line, column = parse_error(error)
    hint = None
    if _is_magic(parsed.code, line):
        hint = _MAGIC_HINT
    elif not isinstance(error, IndentationError) and "was never closed" not in message:
        message = f"{message}; this is Python {_RUNNING}"
        if min_python not in ("", _RUNNING):
            message += f", and min_python is {min_python}"
    place = parsed.line(line or 1)
    return in_cell("syntax", message, path, parsed.cell, place, hint, column=column)


def _is_magic(code: str, line: int | None) -> bool:
    """Whether a line of the code looks like a magic of IPython."""
    lines = code.split("\n")
    refused = lines[min(line or 1, len(lines)) - 1]
    return bool(re.match(_MAGIC, refused))


def check_statements(path: Path, parsed: ParsedCell, tree: ast.Module) -> Iterator[Diagnostic]:
    """Diagnostics for top-level statements that do not work in a module, up to the first error."""
    for node in tree.body:
        line = parsed.line(node.lineno)
        if is_dynamic_all(node):
            message = "_all_ is not a plain list of names, so they cannot be added to __all__"
            yield in_cell("dynamic-all", message, path, parsed.cell, line)
        if isinstance(node, ast.ImportFrom) and node.level:
            message = "a notebook does not belong to a package, so a relative import fails in it"
            yield in_cell("relative-import", message, path, parsed.cell, line)
            return


# --- a module as a whole -----------------------------------------------------------------------


def compile_module(module: Module, min_python: str = "") -> CodeType | list[Diagnostic]:
    """The code of a module, or an error for each cell that Python refuses as a part of it."""
    codes = [item.parsed.code for item in module.cells]
    compiled = _compile("\n".join(codes))
    if isinstance(compiled, CodeType):
        return compiled
    # Either a cell is wrong, or cells do not fit together, or a `__future__` import stands in a
    # later cell. Only the last is allowed: the module's text has such an import at its top.
    found = []
    for item in module.cells:
        error = _compile(item.parsed.code)
        if isinstance(error, CodeType):
            continue
        by_parser = _parser_refusal(item.parsed.code)
        if by_parser is None:
            found.append(_compiler_error(item.notebook, item.parsed, error))
        else:
            found.append(_parser_error(item.notebook, item.parsed, by_parser, min_python))
    return found or _compile_joined(module)


def _compile(code: str) -> CodeType | Exception:
    """The compiled code, or the error for code that Python refuses."""
    with warnings.catch_warnings(action="ignore"):
        try:
            compiled: CodeType = compile(code, "cell", "exec", dont_inherit=True)
        except UNPARSABLE as error:
            return error
    return compiled


def _parser_refusal(code: str) -> Exception | None:
    """The error that parsing raises; None for code that only the compiler refuses."""
    try:
        ast.parse(code)
    except UNPARSABLE as error:
        return error
    return None


def _compile_joined(module: Module) -> CodeType | list[Diagnostic]:
    """The code of a module with `__future__` imports at its top.

    Or the error for cells that are valid by themselves, and refused in one module.
    """
    statements = future_imports(module.cells)
    codes = [without_future_imports(item.parsed.code, item.tree) for item in module.cells]
    error = _compile("\n".join([*statements, *codes]))
    if isinstance(error, CodeType):
        return error
    line = (getattr(error, "lineno", None) or 1) - len(statements)
    for item, code in zip(module.cells, codes, strict=True):
        count = code.count("\n") + 1
        if line <= count:
            return [_compiler_error(item.notebook, item.parsed, error, line)]
        line -= count
    last = module.cells[-1]
    return [_compiler_error(last.notebook, last.parsed, error)]


def _compiler_error(
    path: Path, parsed: ParsedCell, error: Exception, line: int | None = None
) -> Diagnostic:
    """The error for code that is valid for the parser, and not for the compiler."""
    message, line_of_error, column = parse_error(error)
    line = parsed.line(line or line_of_error or 1)
    return in_cell("syntax", message, path, parsed.cell, line, column=column)
