"""The job: a forked process that runs one notebook's cells and reports what comes of each."""

from __future__ import annotations

import atexit
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

from ..processes import adopt_orphans, die_with, heed_signals, limit_memory
from ..protocol import CellBegins, CellEnds, CellReport, Sync, Task, TaskCell, WorkerEnds
from ..results import Error
from .channel import WorkerChannel
from .leftovers import Leftovers
from .parking import Parking
from .shell import NotebookShell
from .tracebacks import CellNames

_clock, _exit = time.perf_counter, os._exit  # as they are before a notebook patches them


class _Pipe(io.RawIOBase):
    """Where a stream ends."""

    def __init__(self, name: str, channel: WorkerChannel) -> None:
        self._name, self._channel = name, channel

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return {"stdout": 1, "stderr": 2}[self._name]

    def write(self, data: bytes) -> int:
        return self._channel.write(self._name, data)


class Stream(io.TextIOWrapper):
    """stdout or stderr of a notebook, written through at each line and kept in order with the other one."""

    latest: Stream | None = None  # the one of the two that was written to last

    def __init__(self, name: str, channel: WorkerChannel) -> None:
        raw = io.BufferedWriter(_Pipe(name, channel))
        super().__init__(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        self._channel = channel

    def write(self, text: str) -> int:
        other = Stream.latest
        if other is not self:
            if other and not other.closed and self._channel.is_ours:
                other.flush()
                self._channel.call(Sync())
            Stream.latest = self
        return super().write(text)


def run_job(
    task: Task, shell: NotebookShell, parking: Parking, pipes: dict[str, int], parent: int
) -> None:
    """Run a notebook in this process, which is a fresh child of `parent`, and end it."""
    channel = WorkerChannel(pipes, parent)
    measured = _measured(task)
    _settle(task, pipes["dump"], parent)
    if numpy_random := parking.get("numpy.random"):  # else all notebooks would draw the same
        numpy_random.seed()
    sys.stdout = sys.__stdout__ = Stream("stdout", channel)
    sys.stderr = sys.__stderr__ = Stream("stderr", channel)
    shell.user_ns["_dh"][:] = [task.folder]
    shell.report = lambda message: (_flush(), channel.call(message))
    remarks = Leftovers(shell)
    shell.remark = remarks.add
    names = CellNames(task.path)
    if task.parameters_after is None:
        shell.user_ns.update(task.parameters)
    for cell in task.cells:
        if not _run_cell(cell, shell, channel, names, remarks, task):
            break
        if cell.index == task.parameters_after:
            shell.user_ns.update(task.parameters)
    atexit._run_exitfuncs()
    _flush()
    if measured:
        measured.stop()
        measured.save()
    channel.call(WorkerEnds(_at_end(remarks), parking.used(), list(parking.refused)))
    _exit(0)


def _at_end(remarks: Leftovers) -> list[str]:
    try:
        return remarks.at_end()
    except Exception:  # the notebook has patched what this takes: that is no failure of its cells
        return []


def _measured(task: Task):
    """What measures the coverage of this notebook, at work already; None if nobody asked for that."""
    if not task.coverage:
        return None
    from ..coverage import start

    return start(task.coverage)


def _run_cell(
    cell: TaskCell,
    shell: NotebookShell,
    channel: WorkerChannel,
    names: CellNames,
    remarks: Leftovers,
    task: Task,
) -> bool:
    """Run one cell and report it; whether the next one is to run."""
    index, cell_id, name, source, raises = (
        cell.index,
        cell.cell_id,
        cell.file_name,
        cell.source,
        cell.raises,
    )
    channel.send(CellBegins(index))
    names.add(name, index, cell_id, source)
    file, lines = task.module_lines.get(index, (name, {}))
    names.add_module(file, lines, index, cell_id)
    start = _clock()
    try:
        exception = shell.run_source(file, source, lines)
    except (
        BaseException
    ) as error:  # IPython itself, or a task that exits: what the cell has done to them
        exception = error
    seconds = _clock() - start
    _flush()
    if (
        not channel.is_ours
    ):  # a process that the cell forked has come to the cell's end, and that is its own
        _end_fork(exception)
    ok, found = _is_expected(exception, raises), remarks.take()
    if task.terminal and exception is not None and not ok:
        from .debugger import debug

        debug(exception, task.terminal)
    error = None if exception is None else names.describe(exception)
    if task.strict and ok and found:
        ok, error = False, Error("Strict", "\n".join(found))
    count = shell.execution_count - 1
    report = CellReport(ok, seconds, count, error, found)
    return channel.call(CellEnds(index, report)) and (ok or task.allow_errors)


def _end_fork(exception: BaseException | None) -> None:
    if exception is not None:
        traceback.print_exception(exception)
        _flush()
    _exit(int(exception is not None))


def _is_expected(exception: BaseException | None, raises: str) -> bool:
    if not raises or exception is None:
        return exception is None and not raises
    return raises in {c.__name__ for c in type(exception).__mro__}


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # whatever a cell has put there
            pass


def _settle(task: Task, dump: int, parent: int) -> None:
    """Make this process what a notebook expects: alone, in its folder, with nobody at the keyboard."""
    die_with(parent)
    adopt_orphans()
    limit_memory(task.max_memory)
    heed_signals()
    faulthandler.enable(dump)
    faulthandler.register(signal.SIGUSR1, dump)
    sys.stdin = sys.__stdin__ = open(0, closefd=False)
    builtins.input = getpass.getpass = _refuse_input
    gc.enable()
    os.chdir(task.folder)
    sys.path[:0] = [task.folder, task.root]
    sys.argv = [task.path]
    atexit._clear()


def _refuse_input(prompt: object = "", *_, **__) -> str:
    raise RuntimeError(f"input() asks a person, and nobody is there: {str(prompt)!r}")
