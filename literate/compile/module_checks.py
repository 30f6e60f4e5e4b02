"""All checks of modules, once the notebooks are read: from one module to the whole package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import CodeType

from ..diagnostics import ERROR, Diagnostic
from ..project import Project
from .definitions import check_definitions, check_implied
from .import_checks import check_imports
from .imports import star_imported_modules
from .library import Library
from .module import Module
from .module_names import names_in
from .names import Unexported, check_names
from .own_imports import facts_of, names_without_value
from .syntax import compile_module

Problems = Mapping[Path, list[Diagnostic]]  # of each notebook


def check_modules(
    project: Project,
    modules: list[Module],
    kept: list[Module],
    unexported: Unexported,
    problems: Problems,
) -> list[Diagnostic]:
    """What is wrong with modules; `kept` are those that did not change since the last compile.

    `problems` are the diagnostics so far. A module without one of its cells is not checked any
    further, and imports are checked only where all modules are known.
    """
    found: list[Diagnostic] = []
    failed = {path for path, known in problems.items() if _has_error(known)}
    for module in modules:
        compiled = compile_module(module, project.min_python)
        if isinstance(compiled, CodeType):
            _collect_names(module, compiled, project.package)
        else:
            failed.update(error.path for error in compiled if error.path)
            found += compiled
    complete = [module for module in modules if failed.isdisjoint(module.notebooks)]
    known = [*complete, *kept]
    library = Library(project, known)
    for module in complete:
        if not module.facts.unknown_stars:
            found += check_names(module, unexported, library)
        found += check_definitions(module)
        found += check_implied(module)
    if not failed:
        found += check_imports(known, library)
    return found


def _has_error(problems: list[Diagnostic]) -> bool:
    return any(problem.severity == ERROR for problem in problems)


def _collect_names(module: Module, compiled: CodeType, package: str) -> None:
    """Collect the names of a module, and the facts about it.

    If it imports everything from another package, its names cannot be checked.
    """
    codes = [item.parsed.code for item in module.cells]
    module.star_imports = star_imported_modules(codes)
    unknown = [name for name in module.star_imports if name.split(".")[0] != package]
    if not unknown:
        module.names = names_in(compiled)
        module.names.bound |= names_without_value(item.tree for item in module.cells)
    module.facts = facts_of(module, package)
    module.facts.unknown_stars = unknown
