"""The channel by which a worker reports to the server."""

from __future__ import annotations

import os
import signal
import threading

from ..protocol import STOP, FromWorker, pack, wait_for, write_all

# As they are before a notebook patches them.
_getpid, _read, _write, _stat, _mask = (
    os.getpid,
    os.read,
    os.write,
    os.fstat,
    signal.pthread_sigmask,
)
_open, _dup, _READ, _WRITE, _CLOEXEC = os.open, os.dup, os.O_RDONLY, os.O_WRONLY, os.O_CLOEXEC


class WorkerChannel:
    """A job's way to report to its parent.

    Descriptors 1 and 2 are pipes of their own, so that whatever C code and subprocesses print arrives too. `call` waits
    until the parent has read all of them: that is what keeps text, figures and cells in order. What Python prints goes
    into the same pipes by descriptors that only this knows: as in Jupyter, it arrives even if a cell redirects 1 and 2.
    """

    def __init__(self, pipes: dict[str, int], parent: int) -> None:
        self._ends = {name: pipes[name] for name in ("frames", "answers")}
        self._ends.update(stdout=_dup(1), stderr=_dup(2))
        self._pipes = {name: _stat(end).st_ino for name, end in self._ends.items()}
        self._sources = {
            name: f"/proc/{parent}/fd/{pipes[name]}" for name in self._ends
        }  # the parent keeps them open
        self._pid, self._lock = _getpid(), threading.RLock()

    @property
    def is_ours(self) -> bool:
        """False in a process that a cell has forked: it prints, but it reports nothing."""
        return _getpid() == self._pid

    def send(self, message: FromWorker) -> None:
        """Send a message."""
        self._transmit(message, wait=False)

    def call(self, message: FromWorker) -> bool:
        """Send a frame, and wait until the parent has read it and everything printed before it; whether to go on."""
        return self._transmit(message, wait=True)

    def write(self, name: str, data: bytes) -> int:
        """Print to stdout or stderr."""
        return wait_for(_write, self._end(name), data)

    def _transmit(self, message: FromWorker, wait: bool) -> bool:
        if not self.is_ours:
            return True
        masked = _mask(
            signal.SIG_BLOCK, (signal.SIGINT,)
        )  # half a frame would be the end of the conversation
        try:
            with self._lock:
                write_all(self._end("frames"), pack(message))
                return not wait or wait_for(_read, self._end("answers"), 1) != STOP
        finally:
            _mask(signal.SIG_SETMASK, masked)

    def _end(self, name: str) -> int:
        """A descriptor; opened again if a cell has closed it (`os.closerange(3, 999)`), or it is something else now."""
        try:
            if _stat(self._ends[name]).st_ino == self._pipes[name]:
                return self._ends[name]
        except OSError:
            pass
        self._ends[name] = _open(
            self._sources[name], (_READ if name == "answers" else _WRITE) | _CLOEXEC
        )
        return self._ends[name]
