"""The worker: it runs the cells of one notebook in this process and reports what comes of each."""

from __future__ import annotations

import builtins
import faulthandler
import gc
import getpass
import io
import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import cast

from IPython.core.error import StdinNotImplementedError

from ...records import replace
from ..processes import adopt_orphans, die_with, heed_signals, limit_memory
from ..protocol import (
    CellBegins,
    CellEnds,
    CellReport,
    CellsDone,
    FromWorker,
    Sync,
    Task,
    TaskCell,
    WorkerEnds,
)
from ..results import NO_REASON, Error
from .channel import WorkerChannel
from .ending import forget_exit_handlers, run_exit_handlers, running_threads, wait_for_threads
from .jupyter import begin_as_kernel, insert_notebook_path
from .leftovers import Leftovers
from .parking import Parking
from .shell import NotebookShell
from .tracebacks import CellNames
from .widgets import OutputWidgets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from _typeshed import ReadableBuffer

    from .snapshots import Snapshots

_clock, _exit = time.perf_counter, os._exit  # bound before a notebook can patch them

# The exceptions by which a test says that it cannot run here: the module, and the name. A notebook
# that has not imported the module cannot raise the exception.
_SKIPS = (("unittest.case", "SkipTest"), ("_pytest.outcomes", "Skipped"))

_DESCRIPTORS = {"stdout": 1, "stderr": 2}


# --- what Python prints ------------------------------------------------------------------------


class _Pipe(io.RawIOBase):
    """Passes bytes to the channel of the worker."""

    def __init__(self, name: str, channel: WorkerChannel) -> None:
        self.name = name
        self._channel = channel

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return _DESCRIPTORS[self.name]

    def write(self, data: ReadableBuffer, /) -> int:
        # It is a memoryview. `os.write`, which gets it in the end, takes it as it takes bytes.
        return self._channel.write(self.name, cast("bytes", data))


class Stream(io.TextIOWrapper):
    """stdout or stderr of a notebook.

    Text is passed on at the end of each line. The two streams go through two pipes, so the server
    cannot see which text came first. To keep the order, a stream that is written to first flushes
    the other stream, and waits until the server has read what the other stream had.
    """

    latest: Stream | None = None  # the stream that was written to last

    def __init__(self, name: str, channel: WorkerChannel) -> None:
        raw = _Pipe(name, channel)
        super().__init__(
            io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        self._channel = channel

    def write(self, text: str, /) -> int:
        other = Stream.latest
        if other is not self:
            if other is not None and not other.closed and self._channel.is_ours:
                other.flush()
                self._channel.call(Sync())
            Stream.latest = self
        return super().write(text)


def _flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # a cell may have put any object in the place of a stream
            pass


# --- the process -------------------------------------------------------------------------------


def run_worker(
    task: Task, shell: NotebookShell, parking: Parking, pipes: dict[str, int], server: int
) -> NoReturn:
    """Run a notebook in this process, which is a new child of the server, and end the process."""
    channel = WorkerChannel(pipes, server)
    coverage: Any = None  # a `coverage.Coverage` if the lines that run are to be counted
    if task.coverage is not None:
        from ..coverage import start

        coverage = start(task.coverage, os.path.relpath(task.path, task.root))
    _settle(task, pipes["dump"], server)
    snapshots: Snapshots | None = None
    if task.edited is not None:
        from .snapshots import Snapshots

        snapshots = Snapshots(task, shell, channel, pipes, server)
    begin_as_kernel(shell)
    forget_exit_handlers(shell)
    _seed_numpy(parking)
    sys.stdout = Stream("stdout", channel)
    sys.stderr = Stream("stderr", channel)
    sys.__stdout__ = sys.stdout  # type: ignore[misc]  # typeshed calls it final
    sys.__stderr__ = sys.stderr  # type: ignore[misc]  # typeshed calls it final

    worker = Worker(task, shell, channel, snapshots)
    worker.run_cells()
    channel.call(CellsDone())
    wait_for_threads()
    worker.note_threads_and_tasks()
    run_exit_handlers()
    _flush_streams()
    if coverage is not None:
        coverage.stop()
        coverage.save()
    remarks = worker.remarks_at_end()
    channel.call(WorkerEnds(remarks, parking.used(), list(parking.refused)))
    _exit(0)


def _settle(task: Task, dump: int, server: int) -> None:
    """Give this process the state that a notebook expects at its start.

    Nothing of the server's state is left: signals, folder, path, arguments.
    """
    die_with(server)
    adopt_orphans()
    limit_memory(task.max_memory)
    heed_signals()
    # At a time limit, the server sends SIGUSR1: then faulthandler writes the line that runs.
    faulthandler.enable(dump)
    faulthandler.register(signal.SIGUSR1, dump)
    sys.stdin = open(0, closefd=False)
    sys.__stdin__ = sys.stdin  # type: ignore[misc]  # typeshed calls it final
    builtins.input = _refuse_input
    getpass.getpass = _refuse_input
    gc.enable()  # the server runs without it
    os.chdir(task.folder)
    insert_notebook_path(task.root)
    multiprocessing: Any = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None:  # the server has loaded it in another folder
        multiprocessing.ORIGINAL_DIR = task.folder


def _seed_numpy(parking: Parking) -> None:
    """Seed numpy anew. Otherwise each notebook would draw the same random numbers."""
    numpy_random = parking.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def _refuse_input(prompt: object = "", *_: object, **__: object) -> str:
    raise StdinNotImplementedError(f"input() asks a person, and nobody is there: {str(prompt)!r}")


# --- the cells ---------------------------------------------------------------------------------


class Worker:
    """Runs the cells of a notebook one after the other, and reports how each cell ended."""

    def __init__(
        self,
        task: Task,
        shell: NotebookShell,
        channel: WorkerChannel,
        snapshots: Snapshots | None = None,
    ) -> None:
        self._task = task
        self._snapshots = snapshots
        self._shell = shell
        self._channel = channel
        self._cell_names = CellNames(task.path)
        self._leftovers = Leftovers(shell)
        self._widgets = OutputWidgets(before_change=_flush_streams)
        self._widgets.listen()
        channel.takes_text = self._widgets.take_text
        shell.takes_error = self._widgets.take_error
        shell.report = self._report_output
        shell.remark = self._leftovers.add
        shell.user_ns["_dh"][:] = [Path(task.folder)]  # the folders for `%cd -`

    def run_cells(self) -> None:
        """Run the cells until one fails, or until the server says to stop."""
        if self._task.parameters_after is None:
            self._set_parameters()
        if self._snapshots is not None:
            self._snapshots.begin()
        position = 0
        while position <= len(self._task.cells):
            self._make_snapshot(position)
            if position == len(self._task.cells):
                break
            cell = self._task.cells[position]
            if not self._run_cell(cell):
                break
            if cell.index == self._task.parameters_after:
                self._set_parameters()
            position += 1

    def _make_snapshot(self, position: int) -> None:
        """Make a snapshot before the cell at this position, or after the last cell.

        If this process is the snapshot, it goes on here when it gets a newer version of the task.
        """
        if self._snapshots is None:
            return
        newer_task = self._snapshots.before_cell(position)
        if newer_task is not None:
            self._task = newer_task

    def note_threads_and_tasks(self) -> None:
        """Add remarks about threads that still run, and about tasks, when all cells have run."""
        # The notebook may have patched a function that is needed here. Its cells did not fail.
        with suppress(Exception):
            self._leftovers.add_threads(running_threads())
            self._leftovers.add_tasks()

    def remarks_at_end(self) -> list[str]:
        """All remarks that do not belong to a cell, after the exit handlers have run."""
        with suppress(Exception):  # as above
            self._leftovers.add_processes()
        return self._leftovers.take()

    def _set_parameters(self) -> None:
        self._shell.user_ns.update(self._task.parameters)

    def _report_output(self, message: FromWorker) -> None:
        """Report what a cell displays, after all that it has printed before."""
        _flush_streams()
        if not self._widgets.take(message):
            self._channel.call(message)

    def _run_cell(self, cell: TaskCell) -> bool:
        """Run a cell and report it. Returns whether the next cell is to run."""
        self._channel.send(CellBegins(cell.index))
        exception, seconds = self._execute(cell)
        _flush_streams()
        if not self._channel.is_ours:
            _end_fork(exception)
        report = self._cell_report(cell, exception, seconds)
        goes_on = self._channel.call(CellEnds(cell.index, report))
        if report.skip:
            return False
        return goes_on and (report.ok or self._task.allow_errors)

    def _execute(self, cell: TaskCell) -> tuple[BaseException | None, float]:
        """Run the code of a cell. Returns the exception that ended it, and the seconds it took."""
        self._cell_names.add(cell.file_name, cell.index, cell.cell_id, cell.source)
        file, lines = self._task.module_lines.get(cell.index, (cell.file_name, {}))
        self._cell_names.add_module(file, lines, cell.index, cell.cell_id)
        start = _clock()
        try:
            exception = self._shell.run_source(file, cell.source, lines)
        except BaseException as error:
            # IPython itself has failed, because the cell has patched what it needs, or a task has
            # exited.
            exception = error
        seconds = _clock() - start
        self._widgets.end_cell()
        if self._snapshots is not None:
            self._snapshots.note_cell(cell.source, seconds)
        return exception, seconds

    def _cell_report(
        self, cell: TaskCell, exception: BaseException | None, seconds: float
    ) -> CellReport:
        skip = "" if cell.raises else _reason_to_skip(exception)
        # An exception that an Output widget has taken did not end the cell, but it was raised.
        if exception is None and cell.raises and self._shell.taken:
            exception = self._shell.taken[-1]
        ok = bool(skip) or _is_expected(exception, cell.raises)
        remarks = self._leftovers.take()
        error = None
        if exception is not None and not skip:
            if self._task.terminal and not ok:
                from .debugger import debug

                debug(exception, self._task.terminal)
            error = self._cell_names.describe(exception)
            if not ok:
                error = self._with_values(error, exception)
        self._shell.compile.asserts.forget_values(self._shell.user_ns)
        if self._task.strict and ok and remarks:
            ok = False
            error = Error("Strict", "\n".join(remarks))
        execution_count = self._shell.execution_count - 1
        return CellReport(ok, seconds, execution_count, error, remarks, skip)

    def _with_values(self, error: Error, exception: BaseException) -> Error:
        """The error of a failing assert, with the values that the assert has compared."""
        try:
            values = self._shell.compile.asserts.explain(exception)
        except BaseException:  # of the values, which cannot be shown, or the time limit has passed
            return error
        _flush_streams()  # a value that is shown may print something
        if not values:
            return error
        message = error.message
        separator = ": " if message == error.name else "\n"
        return replace(error, message=f"{message}{separator}{values}")


def _is_expected(exception: BaseException | None, raises: str) -> bool:
    """Whether a cell ended as it has to.

    `raises` is the name of the exception that it has to raise, or of one of its bases, or "".
    """
    if exception is None:
        return not raises
    names = {cls.__name__ for cls in type(exception).__mro__}
    return raises in names


def _reason_to_skip(exception: BaseException | None) -> str:
    """Why a cell skips the rest of the notebook, by `pytest.skip` or `unittest.SkipTest`; or ""."""
    for module, name in _SKIPS:
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and isinstance(exception, kind):
            reason = " ".join(str(exception).split())
            return reason.encode("utf-8", "backslashreplace").decode() or NO_REASON
    return ""


def _end_fork(exception: BaseException | None) -> NoReturn:
    """End a process that a cell has forked, and that has come to the end of this cell.

    Only the worker itself runs the rest of the notebook.
    """
    if exception is None:
        _exit(0)
    traceback.print_exception(exception)
    _flush_streams()
    _exit(1)
