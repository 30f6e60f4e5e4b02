"""The job: a forked process that runs one notebook's cells and reports what comes of each."""

from __future__ import annotations

import atexit
import builtins
import faulthandler
import getpass
import io
import os
import signal
import sys
import time

from .channel import JobChannel
from .errors import CellNames
from .parking import Parking
from .processes import adopt_orphans, die_with, limit_memory
from .remarks import Remarks
from .shell import NotebookShell


_clock = time.perf_counter


class Stream(io.TextIOWrapper):
    """stdout or stderr of a notebook, written through at each line and kept in order with the other one."""

    latest: Stream | None = None  # the one of the two that was written to last

    def __init__(self, descriptor: int, channel: JobChannel) -> None:
        raw = io.BufferedWriter(io.FileIO(descriptor, "w", closefd=False))
        super().__init__(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)
        self._channel = channel

    def write(self, text: str) -> int:
        other = sys.__stderr__ if self is sys.__stdout__ else sys.__stdout__
        if Stream.latest is other and self._channel.is_ours:
            other.flush()
            self._channel.call("sync")
        Stream.latest = self
        return super().write(text)


def run_job(task: dict, shell: NotebookShell, parking: Parking, pipes: dict[str, int], parent: int) -> None:
    """Run a notebook in this process, which is a fresh child of `parent`, and end it."""
    channel = JobChannel(pipes["frames"], pipes["answers"], parent)
    measured = _measured(task)
    _settle(task, pipes["dump"], parent)
    if numpy_random := parking.get("numpy.random"):  # else all notebooks would draw the same
        numpy_random.seed()
    sys.stdout = sys.__stdout__ = Stream(1, channel)
    sys.stderr = sys.__stderr__ = Stream(2, channel)
    shell.report = lambda *frame: (_flush(), channel.call(*frame))
    remarks = Remarks(shell)
    shell.remark = remarks.add
    names = CellNames(task["path"])
    if task["parameters_after"] is None:
        shell.user_ns.update(task["parameters"])
    for cell in task["cells"]:
        index, ok = cell[0], _run_cell(cell, shell, channel, names, remarks, task)
        if not ok and not task["allow_errors"]:
            break
        if index == task["parameters_after"]:
            shell.user_ns.update(task["parameters"])
    atexit._run_exitfuncs()
    _flush()
    if measured:
        measured.stop()
        measured.save()
    channel.call("end", remarks.at_end(), parking.used(), list(parking.refused))
    os._exit(0)


def _measured(task: dict):
    """What measures the coverage of this notebook, at work already; None if nobody asked for that."""
    if not task["coverage"]:
        return None
    from .coverage import start

    return start(task["coverage"])


def _run_cell(
    cell: tuple, shell: NotebookShell, channel: JobChannel, names: CellNames, remarks: Remarks, task: dict,
) -> bool:
    """Run one cell and report it; whether it did what it should."""
    index, cell_id, name, source, raises = cell
    channel.send("begin", index)
    names.add(name, index, cell_id, source)
    file, lines = task["modules"].get(index, (name, {}))
    names.add_module(file, lines, index, cell_id)
    start = _clock()
    exception = shell.run_source(file, source, lines)
    seconds = _clock() - start
    _flush()
    ok, found = _is_expected(exception, raises), remarks.take()
    error = None if exception is None else names.describe(exception)
    if task["strict"] and ok and found:
        ok, error = False, {"name": "Strict", "message": "\n".join(found), "frames": (), "related": ()}
    count = shell.execution_count - 1
    result = {"ok": ok, "seconds": seconds, "execution_count": count, "error": error, "remarks": found}
    channel.call("done", index, result)
    return ok


def _is_expected(exception: BaseException | None, raises: str) -> bool:
    if not raises or exception is None:
        return exception is None and not raises
    return raises in {c.__name__ for c in type(exception).__mro__}


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):  # whatever a cell has put there
            pass


def _settle(task: dict, dump: int, parent: int) -> None:
    """Make this process what a notebook expects: alone, in its folder, with nobody at the keyboard."""
    die_with(parent)
    adopt_orphans()
    limit_memory(task["max_memory"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    faulthandler.enable(dump)
    faulthandler.register(signal.SIGUSR1, dump)
    sys.stdin = sys.__stdin__ = open(0, closefd=False)
    builtins.input = getpass.getpass = _refuse_input
    os.chdir(task["folder"])
    sys.path[:0] = [task["folder"], task["root"]]
    sys.argv = [task["path"]]
    atexit._clear()


def _refuse_input(prompt: object = "", *_, **__) -> str:
    raise RuntimeError(f"input() asks a person, and nobody is there: {str(prompt)!r}")
