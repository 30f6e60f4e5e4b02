"""The front's side of the server: start it, give it commands, read its reports, replace it."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import suppress

from ..protocol import (
    READ_SIZE,
    FrameReader,
    FromServer,
    ProtocolError,
    SetEnvironment,
    ToServer,
    pack,
    write_all,
)
from .launch import Start, start

_PATIENCE = 3.0  # seconds that the server has to end everything
_SILENCE = 1.0  # seconds without a report, after which the front looks at the clock

# Variables that say how many threads a numerical library uses.
_THREAD_COUNTS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def start_server(workers: int) -> ForkServerClient:
    """Start a server; `workers` notebooks at a time will share the cores of this machine."""
    server = ForkServerClient()
    server.share_cores(workers)
    return server


class ServerDiedError(RuntimeError):
    """The server has ended by itself; `status` says how, as `os.waitpid` does."""

    def __init__(self, status: int) -> None:
        exit_code = os.waitstatus_to_exitcode(status)
        super().__init__(f"the process that forks notebooks ended with status {exit_code}")
        self.status = status


class ForkServerClient:
    """A server, from its start to its end. If it dies, `restart` starts another one."""

    def __init__(self) -> None:
        self._thread_counts: dict[str, str] = {}
        self._start()

    def _start(self) -> None:
        """Start a server, and make the folder for temporary files while it gets ready."""
        self._process: Start | None = start()
        self._is_ready = False
        self._temporary_folder = _make_temporary_folder()
        self.send(SetEnvironment(_temporary_variables(self._temporary_folder)))

    def restart(self) -> None:
        """Start another server, with the same environment."""
        self.close()
        self._start()
        self.send(SetEnvironment(self._thread_counts))

    def share_cores(self, workers: int) -> None:
        """Give each of so many notebooks its part of the cores.

        A variable that the user's environment sets keeps its value.
        """
        from ..processes import cores

        count = max(1, cores() // workers)
        self._thread_counts = {
            name: str(count) for name in _THREAD_COUNTS if name not in os.environ
        }
        self.send(SetEnvironment(self._thread_counts))

    def send(self, message: ToServer) -> None:
        """Give a command."""
        with suppress(BrokenPipeError):  # the server has died: `reports` will say so
            write_all(self._running().commands, pack(message))

    def reports(self) -> Iterator[FromServer | None]:
        """Yield what the server reports; raise `ServerDiedError` when it has ended.

        After each second without a report, yield None: a server that a notebook has stopped says
        nothing, and somebody has to look at the clock.
        """
        reader = FrameReader()
        while True:
            if not self._has_report_within(_SILENCE):
                self._running().let_go_on()
                yield None
                continue
            data = os.read(self._running().reports, READ_SIZE)
            if not data:
                break
            self._is_ready = True  # its first report comes after its last import
            for message in reader.feed(data):
                if not isinstance(message, FromServer):
                    raise ProtocolError(f"the server does not send {message!r:.200}")
                yield message
        raise ServerDiedError(self._end(self._running()))

    def _has_report_within(self, seconds: float) -> bool:
        """Wait for a report, or for the end of the server; return False if neither comes."""
        reports = select.poll()
        reports.register(self._running().reports, select.POLLIN)
        return bool(reports.poll(1000 * seconds))

    def kill(self) -> None:
        """Kill the server: `reports` will say that it has ended."""
        self._running().kill()

    def close(self) -> None:
        """End the server, and with it everything that it started."""
        if self._process is not None:
            self._end(self._process)

    def _running(self) -> Start:
        """Return the process of the server."""
        if self._process is None:
            raise RuntimeError("the process that forks notebooks has ended")
        return self._process

    def _end(self, process: Start) -> int:
        """End the server and everything that it left; return its status as `os.waitpid` does."""
        # A server that is not ready has started nothing, and it does not look at its commands yet.
        status = process.end(_PATIENCE if self._is_ready else 0.0)
        self._process = None
        if status:  # it did not end its notebooks' processes itself
            from ..processes import kill_marked

            kill_marked(process.mark)
        if self._temporary_folder:
            from shutil import rmtree

            rmtree(self._temporary_folder, ignore_errors=True)
        return status


def _make_temporary_folder() -> str:
    """Make a folder for the temporary files of notebooks; return "" if there is no place for it.

    It is removed with the server, so that even a notebook that is killed leaves no file.
    """
    import tempfile

    try:
        return tempfile.mkdtemp(prefix="literate-")
    except OSError:
        return ""


def _temporary_variables(folder: str) -> dict[str, str]:
    """Return the environment variables that send temporary files into a folder."""
    if not folder:
        return {}
    import tempfile

    # The cache of torch.compile is meant to outlast a run, so it stays where it is.
    torch_cache = os.path.join(tempfile.gettempdir(), f"torchinductor_{os.getuid()}")
    return {
        "TMPDIR": folder,
        "LITERATE_TEMPORARY": folder,
        "TORCHINDUCTOR_CACHE_DIR": os.environ.get("TORCHINDUCTOR_CACHE_DIR", torch_cache),
    }
