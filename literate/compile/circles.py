"""Circular imports: which import fails because a module is still being imported.

Not every circle is wrong. So this file goes through the imports as Python does, with each module of
a circle as the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..records import dataclass
from .facts import OwnImport
from .library import Library

_OUTSIDE = ""  # takes the place of the module that imports the first one


@dataclass(frozen=True)
class Failure:
    """An import that fails."""

    importer: str  # the module that imports
    at: OwnImport
    name: str  # what it does not find
    shown_at: OwnImport  # an import of the circle that stands in a notebook


def first_failures(modules: Iterable[str], library: Library) -> Iterator[Failure]:
    """For each circle of imports the first one that fails; `modules` are full names."""
    reported: set[str] = set()
    for entry in sorted(_in_circles(modules, library)):
        if entry in reported:
            continue
        simulation = _Simulation(library)
        failure = simulation.run(entry)
        if failure is None:
            continue
        if simulation.loading.isdisjoint(reported) and failure.shown_at.notebook:
            yield failure
        reported |= simulation.loading


def _in_circles(modules: Iterable[str], library: Library) -> set[str]:
    """The modules that may be part of a circle: those that import others, and are imported."""
    edges = {name: _imported(name, library) for name in modules}
    pending = list(edges)
    while pending:  # also modules that were written by hand
        for name in edges[pending.pop()]:
            if name not in edges:
                edges[name] = _imported(name, library)
                pending.append(name)
    remaining = _without_ends(edges)
    backwards: dict[str, set[str]] = {name: set() for name in remaining}
    for name in remaining:
        for imported in edges[name] & remaining:
            backwards[imported].add(name)
    return _without_ends(backwards)


def _without_ends(edges: dict[str, set[str]]) -> set[str]:
    """The nodes of a graph without those from which every path ends."""
    counts = {name: len(targets) for name, targets in edges.items()}
    sources: dict[str, list[str]] = {name: [] for name in edges}
    for name, targets in edges.items():
        for target in targets:
            sources[target].append(name)
    ends = [name for name, count in counts.items() if not count]
    while ends:
        for source in sources[ends.pop()]:
            counts[source] -= 1
            if not counts[source]:
                ends.append(source)
    return {name for name, count in counts.items() if count}


def _imported(module: str, library: Library) -> set[str]:
    """The modules of the package that a module imports while it is imported itself."""
    facts = library.facts(module)
    found: set[str] = set()
    for each in facts.imports if facts else ():
        if each.runs and not _is_whole_of(module, each):
            found.update(name for name in _loaded_by(each, library) if library.facts(name))
    return found


def _loaded_by(each: OwnImport, library: Library) -> list[str]:
    """The modules that an import loads, in their order: packages, the module, its submodules."""
    parts = each.module.split(".")
    found = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    facts = library.facts(each.module)
    bound = facts.bound if facts else []
    for name in each.names:
        submodule = f"{each.module}.{name}"
        if name != "*" and name not in bound and library.has_module(submodule):
            found.append(submodule)
    return found


def _is_whole_of(module: str, each: OwnImport) -> bool:
    """Whether a module imports everything from itself, which has a rule of its own."""
    return each.module == module and each.names == ("*",)


class _Simulation:
    """Imports a module, and what it imports, as Python would."""

    def __init__(self, library: Library) -> None:
        self.loading: set[str] = set()
        self._library = library
        self._bound: dict[str, set[str]] = {}  # for each module that was begun: its names so far
        self._stack: list[tuple[str, list[OwnImport]]] = []  # modules, and their further imports

    def run(self, entry: str) -> Failure | None:
        """The first import that fails."""
        outside = OwnImport(entry, names=(), runs=True)
        self._bound[_OUTSIDE] = set()
        self._stack.append((_OUTSIDE, [outside]))
        while self._stack:
            module, imports = self._stack[-1]
            if not imports:
                self._stack.pop()
                self.loading.discard(module)
                continue
            each = imports[-1]
            self._bound[module].update(each.above)
            next_module = self._next_to_load(each)
            if next_module:
                self._begin(next_module)
                continue
            missing = self._missing(each)
            if missing and not self._is_guarded():
                return Failure(module, each, missing, self._shown_at())
            if each.names == ("*",):
                self._bound[module] |= self._library.exports(each.module) or set()
            imports.pop()
        return None

    def _begin(self, module: str) -> None:
        facts = self._library.facts(module)
        imports = facts.imports if facts else []
        running = [each for each in imports if each.runs and not _is_whole_of(module, each)]
        self._bound[module] = set()
        self.loading.add(module)
        self._stack.append((module, running[::-1]))

    def _next_to_load(self, each: OwnImport) -> str | None:
        """The first module that an import has to load."""
        for name in _loaded_by(each, self._library):
            if name not in self._bound and self._library.facts(name) is not None:
                return name
        return None

    def _missing(self, each: OwnImport) -> str | None:
        """A name that an import does not find, because its module is still being imported."""
        module = each.module
        if module not in self.loading or not self._library.is_complete(module):
            return None
        names: Iterable[str] = each.names
        if each.names == ("*",):
            if "__all__" not in self._bound[module]:  # it brings the names that are there already
                return None
            names = self._library.written_all(module)
        for name in names:
            is_submodule = self._library.has_module(f"{module}.{name}")
            is_there = is_submodule or name in self._bound[module] or name.startswith("__")
            if not is_there and self._library.may_have(module, name):
                return name
        return None

    def _is_guarded(self) -> bool:
        """Whether an import on the way stands in a `try` that catches the error."""
        return any(imports[-1].is_guarded for _, imports in self._stack)

    def _shown_at(self) -> OwnImport:
        """The import that fails, or the nearest one on the way to it that stands in a notebook."""
        on_the_way = [imports[-1] for _, imports in reversed(self._stack)]
        return next((each for each in on_the_way if each.notebook), on_the_way[0])
