"""The channel through which a worker reports to the server."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # typeshed leaves it out
import os
import signal
import threading
from collections.abc import Callable

from ..protocol import STOP, FromWorker, pack, wait_for, write_all

# Bound here before a notebook can patch them.
_getpid = os.getpid
_read = os.read
_write = os.write
_fstat = os.fstat
_open = os.open
_dup2 = os.dup2
# That of `signal` makes an enum of each signal, which takes longer than to send a message.
_set_signal_mask = _signal.pthread_sigmask

# The pipes that a worker uses by descriptors of its own, and how each is opened again.
_OPEN_MODES = {
    "frames": os.O_WRONLY | os.O_CLOEXEC,
    "answers": os.O_RDONLY | os.O_CLOEXEC,
    "stdout": os.O_WRONLY | os.O_CLOEXEC,
    "stderr": os.O_WRONLY | os.O_CLOEXEC,
}


class WorkerChannel:
    """A worker's way to report to the server, and to print.

    Descriptors 1 and 2 are pipes of their own, so that the text of C code and of subprocesses
    arrives too. `call` waits until the server has read everything that was printed before: this
    keeps text, figures and cells in order.

    What Python prints goes into the same pipes through other descriptors, which only the channel
    knows. So it arrives even if a cell redirects descriptors 1 and 2, as it does in Jupyter.
    """

    def __init__(self, pipes: dict[str, int], server: int) -> None:
        self._descriptors = {
            "frames": pipes["frames"],
            "answers": pipes["answers"],
            "stdout": os.dup(1),
            "stderr": os.dup(2),
        }
        self._server = server
        self._inodes: dict[str, int] = {}
        self._paths: dict[str, str] = {}
        self._note_pipes(pipes)
        self.takes_text: Callable[[str, bytes], bool] = lambda name, data: False
        self._owner = _getpid()
        self._lock = threading.RLock()

    def _note_pipes(self, numbers: dict[str, int]) -> None:
        """Note which pipes the descriptors lead to; `numbers` are theirs in the server.

        The server keeps these ends open, so that a worker can open them again.
        """
        for name, descriptor in self._descriptors.items():
            self._inodes[name] = _fstat(descriptor).st_ino
            self._paths[name] = f"/proc/{self._server}/fd/{numbers[name]}"

    @property
    def descriptors(self) -> dict[str, int]:
        """The channel's own descriptors, by the names of the pipes."""
        return dict(self._descriptors)

    def reconnect(self, pipes: dict[str, int], numbers: dict[str, int]) -> None:
        """Belong to this process, which is a copy, and use new pipes under the old descriptors."""
        for name, descriptor in self._descriptors.items():
            _dup2(pipes[name], descriptor, inheritable=False)
        self._note_pipes(numbers)
        self._owner = _getpid()

    @property
    def is_ours(self) -> bool:
        """Whether this is the worker itself.

        A process that a cell forked prints into the pipes, but it reports nothing.
        """
        return _getpid() == self._owner

    def send(self, message: FromWorker) -> None:
        """Send a message."""
        self._transmit(message, wait_for_answer=False)

    def call(self, message: FromWorker) -> bool:
        """Send a message, and wait until the server has read it and all text printed before it.

        Returns whether the notebook may go on.
        """
        return self._transmit(message, wait_for_answer=True)

    def write(self, name: str, data: bytes) -> int:
        """Print to "stdout" or "stderr"; return how many bytes were taken.

        If `takes_text` takes the text, it does not go into the pipe.
        """
        if self.is_ours and self.takes_text(name, data):
            return len(data)
        return wait_for(_write, self._descriptor(name), data)

    def _transmit(self, message: FromWorker, wait_for_answer: bool) -> bool:
        if not self.is_ours:
            return True
        # An interrupt in the middle of a frame would make all later frames unreadable.
        mask_before = _set_signal_mask(signal.SIG_BLOCK, (signal.SIGINT,))
        try:
            with self._lock:
                write_all(self._descriptor("frames"), pack(message))
                if not wait_for_answer:
                    return True
                answer = wait_for(_read, self._descriptor("answers"), 1)
                return answer != STOP
        finally:
            _set_signal_mask(signal.SIG_SETMASK, mask_before)

    def _descriptor(self, name: str) -> int:
        """Return the descriptor of a pipe.

        A cell may have closed it (`os.closerange(3, 999)`), and the number may stand for another
        file by now. In both cases the pipe is opened again.
        """
        descriptor = self._descriptors[name]
        try:
            if _fstat(descriptor).st_ino == self._inodes[name]:
                return descriptor
        except OSError:  # it is closed
            pass
        self._descriptors[name] = _open(self._paths[name], _OPEN_MODES[name])
        return self._descriptors[name]
