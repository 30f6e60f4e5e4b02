"""Checks of imports within the package: modules and names that do not exist, and circles.

They look at all modules, also at those that did not change. Therefore they use only the facts that
the compile cache keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..diagnostics import Diagnostic, diagnose
from ..spelling import nearest
from .circles import first_failures
from .facts import OwnImport
from .library import Library
from .module import Module

# The rules that are checked here. The compile cache's diagnostics with these codes are out of date.
IMPORT_RULES = frozenset(
    {"missing-import", "self-import", "circular-import", "hidden-module", "unchecked-names"}
)


def check_imports(modules: list[Module], library: Library) -> list[Diagnostic]:
    """Everything that is wrong with the imports of the package's modules from each other."""
    found: list[Diagnostic] = []
    for module in modules:
        found += _check_module(module, library)
    found += _check_circles(modules, library)
    found += _check_hidden_modules(modules, library)
    found += _check_unknown_stars(modules)
    return found


def _check_module(module: Module, library: Library) -> Iterator[Diagnostic]:
    """Warnings for imports that find nothing, and for a star import of the module itself."""
    own_name = library.full_name(module)
    for each in module.facts.imports:
        if each.module == own_name and each.names == ("*",):
            message = f"{own_name} imports everything from itself"
            yield _at(each, "self-import", message)
        elif not each.is_guarded:
            yield from _missing(each, library)


def _missing(each: OwnImport, library: Library) -> Iterator[Diagnostic]:
    """Warnings for a module, or for names, that an import cannot find."""
    if not library.has_module(each.module):
        message = f"the package has no module {each.module}"
        yield _at(each, "missing-import", message)
        return
    for name in each.names:
        if name == "*" or library.may_have(each.module, name):
            continue
        facts = library.facts(each.module)
        near = nearest(name, frozenset(facts.bound)) if facts else None
        hint = f"did you mean {near}?" if near else None
        yield _at(each, "missing-import", f"{each.module} has no {name}", hint)


def _check_circles(modules: list[Module], library: Library) -> Iterator[Diagnostic]:
    """A warning for each circle of imports in which one of them fails."""
    names = sorted(map(library.full_name, modules))
    for failure in first_failures(names, library):
        importer, each, name = failure.importer, failure.at, failure.name
        if importer == each.module:
            message = f"{importer} imports {name} from itself, and does not define it above"
        else:
            message = (
                f"{importer} and {each.module} import each other, so that {importer} does not find "
                f"{name} in {each.module}"
            )
        yield _at(failure.shown_at, "circular-import", message)


def _check_hidden_modules(modules: list[Module], library: Library) -> Iterator[Diagnostic]:
    """A warning for each module beside a package of the same name, which Python prefers."""
    for module in modules:
        name = library.full_name(module)
        is_init = module.path.name == "__init__.py"
        if not is_init and library.is_package(name):
            file = module.path.name
            folder = f"{module.path.stem}/"
            message = f"{file} cannot be imported: {name} means the folder {folder} beside it"
            yield diagnose("hidden-module", message, module.notebook)


def _check_unknown_stars(modules: list[Module]) -> Iterator[Diagnostic]:
    """One remark about all modules whose names cannot be checked."""
    unchecked = [module for module in modules if module.facts.unknown_stars]
    if not unchecked:
        return
    stars: set[str] = set()
    for module in unchecked:
        stars.update(module.facts.unknown_stars)
    names = [module.name for module in unchecked]
    message = (
        f"undefined names are not looked for in {_shortened(names)}: "
        f"the star imports from {_shortened(sorted(stars))} may define them"
    )
    yield diagnose("unchecked-names", message, unchecked[0].notebook)


def _shortened(names: list[str]) -> str:
    """The first names of a list, and how many there are more."""
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _at(each: OwnImport, code: str, message: str, hint: str | None = None) -> Diagnostic:
    """A warning at the place of an import."""
    where = (Path(each.notebook), each.cell, each.cell_id, each.line, each.column)
    return diagnose(code, message, *where, hint)
