"""What goes wrong in a notebook where no cell notices: in threads, in tasks, in commands, in what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator

from ..processes import children, command_line, has_children
from .shell import NotebookShell

_PATIENCE = 0.2  # seconds for processes that are about to end


class Leftovers:
    """Collects remarks: warnings, or failures where a run is strict."""

    def __init__(self, shell: NotebookShell) -> None:
        self._found: list[str] = []
        self._shell = shell
        self._print_thread, threading.excepthook = threading.excepthook, self._thread
        shell.loop.set_exception_handler(self._task)

    def add(self, text: str) -> None:
        """One more."""
        self._found.append(text)

    def take(self) -> list[str]:
        """Those that came since the last call."""
        found, self._found = self._found, []
        return found

    def at_end(self) -> list[str]:
        """Those of a notebook whose cells have all run."""
        for task in _tasks(self._shell.loop):
            if not task.done():
                self.add(f"a task still runs at the end: {task.get_coro().__qualname__}()")
            elif (
                task._log_traceback and not task.cancelled()
            ):  # what asyncio would say once nobody holds the task
                self.add(f"nobody awaited a task that failed: {_in_words(task.exception())}")
        for command, count in Counter(map(_command, _left_behind())).items():
            self.add(
                f"it leaves {'a process' if count == 1 else f'{count} processes'} behind: {command}"
            )
        return self.take()

    def _thread(self, arguments) -> None:
        self._print_thread(arguments)
        if not issubclass(arguments.exc_type, SystemExit):
            self.add(
                f"an exception in thread {arguments.thread and arguments.thread.name}: "
                f"{_in_words(arguments.exc_value or arguments.exc_type())}"
            )

    def _task(self, loop: asyncio.AbstractEventLoop, context: dict) -> None:
        loop.default_exception_handler(context)
        if error := context.get("exception"):
            self.add(f"{context['message']}: {_in_words(error)}")


def _in_words(error: BaseException) -> str:
    return (
        f"{type(error).__name__}: {error}".split("\n")[0]
        .encode("utf-8", "backslashreplace")
        .decode()
    )


def _command(pid: int) -> str:
    command = command_line(pid)
    return "a fork of its own" if command == command_line(os.getpid()) else command


def _tasks(loop: asyncio.AbstractEventLoop) -> Iterator[asyncio.Task]:
    known = getattr(asyncio.tasks, "_scheduled_tasks", None) or getattr(
        asyncio.tasks, "_all_tasks", ()
    )
    return (task for task in list(known) if task.get_loop() is loop)


def _left_behind() -> set[int]:
    """Processes that a notebook has started and not ended; multiprocessing's own helpers live as long as it does."""
    deadline = time.monotonic() + _PATIENCE
    helpers = {
        getattr(sys.modules.get(f"multiprocessing.{module}"), variable, None)
        for module, variable in (
            ("resource_tracker", "_resource_tracker"),
            ("forkserver", "_forkserver"),
        )
    }
    ours = {
        getattr(helper, name, None) for helper in helpers for name in ("_pid", "_forkserver_pid")
    }
    while has_children() and (left := {pid for pid in children() - ours if not _has_ended(pid)}):
        if time.monotonic() > deadline:
            return left
        time.sleep(0.01)
    return set()


def _has_ended(pid: int) -> bool:
    """Whether a child is gone, or waits to be asked for by whoever started it."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True
