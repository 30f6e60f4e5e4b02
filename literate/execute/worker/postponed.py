"""Modules that stand in `sys.modules`, and are loaded when they are used.

In Jupyter, every notebook finds some modules already imported, which few notebooks use. Here, too,
they are there, but the time of their import is only spent where it is needed.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# What IPython and asyncio import and no notebook needs, unless it uses it itself. Without them the
# server is ready in five sixths of the time. Of these functions, IPython takes hold in advance.
_RARELY_USED: dict[str, tuple[str, ...]] = {
    "ssl": (),
    "asyncio.sslproto": (),
    "logging.handlers": (),
    "logging.config": ("dictConfig",),
    "comm": (),
}

# Other names with two underscores are asked of every module, by `inspect` and by the import system.
_NAMES_WORTH_LOADING = {"__all__", "__version__"}


class Postponed(ModuleType):
    """A module that is loaded when one of its names is used; then it is an ordinary module."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") and name not in _NAMES_WORTH_LOADING:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        _load(self)
        try:
            return vars(self)[name]
        except KeyError:
            pass
        # A name that the module computes, by a function `__getattr__` of its own.
        make = vars(self).get("__getattr__")
        if make is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return make(name)

    def __setattr__(self, name: str, value: object) -> None:
        # The import system sets what begins with underscores, and the parts of a package.
        if not name.startswith("__") and not isinstance(value, ModuleType):
            _load(self)
        ModuleType.__setattr__(self, name, value)  # it may be no `Postponed` any more

    def __dir__(self) -> list[str]:
        _load(self)
        return sorted(vars(self))


class _Loading:
    """How a module is loaded: by one thread, while the others wait."""

    def __init__(self, spec: ModuleSpec) -> None:
        self.spec = spec
        self.lock = RLock()
        self.has_begun = False
        self.then: list[Callable[[], object]] = []


_loadings: dict[str, _Loading] = {}  # by the name of the module


def _load(module: Postponed) -> None:
    """Load a module, unless this thread is doing so, or another thread has done so."""
    loading = _loadings[module.__name__]
    with loading.lock:
        if loading.has_begun:
            return
        loading.has_begun = True
        assert loading.spec.loader is not None
        try:
            loading.spec.loader.exec_module(module)
        except BaseException:
            loading.has_begun = False
            raise
        module.__class__ = ModuleType  # type: ignore[assignment]  # from now on, an ordinary one
        for function in loading.then:
            function()


def postpone_import(name: str, functions: tuple[str, ...] = ()) -> None:
    """Put a module into `sys.modules`, if it is installed. It is loaded when it is used.

    `functions` are names that other modules may import without loading it.
    """
    spec = None if name in sys.modules else _find_spec(name)
    if spec is None or spec.loader is None:
        return
    module = Postponed(name)
    module.__spec__ = spec
    module.__loader__ = spec.loader
    module.__package__ = spec.parent
    module.__file__ = spec.origin
    if spec.submodule_search_locations is not None:
        module.__path__ = list(spec.submodule_search_locations)
    for function in functions:
        vars(module)[function] = _forwarder(module, function)
    _loadings[name] = _Loading(spec)
    sys.modules[name] = module


def _find_spec(name: str) -> ModuleSpec | None:
    """The spec of a module; unlike `importlib.util.find_spec`, this imports no package for it."""
    package = name.rpartition(".")[0]
    if not package:
        return PathFinder.find_spec(name)
    package_spec = PathFinder.find_spec(package)
    if package_spec is None:
        return None
    return PathFinder.find_spec(name, package_spec.submodule_search_locations)


def _forwarder(module: Postponed, name: str) -> Callable[..., object]:
    """A function that stands for a function of a module, which is loaded when it is called."""

    def call(*values: object, **more: object) -> object:
        _load(module)
        return getattr(module, name)(*values, **more)

    return call


def when_loaded(name: str, function: Callable[[], object]) -> None:
    """Call a function when a module has been loaded: now, or later, or never."""
    module = sys.modules.get(name)
    if isinstance(module, Postponed):
        _loadings[name].then.append(function)
    elif module is not None:
        function()


def postpone_rarely_used() -> None:
    """Postpone what IPython imports for few notebooks. Call this before IPython is imported."""
    for name, functions in _RARELY_USED.items():
        postpone_import(name, functions)


def show_in_packages() -> None:
    """Let packages know their parts that were postponed, as if they had been imported.

    A cell may use `logging.handlers` without an import of its own.
    """
    for name in _RARELY_USED:
        package, _, part = name.rpartition(".")
        module = sys.modules.get(name)
        if module is not None and package in sys.modules:
            vars(sys.modules[package]).setdefault(part, module)
