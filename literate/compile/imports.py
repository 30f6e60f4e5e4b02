"""Imports of the own package, made relative and absolute again, and the names in `__all__`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)

TYPE_CHECKING = False
if TYPE_CHECKING:
    Assignment = ast.Assign | ast.AnnAssign | ast.AugAssign

_FROM = re.compile(r"from(?:[ \t]|\\\n)+(?P<module>\w+(?:\s*\.\s*\w+)*)")
_DOTS_AND_NAME = re.compile(r"[.\s\\]*[\w.]*")


# --- imports -----------------------------------------------------------------------------------


def make_relative(code: str, tree: ast.Module, package: list[str]) -> str:
    """Rewrite each top-level `from <own package>... import` for a module in `package`.

    `package` is the module's package, such as ["foundations", "data"]; `tree` is the parsed code.
    """
    for node in reversed(tree.body):  # from the end, so that earlier positions stay valid
        if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
            continue
        if node.module.split(".")[0] != package[0]:
            continue
        match = _FROM.match(code, _offset(code, node))
        if match is None:
            continue
        before = code[: match.start("module")]
        after = code[match.end("module") :]
        code = before + relative_name(node.module, package) + after
    return code


def make_absolute(code: str, package: list[str]) -> str:
    """The reverse of `make_relative`: each top-level `from .x import` gets the package's name.

    Raises a `SyntaxError` if the code is not Python, or if an import leaves the package.
    """
    for node in reversed(ast.parse(code).body):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        if node.level > len(package):
            where = ("", node.lineno, node.col_offset + 1, "")
            raise SyntaxError("an import from beyond the package", where)
        start = code.index(".", _offset(code, node))
        end = start + node.level
        parts = package[: len(package) - node.level + 1]
        if node.module:
            match = _DOTS_AND_NAME.match(code, start)
            assert match is not None  # the pattern also matches an empty text
            end = match.end()
            parts.append(node.module)
        code = code[:start] + ".".join(parts) + code[end:]
    return code


def relative_name(module: str, package: list[str]) -> str:
    """The name of `module` as seen from `package`: "lib.a.x" from ["lib", "a", "b"] is "..x"."""
    parts = module.split(".")
    common = 0
    for part, own in zip(parts, package, strict=False):
        if part != own:
            break
        common += 1
    return "." * (len(package) - common + 1) + ".".join(parts[common:])


def _offset(code: str, node: ast.stmt) -> int:
    """The position of a statement as an index into the code.

    `ast` counts lines from 1, and columns in bytes of UTF-8.
    """
    lines = code.split("\n")
    above = lines[: node.lineno - 1]
    line = lines[node.lineno - 1]
    column = len(line.encode()[: node.col_offset].decode())
    return sum(len(text) + 1 for text in above) + column


def star_imported_modules(codes: Iterable[str]) -> list[str]:
    """The modules from which code imports everything, at any depth.

    `codes` are the sources of cells. Only those that contain `import *` are parsed.
    """
    modules = []
    for code in codes:
        if "import *" not in code:
            continue
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                modules.append(node.module or "")
    return modules


# --- the names in `__all__` --------------------------------------------------------------------


def public_names(trees: Iterable[ast.Module]) -> list[str]:
    """The names for `__all__` in nbdev's order: assigned names, definitions, elements of `_all_`.

    Names that the module does not bind are left out: annotations without a value, and names that
    are deleted again.
    """
    body: list[ast.stmt] = []
    for tree in trees:
        body += tree.body
    assigned: list[str] = []
    defined: list[str] = []
    requested: list[str] = []  # in `_all_`
    for node in body:
        if isinstance(node, _ASSIGNMENTS):
            assigned += _assigned_names(node)
            requested += _elements_of_all(node)
        elif isinstance(node, DEFINITIONS) and not any(map(_is_patch, node.decorator_list)):
            defined.append(node.name)
    deleted = _deleted_names(body)
    found = []
    for name in [*assigned, *defined]:
        if not name.startswith("_") and name not in deleted:
            found.append(name)
    return list(dict.fromkeys([*found, *requested]))


def _targets(node: Assignment) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target]


def _assigned_names(node: Assignment) -> Iterator[str]:
    """The names that an assignment binds, in a tuple or list of targets only those at its top."""
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return
    for target in _targets(node):
        elements = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        for element in elements:
            if isinstance(element, ast.Name):
                yield element.id


def _is_all(node: Assignment) -> bool:
    """Whether a statement assigns to `_all_`."""
    target = _targets(node)[0]
    return isinstance(target, ast.Name) and target.id == "_all_"


def _elements_of_all(node: Assignment) -> list[str]:
    """The strings and plain names in `_all_ = [...]`; nothing for another assignment."""
    if not _is_all(node):
        return []
    found = []
    for element in _elements(node.value) or []:
        if isinstance(element, ast.Constant) and isinstance(element.value, str):
            found.append(element.value)
        elif isinstance(element, ast.Name):
            found.append(element.id)
    return found


def _elements(value: ast.expr | None) -> list[ast.expr] | None:
    """The elements of a list, tuple or set that is written out; None for another expression."""
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return value.elts
    return None


def is_dynamic_all(node: ast.stmt) -> bool:
    """Whether a statement adds names to `_all_` that are known only when the code runs."""
    if not isinstance(node, _ASSIGNMENTS) or not _is_all(node):
        return False
    elements = _elements(node.value)
    return elements is None or len(elements) != len(_elements_of_all(node))


def _deleted_names(body: list[ast.stmt]) -> set[str]:
    """The names that a top-level `del` removes and that no later statement binds again."""
    deleted: set[str] = set()
    for node in body:
        if isinstance(node, ast.Delete):
            deleted.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, _ASSIGNMENTS):
            deleted.difference_update(_assigned_names(node))
        elif isinstance(node, DEFINITIONS):
            deleted.discard(node.name)
    return deleted


def _is_patch(decorator: ast.expr) -> bool:
    """Whether a decorator is fastcore's `@patch` or `@patch_to`, which add a method to a class."""
    return decorator_name(decorator).startswith("patch")


def decorator_name(decorator: ast.expr) -> str:
    """The plain name of a decorator, with or without a call; "" for `@a.b`."""
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    return decorator.id if isinstance(decorator, ast.Name) else ""
