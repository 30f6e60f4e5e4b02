"""Frames: plain Python data over a pipe, each as its length and its bytes in marshal's format.

Marshal, because it is fast, and because a notebook that patches `json` or `pickle` must not break its runner; for the
same reason the functions are bound here, before any notebook runs.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from marshal import dumps, loads

_getpid, _read, _write, _stat, _mask = os.getpid, os.read, os.write, os.fstat, signal.pthread_sigmask
_open, _WAYS = os.open, (os.O_WRONLY, os.O_RDONLY)
CHUNK = 1 << 20


def pack(frame: tuple) -> bytes:
    """A frame as bytes."""
    data = dumps(frame)
    return len(data).to_bytes(4, "little") + data


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte, however often the pipe takes only some of them."""
    rest = memoryview(data)
    while rest:
        rest = rest[_write(descriptor, rest):]


class FrameReader:
    """Cuts what a pipe delivers into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple]:
        """The frames that are complete with these bytes."""
        self._buffer += data
        while len(self._buffer) >= 4:
            end = 4 + int.from_bytes(self._buffer[:4], "little")
            if len(self._buffer) < end:
                return
            frame = loads(self._buffer[4:end])
            del self._buffer[:end]
            yield frame


class JobChannel:
    """A job's way to report to its parent.

    Descriptors 1 and 2 are pipes of their own, so that whatever C code and subprocesses print arrives too. `call` waits
    until the parent has read all of them: that is what keeps text, figures and cells in order.
    """

    def __init__(self, frames: int, answers: int, parent: int) -> None:
        self._ends = [frames, answers]
        self._pipes = [_stat(end).st_ino for end in self._ends]
        self._sources = [f"/proc/{parent}/fd/{end}" for end in self._ends]  # the parent keeps them open too
        self._pid, self._lock = _getpid(), threading.RLock()

    @property
    def is_ours(self) -> bool:
        """False in a process that a cell has forked: it prints, but it reports nothing."""
        return _getpid() == self._pid

    def send(self, *frame) -> None:
        """Send a frame."""
        self._transmit(frame, wait=False)

    def call(self, *frame) -> None:
        """Send a frame, and wait until the parent has read it and everything printed before it."""
        self._transmit(frame, wait=True)

    def _transmit(self, frame: tuple, wait: bool) -> None:
        if not self.is_ours:
            return
        masked = _mask(signal.SIG_BLOCK, (signal.SIGINT,))  # half a frame would be the end of the conversation
        try:
            with self._lock:
                write_all(self._end(0), pack(frame))
                if wait:
                    _read(self._end(1), 1)
        finally:
            _mask(signal.SIG_SETMASK, masked)

    def _end(self, number: int) -> int:
        """A descriptor; opened again if a cell has closed it (`os.closerange(3, 999)`), or it is something else now."""
        try:
            if _stat(self._ends[number]).st_ino == self._pipes[number]:
                return self._ends[number]
        except OSError:
            pass
        self._ends[number] = _open(self._sources[number], _WAYS[number] | os.O_CLOEXEC)
        return self._ends[number]
