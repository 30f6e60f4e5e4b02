"""A running notebook as its parent sees it: its pipes, its outputs, its time limits."""

from __future__ import annotations

import fcntl
import os
import signal
import time
import traceback
from contextlib import suppress

from ..processes import IS_LINUX, kill
from ..protocol import (
    CHUNK,
    GO_ON,
    STOP,
    CellBegins,
    CellEnded,
    CellEnds,
    CellReport,
    CellStarted,
    ClearOutput,
    Display,
    FrameReader,
    NotebookEnd,
    NotebookEnded,
    OutputsUpdated,
    Refuse,
    ShowResult,
    StreamText,
    Sync,
    Task,
    UpdateDisplay,
    WorkerEnds,
)
from .outputs import Outputs

# At a limit: ask the interpreter where it is (that works inside C code too), interrupt it, and then end it for good.
_ESCALATION = ((0.0, signal.SIGUSR1), (0.05, signal.SIGINT), (1.0, signal.SIGKILL))
_DUMP_LIMIT = 1 << 16


class Job:
    """One notebook in its own process; `tell` takes what the front is to know of it."""

    def __init__(self, number: int, task: Task, tell) -> None:
        self.number, self.task, self.tell = number, task, tell
        self.cell: int | None = None  # the cell that runs
        self.limit = ""  # "cell" or "notebook", once it took too long
        self.complete = self.was_killed = False
        self.refusal = ""  # why it cannot be run at all
        self.pid = self.pidfd = -1
        self._remarks: list[tuple[int | None, str]] = []  # cell, and what went wrong beside it
        self._imports: dict[
            str, float
        ] = {}  # third-party modules that it imported, and their seconds
        self._refused: list[
            str
        ] = []  # modules loaded for it that are not what it means by their names
        self._kept: tuple[int, ...] = ()
        self._outputs, self._shown = (
            Outputs(),
            {},
        )  # of this cell; of earlier ones that may yet be updated
        self._reader, self._dump = FrameReader(), bytearray()
        self._notebook_due = time.monotonic() + (task.timeout or float("inf"))
        self._cell_due = float("inf")
        self._steps: list[
            tuple[float, int]
        ] = []  # what is left of the escalation: when, and which signal

    def open(self) -> dict[str, int]:
        """Make the pipes; the ends that the job needs are returned."""
        ends = {name: os.pipe() for name in ("stdout", "stderr", "frames", "dump", "answers")}
        ours = {name: end[name == "answers"] for name, end in ends.items()}
        theirs = {name: end[name != "answers"] for name, end in ends.items()}
        for name in ("stdout", "stderr", "frames", "dump"):
            os.set_blocking(ours[name], False)
            with suppress(
                OSError, AttributeError
            ):  # more than a user may have, or no Linux: the pipe stays small
                fcntl.fcntl(ours[name], fcntl.F_SETPIPE_SZ, CHUNK)
        self.ends = ours
        self._kept = tuple(
            theirs[name] for name in theirs if name != "dump"
        )  # for a job that has closed its own
        return theirs

    def started(self, pid: int, theirs: dict[str, int]) -> None:
        """Its process runs: let go of what only it needs."""
        self.pid, self.pidfd = pid, os.pidfd_open(pid) if IS_LINUX else -1
        for descriptor in set(theirs.values()) - set(self._kept):
            os.close(descriptor)

    def readable(self) -> list[int]:
        """The descriptors to poll."""
        return [self.ends[name] for name in ("stdout", "stderr", "frames", "dump")]

    def close(self) -> None:
        """Close everything that the parent holds of this job."""
        self.close_ours()
        for descriptor in (*self._kept, self.pidfd):
            with suppress(OSError):
                os.close(descriptor)

    def close_ours(self) -> None:
        """Close the parent's ends of the pipes."""
        for descriptor in self.ends.values():
            with suppress(OSError):
                os.close(descriptor)

    def read(self, descriptor: int) -> bool:
        """Read what a pipe has; False at its end."""
        data = _read(descriptor)
        for name, end in self.ends.items():
            if end == descriptor:
                self._take(name, data or b"")
        return data != b""

    def _take(self, name: str, data: bytes) -> None:
        if name == "frames":
            self._take_frames(data)
        elif name == "dump":
            self._dump += data[: _DUMP_LIMIT - len(self._dump)]
        else:
            self._outputs.write(name, data)

    def _take_frames(self, data: bytes) -> None:
        try:
            for message in self._reader.feed(data):
                self._handle(message)
        except Exception:  # what arrives here is as good as the code that a notebook runs
            traceback.print_exc()
            kill(self.pid)

    def _drain(self, *names: str) -> None:
        """Read everything that has been written so far: no pipe holds more than one read takes."""
        for name in names:
            self._take(name, _read(self.ends[name]) or b"")

    def _handle(self, message: object) -> None:
        if isinstance(message, CellBegins):
            self.cell = message.index
            if (
                self.task.engine == "kernel"
            ):  # what a kernel prints before is for whoever debugs kernels
                self._drain("stdout", "stderr")
                self._outputs = Outputs()
            self._begin_limit()
            self.tell(CellStarted(self.number, self.cell))
            return
        self._drain("stdout", "stderr")
        self._take_message(message)
        with suppress(OSError):
            os.write(self.ends["answers"], STOP if self.limit else GO_ON)

    def _take_message(self, message: object) -> None:
        match message:
            case Display(data, metadata, display_id):
                self._outputs.display(
                    {"output_type": "display_data", "data": data, "metadata": metadata}, display_id
                )
            case ShowResult(data, metadata, count):
                item = {
                    "output_type": "execute_result",
                    "data": data,
                    "metadata": metadata,
                    "execution_count": count,
                }
                self._outputs.display(item, None)
            case UpdateDisplay(data, metadata, display_id):
                self._update(data, metadata, display_id)
            case ClearOutput(wait):
                self._outputs.clear(wait)
            case CellEnds(index, report):
                self._end_cell(index, report)
            case StreamText(name, text):
                self._outputs.write(name, text.encode("utf-8", "replace"))
            case Refuse(reason):
                self.refusal = reason
            case WorkerEnds(remarks, import_times, refused):
                self._imports, self._refused = import_times, refused
                self._remarks += [(None, text) for text in remarks]
                self.complete = True
            case Sync():
                pass

    def _begin_limit(self) -> None:
        self._cell_due = time.monotonic() + (
            self.task.own_timeouts.get(self.cell, self.task.cell_timeout) or float("inf")
        )

    def _update(self, data: dict, metadata: dict, display_id: str) -> None:
        self._outputs.update(data, metadata, display_id)
        for index, outputs in self._shown.items():
            if outputs.update(data, metadata, display_id):
                self.tell(OutputsUpdated(self.number, index, outputs.items()))

    def _end_cell(self, index: int, report: CellReport) -> None:
        self.cell = None
        self._begin_limit()  # of what comes between the cells, and at the end
        self._remarks += [(index, text) for text in report.remarks]
        self.tell(CellEnded(self.number, index, report, self._outputs.items(), self.limit))
        if self._outputs.has_displays:
            self._shown[index] = self._outputs
        self._outputs = Outputs()

    @property
    def due(self) -> float:
        """When `enforce` has something to do, on the monotonic clock."""
        if self.limit:
            return self._steps[0][0] if self._steps else float("inf")
        return min(self._cell_due, self._notebook_due)

    def enforce(self, now: float) -> None:
        """If a limit has passed, begin the escalation, or take its next step."""
        if now < self.due:
            return
        if not self.limit:
            self.limit = "cell" if self._cell_due <= now else "notebook"
            self._steps = [(now + delay, number) for delay, number in _ESCALATION]
        _, number = self._steps.pop(0)
        if number == signal.SIGKILL:
            self.was_killed = True
            kill(self.pid)  # what it started is ended next, as orphans
        else:
            os.kill(self.pid, number)

    def finish(self, status: int) -> None:
        """Its process has ended: read the rest, and tell the front."""
        self._drain("frames", "stdout", "stderr", "dump")
        end = NotebookEnd(
            status,
            self.complete,
            self.limit,
            self.cell,
            tuple(self._outputs.items()),
            self._dump.decode(errors="replace"),
            tuple(self._remarks),
            self.refusal,
            self._imports,
            tuple(self._refused),
        )
        self.tell(NotebookEnded(self.number, end))


def _read(descriptor: int) -> bytes | None:
    """What a pipe has; b"" at its end, None where there is nothing yet."""
    try:
        return os.read(descriptor, CHUNK)
    except BlockingIOError:
        return None
