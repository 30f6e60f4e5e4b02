"""Start the server as early as possible: it takes longer to get ready than everything else.

Commands import this file before anything else, so it imports almost nothing. Run as a script, this
file is the server.
"""

from __future__ import annotations

import os
import sys
import time

HAS_SERVER = hasattr(os, "posix_spawn")  # whether this system can start one; Windows cannot

_SIGKILL = 9  # the import of `signal` would delay the start

_started_ahead: list[Start] = []  # at most one server that has no client yet


class Start:
    """A server that is getting ready: its process, its pipes, and its mark.

    The mark ("NAME=value") stands in the environment of the server and of all processes that its
    notebooks start.
    """

    def __init__(self) -> None:
        mark_name = "LITERATE_RUN"
        mark_value = f"{os.getpid()}.{time.time_ns()}"
        self.mark = f"{mark_name}={mark_value}"
        environment = _notebook_environment()
        environment[mark_name] = mark_value

        server_commands, self.commands = os.pipe()
        self.reports, server_reports = os.pipe()
        actions: list[tuple[int, ...]] = [
            (os.POSIX_SPAWN_DUP2, server_commands, 0),
            (os.POSIX_SPAWN_DUP2, server_reports, 1),
        ]
        for descriptor in _inheritable_descriptors():
            actions.append((os.POSIX_SPAWN_CLOSE, descriptor))
        command = [sys.executable, __file__]
        self.pid = os.posix_spawn(
            command[0], command, environment, file_actions=actions, setsid=True
        )
        os.close(server_commands)
        os.close(server_reports)

    def let_go_on(self) -> None:
        """Let the server go on if somebody has stopped it; otherwise this changes nothing."""
        from signal import SIGCONT

        os.kill(self.pid, SIGCONT)

    def kill(self) -> None:
        """Kill the server, also if it is stopped or traced."""
        os.kill(self.pid, _SIGKILL)

    def end(self, patience: float = 0.0) -> int:
        """Let the server end itself and all its workers; return its status as `os.waitpid` does.

        After `patience` seconds it is killed. Its workers then die with it.
        """
        os.close(self.commands)
        if not self._ends_within(patience):
            os.kill(self.pid, _SIGKILL)
        os.close(self.reports)
        _, status = os.waitpid(self.pid, 0)
        return status

    def _ends_within(self, seconds: float) -> bool:
        """Read and forget reports; return whether their pipe ends within so many seconds."""
        import select

        reports = select.poll()
        reports.register(self.reports, select.POLLIN)
        deadline = time.monotonic() + seconds
        while True:
            remaining = max(0.0, deadline - time.monotonic())
            if not reports.poll(1000 * remaining):
                return False
            if not os.read(self.reports, 1 << 16):
                return True


class started_ahead:
    """Starts a server at once, in a `with` statement; the next `start` takes it.

    If it is not taken, it ends with the `with` statement.
    """

    def __enter__(self) -> None:
        if HAS_SERVER:
            _started_ahead.append(Start())

    def __exit__(self, *_: object) -> None:
        while _started_ahead:
            _started_ahead.pop().end()


def start() -> Start:
    """Return the server that was started ahead, or start one."""
    if _started_ahead:
        return _started_ahead.pop()
    return Start()


def _notebook_environment() -> dict[str, str]:
    """Return the environment in which notebooks run.

    Threads that wait do not spin, unless the user's environment says how they wait.
    """
    defaults = {
        "OMP_WAIT_POLICY": "PASSIVE",
        "COLUMNS": "80",
    }
    fixed = {
        "IN_TEST": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        # Jupyter sets these: programs show colours, and nothing page by page.
        "TERM": "xterm-color",
        "CLICOLOR": "1",
        "CLICOLOR_FORCE": "1",
        "FORCE_COLOR": "1",
        "PAGER": "cat",
        "GIT_PAGER": "cat",
    }
    return {**defaults, **os.environ, **fixed}


def _inheritable_descriptors() -> list[int]:
    """Return the descriptors that the starter of this process left open for its descendants.

    Notebooks must not keep them open.
    """
    found = []
    for name in os.listdir("/dev/fd"):
        descriptor = int(name)
        try:
            if descriptor > 2 and os.get_inheritable(descriptor):
                found.append(descriptor)
        except OSError:  # the descriptor of the listing itself, which is closed by now
            pass
    return found


if __name__ == "__main__":
    # Python put the folder of this file on `sys.path`, and that folder has modules with common
    # names. The folder that contains the package `literate` takes its place.
    root = os.path.abspath(__file__)
    for _ in range(4):
        root = os.path.dirname(root)
    sys.path[0] = root
    os.chdir(root)

    import gc

    # What the server imports stays. To search it for garbage again and again would take a fifth of
    # the time until the server is ready.
    gc.disable()

    from literate.execute.worker.postponed import postpone_rarely_used

    postpone_rarely_used()

    from literate.execute.server.server import main

    main()
