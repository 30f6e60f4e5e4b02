"""The keys of `literate watch`: pressed on a terminal, or sent by a program, one on each line."""

from __future__ import annotations

import os
import select
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LOOK_EVERY = 0.2  # seconds between two looks whether the keys are wanted by somebody else
_QUIT = "q"


class Keys:
    """Reads keys from stdin in a thread of its own, and passes on each of them."""

    def __init__(self, press: Callable[[str], object]) -> None:
        self._press = press
        self._before: list[Any] | None = None  # the settings of the terminal
        self._is_wanted = threading.Event()
        self._is_reading = threading.Lock()
        self._is_over = False

    def __enter__(self) -> Keys:
        if is_terminal():
            self.resume()
            threading.Thread(target=self._read_keys, daemon=True).start()
        elif is_pipe():
            threading.Thread(target=self._read_lines, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self.pause()

    def resume(self) -> None:
        """Get each key when it is pressed, and not at the end of a line."""
        if not is_terminal() or self._before is not None:
            return
        try:
            import termios
            import tty
        except ImportError:  # Windows has other functions for this
            return
        self._before = termios.tcgetattr(0)
        tty.setcbreak(0)
        self._is_wanted.set()

    def pause(self) -> None:
        """Leave the terminal to somebody else, for example to the debugger."""
        if self._before is None:
            return
        import termios

        self._is_wanted.clear()
        with self._is_reading, suppress(termios.error):  # the terminal may have been closed
            termios.tcsetattr(0, termios.TCSADRAIN, self._before)
        self._before = None

    def _read_keys(self) -> None:
        while not self._is_over:
            self._is_wanted.wait()
            with self._is_reading:
                data = self._read_if_wanted()
            if data is None:
                continue
            if not data:  # the terminal is gone
                self._press(_QUIT)
                return
            for key in data.decode(errors="replace"):
                self._press(key)

    def _read_if_wanted(self) -> bytes | None:
        """The keys that were pressed; None if there are none, b"" if the terminal was closed."""
        if not self._is_wanted.is_set():
            return None
        try:
            ready, _, _ = select.select([0], [], [], _LOOK_EVERY)
            return os.read(0, 100) if ready else None
        except OSError:
            return b""

    def _read_lines(self) -> None:
        """Pass on the first letter of each line. When the other end is closed, that is the end."""
        for line in sys.stdin:
            if line.strip():
                self._press(line.strip()[0])
        self._press(_QUIT)


def is_terminal() -> bool:
    """Whether a person can press keys."""
    return sys.stdin is not None and sys.stdin.isatty()


def is_pipe() -> bool:
    """Whether a program can send keys."""
    try:
        kind = os.fstat(0).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)
