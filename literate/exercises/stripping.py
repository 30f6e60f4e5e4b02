"""An exercise, made from the source of its solution: what the student has to write is left out.

Functions and methods keep their signatures and docstrings. Functions whose names begin with an
underscore stay as they are: they are given. In a cell without functions and classes, the
assignments are the exercise.
"""

from __future__ import annotations

import ast
import io
import tokenize

from ..records import dataclass
from .sources import first_line

Function = ast.FunctionDef | ast.AsyncFunctionDef

UNWRITTEN = "is still to be written"


@dataclass(frozen=True)
class _Replacement:
    """New text for a piece of the source; its lines are counted from 1, its columns from 0."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def exercise_names(source: str) -> list[str]:
    """The names of what a student has to write, in the source of a solution."""
    tree = ast.parse(source)
    return [name for node in solution_nodes(tree) for name in defined_names(node)]


def solution_nodes(tree: ast.Module) -> list[ast.stmt]:
    """The statements that an exercise leaves to the student: definitions, or else assignments."""
    definitions: list[ast.stmt] = []
    assignments: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef):
            if not node.name.startswith("_"):
                definitions.append(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and defined_names(node):
            assignments.append(node)
    return definitions or assignments


def defined_names(node: ast.stmt) -> list[str]:
    """The names that a definition or an assignment gives a value to."""
    if isinstance(node, Function | ast.ClassDef):
        return [node.name]
    targets: list[ast.expr]
    if isinstance(node, ast.AnnAssign):
        targets = [node.target] if node.value is not None else []
    else:
        assert isinstance(node, ast.Assign)
        targets = list(node.targets)
    names = []
    for target in targets:
        parts: list[ast.expr] = [target]
        if isinstance(target, ast.Tuple | ast.List):
            parts = target.elts
        names += [part.id for part in parts if isinstance(part, ast.Name)]
    return names


def stripped(source: str) -> str:
    """The source without what the student has to write.

    Raises a `SyntaxError` if it is not Python.
    """
    replacements: list[_Replacement] = []
    for node in solution_nodes(ast.parse(source)):
        _strip(node, "", source, replacements)
    return _replace(source, replacements)


def _strip(node: ast.stmt, prefix: str, source: str, replacements: list[_Replacement]) -> None:
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            if isinstance(inner, Function | ast.ClassDef):
                _strip(inner, f"{prefix}{node.name}.", source, replacements)
    elif isinstance(node, Function):
        replacements.append(_empty_body(node, prefix, source))
    else:
        assert isinstance(node, ast.Assign | ast.AnnAssign)
        replacements.append(_empty_value(node))


def _empty_body(node: Function, prefix: str, source: str) -> _Replacement:
    """What stands for the body of a function: its docstring, and an exception."""
    indent = " " * node.col_offset + "    "
    first = node.body[0]
    if first.lineno > node.lineno and first.lineno > _header_end(node, source)[0]:
        indent = " " * first.col_offset
    missing = f'{indent}raise NotImplementedError("{prefix}{node.name} {UNWRITTEN}")'
    last = node.body[-1]
    end = last.end_lineno or last.lineno, last.end_col_offset or 0
    docstring = _docstring(node)
    if docstring is not None and docstring.lineno > _header_end(node, source)[0]:
        start = docstring.end_lineno or docstring.lineno, docstring.end_col_offset or 0
        if docstring is last:
            return _Replacement(start, start, f"\n{missing}")
        return _Replacement(start, end, f"\n{missing}")
    text = f"\n{missing}"
    if docstring is not None:
        text = f"\n{indent}{ast.get_source_segment(source, docstring)}{text}"
    return _Replacement(_header_end(node, source), end, text)


def _docstring(node: Function) -> ast.Expr | None:
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is None:
        return None
    assert isinstance(first, ast.Expr)
    return first


def _header_end(node: Function, source: str) -> tuple[int, int]:
    """Where the signature of a function ends: behind its colon, and a comment on that line."""
    lines = source.splitlines(keepends=True)
    text = "".join(lines[node.lineno - 1 :])
    depth = 0
    end = (0, 0)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if end != (0, 0):
            if token.type == tokenize.COMMENT:
                end = token.end
            break
        if token.string in ("(", "[", "{"):
            depth += 1
        elif token.string in (")", "]", "}"):
            depth -= 1
        elif token.string == ":" and depth == 0:
            end = token.end
    line, column = end
    # `tokenize` counts characters, and `ast` counts bytes
    before = lines[node.lineno + line - 2][:column]
    return node.lineno + line - 1, len(before.encode())


def _empty_value(node: ast.Assign | ast.AnnAssign) -> _Replacement:
    """What stands for the value of an assignment."""
    assert node.value is not None
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    count = len(target.elts) if isinstance(target, ast.Tuple | ast.List) else 1
    names = ", ".join(defined_names(node))
    verb = UNWRITTEN if count == 1 else UNWRITTEN.replace("is", "are", 1)
    text = f"{', '.join(['...'] * count)}  # {names} {verb}"
    start = node.value.lineno, node.value.col_offset
    end = node.value.end_lineno or node.value.lineno, node.value.end_col_offset or 0
    return _Replacement(start, end, text)


def _replace(source: str, replacements: list[_Replacement]) -> str:
    """The source with its replacements; columns are counted in bytes, as `ast` does."""
    lines = source.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    whole = b"".join(lines)
    pieces = []
    copied = 0
    for replacement in sorted(replacements, key=lambda each: each.start):
        start = starts[replacement.start[0] - 1] + replacement.start[1]
        end = starts[replacement.end[0] - 1] + replacement.end[1]
        pieces += [whole[copied:start], replacement.text.encode()]
        copied = end
    return b"".join([*pieces, whole[copied:]]).decode()


def solution_code(source: str) -> str:
    """What the source of a solution defines, and its imports, without its other statements."""
    tree = ast.parse(source)
    wanted = solution_nodes(tree)
    lines = source.splitlines(keepends=True)
    pieces = []
    for node in tree.body:
        start = node.lineno
        if isinstance(node, Function | ast.ClassDef):
            start = first_line(node)
        elif not isinstance(node, ast.Import | ast.ImportFrom) and node not in wanted:
            continue
        pieces.append("".join(lines[start - 1 : node.end_lineno]).rstrip("\n"))
    return "\n\n\n".join(pieces) + "\n"
