"""What came of a run, as plain frozen data: it crosses a pipe, becomes JSON, and every report reads it."""

from __future__ import annotations

from ..records import dataclass

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
TIMEOUT, DIED = "Timeout", "Died"  # names of errors that no exception stands for


@dataclass(frozen=True)
class Frame:
    """One line of a traceback."""

    file: str  # the notebook's path for a line of a cell, else a module's
    line: int  # in the cell or in the file, from 1
    function: str = ""
    text: str = ""  # the line itself
    cell: int | None = None  # the cell's index, for a line of a cell
    cell_id: str = ""


@dataclass(frozen=True)
class Error:
    """Why a cell failed: an exception, a time limit, a death."""

    name: str  # "ZeroDivisionError", or TIMEOUT, DIED
    message: str  # as Python prints it below a traceback: "ZeroDivisionError: division by zero"
    frames: tuple[Frame, ...] = ()
    related: tuple[tuple[str, Error], ...] = ()  # ("cause" | "context" | "member", that error)


@dataclass(frozen=True)
class CellResult:
    """What came of one cell."""

    index: int  # among all cells, from 0
    id: str
    source: str
    outcome: str
    reason: str = ""  # why it was skipped
    seconds: float = 0.0
    execution_count: int | None = None
    outputs: tuple[dict, ...] = ()  # as in a notebook, text in one piece
    error: Error | None = None  # also set where the cell had to raise, and did

    @property
    def line(self) -> int | None:
        """The line of this cell that its error passed through last."""
        frames = self.error.frames if self.error else ()
        return next((frame.line for frame in reversed(frames) if frame.cell == self.index), None)


@dataclass(frozen=True)
class NotebookResult:
    """What came of one notebook."""

    path: str
    outcome: str
    cells: tuple[CellResult, ...] = ()
    total: int = 0  # how many cells were to run
    seconds: float = 0.0
    reason: str = ""  # why it was skipped, or what failed outside of its cells
    notes: tuple[str, ...] = ()  # remarks that do not decide the outcome
    unchanged: bool = False  # not run, because nothing has changed since it passed
    failed_before: tuple[NotebookResult, ...] = ()  # what came of earlier attempts

    @property
    def ran(self) -> int:
        """How many of its cells ran to their end or failed."""
        return sum(cell.outcome != SKIPPED for cell in self.cells)

    @property
    def failures(self) -> tuple[CellResult, ...]:
        """The cells that failed."""
        return tuple(cell for cell in self.cells if cell.outcome == FAILED)


@dataclass(frozen=True)
class NotebookStarted:
    """Event: a process took up a notebook."""

    path: str
    cells: int  # how many will run


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
