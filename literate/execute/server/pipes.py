"""The pipes between the server and one worker."""

from __future__ import annotations

import fcntl
import os
import socket
from contextlib import suppress

from ..protocol import CHUNK, READ_SIZE

# Pipes that the worker writes into.
_FROM_WORKER = (
    "stdout",
    "stderr",
    "frames",  # messages
    "dump",  # what faulthandler writes when the worker crashes, or is asked where it is
)
_SNAPSHOTS = "snapshots"
_TO_WORKER = "answers"  # tells the worker to go on or to stop


class WorkerPipes:
    """The pipes between the server and one worker, with the ends of both."""

    def __init__(self) -> None:
        self.server_ends: dict[str, int] = {}
        self.worker_ends: dict[str, int] = {}

    def open(self, with_snapshots: bool = False) -> None:
        """Make the pipes, and a socket through which a worker passes on those of its snapshots."""
        for name in _FROM_WORKER:
            self.server_ends[name], self.worker_ends[name] = os.pipe()
            os.set_blocking(self.server_ends[name], False)
            _enlarge(self.server_ends[name])
        self.worker_ends[_TO_WORKER], self.server_ends[_TO_WORKER] = os.pipe()
        if with_snapshots:
            server_end, worker_end = socket.socketpair()
            self.server_ends[_SNAPSHOTS] = server_end.detach()
            self.worker_ends[_SNAPSHOTS] = worker_end.detach()

    def readable(self) -> list[int]:
        """Return the descriptors that the server polls."""
        return [self.server_ends[name] for name in _FROM_WORKER]

    def name_of(self, descriptor: int) -> str:
        """Return the name of the pipe with this descriptor on the server's side."""
        for name, end in self.server_ends.items():
            if end == descriptor:
                return name
        raise KeyError(descriptor)

    def read(self, name: str) -> bytes | None:
        """Return all that a pipe holds; b"" at its end, None if it is empty for now."""
        descriptor = self.server_ends[name]
        try:
            data = os.read(descriptor, READ_SIZE)
        except BlockingIOError:
            return None
        if len(data) == READ_SIZE:  # there may be more, but never more than this second read takes
            with suppress(BlockingIOError):
                data += os.read(descriptor, CHUNK)
        return data

    def answer(self, answer: bytes) -> None:
        """Answer the message that the worker waits for."""
        with suppress(OSError):  # the worker has ended
            os.write(self.server_ends[_TO_WORKER], answer)

    def release(self) -> None:
        """Close what only the worker needs, once it has started.

        The other ends of the worker stay open: a worker whose notebook closes descriptors opens
        them again through `/proc`.
        """
        os.close(self.worker_ends.pop("dump"))
        if _SNAPSHOTS in self.worker_ends:
            os.close(self.worker_ends.pop(_SNAPSHOTS))

    def receive_socket(self) -> int:
        """Return the socket of a snapshot that the worker has passed on before a message."""
        with socket.socket(fileno=os.dup(self.server_ends[_SNAPSHOTS])) as own:
            own.setblocking(False)
            _, descriptors, _, _ = socket.recv_fds(own, 1, 1)
        return descriptors[0]

    def close_server_ends(self) -> None:
        """Close the ends of the server."""
        _close_all(self.server_ends)

    def close(self) -> None:
        """Close everything that the server still holds."""
        _close_all(self.server_ends)
        _close_all(self.worker_ends)


def _enlarge(pipe: int) -> None:
    """Let a pipe hold more, if the system and the user's limits allow this."""
    with suppress(OSError, AttributeError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, CHUNK)


def _close_all(ends: dict[str, int]) -> None:
    for descriptor in ends.values():
        with suppress(OSError):
            os.close(descriptor)
