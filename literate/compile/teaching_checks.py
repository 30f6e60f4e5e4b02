"""Checks of the directives for teaching: `#| proof: ...`, `#| solution` and `#| exercise`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import Diagnostic
from ..directives import EXERCISE, EXPORTS, PROOF, SOLUTION, ParsedCell, is_teaching_directive
from .checks import in_cell
from .directive_checks import comment_lines

_WORD = re.compile(r"\w+")


def check_teaching(path: Path, cells: list[ParsedCell]) -> Iterator[Diagnostic]:
    """Diagnostics for the directives for teaching in the code cells of a notebook."""
    for parsed in cells:
        if parsed.cell.type == "code" and "|" in parsed.cell.source:
            yield from _check_proof(path, parsed)
            yield from _check_solution(path, parsed)
            yield from _check_late(path, parsed)


def _check_proof(path: Path, parsed: ParsedCell) -> Iterator[Diagnostic]:
    proof = parsed.option(PROOF)
    if proof is None:
        return
    if not parsed.proof:
        message = "#| proof does not say what the cell proves"
        yield in_cell("empty-proof", message, path, parsed.cell, proof.line)
    export = parsed.get(*EXPORTS)
    if export is not None:
        message = f"the cell is a proof, but {export.name} puts it into a module"
        yield in_cell("exported-proof", message, path, parsed.cell, export.line)


def _check_solution(path: Path, parsed: ParsedCell) -> Iterator[Diagnostic]:
    directive = parsed.option(SOLUTION) or parsed.option(EXERCISE)
    if directive is None or _has_exercise(parsed.code):
        return
    name = directive.name.rstrip(":")
    message = f"#| {name} stands over a cell without anything that a student could write"
    yield in_cell("empty-solution", message, path, parsed.cell, directive.line)


def _has_exercise(code: str) -> bool:
    """Whether code has a function or a class that is not private, or an assignment."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError):
        return False
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not node.name.startswith("_"):
                return True
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            return True
    return False


def _check_late(path: Path, parsed: ParsedCell) -> Iterator[Diagnostic]:
    """Warnings for directives for teaching that stand below the head of the cell."""
    in_use = {directive.line for directive in parsed.directives}
    comments: frozenset[int] | None = None
    for number, line in enumerate(parsed.cell.source.split("\n"), 1):
        if number in in_use or not is_teaching_directive(line):
            continue
        if comments is None:
            comments = comment_lines(parsed.cell.source)
        if number not in comments:
            continue
        word = _WORD.search(line)
        assert word is not None
        message = f"#| {word[0]} must come before the first line of code"
        yield in_cell("misplaced-directive", message, path, parsed.cell, number)
