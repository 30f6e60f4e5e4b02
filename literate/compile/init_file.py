"""The package's `__init__.py`: which of its text is ours, and which is a person's.

Ours are the string of the version, and in the layout of nbdev 3 the docstring. Everything else
stays as it was typed.
"""

from __future__ import annotations

import ast
import re

from .docstrings import docstring_literal
from .module import UNPARSABLE

_VERSION_LINE = r"\s*__version__ = \"[^\"\n]*\"\s*"


# --- the version -------------------------------------------------------------------------------


def with_version(text: str, version: str) -> str:
    """The text with this version in place of its own, or with a line for the version.

    A version that is no plain string, such as `version("name")`, stays.
    """
    tree = _parse(text)
    assignments = [] if tree is None else [node for node in tree.body if _is_version(node)]
    if not assignments:
        is_there = tree is None and re.search(r"(?m)^__version__\s*=", text)
        return text if is_there else with_version_line(text, version)
    for node in reversed(assignments):
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            text = _with_literal(text, value, f'"{version}"')
    return text


def with_version_line(text: str, version: str) -> str:
    """The text with a line for the version at the top, or below its `__future__` imports."""
    line = f'__version__ = "{version}"'
    tree = _parse(text)
    last = 0
    for node in tree.body if tree else []:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            last = node.end_lineno or node.lineno
    lines = text.split("\n")
    return "\n".join([*lines[:last], line, *lines[last:]])


def _parse(text: str) -> ast.Module | None:
    """The syntax tree; None if the text is not Python, or if Python counts its lines otherwise."""
    if "\r" in text or "\f" in text:
        return None
    try:
        return ast.parse(text.encode("utf-8", "surrogateescape"))
    except UNPARSABLE:
        return None


def _is_version(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        return False
    return any(isinstance(each, ast.Name) and each.id == "__version__" for each in targets)


def _with_literal(text: str, old: ast.Constant, new: str) -> str:
    """The text with another string in place of a string that stands on one line."""
    if old.lineno != old.end_lineno:
        return text
    lines = text.split("\n")
    line = lines[old.lineno - 1].encode("utf-8", "surrogateescape")
    literal = line[old.col_offset : old.end_col_offset]
    if literal[-1:] not in (b"'", b'"'):  # bytes are counted otherwise: the file is not UTF-8
        return text
    changed = line[: old.col_offset] + new.encode() + line[old.end_col_offset :]
    lines[old.lineno - 1] = changed.decode("utf-8", "surrogateescape")
    return "\n".join(lines)


# --- the docstring -----------------------------------------------------------------------------


def docstring_of(text: str) -> str:
    """The docstring of a file; "" if it has none, or if it is not Python."""
    try:
        return _split_docstring(text)[1]
    except UNPARSABLE:
        return ""


def with_docstring(text: str, docstring: str, description: str) -> str:
    """The text with another docstring.

    Without a new docstring, a generated one (it has a list of modules) becomes the project's
    description, and any other stays. Raises what the parser raises if the text is not Python.
    """
    above, current, rest = _split_docstring(text)
    if not docstring:
        if not is_list_of_modules(current):
            return text
        docstring = description
    head = above + docstring_literal(docstring, raw=False).rstrip("\n") + "\n"
    if not rest.strip():
        return head
    return head + "\n" + rest.lstrip("\n")


def is_list_of_modules(docstring: str) -> bool:
    """Whether a docstring looks like one that nbdev generates for the package."""
    return "\nModules:\n" in docstring


def _split_docstring(text: str) -> tuple[str, str, str]:
    """The comments above the docstring, the docstring ("" if there is none), and all text below."""
    body = ast.parse(text.encode("utf-8", "surrogateescape")).body
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return "", "", text
    lines = text.split("\n")
    last_line = lines[(first.end_lineno or first.lineno) - 1].encode("utf-8", "surrogateescape")
    behind = last_line[first.end_col_offset :].decode("utf-8", "surrogateescape").lstrip(" \t;")
    above = lines[: first.lineno - 1]
    below = lines[first.end_lineno :]
    if behind:
        below = [behind, *below]
    return "".join(f"{line}\n" for line in above), first.value, "\n".join(below)


# --- a file that becomes a module --------------------------------------------------------------


def is_ours_alone(text: str) -> bool:
    """Whether a file that is not a module holds nothing that a person typed."""
    try:
        above, docstring, rest = _split_docstring(text)
    except UNPARSABLE:
        return False
    if docstring and not is_list_of_modules(docstring):
        return False
    return not above.strip() and re.fullmatch(f"({_VERSION_LINE})?", rest.strip()) is not None
