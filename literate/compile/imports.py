"""Imports and names of exported code: own-package imports made relative, and what goes into `__all__`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

_FROM = re.compile(r"from(?:[ \t]|\\\n)+(?P<module>\w+(?:\s*\.\s*\w+)*)")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)


def make_relative(code: str, tree: ast.Module, package: list[str]) -> str:
    """Rewrite each top-level `from <own package>... import` for a module that lies in `package`, as in ["foundations", "a"]."""
    for node in reversed(tree.body):  # from the end, so that earlier positions stay true
        if (
            isinstance(node, ast.ImportFrom)
            and not node.level
            and node.module.split(".")[0] == package[0]
        ):
            match = _FROM.match(code, _offset(code, node))
            code = (
                code[: match.start("module")]
                + relative_name(node.module, package)
                + code[match.end("module") :]
            )
    return code


def star_imports(codes: Iterable[str]) -> list[str]:
    """The modules that code imports everything from, at whatever depth."""
    return [
        node.module or ""
        for code in codes
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]


def make_absolute(code: str, package: list[str]) -> str:
    """The reverse: each top-level `from .x import` with the package's name; a `SyntaxError` if the code is no Python."""
    for node in reversed(ast.parse(code).body):
        if isinstance(node, ast.ImportFrom) and node.level:
            if node.level > len(package):
                raise SyntaxError(
                    "an import from beyond the package", ("", node.lineno, node.col_offset + 1, "")
                )
            start = code.index(".", _offset(code, node))
            end = (
                start + re.compile(r"[.\s\\]*[\w.]*").match(code, start).end() - start
                if node.module
                else start + node.level
            )
            parts = package[: len(package) - node.level + 1] + (
                [node.module] if node.module else []
            )
            code = code[:start] + ".".join(parts) + code[end:]
    return code


def relative_name(module: str, package: list[str]) -> str:
    """`module` as seen from `package`: "lib.a.x" from ["lib", "a", "b"] is "..x"."""
    parts = module.split(".")
    common = next(
        (i for i, (a, b) in enumerate(zip(parts, package)) if a != b), min(len(parts), len(package))
    )
    return "." * (len(package) - common + 1) + ".".join(parts[common:])


def _offset(code: str, node: ast.stmt) -> int:
    """The node's position as an index into `code`; ast counts lines from 1 and columns in UTF-8 bytes."""
    lines = code.split("\n")
    column = len(lines[node.lineno - 1].encode()[: node.col_offset].decode())
    return sum(len(line) + 1 for line in lines[: node.lineno - 1]) + column


def public_names(trees: Iterable[ast.Module]) -> list[str]:
    """What `__all__` lists, in nbdev's order: assigned names, then definitions, then the elements of `_all_`.

    Names that the module does not bind are left out: annotations without a value, and names deleted again.
    """
    body = [node for tree in trees for node in tree.body]
    deleted = _deleted(body)
    names = [name for node in body if isinstance(node, _ASSIGNMENTS) for name in _assigned(node)]
    names += [
        node.name
        for node in body
        if isinstance(node, DEFINITIONS) and not any(map(_is_patch, node.decorator_list))
    ]
    extra = [
        value for node in body if isinstance(node, _ASSIGNMENTS) for value in _all_elements(node)
    ]
    return list(
        dict.fromkeys(
            [name for name in names if not name.startswith("_") and name not in deleted] + extra
        )
    )


def _targets(node: ast.stmt) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _assigned(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return
    for target in _targets(node):
        yield from (
            name.id for name in getattr(target, "elts", [target]) if isinstance(name, ast.Name)
        )


def _all_elements(node: ast.stmt) -> list[str]:
    """The strings or bare names of `_all_ = [...]`."""
    values = (
        [
            getattr(item, "value", getattr(item, "id", None))
            for item in getattr(node.value, "elts", [])
        ]
        if _is_all(node)
        else []
    )
    return [value for value in values if isinstance(value, str)]


def is_unclear_all(node: ast.stmt) -> bool:
    """Whether a statement adds names to `_all_` that nobody can tell without running it."""
    return (
        isinstance(node, _ASSIGNMENTS)
        and _is_all(node)
        and len(_all_elements(node)) != len(getattr(node.value, "elts", [None]))
    )


def _is_all(node: ast.stmt) -> bool:
    target = _targets(node)[0]
    return isinstance(target, ast.Name) and target.id == "_all_"


def _deleted(body: list[ast.stmt]) -> set[str]:
    """Names that a top-level `del` removes and nothing binds again."""
    gone: set[str] = set()
    for node in body:
        if isinstance(node, ast.Delete):
            gone |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, _ASSIGNMENTS):
            gone -= set(_assigned(node))
        elif isinstance(node, DEFINITIONS):
            gone.discard(node.name)
    return gone


def _is_patch(decorator: ast.expr) -> bool:
    return decorator_name(decorator).startswith("patch")


def decorator_name(decorator: ast.expr) -> str:
    """The plain name of a decorator, called or bare; "" for `@a.b`."""
    return getattr(decorator, "id", "") or getattr(getattr(decorator, "func", None), "id", "")
