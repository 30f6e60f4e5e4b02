"""Run notebooks as tests: `run_notebooks(project, paths)`, or `run` for what happens while they run."""

from .results import (
    FAILED, PASSED, SKIPPED, CellFinished, CellResult, CellStarted, Error, Event, Frame, NotebookFinished,
    NotebookResult, NotebookStarted,
)
from .schedule import Options, run, run_notebooks

__all__ = [
    "FAILED", "PASSED", "SKIPPED", "CellFinished", "CellResult", "CellStarted", "Error", "Event", "Frame",
    "NotebookFinished", "NotebookResult", "NotebookStarted", "Options", "run", "run_notebooks",
]
