"""Start the warm parent, before anything else is imported: it needs longer to get ready than all the rest takes.

Run as a script, this file is the warm parent.
"""

from __future__ import annotations

import os
import sys
import time

_ahead: list[Start] = []


class Start:
    """A warm parent that is getting ready: its process, its pipes, and the mark by which all that it starts is known."""

    def __init__(self) -> None:
        self.mark = f"LITERATE_RUN={os.getpid()}.{time.time_ns()}"
        theirs_in, self.commands = os.pipe()
        self.reports, theirs_out = os.pipe()
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs_in, 0),
            (os.POSIX_SPAWN_DUP2, theirs_out, 1),
            *((os.POSIX_SPAWN_CLOSE, descriptor) for descriptor in _inherited()),
        ]
        command = [sys.executable, __file__]
        self.pid = os.posix_spawn(
            command[0], command, _environment(self.mark), file_actions=actions, setsid=True
        )
        os.close(theirs_in)
        os.close(theirs_out)

    def end(self, patience: float = 0.0) -> int:
        """Let it end everything that it started, and itself, or kill it after so many seconds; its status, as from `os.waitpid`."""
        os.close(self.commands)
        if not self._ends_within(patience):
            os.kill(self.pid, 9)  # then its jobs die with it
        os.close(self.reports)
        return os.waitpid(self.pid, 0)[1]

    def _ends_within(self, seconds: float) -> bool:
        from select import POLLIN, poll

        (speaks := poll()).register(self.reports, POLLIN)
        deadline = time.monotonic() + seconds
        while speaks.poll(1000 * max(0.0, deadline - time.monotonic())):
            if not os.read(self.reports, 1 << 16):
                return True
        return False


class started_ahead:
    """Start a warm parent at once, for whoever asks for one first."""

    def __enter__(self) -> None:
        if os.name == "posix":
            _ahead.append(Start())

    def __exit__(self, *_) -> None:
        while _ahead:
            _ahead.pop().end()


def start() -> Start:
    """The one that was started ahead, or a new one."""
    return _ahead.pop() if _ahead else Start()


def _environment(mark: str) -> dict[str, str]:
    """The environment of the notebooks."""
    ours = {"OMP_WAIT_POLICY": "PASSIVE", "PAGER": "cat", "GIT_PAGER": "cat", "COLUMNS": "80"}
    return {
        **ours,
        **os.environ,
        "IN_TEST": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        **dict([mark.split("=")]),
    }


def _inherited() -> list[int]:
    """What whoever started this process has left open: no notebook is to hold it."""
    found = []
    for name in os.listdir("/dev/fd"):
        try:
            if int(name) > 2 and os.get_inheritable(int(name)):
                found.append(int(name))
        except OSError:  # the list's own
            pass
    return found


if __name__ == "__main__":
    folder = os.path.abspath(__file__)
    for _ in range(4):
        folder = os.path.dirname(folder)
    sys.path[0] = folder  # this file's folder has modules with common names
    os.chdir(sys.path[0])

    from literate.execute.server.server import main

    main()
