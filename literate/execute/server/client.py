"""The warm parent, seen from the front: started, spoken to, started again if a notebook has ended it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from ..protocol import CHUNK, FrameReader, FromServer, SetEnvironment, ToServer, pack, write_all
from .launch import Start, start

_PATIENCE = 3.0  # seconds that the warm parent has to end everything


def start_server(workers: int) -> ForkServerClient:
    """A process that can fork jobs, of which `workers` will share this machine's cores."""
    parent = ForkServerClient()
    parent.share_cores(workers)
    return parent


class ServerDiedError(RuntimeError):
    """The warm parent has ended; `status` says how, as `os.waitpid` does."""

    def __init__(self, status: int) -> None:
        super().__init__(
            f"the process that forks notebooks ended with status {os.waitstatus_to_exitcode(status)}"
        )
        self.status = status


class ForkServerClient:
    """The process that forks the jobs."""

    def __init__(self) -> None:
        self._caps: dict[str, str] = {}
        self._begin()

    def _begin(self) -> None:
        self._process: Start | None = start()
        self._ready = False
        self._temporary = _temporary_folder()  # while it is getting ready
        self.send(SetEnvironment(_temporary_files(self._temporary)))

    def restart(self) -> None:
        """Start another one in its place."""
        self.close()
        self._begin()
        self.send(SetEnvironment(self._caps))

    def share_cores(self, workers: int) -> None:
        """Each of so many notebooks at once may use its part of the cores, unless the user's environment says else."""
        from ..processes import cores

        names = {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"} - os.environ.keys()
        self._caps = dict.fromkeys(names, str(max(1, cores() // workers)))
        self.send(SetEnvironment(self._caps))

    def send(self, message: ToServer) -> None:
        """Give a command."""
        with suppress(BrokenPipeError):  # it has died: `reports` says so
            write_all(self._process.commands, pack(message))

    def reports(self) -> Iterator[FromServer]:
        """What it reports; `ServerDiedError` if it dies."""
        reader = FrameReader()
        while data := os.read(self._process.reports, CHUNK):
            self._ready = True  # it speaks only when it has imported everything
            yield from reader.feed(data)
        raise ServerDiedError(self._end())

    def close(self) -> None:
        """End it, and with it everything that it started."""
        if self._process:
            self._end()

    def _end(self) -> int:
        status = self._process.end(_PATIENCE if self._ready else 0.0)
        if status:
            from ..processes import kill_marked

            kill_marked(self._process.mark)
        from shutil import rmtree

        rmtree(self._temporary, ignore_errors=True)
        self._process = None
        return status


def _temporary_folder() -> str:
    """Where the notebooks' temporary files go, so that none is left, even by one that is killed; "" if nowhere."""
    import tempfile

    with suppress(OSError):
        return tempfile.mkdtemp(prefix="literate-")
    return ""


def _temporary_files(folder: str) -> dict[str, str]:
    if not folder:
        return {}
    import tempfile

    compiled = os.path.join(
        tempfile.gettempdir(), f"torchinductor_{os.getuid()}"
    )  # torch.compile's cache is to last
    compiled = os.environ.get("TORCHINDUCTOR_CACHE_DIR", compiled)
    return {"TMPDIR": folder, "LITERATE_TEMPORARY": folder, "TORCHINDUCTOR_CACHE_DIR": compiled}
