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
from .processes import adopt_orphans, die_with
from .shell import NotebookShell


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


def run_job(task: dict, shell: NotebookShell, frames: int, answers: int, dump: int, parent: int) -> None:
    """Run a notebook in this process, which is a fresh child of `parent`, and end it."""
    channel = JobChannel(frames, answers)
    _settle(task, dump, parent)
    sys.stdout = sys.__stdout__ = Stream(1, channel)
    sys.stderr = sys.__stderr__ = Stream(2, channel)
    shell.report = lambda *frame: (_flush(), channel.call(*frame))
    names = CellNames(task["path"])
    clock = time.perf_counter
    for index, cell_id, name, source, raises in task["cells"]:
        channel.send("begin", index)
        names.add(name, index, cell_id, source)
        start = clock()
        exception = shell.run_source(name, source)
        seconds = clock() - start
        _flush()
        ok = _is_expected(exception, raises)
        error = None if exception is None else names.describe(exception)
        count = shell.execution_count - 1
        channel.call("done", index, {"ok": ok, "seconds": seconds, "execution_count": count, "error": error})
        if not ok:
            break
    atexit._run_exitfuncs()
    _flush()
    channel.call("end")
    os._exit(0)


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
    signal.signal(signal.SIGINT, signal.default_int_handler)
    faulthandler.enable(dump)
    faulthandler.register(signal.SIGUSR1, dump)
    sys.stdin = sys.__stdin__ = open(0, closefd=False)
    builtins.input = getpass.getpass = _refuse_input
    os.chdir(task["folder"])
    sys.path[:0] = [task["folder"], task["root"]]
    sys.argv = [task["path"]]
    atexit._clear()
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()


def _refuse_input(prompt: object = "", *_, **__) -> str:
    raise RuntimeError(f"input() asks a person, and nobody is there: {str(prompt)!r}")
