"""The names that code binds in its module, and those that it looks up there.

They are read from the symbol table of Python's compiler. It holds flags for each name, and this
file reads the flags directly: the module `symtable` makes an object for each name, which takes ten
times as long.
"""

from __future__ import annotations

import _symtable  # type: ignore[import-not-found]  # a part of CPython that typeshed leaves out
import ast
import re
from collections.abc import Callable, Iterator

from .facts import CellNames
from .module import UNPARSABLE, parse_heads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class SymbolTable(Protocol):
        """The names of a module, class or function, as Python's compiler sees them."""

        name: str
        type: int
        lineno: int
        symbols: dict[str, int]  # for each name its flags
        children: list[SymbolTable]  # the classes and functions inside


_BINDS = _symtable.DEF_LOCAL | _symtable.DEF_IMPORT
_USES = _symtable.USE
_SCOPE_OFFSET = _symtable.SCOPE_OFF
_SCOPE_MASK = _symtable.SCOPE_MASK
_GLOBAL_STATEMENT = _symtable.GLOBAL_EXPLICIT
_GLOBAL_SCOPES = (_symtable.GLOBAL_IMPLICIT, _symtable.GLOBAL_EXPLICIT)
_FUTURE = "from __future__ import annotations"
_CLASS = _symtable.TYPE_CLASS
_RUNS_AT_ONCE = ("listcomp", "setcomp", "dictcomp")  # the names that Python gives to these scopes


def cell_names(code: str) -> CellNames:
    """The names of valid code."""
    names = scope_names(code)
    names.annotated = annotated_names(code)
    return names


def scope_names(code: str) -> CellNames:
    """The names that valid code binds and uses, without those in annotations."""
    names = CellNames()
    _collect(_symtable.symtable(code, "cell", "exec"), names)
    return names


def annotated_names(code: str, are_evaluated: bool = True) -> set[str]:
    """The names in those annotations of valid code that are not evaluated.

    These are strings, unless a `__future__` import says that no annotation is evaluated.
    """
    if _FUTURE in code:
        are_evaluated = False
    if are_evaluated and not re.search(_QUOTED_ANNOTATION, code):
        return set()
    return set(_names_in_annotations(code, are_evaluated))


def without_annotations(code: str, names: CellNames) -> CellNames:
    """The names of a cell in a module where annotations are not evaluated."""
    if _FUTURE in code:
        return names
    code = f"{_FUTURE}\n{code}"
    table = _symtable.symtable(code, "cell", "exec")
    found = CellNames(annotated=names.annotated)
    _collect(table, found)
    found.annotated |= names.used - found.used
    return found


def bound_names(code: str) -> set[str] | None:
    """The names that code binds in its module; None if it is not Python."""
    try:
        return scope_names(code).bound
    except UNPARSABLE:
        return None


def _collect(table: SymbolTable, names: CellNames) -> None:
    """Add the names of a module's scope, and of all scopes inside of it."""
    pending: list[tuple[SymbolTable, bool]] = [(table, True)]
    while pending:
        scope, runs_at_once = pending.pop()
        is_module = scope is table
        for name, flags in scope.symbols.items():
            kind = (flags >> _SCOPE_OFFSET) & _SCOPE_MASK
            if flags & _BINDS and (is_module or kind == _GLOBAL_STATEMENT):
                names.bound.add(name)
            elif flags & _USES and (is_module or kind in _GLOBAL_SCOPES):
                names.used.add(name)
                if runs_at_once:
                    names.used_at_once.add(name)
        for child in scope.children:
            is_immediate = child.type == _CLASS or child.name in _RUNS_AT_ONCE
            pending.append((child, runs_at_once and is_immediate))


# --- annotations -------------------------------------------------------------------------------

# A colon behind a name, or an arrow, and in the same line a quote behind names and brackets.
_QUOTED_ANNOTATION = r"[:>](?<=[\w ]:|->)[ \t]*(?:[\w.]+[ \t]*[\[|,][ \t]*)*[\"']\w"


def _names_in_annotations(code: str, are_evaluated: bool) -> Iterator[str]:
    """The names in annotations that are not evaluated: in strings, or in all of them."""
    for annotation in annotations_of(parse_heads(code)):
        for expression in _unevaluated(annotation, are_evaluated):
            yield from _names(expression)


def annotations_of(tree: ast.Module) -> Iterator[ast.expr]:
    """The annotations of functions, and of variables of modules and classes."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _annotations_of_function(node)
            continue
        if isinstance(node, ast.AnnAssign):
            yield node.annotation
        pending.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))


def _annotations_of_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.annotation:
            yield argument.annotation
    for extra in (arguments.vararg, arguments.kwarg):
        if extra and extra.annotation:
            yield extra.annotation
    if node.returns:
        yield node.returns


def _unevaluated(annotation: ast.expr, are_evaluated: bool) -> Iterator[ast.expr]:
    """The parts of an annotation that are not evaluated, with their strings parsed.

    The strings of `Literal["a"]` are values, and so is all but the first part of `Annotated`.
    """
    if not are_evaluated:
        yield annotation
    yield from _parsed_strings(annotation, _not_values)


def _not_values(subscript: ast.Subscript) -> list[ast.expr]:
    """What stands in brackets and may be a type."""
    kind = _last_name(subscript.value)
    if kind == "Annotated" and isinstance(subscript.slice, ast.Tuple):
        return subscript.slice.elts[:1]
    return [] if kind in ("Annotated", "Literal") else [subscript.slice]


def _parsed_strings(
    annotation: ast.expr, inside: Callable[[ast.Subscript], list[ast.expr]]
) -> Iterator[ast.expr]:
    """The strings in an annotation, parsed; `inside` chooses what is looked at in brackets."""
    pending = [annotation]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if parsed := _parse_expression(node.value):
                yield parsed
        elif isinstance(node, ast.Subscript):
            pending += inside(node)
        elif isinstance(node, ast.BinOp):
            pending += [node.left, node.right]
        elif isinstance(node, ast.Tuple | ast.List):
            pending += node.elts


# Of these, the strings in brackets are types. In other brackets they may be the axes of an array.
_CONTAINERS = frozenset(
    "list dict tuple set frozenset type Optional Union List Dict Tuple Set FrozenSet Type Callable "
    "Iterable Iterator Generator Sequence MutableSequence Collection Mapping MutableMapping "
    "DefaultDict Deque Awaitable Coroutine AsyncIterable AsyncIterator ClassVar Final".split()
)


def type_names(code: str, are_evaluated: bool) -> set[str]:
    """The names in annotations that are not evaluated, and that can only be meant as types.

    A string may also be prose, or name the axes of an array, as in `Float[Tensor, "B C"]`. So a
    string counts only if it stands alone or in a container, and of its names only those that begin
    with a capital letter. Names that a class or a function binds do not count.
    """
    found: set[str] = set()
    for annotation in annotations_of(parse_heads(code)):
        if not are_evaluated:
            found.update(_names(annotation))
        for expression in _parsed_strings(annotation, _in_container):
            found.update(name for name in _names(expression) if name[0].isupper())
    return found - _bound_in_inner_scopes(code)


def _names(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Name):
            yield node.id


def _in_container(subscript: ast.Subscript) -> list[ast.expr]:
    """What stands in brackets and is a type."""
    return [subscript.slice] if _last_name(subscript.value) in _CONTAINERS else []


def _bound_in_inner_scopes(code: str) -> set[str]:
    found: set[str] = set()
    pending: list[SymbolTable] = list(_symtable.symtable(code, "cell", "exec").children)
    while pending:
        scope = pending.pop()
        found.update(name for name, flags in scope.symbols.items() if flags & _BINDS)
        pending += scope.children
    return found


def _parse_expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except UNPARSABLE:
        return None


def _last_name(node: ast.expr) -> str:
    """`Literal` for `Literal` and for `typing.Literal`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


# --- places ------------------------------------------------------------------------------------

Place = tuple[int, int]  # line and column, both from 1


def first_uses(code: str, wanted: set[str]) -> dict[str, Place | None]:
    """The first place where valid code looks up each of these names in its module.

    It is None for a name that is used only where its absence is expected: in a `try` that catches
    a `NameError`, and where the code asks for the version of Python.
    """
    lines = _lines_of_scopes(code, wanted)
    found: dict[str, Place | None] = {}
    for node, is_expected in _nodes(ast.parse(code)):
        if not isinstance(node, ast.Name) or node.id not in wanted:
            continue
        place = (node.lineno, node.col_offset + 1)
        known = found.get(node.id)
        if node.lineno < lines.get(node.id, 0):  # another name, in a function of its own
            continue
        if is_expected:
            found.setdefault(node.id, None)
        elif known is None or place < known:
            found[node.id] = place
    return found


def first_annotations(code: str, wanted: set[str]) -> dict[str, Place | None]:
    """The first annotation that names each of these names."""
    found: dict[str, Place | None] = {}
    for annotation in annotations_of(ast.parse(code)):
        place = (annotation.lineno, annotation.col_offset + 1)
        for name in wanted & set(_words(annotation)):
            known = found.get(name)
            if known is None or place < known:
                found[name] = place
    return found


def _words(annotation: ast.expr) -> Iterator[str]:
    """The names in an annotation, and the words in its strings."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"\w+", node.value)


def _lines_of_scopes(code: str, wanted: set[str]) -> dict[str, int]:
    """For each name, the line of the first scope that looks it up in the module."""
    lines: dict[str, int] = {}
    pending: list[SymbolTable] = [_symtable.symtable(code, "cell", "exec")]
    while pending:
        table = pending.pop()
        for name in wanted & table.symbols.keys():
            scope = (table.symbols[name] >> _SCOPE_OFFSET) & _SCOPE_MASK
            if table.type == _symtable.TYPE_MODULE or scope in _GLOBAL_SCOPES:
                lines[name] = min(table.lineno, lines.get(name, table.lineno))
        pending += table.children
    return lines


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, bool]]:
    """All nodes, and whether a missing name is expected there."""
    pending: list[tuple[ast.AST, bool]] = [(tree, False)]
    while pending:
        node, is_expected = pending.pop()
        yield node, is_expected
        guarded = set(map(id, guarded_body(node, "NameError")))
        asks_version = isinstance(node, ast.If | ast.IfExp) and _asks_version(node.test)
        for child in ast.iter_child_nodes(node):
            pending.append((child, is_expected or asks_version or id(child) in guarded))


def _asks_version(test: ast.expr) -> bool:
    """Whether a condition asks for the version of Python: one of its branches does not run."""
    for node in ast.walk(test):
        if isinstance(node, ast.Name | ast.Attribute) and _last_name(node) in _VERSIONS:
            return True
    return False


_VERSIONS = ("version_info", "hexversion", "PY2", "PY3")
_PARENTS = ("Exception", "BaseException")  # of every kind of error


def guarded_body(node: ast.AST, *errors: str) -> list[ast.stmt]:
    """The statements in which a `try`, or a `with suppress(...)`, catches one of these errors."""
    if isinstance(node, ast.Try | ast.TryStar):
        if any(_names_error(handler.type, errors) for handler in node.handlers):
            return node.body
    elif isinstance(node, ast.With):
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and _last_name(call.func) == "suppress":
                return node.body if any(_names_error(arg, errors) for arg in call.args) else []
    return []


def _names_error(node: ast.expr | None, errors: tuple[str, ...]) -> bool:
    """Whether an `except` with this expression catches an error; without one, it catches all."""
    if node is None:
        return True
    if isinstance(node, ast.Tuple):
        return any(_names_error(element, errors) for element in node.elts)
    return _last_name(node) in (*errors, *_PARENTS)
