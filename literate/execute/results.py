"""The results and the events of a run, as plain frozen data.

They cross a pipe, become JSON, and every report reads them.
"""

from __future__ import annotations

from ..records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The outcomes of cells and notebooks.
PASSED = "passed"
FAILED = "failed"
SKIPPED = "skipped"

NO_REASON = "it skips itself"  # the reason of a notebook that gives none

CANCELLED = "cancelled"  # of a notebook under watch, of which a newer version is to run

# The names of errors that are not exceptions.
TIMEOUT = "Timeout"
DIED = "Died"


@dataclass(frozen=True)
class Frame:
    """One line of a traceback."""

    file: str  # the notebook's path for a line of a cell, and otherwise the path of a module
    line: int  # in the cell or in the file, from 1
    function: str = ""
    text: str = ""  # the line itself
    cell: int | None = None  # the index of the cell; None for a line of a module
    cell_id: str = ""


@dataclass(frozen=True)
class Error:
    """Why a cell failed: it raised an exception, exceeded a time limit, or its process died."""

    name: str  # "ZeroDivisionError", or TIMEOUT, DIED
    message: str  # as Python prints it below a traceback: "ZeroDivisionError: division by zero"
    frames: tuple[Frame, ...] = ()
    related: tuple[tuple[str, Error], ...] = ()  # ("cause" | "context" | "member", that error)


@dataclass(frozen=True)
class CellResult:
    """How one cell ended."""

    index: int  # among all cells of the notebook, from 0
    id: str
    source: str
    outcome: str
    reason: str = ""  # why it was skipped
    seconds: float = 0.0
    execution_count: int | None = None
    outputs: tuple[dict[str, Any], ...] = ()  # as in a notebook, but each text is one string
    error: Error | None = None  # also set for a cell that had to raise an exception, and did

    @property
    def line(self) -> int | None:
        """The innermost line of this cell in the traceback of its error."""
        if self.error is None:
            return None
        for frame in reversed(self.error.frames):
            if frame.cell == self.index:
                return frame.line
        return None


@dataclass(frozen=True)
class NotebookResult:
    """How one notebook ended."""

    path: str
    outcome: str
    cells: tuple[CellResult, ...] = ()
    total: int = 0  # how many cells were planned to run
    seconds: float = 0.0
    reason: str = ""  # why it was skipped, or what failed outside of its cells
    notes: tuple[str, ...] = ()  # remarks that do not change the outcome
    unchanged: bool = False  # it did not run, because nothing has changed since it passed
    failed_before: tuple[NotebookResult, ...] = ()  # the results of earlier attempts, which failed

    @property
    def ran(self) -> int:
        """How many cells passed or failed."""
        return sum(cell.outcome != SKIPPED for cell in self.cells)

    @property
    def failures(self) -> tuple[CellResult, ...]:
        """The cells that failed."""
        return tuple(cell for cell in self.cells if cell.outcome == FAILED)


@dataclass(frozen=True)
class NotebookStarted:
    """Event: a process began to run a notebook."""

    path: str
    cells: int  # how many cells will run in all
    run: int = 0  # the number of the run
    done: int = 0  # how many of the cells keep the results of an earlier run
    first: int | None = None  # the index of the first cell that runs now, if it is known


@dataclass(frozen=True)
class CellStarted:
    """Event: a cell began."""

    path: str
    index: int
    source: str


@dataclass(frozen=True)
class CellFinished:
    """Event: a cell passed or failed."""

    path: str
    cell: CellResult


@dataclass(frozen=True)
class NotebookFinished:
    """Event: a notebook passed, failed, or was skipped."""

    result: NotebookResult


Event = NotebookStarted | CellStarted | CellFinished | NotebookFinished
