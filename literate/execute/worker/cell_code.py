"""How IPython compiles the code of a cell: under which file name, and with which line numbers."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Mapping
from functools import cached_property

from IPython.core.compilerop import CachingCompiler
from IPython.core.inputtransformer2 import TokenTransformBase

from .asserts import Asserts


class CellCompiler(CachingCompiler):
    """Compiles each cell under a file name of its own, with the line numbers of the cell.

    The line numbers are right below `%%capture`, too, where IPython compiles the rest of the cell.
    If a cell counts as a part of a module, its code gets the file name and the lines of the module.
    """

    name = ""  # the file name of the cell that runs
    source = ""  # the source of the cell that runs
    lines: Mapping[int, int] = {}  # the line in the module for each line of the cell, or empty
    keeps_values = True  # whether a failing assert is to show its values
    _offset = 0  # how many lines of the cell stand above the code that is compiled

    @cached_property
    def asserts(self) -> Asserts:
        """The asserts of the notebook."""
        return Asserts()

    def begin(self, name: str, source: str, lines: Mapping[int, int]) -> None:
        """Set the cell that is about to run."""
        self.name = name
        self.source = source
        self.lines = lines

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        """The file name for code that IPython is about to compile."""
        code = transformed_code if raw_code is None else raw_code
        code = code.strip()
        self._offset = 0
        if not code or not self.source.rstrip().endswith(code):
            # The cell has asked IPython to run other code: `get_ipython().run_cell("...")`.
            return super().cache(transformed_code, number, raw_code)
        start = self.source.rindex(code)
        self._offset = self.source.count("\n", 0, start)
        if not self.lines:
            lines = [line + "\n" for line in self.source.split("\n")]
            linecache.cache[self.name] = len(self.source), None, lines, self.name
        return self.name

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        """Parse code, and number its lines as in the cell or in the module."""
        is_cell = filename == self.name
        offset = self._offset if is_cell else 0
        try:
            tree = super().ast_parse(source, filename, symbol)
        except SyntaxError as error:
            if error.lineno:
                error.lineno += offset
            raise
        if self.keeps_values and "assert" in source:
            self.asserts.instrument(tree)
        if offset:
            ast.increment_lineno(tree, offset)
        if is_cell and self.lines:
            _renumber(tree, self.lines)
        return tree


def _renumber(tree: ast.AST, lines: Mapping[int, int]) -> None:
    """Replace each line number by its number in `lines`.

    A line without such a number keeps its distance to the first line that has one.
    """
    first_line, first_number = next(iter(lines.items()))
    shift = first_number - first_line
    for node in ast.walk(tree):
        for attribute in ("lineno", "end_lineno"):
            line = getattr(node, attribute, None)
            if line:
                setattr(node, attribute, lines.get(line, max(1, line + shift)))


def keeping_lines(transformer: type[TokenTransformBase]) -> type[TokenTransformBase]:
    """A class that rewrites a magic as IPython does, but keeps the number of lines.

    IPython makes one line of a magic that goes over several lines. The lines below it would then
    have wrong numbers, so empty lines are added behind it.
    """

    class LineKeeper(transformer):  # type: ignore[valid-type, misc]  # the base is not constant
        def transform(self, lines: list[str]) -> list[str]:
            rewritten: list[str] = super().transform(lines)
            end = self.start_line + 1
            removed = len(lines) - len(rewritten)
            return rewritten[:end] + ["\n"] * removed + rewritten[end:]

    return LineKeeper
