"""Parking: the server imports modules ahead, and a notebook gets them when it imports them itself.

The idea. An import of torch takes seconds. So the server imports such modules once, before it forks
the workers, and each worker has them in its memory. But a notebook must behave as in a new process.
If the modules stayed in `sys.modules`, a notebook could use a submodule that it never imported: it
would pass here and fail everywhere else. So the server takes the modules out of `sys.modules` after
each import: it parks them. When a notebook imports one of them, the module is put back, which takes
a millisecond. Until then `"torch" in sys.modules` is False.

The steps.

1. `load` imports a module in the server. The modules that this import added to `sys.modules` become
   a group. If they import another package, then this package gets a group of its own, and the first
   group depends on it. So a notebook that imports numpy gets only numpy, and not the package that
   was the reason for the server to import numpy.
2. `_park` takes a group out of `sys.modules`. It also removes submodules from the attributes of
   packages that are not in the group: after `import matplotlib`, the attribute `matplotlib.pyplot`
   must be missing.
3. When a notebook imports a module that is not in `sys.modules`, Python asks the finders in
   `sys.meta_path`. The first of them is the class `Parking`. Its method `find_spec` answers if the
   module is parked, and if Python would find the same module now. For example, a notebook may have
   put a folder into `sys.path` that has another module of this name.
4. Python calls the loader that it got as the answer. The loader calls `_restore`, which puts the
   group back, and the groups that it depends on.

Modules of the standard library are never parked. The server itself needs many of them, and they
are quick to import.
"""

from __future__ import annotations

import importlib
import os
import sys
import sysconfig
import time
from contextlib import suppress
from copy import copy
from importlib.machinery import ModuleSpec, PathFinder

from ...records import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.abc import Loader
    from types import ModuleType
else:
    Loader = object  # a real base class would have methods of its own: see `_Handover`

_clock = time.perf_counter  # bound before a notebook can patch it

_CHEAP = 0.002  # seconds: an import that takes less is not reported
_LIBRARY_FOLDERS = (
    sysconfig.get_path("purelib") + os.sep,
    sysconfig.get_path("platlib") + os.sep,
)


@dataclass(eq=False)
class _Group:
    """The modules that one import added to `sys.modules`. They are parked and restored together."""

    name: str  # the module that was imported
    modules: dict[str, ModuleType]
    dependencies: list[_Group]  # the groups of other imports that this import needed
    removed_attributes: list[_Attribute] = field(default_factory=list)  # while it is parked


@dataclass(eq=False)
class _Attribute:
    """A submodule as an attribute of its package. The package belongs to another group."""

    package: ModuleType
    name: str
    submodule: ModuleType


@dataclass(eq=False)
class _ColdImport:
    """An import of a module that is not parked."""

    name: str
    began: float
    last_step: float  # when the last import that is a part of this one began


class Parking:
    """Imports modules and parks them. As a finder, it gives them back to the notebook."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}  # by module: how long the import of its group took
        # The groups that were not given back, because Python would find other modules by these
        # names. It is a dict because a dict keeps the order.
        self.refused: dict[str, None] = {}
        self._modules: dict[str, tuple[_Group, ModuleType]] = {}  # all that were ever parked
        self._restored: dict[_Group, None] = {}  # the groups in `sys.modules`, in their order
        self._loading: list[str] = []  # the modules that are being loaded, the innermost one last
        self._cold_imports: list[_ColdImport] = []
        sys.meta_path.insert(0, self)

    # --- in the server ---

    def load(self, name: str) -> None:
        """Import a module and park it.

        The packages that it is in come first, each with a group of its own.
        """
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            self._load_group(".".join(parts[:end]))

    def _load_group(self, name: str) -> None:
        if name in self._modules or name in sys.modules:
            return
        # Another import may be going on, which needs this one. The groups that it has restored so
        # far are parked meanwhile: then each group that is restored now is needed by this import.
        outer = list(self._restored)
        for group in outer:
            self._park(group)
        self._restored = {}

        before = set(sys.modules)
        self._import(name)
        dependencies = list(self._restored)
        modules = self._new_modules(before)
        group = _Group(name, modules, dependencies)
        for module_name, module in modules.items():
            self._modules[module_name] = group, module

        self._park(group)
        for dependency in dependencies:
            self._park(dependency)
        self._restored = {}
        for group in outer:
            self._restore(group)

    def _import(self, name: str) -> None:
        """Import a module and measure the time."""
        self._loading.append(name)
        start = _clock()
        # An import that fails here also fails in the notebook that needs it, and is reported there.
        with suppress(Exception):
            importlib.import_module(name)
        self.seconds[name] = _clock() - start
        self._loading.pop()

    def _new_modules(self, before: set[str]) -> dict[str, ModuleType]:
        """The modules that an import added, without the modules of its dependencies."""
        known = set(before)
        for dependency in self._restored:
            known.update(dependency.modules)
        new = {}
        for name, module in sys.modules.items():
            if name not in known and not _is_standard(name):
                new[name] = module
        return new

    def _needs_own_group(self, name: str) -> bool:
        """Whether a group is being loaded, and this module belongs to another package."""
        if not self._loading or name in self._loading:
            return False
        if "." in name or _is_standard(name):
            return False
        return name != _top_level(self._loading[-1])

    # --- parking and restoring ---

    def _park(self, group: _Group) -> None:
        for name, module in group.modules.items():
            package_name, _, child = name.rpartition(".")
            if package_name in group.modules:
                continue  # the package is taken out, too, so it may keep its attributes
            package = sys.modules.get(package_name)
            if package is not None and vars(package).get(child) is module:
                group.removed_attributes.append(_Attribute(package, child, module))
                delattr(package, child)
        for name in group.modules:
            sys.modules.pop(name, None)

    def _restore(self, group: _Group, without: str = "") -> None:
        """Put a group back, and the groups that it depends on.

        The module `without` is left out, because Python puts it into `sys.modules` itself.
        """
        if group in self._restored:
            return
        self._restored[group] = None
        for dependency in group.dependencies:
            self._restore(dependency)
        for name, module in group.modules.items():
            if name != without:
                sys.modules[name] = module
        for attribute in group.removed_attributes:
            setattr(attribute.package, attribute.name, attribute.submodule)
        group.removed_attributes.clear()

    # --- in the worker ---

    def get(self, name: str) -> ModuleType | None:
        """A parked module, or None. It stays parked."""
        if name not in self._modules:
            return None
        return self._modules[name][1]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer Python's question where a module comes from: from here if it is parked.

        Python asks for a module that is not in `sys.modules`. With the answer None, Python asks the
        next finder. The question alone must not restore the module: `importlib.util.find_spec`
        imports nothing.
        """
        if self._needs_own_group(name):
            self._load_group(name)
        if name in self._modules:
            group, module = self._modules[name]
            if group not in self._restored and self._is_meant(name, group):
                return self._handover_spec(name, group, module)
        self._watch_cold_import(name)
        return None

    def _handover_spec(self, name: str, group: _Group, module: ModuleType) -> ModuleSpec:
        """A copy of the module's spec, with a loader that restores the group."""
        original: ModuleSpec | None = getattr(module, "__spec__", None)
        spec = ModuleSpec(name, None) if original is None else copy(original)
        spec.loader = _Handover(lambda: self._restore(group, without=name), module, original)
        return spec

    def _is_meant(self, name: str, group: _Group) -> bool:
        """Whether Python would find just these modules now, and no others of the same names."""
        package = name.rpartition(".")[0]
        if package in self._modules:
            parked_package = self._modules[package][1]
            if sys.modules.get(package) is not parked_package:
                return False  # the notebook has replaced the package
        for each in _with_dependencies(group):
            for module_name, module in each.modules.items():
                if "." not in module_name and not _would_be_found(module_name, module):
                    self.refused[group.name] = None
                    return False
        return True

    def _watch_cold_import(self, name: str) -> None:
        """Note the beginning of an import that is not served from here, or a step of this import.

        While such an import goes on, it imports other modules, which count as its steps. The time
        from its beginning to its last step is about the time that it takes.
        """
        now = _clock()
        if self._cold_imports:
            latest = self._cold_imports[-1]
            if _is_being_loaded(latest.name):
                latest.last_step = now
                return
        package = _top_level(name)
        if not _is_standard(package) and _is_installed(package):
            self._cold_imports.append(_ColdImport(name, began=now, last_step=now))

    def used(self) -> dict[str, float]:
        """The third-party modules that the notebook imported, and the seconds of a cold import."""
        seconds = {group.name: self.seconds[group.name] for group in self._restored}
        for cold in self._cold_imports:
            if cold.name in sys.modules:
                seconds[cold.name] = cold.last_step - cold.began
        return {name: each for name, each in seconds.items() if each > _CHEAP}


class _Handover(Loader):
    """The loader of a module that is loaded already.

    For type checkers it is a `Loader`. When it runs, all that it does not define itself comes from
    the loader that the module was really loaded by, for example `get_source`.
    """

    def __init__(
        self, restore: Callable[[], None], module: ModuleType, original: ModuleSpec | None
    ) -> None:
        self._restore = restore
        self._module = module
        self._original = original

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Put the whole group into `sys.modules`, and return the module of this name."""
        self._restore()
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own spec again. Python has set the spec with this loader."""
        with suppress(AttributeError):
            module.__spec__ = self._original

    def __getattr__(self, name: str) -> object:
        loader = None if self._original is None else self._original.loader
        return getattr(loader, name)


def _top_level(name: str) -> str:
    return name.partition(".")[0]


def _is_standard(name: str) -> bool:
    """Whether a module belongs to the standard library."""
    return _top_level(name) in sys.stdlib_module_names


def _with_dependencies(group: _Group) -> list[_Group]:
    """A group, the groups that it depends on, the groups that these depend on, and so on."""
    found: dict[_Group, None] = {}
    waiting = [group]
    while waiting:
        next_group = waiting.pop()
        if next_group not in found:
            found[next_group] = None
            waiting.extend(next_group.dependencies)
    return list(found)


def _would_be_found(name: str, module: ModuleType) -> bool:
    """Whether Python, if it searched for a top-level module now, would find this one."""
    found = PathFinder.find_spec(name)
    if not found:
        return True  # only another finder knows it, as with an editable installation
    spec = getattr(module, "__spec__", None)
    return found.origin == getattr(spec, "origin", None)


def _is_installed(name: str) -> bool:
    """Whether a top-level module belongs to an installed distribution, not to the project."""
    spec = PathFinder.find_spec(name)
    return bool(spec and spec.origin and spec.origin.startswith(_LIBRARY_FOLDERS))


def _is_being_loaded(name: str) -> bool:
    """Whether the import of a module goes on. Python marks the spec of the module meanwhile."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))
