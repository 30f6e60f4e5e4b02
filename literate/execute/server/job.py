"""One running notebook as the server sees it: its process, its messages, its limits, its end."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable
from shutil import rmtree

from ...records import dataclass
from ..outputs import Outputs
from ..processes import IS_LINUX, kill
from ..protocol import (
    GO_ON,
    STOP,
    AboutNotebook,
    CellBegins,
    CellEnded,
    CellEnds,
    CellReport,
    CellsDone,
    CellStarted,
    Display,
    FrameReader,
    Message,
    NotebookEnd,
    NotebookEnded,
    OutputsUpdated,
    ProtocolError,
    Refuse,
    Sync,
    Task,
    UpdateDisplay,
    WorkerEnds,
)
from ..snapshot_messages import (
    NotebookResumed,
    SnapshotKept,
    SnapshotMade,
    SnapshotsLost,
    SnapshotsSpoiled,
)
from .pipes import WorkerPipes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .frozen import FrozenWorker, FrozenWorkers

# What is sent to a worker at a time limit: seconds after the limit, and the signal.
_ESCALATION = (
    (0.0, signal.SIGUSR1),  # faulthandler writes where the worker is, also inside of C code
    (0.05, signal.SIGINT),  # interrupts the cell
    (1.0, signal.SIGKILL),  # ends the worker
)
# How many seconds a notebook may still work after its last cell: Jupyter, too, ends a kernel that
# does not end by itself.
_GRACE = 10.0
_DUMP_LIMIT = 1 << 16  # bytes that are kept of what faulthandler writes
_NEVER = float("inf")  # a time on the monotonic clock


@dataclass(frozen=True)
class _Step:
    """A step of the escalation."""

    due: float  # on the monotonic clock
    signal_number: int


class Job:
    """A notebook in a process of its own; `tell` takes the messages for the front."""

    def __init__(
        self,
        number: int,
        task: Task,
        tell: Callable[[AboutNotebook], None],
        frozen: FrozenWorkers | None = None,
    ) -> None:
        self.number = number
        self._frozen = frozen  # where its snapshots are kept
        self.temporary_folder = ""  # its own, if it makes snapshots; "": that of all notebooks
        self.task = task
        self.tell = tell

        # its process
        self.pipes = WorkerPipes()
        self.pid = -1
        self.pidfd = -1
        self._reader = FrameReader()
        self._dump = bytearray()

        # its cells
        self.cell: int | None = None  # the index of the cell that runs
        self._outputs = Outputs()  # of that cell
        self._updatable: dict[int, Outputs] = {}  # of earlier cells, by their indices

        # its limits
        self.limit = ""  # "cell" or "notebook" once a limit has passed, "end" after the last cell
        self.was_killed = False
        self._notebook_due = _deadline(task.timeout)
        self._cell_due = _NEVER
        self._end_due = _NEVER  # after the last cell: when to end what still runs
        self._steps: list[_Step] = []  # the steps of the escalation that are still to come

        # its end
        self._is_complete = False
        self._refusal = ""  # why it cannot run at all
        self._remarks: list[tuple[int | None, str]] = []  # each with the index of its cell
        self._import_times: dict[str, float] = {}
        self._refused_modules: list[str] = []

    # --- its process ---------------------------------------------------------------------------

    def started(self, pid: int) -> None:
        """Note that the process runs."""
        self.pid = pid
        if IS_LINUX:
            self.pidfd = os.pidfd_open(pid)
        self.pipes.release()

    def close(self) -> None:
        """Close everything that the server holds of this job."""
        self.pipes.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)

    def read(self, descriptor: int) -> bool:
        """Read what a pipe holds; return False at its end."""
        name = self.pipes.name_of(descriptor)
        data = self.pipes.read(name)
        if data:
            self._take(name, data)
        return data != b""

    def _drain(self, *names: str) -> None:
        """Read everything that has been written into these pipes so far."""
        for name in names:
            data = self.pipes.read(name)
            if data:
                self._take(name, data)

    def _take(self, name: str, data: bytes) -> None:
        """Take bytes that came out of a pipe."""
        if name == "frames":
            self._take_frames(data)
        elif name == "dump":
            self._dump += data[: _DUMP_LIMIT - len(self._dump)]
        else:
            self._outputs.write(name, data)

    def _take_frames(self, data: bytes) -> None:
        """Take frames; a worker that sends broken ones is killed."""
        try:
            for message in self._reader.feed(data):
                self._handle(message)
        except Exception:  # a notebook can write any bytes into the pipe
            traceback.print_exc()
            kill(self.pid)

    # --- its messages --------------------------------------------------------------------------

    def _handle(self, message: Message) -> None:
        """Do what a message asks for, and answer it if the worker waits for an answer."""
        if isinstance(message, CellBegins):
            self._begin_cell(message.index)
            return
        # The worker printed this before it sent the message.
        self._drain("stdout", "stderr")
        self._take_message(message)
        self.pipes.answer(STOP if self.limit else GO_ON)

    def _take_message(self, message: Message) -> None:
        """Do what a message asks for; the worker waits meanwhile."""
        match message:
            case Display(data, metadata, str(display_id)):
                # What has the same display id shows the same, wherever it is.
                self._update_displays(UpdateDisplay(data, metadata, display_id))
                self._outputs.take(message)
            case UpdateDisplay():
                self._update_displays(message)
            case CellEnds(index, report):
                self._end_cell(index, report)
            case Refuse(reason):
                self._refusal = reason
            case CellsDone():
                self._begin_end()
            case WorkerEnds():
                self._note_worker_end(message)
            case SnapshotMade():
                self._keep_snapshot(message)
            case SnapshotsSpoiled():
                self.tell(SnapshotsLost(self.number, message))
            case Sync():
                pass  # what was printed has been read
            case _ if self._outputs.take(message):
                pass
            case _:
                raise ProtocolError(f"a worker does not send {message!r:.200}")

    def _begin_cell(self, index: int) -> None:
        self.cell = index
        if self.task.engine == "kernel":
            # The process of a kernel prints between cells for people who debug the kernel.
            self._drain("stdout", "stderr")
            self._outputs = Outputs()
        self._begin_cell_limit()
        self.tell(CellStarted(self.number, index))

    def _end_cell(self, index: int, report: CellReport) -> None:
        self.cell = None
        self._begin_cell_limit()
        for remark in report.remarks:
            self._remarks.append((index, remark))
        self.tell(CellEnded(self.number, index, report, self._outputs.items(), self.limit))
        if self._outputs.has_displays:
            self._updatable[index] = self._outputs
        self._outputs = Outputs()

    def _update_displays(self, message: UpdateDisplay) -> None:
        """Update the outputs of this cell and of all earlier cells."""
        self._outputs.update(message.data, message.metadata, message.display_id)
        for index, outputs in self._updatable.items():
            if outputs.update(message.data, message.metadata, message.display_id):
                self.tell(OutputsUpdated(self.number, index, outputs.items()))

    def _begin_end(self) -> None:
        """Note that all cells have run. Threads and exit handlers may still work for a while."""
        if not self.limit:
            limits = (time.monotonic() + _GRACE, self._cell_due, self._notebook_due)
            self._end_due = min(limits)

    def _note_worker_end(self, message: WorkerEnds) -> None:
        self._is_complete = True
        self._import_times = message.import_times
        self._refused_modules = message.refused_modules
        for remark in message.remarks:
            self._remarks.append((None, remark))

    # --- its limits ----------------------------------------------------------------------------

    def _begin_cell_limit(self) -> None:
        """Begin the limit of the cell that runs.

        Between the cells, and after the last one, the limit for all cells holds.
        """
        seconds = self.task.cell_timeout
        if self.cell is not None:
            seconds = self.task.own_timeouts.get(self.cell, seconds)
        self._cell_due = _deadline(seconds)

    # --- its snapshots -------------------------------------------------------------------------

    def resume(self, snapshot: int, frozen: FrozenWorker) -> None:
        """Note that this notebook goes on where a snapshot was made."""
        self._updatable = frozen.updatable
        self.temporary_folder = frozen.temporary_folder
        self.tell(NotebookResumed(self.number, snapshot))

    def _keep_snapshot(self, made: SnapshotMade) -> None:
        if self._frozen is None:
            raise ProtocolError("this worker was not asked for snapshots")
        own_socket = self.pipes.receive_socket()
        snapshot = self._frozen.keep(made, own_socket, self.temporary_folder, self._updatable)
        self.tell(SnapshotKept(self.number, snapshot, made))

    @property
    def due(self) -> float:
        """When `enforce` has something to do, on the monotonic clock."""
        if not self.limit:
            return min(self._cell_due, self._notebook_due, self._end_due)
        if self._steps:
            return self._steps[0].due
        return _NEVER

    def enforce(self, now: float) -> None:
        """Begin the escalation if a limit has passed, or take the step that is due."""
        if now < self.due:
            return
        if not self.limit:
            self.limit = self._limit_that_passed(now)
            self._steps = [_Step(now + delay, number) for delay, number in _ESCALATION]
        step = self._steps.pop(0)
        if step.signal_number == signal.SIGKILL:
            self.was_killed = True
            kill(self.pid)  # the server ends the processes that it leaves
        else:
            os.kill(self.pid, step.signal_number)

    def _limit_that_passed(self, now: float) -> str:
        if self._end_due <= now:
            return "end"
        return "cell" if self._cell_due <= now else "notebook"

    # --- its end -------------------------------------------------------------------------------

    def finish(self, status: int) -> None:
        """Read what the ended process has left in its pipes, and tell the front of its end."""
        self._drain("frames", "stdout", "stderr", "dump")
        if self.temporary_folder:
            rmtree(self.temporary_folder, ignore_errors=True)
        has_run_on = self.limit == "end"
        end = NotebookEnd(
            status=status,
            complete=self._is_complete or has_run_on,  # all of its cells have come to their end
            limit="" if has_run_on else self.limit,
            has_run_on=has_run_on,
            cell=self.cell,
            outputs=tuple(self._outputs.items()),
            dump=self._dump.decode(errors="replace"),
            remarks=tuple(self._remarks),
            refusal=self._refusal,
            import_times=self._import_times,
            refused_modules=tuple(self._refused_modules),
        )
        self.tell(NotebookEnded(self.number, end))


def _deadline(seconds: float) -> float:
    """Return the time when so many seconds will have passed; 0 means no limit."""
    return time.monotonic() + seconds if seconds else _NEVER
