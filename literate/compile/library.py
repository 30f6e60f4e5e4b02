"""The library as the checks see it: generated modules, and those that were written by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from ..files import read_file
from ..project import Project
from ..records import dataclass
from .cell_names import scope_names
from .facts import ModuleFacts
from .module import UNPARSABLE, Module, parse_heads
from .own_imports import ImportFinder, may_have_any_name

_EXTENSIONS = (".so", ".pyd")  # of modules that are not Python files


@dataclass
class _Known:
    """A module of the library."""

    facts: ModuleFacts
    all_names: list[str] | None = None  # the content of `__all__`; None without one
    has_unknown_stars: bool = False  # it imports everything from a module of another package
    has_unknown_all: bool = False  # its `__all__` is not written out


class Library:
    """What the modules of the package define; files are read when they are asked for."""

    def __init__(self, project: Project, modules: Iterable[Module]) -> None:
        self._package = project.package
        self._folder = project.lib_path
        self._modules: dict[str, _Known] = {}
        self._packages = {project.package}
        for module in modules:
            parts = self._parts(module)
            self._modules[".".join(parts)] = self._generated(module)
            for length in range(1, len(parts)):
                self._packages.add(".".join(parts[:length]))

    def is_own(self, module: str) -> bool:
        """Whether a module belongs to the package."""
        return module.split(".")[0] == self._package

    def has_module(self, module: str) -> bool:
        """Whether the package has a module, or a folder, with this full name."""
        if module in self._packages or module in self._modules:
            return True
        return self.is_own(module) and _exists(self._path(module))

    def can_import(self, module: str) -> bool:
        """Whether a module exists, as far as this can be known."""
        return not self.is_own(module) or self.has_module(module)

    def full_name(self, module: Module) -> str:
        """The name by which a generated module is imported."""
        return ".".join(self._parts(module))

    def facts(self, module: str) -> ModuleFacts | None:
        """The facts about a module; None if there is no such module."""
        known = self._find(module)
        return None if known is None else known.facts

    def is_package(self, module: str) -> bool:
        """Whether there is a package with this full name, whose folder hides a module."""
        if module in self._packages:
            return True
        path = self._folder.joinpath(*module.split(".")[1:])
        return (path / "__init__.py").is_file()

    def is_complete(self, module: str) -> bool:
        """Whether all names of a module are known."""
        known = self._find(module)
        return known is not None and not known.facts.is_dynamic and not known.has_unknown_stars

    def written_all(self, module: str) -> list[str]:
        """The names in the `__all__` of a module; empty without one."""
        known = self._find(module)
        return known.all_names or [] if known else []

    def may_have(self, module: str, name: str) -> bool:
        """Whether `from module import name` may succeed."""
        known = self._find(module)
        if known is not None:
            if name in known.facts.bound or known.facts.is_dynamic or known.has_unknown_stars:
                return True
            exported = self._exports_of_all(_stars(known))
            if exported is None or name in exported:
                return True
        is_special = name.startswith("__") and name.endswith("__")
        return is_special or self.has_module(f"{module}.{name}")

    def exports(self, module: str) -> set[str] | None:
        """The names that `from module import *` brings; None if they cannot be known."""
        return self._exports_of_all([module])

    def _exports_of_all(self, modules: list[str]) -> set[str] | None:
        """The names that star imports of these modules bring, with those that come through them."""
        names: set[str] = set()
        pending = list(modules)
        begun = set(modules)
        while pending:
            module = pending.pop()
            known = self._find(module) if self.is_own(module) else None
            if known is None or known.has_unknown_all:
                return None
            if known.all_names is not None:
                names.update(known.all_names)
                continue
            if known.facts.is_dynamic or known.has_unknown_stars:
                return None
            names.update(name for name in known.facts.bound if not name.startswith("_"))
            for star in _stars(known):
                if star not in begun:
                    begun.add(star)
                    pending.append(star)
        return names

    def _parts(self, module: Module) -> list[str]:
        parts = [self._package, *module.name.split(".")]
        return parts[:-1] if parts[-1] == "__init__" else parts

    def _generated(self, module: Module) -> _Known:
        is_known = all(map(self.is_own, module.star_imports))
        return _Known(module.facts, module.public, has_unknown_stars=not is_known)

    # --- files -------------------------------------------------------------------------------

    def _find(self, module: str) -> _Known | None:
        if module not in self._modules:
            found = self._read(module) if self.has_module(module) else None
            if found is None:
                return None
            self._modules[module] = found
        return self._modules[module]

    def _path(self, module: str) -> Path:
        """The path of a module of the package, without the ending of its file."""
        return self._folder.joinpath(*module.split(".")[1:])

    def _read(self, module: str) -> _Known:
        """Read a module that was written by hand."""
        parts = tuple(module.split("."))
        path = self._path(module)
        init = path / "__init__.py"
        file = path.with_name(f"{path.name}.py")
        if init.is_file():
            return _read_file(init, self._package, parts)
        if len(parts) > 1 and file.is_file():
            return _read_file(file, self._package, parts[:-1])
        if module in self._packages:  # the compiler will write an empty __init__.py
            return _Known(ModuleFacts())
        return _Known(ModuleFacts(is_dynamic=True), has_unknown_all=True)


def _stars(known: _Known) -> list[str]:
    """The modules of the package from which a module imports everything."""
    return [each.module for each in known.facts.imports if each.names == ("*",)]


def _exists(path: Path) -> bool:
    """Whether there is a folder, or a file of Python or of machine code, with this name."""
    if path.is_dir() or path.with_name(f"{path.name}.py").is_file():
        return True
    try:
        siblings = list(path.parent.iterdir())
    except OSError:
        return False
    return any(
        each.name.startswith(f"{path.name}.") and each.suffix in _EXTENSIONS for each in siblings
    )


def _read_file(path: Path, package: str, folder: tuple[str, ...]) -> _Known:
    """What a file defines; anything may be in a file that cannot be read."""
    try:
        code = read_file(path).decode("utf-8-sig")
        tree = parse_heads(code)  # imports in functions do not matter here
        names = scope_names(code)
    except (OSError, *UNPARSABLE):
        return _Known(ModuleFacts(is_dynamic=True), has_unknown_all=True)
    imports = list(ImportFinder(package, folder).add(code, tree))
    is_dynamic = may_have_any_name([code], names.bound, names.used)
    facts = ModuleFacts(sorted(names.bound), imports, is_dynamic)
    own_stars = {each.line for each in imports if each.names == ("*",)}
    all_stars = _star_lines(tree) if "import *" in code else set()
    all_names = _written_all(code, tree) if "__all__" in names.bound else None
    return _Known(
        facts,
        all_names,
        has_unknown_stars=all_stars != own_stars,
        has_unknown_all="__all__" in names.bound and all_names is None,
    )


def _star_lines(tree: ast.Module) -> set[int]:
    """The lines with a star import."""
    lines = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            lines.add(node.lineno)
    return lines


def _written_all(code: str, tree: ast.Module) -> list[str] | None:
    """The names in `__all__`; None if it is mentioned in other places than plain lists of names."""
    names: list[str] = []
    understood = 0
    for statement in tree.body:
        values = _values_for_all(statement)
        if values is not None:
            names += values
            understood += 1
    is_understood = understood == code.count("__all__")
    return names if is_understood else None


def _values_for_all(statement: ast.stmt) -> list[str] | None:
    """The names in `__all__ = [...]` or `__all__ += [...]`; None for another statement."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AugAssign):
        target = statement.target
    else:
        return None
    if not (isinstance(target, ast.Name) and target.id == "__all__"):
        return None
    if not isinstance(statement.value, ast.List | ast.Tuple):
        return None
    values = []
    for element in statement.value.elts:
        if not (isinstance(element, ast.Constant) and isinstance(element.value, str)):
            return None
        values.append(element.value)
    return values
