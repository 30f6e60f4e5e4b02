"""Signals that ask a command to stop: it ends in order, as it does after Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, NoReturn

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows does not have all of them
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


class Stopped(KeyboardInterrupt):
    """A signal asks the command to stop; `number` says which one."""

    def __init__(self, number: int) -> None:
        super().__init__("" if number == signal.SIGINT else signal.Signals(number).name)
        self.number = number


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let the first signal raise `Stopped` meanwhile. More of them do not disturb the orderly end.

    A signal that is ignored stays ignored (`nohup`), and one that somebody else handles is theirs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread can handle signals
        return
    before = _default_handlers()

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for other in before:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(number)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _default_handlers() -> dict[signal.Signals, Any]:
    """The signals that have their default handlers, with these."""
    known = [signal.Signals[name] for name in _NAMES if name in signal.Signals.__members__]
    handlers = {number: signal.getsignal(number) for number in known}
    return {number: handler for number, handler in handlers.items() if handler in _DEFAULTS}


def report_stop(stop: KeyboardInterrupt) -> int:
    """Say that a signal has stopped the command; return the exit code."""
    try:
        print(f"interrupted: {stop}" if str(stop) else "interrupted", file=sys.stderr)
    except OSError:  # the terminal is gone, and what waits in the buffer goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    return exit_code_of(stop)


def exit_code_of(stop: KeyboardInterrupt) -> int:
    """The exit code of a command that a signal has stopped, as shells count: 128 and its number."""
    number = stop.number if isinstance(stop, Stopped) else signal.SIGINT
    return 128 + number


def stop_behind(error: BaseException) -> KeyboardInterrupt | None:
    """The stop during which an error was raised, if there was one.

    When a terminal is closed, nothing can be printed any more while the command ends.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, KeyboardInterrupt):
            return cause
        cause = cause.__context__
    return None
