"""The source of a function or a class, and the same thing made again from another source.

It works for what was defined in a module and for what was defined in a cell of a notebook. What
is made again lives in a copy of the original's globals, so that the original never notices.
"""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
import os
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_FACTORY = "_make_again"  # the function around a function that uses variables of another one
_PATCHES = ("patch", "patch_to")  # decorators that would change a class of the original
_CELL = re.compile(r"(?P<path>.+\.ipynb):cell \d+")  # the file name that the runner gives a cell

_FUTURES = 0
for _name in __future__.all_feature_names:
    _FUTURES |= getattr(__future__, _name).compiler_flag


class NoSourceError(ValueError):
    """The source of something cannot be found."""


def name_of(original: Any) -> str:
    """The name of a function or a class inside of its module: `softmax` or `Linear.forward`."""
    name = getattr(original, "__qualname__", "") or getattr(original, "__name__", "")
    return str(name).rpartition("<locals>.")[2]


def variable_of(value: Any, namespace: dict[str, Any]) -> str:
    """The name of the variable that holds a function or a class, or "".

    It is the value's own name, if there is such a variable. A lambda, or what a decorator made, has
    another name of its own.
    """
    own = name_of(value)
    if not callable(value) or namespace.get(own) is value or "." in own:
        return own
    for name, held in namespace.items():
        if held is value and not name.startswith("_"):
            return name
    return own


def source_of(original: Any) -> str:
    """The source of a function or a class, without the indentation that it has as a whole."""
    name = name_of(original)
    try:
        if isinstance(original, type):
            source = _class_source(original)
        else:
            source = inspect.getsource(plain_function(original))
    except (OSError, TypeError, SyntaxError) as error:
        shown = name or repr(original)
        raise NoSourceError(f"the source of {shown} cannot be found") from error
    return textwrap.dedent(source)


def plain_function(original: Any) -> FunctionType:
    """The function that was written with `def`, without its decorators."""
    function = inspect.unwrap(original)
    function = getattr(function, "__func__", function)  # of a bound method
    if not isinstance(function, FunctionType):
        kind = type(original).__name__
        raise NoSourceError(f"a {kind} is neither a function that was made by def nor a class")
    return function


def functions_of(original: Any) -> list[FunctionType]:
    """The functions that were written with `def`: the methods of a class, or the function."""
    if not isinstance(original, type):
        try:
            return [plain_function(original)]
        except NoSourceError:
            return []
    functions = []
    for value in vars(original).values():
        if isinstance(value, property):
            value = value.fget
        value = getattr(value, "__func__", value)
        if isinstance(value, FunctionType) and value.__module__ == original.__module__:
            functions.append(value)
    return functions


def _class_source(cls: type) -> str:
    """The source of a class.

    `inspect.getsource` finds no class that was defined in a notebook, but it finds its methods.
    """
    own = f"{cls.__qualname__}."
    for function in functions_of(cls):
        code = function.__code__
        if not function.__qualname__.startswith(own):
            continue
        lines = linecache.getlines(code.co_filename, function.__globals__)
        start = _line_of_class(lines[: code.co_firstlineno], cls.__name__)
        if start is not None:
            return "".join(inspect.getblock(lines[start:]))
    for name in _cell_files():
        lines = linecache.getlines(name)
        start = _line_of_class(lines, cls.__name__)
        if start is not None:
            return "".join(inspect.getblock(lines[start:]))
    return inspect.getsource(cls)


def _cell_files() -> Iterator[str]:
    """The files that only the memory holds, as cells of notebooks do; the last one comes first."""
    for name in reversed(list(linecache.cache)):
        if not os.path.isabs(name) or not os.path.exists(name):
            yield name


def _line_of_class(lines: list[str], name: str) -> int | None:
    """The index of the line where the last class of this name begins, with its decorators."""
    begins = re.compile(rf"\s*class\s+{re.escape(name)}\b")
    for index in range(len(lines) - 1, -1, -1):
        if begins.match(lines[index]):
            while index and lines[index - 1].lstrip().startswith("@"):
                index -= 1
            return index
    return None


def globals_of(original: Any) -> dict[str, Any]:
    """The globals in which a function or a class was defined."""
    for function in functions_of(original):
        return function.__globals__
    import sys

    module = sys.modules.get(getattr(original, "__module__", "") or "")
    if module is None:
        raise NoSourceError(f"the module of {name_of(original)} cannot be found")
    return vars(module)


def notebook_of(original: Any) -> Path | None:
    """The notebook in which something was defined, if that can be known."""
    for function in functions_of(original):
        match = _CELL.match(function.__code__.co_filename)
        if match:
            return Path(match["path"])
    given = globals_of(original).get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME", "")
    path = Path(str(given))
    return path if path.suffix == ".ipynb" and path.is_file() else None


# --- made again --------------------------------------------------------------------------------


def definition_in(tree: ast.Module, name: str) -> Definition | None:
    """The last definition of a name in a module, or of `Class.method` in its classes."""
    body: list[ast.stmt] = tree.body
    found: Definition | None = None
    for part in name.split("."):
        found = None
        for node in body:
            if isinstance(node, Definition) and node.name == part:
                found = node
        if found is None:
            return None
        body = found.body
    return found


def first_line(node: Definition) -> int:
    """The number of the line where a definition begins, with its decorators."""
    return min([node.lineno, *[decorator.lineno for decorator in node.decorator_list]])


def define(source: str, original: Any, namespace: dict[str, Any], label: str) -> Any:
    """Run the source of a function or a class in a namespace, and return what it defines.

    `label` is the name of its file in tracebacks. Raises a `SyntaxError` if the source is wrong.
    """
    file_name = f"<{label}>"
    name = name_of(original).rpartition(".")[2]
    tree = ast.parse(source, file_name)
    node = definition_in(tree, name)
    if node is None:
        raise SyntaxError(f"it no longer defines {name}")
    node.decorator_list = [
        decorator for decorator in node.decorator_list if not _is_patch(decorator)
    ]
    cells = {} if isinstance(original, type) else _closure(plain_function(original))
    if cells:
        tree = _in_factory(node, cells)
    code = compile(tree, file_name, "exec", _flags_of(original), dont_inherit=True)
    _remember(source, file_name)
    exec(code, namespace)
    made = namespace.pop(_FACTORY)(**cells) if cells else namespace[name]
    _take_name(made, original)
    return made


def run_source(source: str, original: Any, namespace: dict[str, Any], label: str) -> None:
    """Run some source in a namespace, with the features of `__future__` that the original has.

    `label` is the name of its file in tracebacks.
    """
    file_name = f"<{label}>"
    code = compile(source, file_name, "exec", _flags_of(original), dont_inherit=True)
    _remember(source, file_name)
    exec(code, namespace)


def _remember(source: str, file_name: str) -> None:
    """Let tracebacks, and `inspect`, find the source of code."""
    linecache.cache[file_name] = len(source), None, source.splitlines(keepends=True), file_name


def _is_patch(decorator: ast.expr) -> bool:
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(call, ast.Name) and call.id in _PATCHES


def _closure(function: FunctionType) -> dict[str, Any]:
    """The variables of an outer function that a function uses, by their names."""
    values = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            values[name] = cell.cell_contents
        except ValueError:  # it has no value yet
            continue
    values.pop(function.__name__, None)  # a function that calls itself calls its new version
    return values


def _in_factory(node: Definition, names: Iterable[str]) -> ast.Module:
    """A module with a function that has these parameters, and that returns a definition."""
    parameters = ", ".join(names)
    tree = ast.parse(f"def {_FACTORY}({parameters}):\n    return {node.name}")
    factory = tree.body[0]
    assert isinstance(factory, ast.FunctionDef)
    factory.body.insert(0, node)
    return tree


def _flags_of(original: Any) -> int:
    """The features of `__future__` that the source of a function or a class was compiled with."""
    flags = 0
    for function in functions_of(original):
        code: CodeType = function.__code__
        flags |= code.co_flags & _FUTURES
    return flags


def _take_name(made: Any, original: Any) -> None:
    try:
        made.__qualname__ = original.__qualname__
    except (AttributeError, TypeError):  # made by a decorator, and without a place for a name
        pass


def separate_globals(original: Any) -> dict[str, Any]:
    """A copy of the original's globals."""
    return dict(globals_of(original))


def rebind_functions(namespace: dict[str, Any], shared: dict[str, Any]) -> None:
    """Let the functions of a copied namespace use this namespace, and not the one it came from."""
    for name, value in list(namespace.items()):
        if isinstance(value, FunctionType) and value.__globals__ is shared:
            namespace[name] = _with_globals(value, namespace)


def _with_globals(function: FunctionType, namespace: dict[str, Any]) -> FunctionType:
    copy = FunctionType(
        function.__code__,
        namespace,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__qualname__ = function.__qualname__
    copy.__doc__ = function.__doc__
    copy.__dict__.update(function.__dict__)
    return copy
