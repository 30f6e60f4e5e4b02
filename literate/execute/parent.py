"""The warm parent, seen from the front: started, spoken to, started again if a notebook has ended it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .channel import CHUNK, FrameReader, pack, write_all

_PATIENCE = 3.0  # seconds that the warm parent has to end everything


_ahead: list[WarmParent] = []


@contextmanager
def started_ahead() -> Iterator[None]:
    """Start a warm parent at once, for whoever asks for one first: it needs longer to get ready than this process."""
    if os.name == "posix":
        _ahead.append(WarmParent())
    try:
        yield
    finally:
        while _ahead:
            _ahead.pop().close()


def warm_parent(workers: int) -> WarmParent:
    """A process that can fork jobs, of which `workers` will share this machine's cores."""
    parent = _ahead.pop() if _ahead else WarmParent()
    parent.share_cores(workers)
    return parent


def _environment() -> dict[str, str]:
    """The environment of the notebooks."""
    ours = {"OMP_WAIT_POLICY": "PASSIVE", "PAGER": "cat", "GIT_PAGER": "cat", "COLUMNS": "80"}
    return {**ours, **os.environ, "IN_TEST": "1", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}


class ParentDied(RuntimeError):
    """The warm parent has ended; `status` says how, as `os.waitpid` does."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the process that forks notebooks ended with status {code}")
        self.status = -code if code < 0 else code << 8


class WarmParent:
    """The process that forks the jobs."""

    def __init__(self) -> None:
        self._caps: dict[str, str] = {}
        self._start()

    def _start(self) -> None:
        self._ready = False
        self._mark = f"LITERATE_RUN={os.getpid()}.{time.time_ns()}"  # what it started is known by it if it is killed
        package = __package__.partition(".")[0]
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.forkserver"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, bufsize=0,
            cwd=os.path.dirname(os.path.dirname(sys.modules[package].__file__)),
            env={**_environment(), **dict([self._mark.split("=")])},
        )
        self._temporary = _temporary_folder()  # while it is getting ready
        self.send("environment", _temporary_files(self._temporary))

    def restart(self) -> None:
        """Start another one in its place."""
        self.close()
        self._start()
        self.send("environment", self._caps)

    def share_cores(self, workers: int) -> None:
        """Each of so many notebooks at once may use its part of the cores, unless the user's environment says else."""
        from .processes import cores

        names = {"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"} - os.environ.keys()
        self._caps = dict.fromkeys(names, str(max(1, cores() // workers)))
        self.send("environment", self._caps)

    def send(self, *frame) -> None:
        """Give a command."""
        with suppress(BrokenPipeError):  # it has died: `reports` says so
            write_all(self._process.stdin.fileno(), pack(frame))

    def reports(self) -> Iterator[tuple]:
        """What it reports; `ParentDied` if it dies."""
        reader = FrameReader()
        while data := os.read(self._process.stdout.fileno(), CHUNK):
            self._ready = True  # it speaks only when it has imported everything
            yield from reader.feed(data)
        raise ParentDied(self._process.wait())

    def close(self) -> None:
        """End it, and with it everything that it started."""
        if not self._ready:
            self._process.kill()
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:  # then its jobs die with it
            self._process.kill()
            self._process.wait()
        if self._process.returncode:
            from .processes import kill_marked

            kill_marked(self._mark)
        from shutil import rmtree

        rmtree(self._temporary, ignore_errors=True)


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

    compiled = os.path.join(tempfile.gettempdir(), f"torchinductor_{os.getuid()}")  # torch.compile's cache is to last
    compiled = os.environ.get("TORCHINDUCTOR_CACHE_DIR", compiled)
    return {"TMPDIR": folder, "LITERATE_TEMPORARY": folder, "TORCHINDUCTOR_CACHE_DIR": compiled}
