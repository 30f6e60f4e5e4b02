"""Problems that no cell notices: in threads, tasks and commands, and processes left behind."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter

from ..processes import children, command_line, has_children
from .shell import NotebookShell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_monotonic, _sleep = time.monotonic, time.sleep  # bound before a notebook can patch them

_PATIENCE = 0.2  # seconds for processes that are about to end

# The commands of helpers that end with the process that started them: those of multiprocessing,
# and those of libraries that have copied them (loky, which joblib and scikit-learn use).
_HELPERS = ("resource_tracker import main", "forkserver import main")

_MAX_COMMAND = 80  # characters of a command that are shown


class Leftovers:
    """Collects remarks about a notebook: warnings, or failures if the run is strict."""

    def __init__(self, shell: NotebookShell) -> None:
        self._shell = shell
        self._remarks: list[str] = []
        self._print_thread_exception = threading.excepthook
        threading.excepthook = self._add_thread_exception
        shell.loop.set_exception_handler(self._add_loop_exception)

    def add(self, remark: str) -> None:
        """Add a remark."""
        self._remarks.append(remark)

    def take(self) -> list[str]:
        """The remarks that were added since the last call."""
        remarks = self._remarks
        self._remarks = []
        return remarks

    def add_threads(self, names: list[str]) -> None:
        """Add remarks about threads that did not end."""
        for name in names:
            self.add(f"a thread still runs at the end: {name}")

    def add_tasks(self) -> None:
        """Add remarks about tasks that still run, or that failed unnoticed."""
        for task in _tasks(self._shell.loop):
            self._look_at_task(task)

    def add_processes(self) -> None:
        """Add remarks about processes that are left behind."""
        commands = Counter(_describe_command(pid) for pid in _processes_left_behind())
        for command, count in commands.items():
            processes = "a process" if count == 1 else f"{count} processes"
            self.add(f"it leaves {processes} behind: {command}")

    def _look_at_task(self, task: asyncio.Task[object]) -> None:
        if not task.done():
            name = getattr(task.get_coro(), "__qualname__", "")
            self.add(f"a task still runs at the end: {name}()")
            return
        # The flag says that the task has an exception that no code has asked for. asyncio itself
        # logs it, but only when the last reference to the task is gone.
        if task._log_traceback:
            self.add(f"nobody awaited a task that failed: {_one_line(task.exception())}")

    def _add_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        """The hook of `threading` for an exception that ends a thread."""
        self._print_thread_exception(arguments)
        if issubclass(arguments.exc_type, SystemExit):
            return
        name = arguments.thread and arguments.thread.name
        error = arguments.exc_value or arguments.exc_type()
        self.add(f"an exception in thread {name}: {_one_line(error)}")

    def _add_loop_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The hook of an event loop for an exception that no code handles."""
        loop.default_exception_handler(context)
        error = context.get("exception")
        if error is not None:
            self.add(f"{context['message']}: {_one_line(error)}")


def _one_line(error: BaseException | None) -> str:
    """The type of an exception and the first line of its message."""
    first_line = f"{type(error).__name__}: {error}".split("\n")[0]
    return first_line.encode("utf-8", "backslashreplace").decode()


def _tasks(loop: asyncio.AbstractEventLoop) -> list[asyncio.Task[object]]:
    """The tasks of a loop that still exist, also those that are done.

    `asyncio.all_tasks` leaves out tasks that are done. The set that it reads has another name since
    Python 3.12.
    """
    known: Iterable[asyncio.Task[object]] | None
    known = getattr(asyncio.tasks, "_scheduled_tasks", None)
    if not known:
        known = getattr(asyncio.tasks, "_all_tasks", ())
    return [task for task in list(known or ()) if task.get_loop() is loop]


def _processes_left_behind() -> set[int]:
    """The processes that a notebook has started and that have not ended.

    Helpers that end with the notebook's process do not count.
    """
    deadline = _monotonic() + _PATIENCE
    while has_children():  # this is cheaper than a walk through the process table
        left = set()
        for pid in children():
            if not _has_ended(pid) and not _is_helper(pid):
                left.add(pid)
        if not left:
            break
        if _monotonic() > deadline:
            return left
        _sleep(0.01)
    return set()


def _is_helper(pid: int) -> bool:
    command = command_line(pid)
    return any(helper in command for helper in _HELPERS)


def _has_ended(pid: int) -> bool:
    """Whether a child has ended. Its status stays there for the code that started it."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _describe_command(pid: int) -> str:
    command = command_line(pid)
    if command == command_line(os.getpid()):
        return "a fork of its own"
    return command[:_MAX_COMMAND]
