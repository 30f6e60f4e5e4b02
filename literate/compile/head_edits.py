"""Edits above the first cell of a module, where the docstring and `__all__` are generated."""

from __future__ import annotations

import ast

from ..line_diff import opcodes
from ..markers import Section
from ..records import dataclass, field, replace
from .module import UNPARSABLE
from .module_edits import OutsideEdit

_IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass
class HeadEdits:
    """What was edited above the first cell."""

    imports: list[str] = field(default_factory=list)  # lines, which a cell can take
    line: int = 1  # of the first of them, in the module
    outside: list[OutsideEdit] = field(default_factory=list)


def find_head_edits(base: list[Section], disk: list[Section], new: list[Section]) -> HeadEdits:
    """Compare the head of a module, and its `# %% auto` section, in three versions."""
    found = HeadEdits()
    _compare(found, base[0], disk[0], new[0])
    base_auto, disk_auto, new_auto = (auto_section(each) for each in (base, disk, new))
    if base_auto is None:
        return found
    if disk_auto is None:
        text = f"{base_auto.marker}\n{base_auto.code}"
        hint = "take it back, or give it up with --prefer notebook"
        found.outside.append(OutsideEdit(text, 1, "the definition of __all__ was deleted", hint))
    else:
        _compare(found, base_auto, disk_auto, new_auto or base_auto)
    return found


def auto_section(sections: list[Section]) -> Section | None:
    """The section that defines `__all__`."""
    for section in sections:
        if section.is_auto:
            return section
    return None


def _compare(found: HeadEdits, base: Section, disk: Section, new: Section) -> None:
    generated = base.code, new.code
    if disk.code in generated or _is_older_docstring(disk.code, *generated):
        return
    if disk.is_auto and _is_reordered(disk.code, *generated):
        return
    old = base.code.split("\n")
    lines = disk.code.split("\n")
    for kind, old_start, old_end, start, end in opcodes(old, lines):
        if kind == "equal":
            continue
        typed = lines[start:end]
        line = disk.first_line + start
        if kind == "insert" and _are_imports(typed):
            found.line = line
            found.imports += [text for text in typed if text.strip()]
        elif "".join([*typed, *old[old_start:old_end]]).strip():
            text = "\n".join(typed or old[old_start:old_end])
            found.outside.append(OutsideEdit(text, line, hint=_hint(old[old_start:old_end], base)))


def _is_older_docstring(code: str, *generated: str) -> bool:
    """Whether only the docstring of a head differs from a generated one, and has fewer lines.

    Versions of nbdev take more or less of the notebook's title cell into the docstring. All that
    such a docstring says stands in the notebook.
    """
    docstring, rest = _split_docstring(code)
    if not docstring:
        return False
    for other in generated:
        other_docstring, other_rest = _split_docstring(other)
        if rest == other_rest and docstring <= other_docstring:
            return True
    return False


def _is_reordered(code: str, *generated: str) -> bool:
    """Whether `__all__` has the names of a generated one in another order.

    A merge of modules leaves that where cells of two sides have come together.
    """
    names = _names_in(code)
    return names is not None and names in [_names_in(other) for other in generated]


def _names_in(code: str) -> list[str] | None:
    """The sorted names of an `__all__`; None for code that is anything else."""
    body = _statements(code)
    if len(body) != 1 or not isinstance(body[0], ast.Assign):
        return None
    try:
        names = ast.literal_eval(body[0].value)
    except ValueError:
        return None
    if ast.unparse(body[0].targets[0]) != "__all__" or not isinstance(names, list):
        return None
    return sorted(map(str, names))


def _split_docstring(code: str) -> tuple[set[str], str]:
    """The lines of the docstring, and the text around it."""
    body = _statements(code)
    first = body[0] if body else None
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return set(), code.strip()
    if not isinstance(first.value.value, str):
        return set(), code.strip()
    lines = code.split("\n")
    above, below = lines[: first.lineno - 1], lines[first.end_lineno :]
    docstring = {line.strip() for line in first.value.value.split("\n") if line.strip()}
    return docstring, "\n".join([*above, *below]).strip()


def _are_imports(lines: list[str]) -> bool:
    """Whether these lines are import statements, and nothing else."""
    try:
        body = ast.parse("\n".join(lines)).body
    except UNPARSABLE:
        return False
    return bool(body) and all(isinstance(statement, _IMPORTS) for statement in body)


def _hint(replaced: list[str], base: Section) -> str | None:
    """What to do about an edit to generated lines; None if lines were only inserted."""
    give_up = "then give it up here with --prefer notebook"
    if not replaced:
        return None
    if base.is_auto:
        return f"write _all_ = ['name'] in an exported cell, {give_up}"
    return f"change the text below the title of the notebook, {give_up}"


def with_imports(
    sections: list[Section], candidates: list[int], imports: list[str]
) -> tuple[int, Section]:
    """The section that imports were put into, and its index among `sections`.

    It is the first of the `candidates` that imports something, or the first one.
    """
    chosen = candidates[0]
    line = 0
    for index in candidates:
        first_import = _line_of_import(sections[index].code)
        if first_import is not None:
            chosen, line = index, first_import
            break
    else:
        line = _line_below_docstring(sections[chosen].code)
    lines = sections[chosen].code.split("\n")
    lines[line:line] = imports
    return chosen, replace(sections[chosen], code="\n".join(lines))


def _line_of_import(code: str) -> int | None:
    """The first line, from 0, with an import at the top level; None without one."""
    for statement in _statements(code):
        if isinstance(statement, _IMPORTS):
            return statement.lineno - 1
    return None


def _line_below_docstring(code: str) -> int:
    body = _statements(code)
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return body[0].end_lineno or 0
    return 0


def _statements(code: str) -> list[ast.stmt]:
    try:
        return ast.parse(code).body
    except UNPARSABLE:
        return []
