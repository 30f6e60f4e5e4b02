"""Modules that the warm parent has imported, kept out of `sys.modules` until a notebook imports them.

So a notebook finds what it would find in a cold process: `"torch" in sys.modules` is False before its import, and a
submodule that it has not imported is missing, even if a neighbour needs it. The import then takes a millisecond.
"""

from __future__ import annotations

import importlib
import os
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from ...records import dataclass, field

_LIBRARIES = tuple({sysconfig.get_path("purelib") + os.sep, sysconfig.get_path("platlib") + os.sep})
_CHEAP = 0.002  # seconds: an import that takes less is not worth telling


@dataclass(eq=False)
class _Group:
    """What one import brought with it."""

    name: str
    modules: dict[str, ModuleType]
    needs: list[_Group]
    attributes: list[tuple[ModuleType, str, ModuleType]] = field(
        default_factory=list
    )  # on packages of other groups


class Parking:
    """Imports modules and parks them; as the first finder on `sys.meta_path` it hands them out again."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}  # how long each of them took to load
        self.refused: dict[
            str, None
        ] = {}  # those that are not what a notebook means by their names
        self._loading: list[str] = []
        self._known: dict[str, tuple[_Group, ModuleType]] = {}
        self._taken: dict[
            _Group, None
        ] = {}  # groups that are in `sys.modules`, in the order of their return
        self._watched: list[
            list
        ] = []  # imports that were not parked: name, when it began, when it last moved
        sys.meta_path.insert(0, self)

    def load(self, name: str) -> None:
        """Import a module, its packages first and each by itself, and park what came."""
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            self._load(".".join(parts[:end]))

    def _load(self, name: str) -> None:
        if name in self._known or name in sys.modules:
            return
        outer, self._taken = list(self._taken), {}
        for group in outer:  # so that it can be seen which of them this one needs
            self._park(group)
        self._loading.append(name)
        before, start = set(sys.modules), time.perf_counter()
        with suppress(Exception):  # the notebook that needs it will say so, better than we could
            importlib.import_module(name)
        self.seconds[name] = time.perf_counter() - start
        self._loading.pop()
        ours = {module for group in self._taken for module in group.modules}
        new = {
            key: module
            for key, module in sys.modules.items()
            if key not in before
            and key not in ours
            and key.partition(".")[0] not in sys.stdlib_module_names
        }
        group = _Group(name, new, list(self._taken))
        self._known.update({key: (group, module) for key, module in new.items()})
        for one in (group, *self._taken):
            self._park(one)
        self._taken = {}
        for group in outer:
            self._take(group)

    def _is_other_package(self, name: str) -> bool:
        """Whether the module that is being loaded now imports another package: that one gets a group of its own."""
        return (
            self._loading
            and name not in self._loading
            and "." not in name
            and name != self._loading[-1].partition(".")[0]
            and name not in sys.stdlib_module_names
        )

    def _park(self, group: _Group) -> None:
        for key, module in group.modules.items():
            package, _, child = key.rpartition(".")
            parent = sys.modules.get(package)
            if (
                parent is not None
                and package not in group.modules
                and vars(parent).get(child) is module
            ):
                group.attributes.append((parent, child, module))
                delattr(parent, child)
        for key in group.modules:
            sys.modules.pop(key, None)

    def _take(self, group: _Group, but: str = "") -> None:
        """Put a group back, and those that it needs; the module `but` is put in its place by Python's import itself."""
        if group in self._taken:
            return
        self._taken[group] = None
        for other in group.needs:
            self._take(other)
        sys.modules.update({key: module for key, module in group.modules.items() if key != but})
        for package, child, module in group.attributes:
            setattr(package, child, module)
        group.attributes.clear()

    def get(self, name: str) -> ModuleType | None:
        """A parked module."""
        return self._known.get(name, (None, None))[1]

    def find_spec(self, name: str, path=None, target=None) -> ModuleSpec | None:
        """Python asks for a module that is not in `sys.modules`: answer if it is parked, and is the one it would find."""
        if self._is_other_package(name):
            self._load(name)
        group, module = self._known.get(name, (None, None))
        if group is None or group in self._taken or not self._is_meant(name, group):
            self._watch(name)
            return None
        original = getattr(module, "__spec__", None)
        spec = copy(original) if original else ModuleSpec(name, None)
        spec.loader = _Handover(lambda: self._take(group, but=name), module, original)
        return spec

    def _is_meant(self, name: str, group: _Group) -> bool:
        """Whether a cold process would find these modules too, and not others of the same names: the project's own."""
        package = name.rpartition(".")[0]
        if (
            package
            and package in self._known
            and sys.modules.get(package) is not self._known[package][1]
        ):
            return False
        if not all(_is_found(key, module) for key, module in _tops(group, {})):
            self.refused[group.name] = None
            return False
        return True

    def _watch(self, name: str) -> None:
        """An import from scratch goes on: note the outermost one, and how far it has come."""
        now = time.perf_counter()
        if self._watched and _is_loading(self._watched[-1][0]):
            self._watched[-1][2] = now
        elif (top := name.partition(".")[0]) not in sys.stdlib_module_names and _is_library(
            PathFinder.find_spec(top)
        ):
            self._watched.append([name, now, now])

    def used(self) -> dict[str, float]:
        """The third-party modules that were imported, and the seconds that a cold import of each takes."""
        parked = [(group.name, self.seconds[group.name]) for group in self._taken]
        cold = [(name, end - start) for name, start, end in self._watched if name in sys.modules]
        return {name: seconds for name, seconds in parked + cold if seconds > _CHEAP}


def _tops(group: _Group, seen: dict[_Group, None]) -> Iterator[tuple[str, ModuleType]]:
    """The top-level modules of a group and of all that it needs."""
    if group not in seen:
        seen[group] = None
        yield from ((key, module) for key, module in group.modules.items() if "." not in key)
        for other in group.needs:
            yield from _tops(other, seen)


def _is_found(name: str, module: ModuleType) -> bool:
    cold = PathFinder.find_spec(name)
    return not cold or cold.origin == getattr(getattr(module, "__spec__", None), "origin", None)


def _is_library(spec: ModuleSpec | None) -> bool:
    return bool(spec and spec.origin and spec.origin.startswith(_LIBRARIES))


def _is_loading(name: str) -> bool:
    return getattr(getattr(sys.modules.get(name), "__spec__", None), "_initializing", False)


class _Handover:
    """The loader of a module that is already loaded."""

    def __init__(self, take, module: ModuleType, spec: ModuleSpec | None) -> None:
        self._take, self._module, self._spec = take, module, spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self._take()
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        with suppress(AttributeError):
            module.__spec__ = self._spec

    def __getattr__(self, name: str):  # whoever looks at the loader finds the real one's methods
        return getattr(self._spec.loader, name)
