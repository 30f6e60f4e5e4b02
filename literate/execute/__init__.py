"""Run notebooks as tests: `run_notebooks(project, paths)`, or `run` for what happens while they run."""

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

_FRONT = ("Options", "ForkServerClient", "explain", "run", "run_notebooks", "start_server")
__all__ = [
    "FAILED",
    "PASSED",
    "SKIPPED",
    "CellFinished",
    "CellResult",
    "CellStarted",
    "Error",
    "Event",
    "Frame",
    "NotebookFinished",
    "NotebookResult",
    "NotebookStarted",
    *_FRONT,
]


def __getattr__(name: str):
    """The front's side of a run: the processes that run notebooks are part of this package too, and do without it."""
    if name not in _FRONT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import runner

    return getattr(runner, name)
