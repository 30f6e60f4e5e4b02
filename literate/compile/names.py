"""Undefined names: names that exported code uses, and that its module does not define.

An example is an `import math` in a cell that is not exported: the notebook runs, the module fails.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import Diagnostic, diagnose
from ..directives import ParsedCell
from ..notebook import Cell
from .cell_names import (
    annotated_names,
    bound_names,
    cell_names,
    first_annotations,
    first_uses,
    type_names,
    without_annotations,
)
from .facts import CellNames
from .imports import star_imported_modules
from .library import Library
from .module import Module, ModuleCell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .cell_names import Place

    FindPlaces = Callable[[str, set[str]], dict[str, Place | None]]

# The names that every module has, those of every class, and what IPython and gettext put into the
# builtins.
_GIVEN = frozenset(dir(builtins)) | {
    *("__file__", "__name__", "__doc__", "__package__", "__path__", "__spec__", "__all__"),
    *("__loader__", "__annotations__", "__builtins__", "__cached__", "__dict__"),
    *("__class__", "__module__", "__qualname__"),
    *("WindowsError", "get_ipython", "display", "__IPYTHON__", "_"),
}

Message = tuple[str, str | None]  # what is wrong, and a hint of its own
Unexported = dict[Path, list[ParsedCell]]  # the code cells of each notebook that are not exported


def check_names(module: Module, unexported: Unexported, library: Library) -> list[Diagnostic]:
    """A warning for each name that a module uses, and does not define before it is needed."""
    bound: set[str] = set(module.facts.bound) | _GIVEN
    unknown = []
    for star in module.star_imports:
        exported = library.exports(star)
        if exported is None:
            unknown.append(star)
        else:
            bound |= exported
    missing = module.names.used - bound
    if unknown:
        if missing:
            module.facts.unknown_stars = [star for star in unknown if library.can_import(star)]
        return []
    early = module.names.early & module.names.bound - _GIVEN
    suspicious = missing | early | (_in_annotations(module) - bound)
    if not suspicious:
        return []
    module.cell_names = [_names_if(item.parsed.code, suspicious) for item in module.cells]
    if not _evaluates_annotations(module):
        _drop_annotations(module, bound)
    only_annotated = _annotated(module) - _used(module) - bound
    hidden = _HiddenNames(module, unexported)
    if missing or only_annotated:
        hidden.look_for(missing | only_annotated)
    return [
        *_undefined(module, missing, hidden),
        *_left_behind(module, only_annotated, hidden),
        *_used_too_early(module, library),
    ]


def _in_annotations(module: Module) -> set[str]:
    """The names in annotations that Python does not evaluate."""
    are_evaluated = _evaluates_annotations(module)
    found: set[str] = set()
    for item in module.cells:
        found |= annotated_names(item.parsed.code, are_evaluated)
    return found


def _names_if(code: str, suspicious: set[str]) -> CellNames:
    """The names of a cell, if suspicious ones may be among them.

    Letters that are not ASCII can be spelled in several ways.
    """
    if code.isascii() and suspicious.isdisjoint(re.findall(r"\w+", code)):
        return CellNames()
    return cell_names(code)


def _used(module: Module) -> set[str]:
    return set().union(*[names.used for names in module.cell_names])


def _annotated(module: Module) -> set[str]:
    return set().union(*[names.annotated for names in module.cell_names])


def _evaluates_annotations(module: Module) -> bool:
    return not any("import annotations" in item.parsed.code for item in module.cells)


def _drop_annotations(module: Module, bound: set[str]) -> None:
    """Take the names in annotations out of the names that the cells use.

    This takes as long as to collect the names, so it is done only for cells that use other names
    than those `bound`.
    """
    for number, item in enumerate(module.cells):
        names = module.cell_names[number]
        if not names.used <= bound:
            module.cell_names[number] = without_annotations(item.parsed.code, names)


def _undefined(module: Module, missing: set[str], hidden: _HiddenNames) -> Iterator[Diagnostic]:
    """Warnings for names that the module lacks."""
    messages: dict[str, Message] = {}
    for name in missing:
        if cell := hidden.cell(name):
            messages[name] = _left_behind_message(module, name, cell)
        elif not module.facts.is_dynamic:
            messages[name] = _undefined_message(module, name, hidden)
    yield from _report(module, messages, _users(module), first_uses)


def _left_behind(module: Module, annotated: set[str], hidden: _HiddenNames) -> Iterator[Diagnostic]:
    """Warnings for names in annotations that the module lacks.

    A word in a string may be prose. So a name that no cell defines is reported only if it can only
    be meant as a type.
    """
    messages: dict[str, Message] = {}
    types = _type_names(module, annotated)
    for name in annotated:
        if cell := hidden.cell(name):
            messages[name] = _left_behind_message(module, name, cell)
        elif name in types and not module.facts.is_dynamic:
            messages[name] = _undefined_message(module, name, hidden)
    yield from _report(module, messages, _annotators(module), first_annotations)


def _type_names(module: Module, annotated: set[str]) -> set[str]:
    """Those of the annotated names that can only be meant as types."""
    are_evaluated = _evaluates_annotations(module)
    found: set[str] = set()
    for item, names in _with_names(module):
        if not annotated.isdisjoint(names.annotated):
            found |= type_names(item.parsed.code, are_evaluated)
    return found & annotated


def _undefined_message(module: Module, name: str, hidden: _HiddenNames) -> Message:
    return f"{name} is neither defined nor imported in {module.name}", hidden.hint()


def _left_behind_message(module: Module, name: str, cell: Cell) -> Message:
    where = f"cell {cell.index + 1} ({cell.id})"
    message = (
        f"{name} is defined only in {where}, which is not exported: {module.name} will lack it"
    )
    return message, "export that cell too"


# --- names that are defined too late -----------------------------------------------------------


def _used_too_early(module: Module, library: Library) -> Iterator[Diagnostic]:
    """Warnings for names that a cell needs while it runs, and that only a later cell defines."""
    if module.facts.is_dynamic or len(module.cells) == 1:
        return
    evaluates_annotations = _evaluates_annotations(module)
    later = module.names.early & module.names.bound  # only of these, each cell's names are known
    above: set[str] = set()
    for item, names in _with_names(module):
        above |= names.bound
        for star in star_imported_modules([item.parsed.code]):
            above |= library.exports(star) or set()
        early = (names.used_at_once & later) - above - _GIVEN
        if early and not evaluates_annotations:
            early &= without_annotations(item.parsed.code, names).used_at_once
        messages = {name: _too_early_message(module, name) for name in early}
        yield from _report(module, messages, [(item, early)], first_uses, "used-before-defined")


def _too_early_message(module: Module, name: str) -> Message:
    return f"{name} is used here, and {module.name} defines it only in a later cell", None


# --- cells that are not exported ---------------------------------------------------------------


class _HiddenNames:
    """The names that the unexported cells of a module's notebooks define.

    They are read only if a name is missing.
    """

    def __init__(self, module: Module, unexported: Unexported) -> None:
        self._cells = [cell for path in module.notebooks for cell in unexported.get(path, [])]
        self._defined: dict[str, Cell] = {}
        self._star: tuple[str, Cell] | None = None

    def look_for(self, wanted: set[str]) -> None:
        """Read the cells that contain one of these names, or a star import."""
        for parsed in self._cells:
            code = parsed.code
            has_star = self._star is None and "import *" in code
            if not has_star and wanted.isdisjoint(re.findall(r"\w+", code)):
                continue
            bound = bound_names(code)
            if bound is None:
                from .ipython_syntax import python_of

                code = python_of(code) or ""
                bound = bound_names(code) or set()
            for name in bound & wanted:
                self._defined.setdefault(name, parsed.cell)
            if has_star and (stars := star_imported_modules([code])):
                self._star = stars[0], parsed.cell

    def cell(self, name: str) -> Cell | None:
        """The first cell that defines a name that was looked for."""
        return self._defined.get(name)

    def hint(self) -> str | None:
        """What to do about a name that no cell defines; None for the hint of the rule."""
        if self._star is None:
            return None
        module, cell = self._star
        return (
            f"define it, or import it, in an exported cell; the star import from {module} in cell "
            f"{cell.index + 1} is not exported"
        )


# --- messages ----------------------------------------------------------------------------------

Users = list[tuple[ModuleCell, set[str]]]  # cells, and the names that each of them uses


def _users(module: Module) -> Users:
    return [(item, names.used) for item, names in _with_names(module)]


def _annotators(module: Module) -> Users:
    return [(item, names.annotated) for item, names in _with_names(module)]


def _with_names(module: Module) -> Iterator[tuple[ModuleCell, CellNames]]:
    return zip(module.cells, module.cell_names, strict=True)


def _report(
    module: Module,
    messages: dict[str, Message],
    users: Users,
    find_places: FindPlaces,
    code: str = "undefined-name",
) -> Iterator[Diagnostic]:
    """A warning for each name with a message and a hint, at the first place that uses it."""
    places: dict[str, tuple[ModuleCell, Place | None]] = {}
    for item, names in users:
        wanted = names & messages.keys()
        if not wanted:
            continue
        for name, place in find_places(item.parsed.code, wanted).items():
            if name not in places or places[name][1] is None:
                places[name] = item, place
    for name in sorted(messages):
        item, place = places.get(name, (module.cells[0], (0, 0)))
        if place is None:  # every use expects that the name may be missing
            continue
        message, hint = messages[name]
        yield _at(item, place, code, message, hint)


def _at(item: ModuleCell, place: Place, code: str, message: str, hint: str | None) -> Diagnostic:
    cell = item.parsed.cell
    line, column = place
    if not line:  # the code spells the name in another way
        return diagnose(code, message, item.notebook, cell.index, cell.id, hint=hint)
    where = (item.notebook, cell.index, cell.id, item.parsed.line(line), column)
    return diagnose(code, message, *where, hint)
