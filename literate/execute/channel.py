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
_set_blocking = os.set_blocking
_open, _dup, _READ, _WRITE, _CLOEXEC = os.open, os.dup, os.O_RDONLY, os.O_WRONLY, os.O_CLOEXEC
GO_ON, STOP = b".", b"!"  # what the parent answers to a call
CHUNK = 1 << 20
_MARK = b"\x93frame\x94\xff"  # begins a frame: whatever else a cell writes into a pipe by mistake is passed over
_HEAD = len(_MARK) + 4


def pack(frame: tuple) -> bytes:
    """A frame as bytes."""
    data = dumps(frame)
    return _MARK + len(data).to_bytes(4, "little") + data


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte, however often the pipe takes only some of them."""
    rest = memoryview(data)
    while rest:
        rest = rest[_waiting(_write, descriptor, rest):]


def _waiting(function, descriptor: int, argument: object) -> object:
    """Read or write, and wait even if a program (Node does it) has told the pipe not to, which holds for all."""
    while True:
        try:
            return function(descriptor, argument)
        except BlockingIOError:
            _set_blocking(descriptor, True)


class FrameReader:
    """Cuts what a pipe delivers into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple]:
        """The frames that are complete with these bytes."""
        self._buffer += data
        while self._begins_with_a_frame():
            end = _HEAD + int.from_bytes(self._buffer[len(_MARK):_HEAD], "little")
            if len(self._buffer) < end:
                return
            frame = loads(self._buffer[_HEAD:end])
            del self._buffer[:end]
            yield frame

    def _begins_with_a_frame(self) -> bool:
        start = self._buffer.find(_MARK)
        del self._buffer[:start if start >= 0 else max(0, len(self._buffer) - len(_MARK) + 1)]
        return start >= 0 and len(self._buffer) >= _HEAD


class JobChannel:
    """A job's way to report to its parent.

    Descriptors 1 and 2 are pipes of their own, so that whatever C code and subprocesses print arrives too. `call` waits
    until the parent has read all of them: that is what keeps text, figures and cells in order. What Python prints goes
    into the same pipes by descriptors that only this knows: as in Jupyter, it arrives even if a cell redirects 1 and 2.
    """

    def __init__(self, pipes: dict[str, int], parent: int) -> None:
        self._ends = {name: pipes[name] for name in ("frames", "answers")}
        self._ends.update(stdout=_dup(1), stderr=_dup(2))
        self._pipes = {name: _stat(end).st_ino for name, end in self._ends.items()}
        self._sources = {name: f"/proc/{parent}/fd/{pipes[name]}" for name in self._ends}  # the parent keeps them open
        self._pid, self._lock = _getpid(), threading.RLock()

    @property
    def is_ours(self) -> bool:
        """False in a process that a cell has forked: it prints, but it reports nothing."""
        return _getpid() == self._pid

    def send(self, *frame) -> None:
        """Send a frame."""
        self._transmit(frame, wait=False)

    def call(self, *frame) -> bool:
        """Send a frame, and wait until the parent has read it and everything printed before it; whether to go on."""
        return self._transmit(frame, wait=True)

    def write(self, name: str, data: bytes) -> int:
        """Print to stdout or stderr."""
        return _waiting(_write, self._end(name), data)

    def _transmit(self, frame: tuple, wait: bool) -> bool:
        if not self.is_ours:
            return True
        masked = _mask(signal.SIG_BLOCK, (signal.SIGINT,))  # half a frame would be the end of the conversation
        try:
            with self._lock:
                write_all(self._end("frames"), pack(frame))
                return not wait or _waiting(_read, self._end("answers"), 1) != STOP
        finally:
            _mask(signal.SIG_SETMASK, masked)

    def _end(self, name: str) -> int:
        """A descriptor; opened again if a cell has closed it (`os.closerange(3, 999)`), or it is something else now."""
        try:
            if _stat(self._ends[name]).st_ino == self._pipes[name]:
                return self._ends[name]
        except OSError:
            pass
        self._ends[name] = _open(self._sources[name], (_READ if name == "answers" else _WRITE) | _CLOEXEC)
        return self._ends[name]
