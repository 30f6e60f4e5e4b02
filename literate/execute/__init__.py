"""Run notebooks as tests.

`run_notebooks(project, paths)` returns the results; `run` yields events while the notebooks run.
"""

from .results import (
    FAILED,
    PASSED,
    SKIPPED,
    CellFinished,
    CellResult,
    CellStarted,
    Error,
    Event,
    Frame,
    NotebookFinished,
    NotebookResult,
    NotebookStarted,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .options import Options
    from .runner import explain, run, run_notebooks
    from .server.client import ForkServerClient, start_server

# What only the front needs is imported when it is used first: the processes that run notebooks
# belong to this package too, and start faster without it.
_MODULES_OF_THE_FRONT = {
    "ForkServerClient": "server.client",
    "Options": "options",
    "explain": "runner",
    "run": "runner",
    "run_notebooks": "runner",
    "start_server": "server.client",
}

__all__ = [
    "FAILED",
    "PASSED",
    "SKIPPED",
    "CellFinished",
    "CellResult",
    "CellStarted",
    "Error",
    "Event",
    "ForkServerClient",
    "Frame",
    "NotebookFinished",
    "NotebookResult",
    "NotebookStarted",
    "Options",
    "explain",
    "run",
    "run_notebooks",
    "start_server",
]


def __getattr__(name: str) -> object:
    """Import what only the front of a run needs."""
    if name not in _MODULES_OF_THE_FRONT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f".{_MODULES_OF_THE_FRONT[name]}", __name__)
    return getattr(module, name)
