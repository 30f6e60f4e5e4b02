"""Snapshots: frozen copies of a worker, made between cells by `os.fork`, that can run on later.

A copy waits for a message from the server. The message brings the new cells and new pipes. The copy
first makes another copy of itself, which can serve the next time, and then runs the new cells. The
memory of a copy is shared with the original until one of them writes, so a copy is cheap.

A copy becomes a child of the server, and not of the worker: the code of the notebook would notice
another child. For this, a process in between forks the copy and ends.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from contextlib import suppress
from marshal import loads

from ..processes import adopt_orphans, die_with, leave_orphans
from ..protocol import Task, read_task
from ..snapshot_messages import SnapshotMade
from .channel import WorkerChannel
from .copyable import (
    Descriptors,
    NotCopyableError,
    OpenFiles,
    check_process,
    mentions_identity,
    open_anew,
)
from .event_loop import take_over
from .shell import NotebookShell
from .temporary_files import TemporaryFolder, TooMuchError
from .used_files import UsedFiles

# Bound before a notebook can patch them.
_clock, _sleep, _exit, _fork, _getpid, _getppid = (
    time.perf_counter,
    time.sleep,
    os._exit,
    os.fork,
    os.getpid,
    os.getppid,
)
_read, _write, _pipe, _close, _dup2, _open = os.read, os.write, os.pipe, os.close, os.dup2, os.open
_setsid, _waitpid = os.setsid, os.waitpid
_send_descriptors, _receive_descriptors = socket.send_fds, socket.recv_fds
_Socket, _socketpair = socket.socket, socket.socketpair
_get_random_state, _set_random_state = random.getstate, random.setstate
_set_signal_mask = signal.pthread_sigmask

# All snapshots together may cost one part in so many of the work of the cells, and each has to save
# so many times the work that it costs.
_PART_OF_WORK = 20.0
_LEAST_GAIN = 3.0
_COST_OF_START = 0.002  # seconds: what the first one is expected to cost
_COST_OF_BYTE = 2e-11  # seconds, for each byte of memory
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

# What a message to a copy brings, in this order, beside the file with the task.
RESUME = ("frames", "answers", "dump", "stdout", "stderr", "snapshots")


class Snapshots:
    """Decides when to make a snapshot of this process, and makes it."""

    def __init__(
        self,
        task: Task,
        shell: NotebookShell,
        channel: WorkerChannel,
        pipes: dict[str, int],
        server: int,
    ) -> None:
        self._task = task
        self._shell = shell
        self._channel = channel
        self._dump = pipes["dump"]
        self._server = server
        self._socket = _Socket(fileno=pipes["snapshots"])
        self._folder = TemporaryFolder()
        self.files = UsedFiles(self._folder.path, channel.call)
        self._descriptors: Descriptors | None = None  # those of the worker, before the first cell
        self._has_identity = False  # whether a cell has asked for what is different in a copy
        self._work = 0.0  # seconds that cells have taken since the last snapshot
        self._budget = 0.0  # seconds that snapshots may take
        self._cost = _COST_OF_START + _COST_OF_BYTE * _resident_bytes()
        self._is_over = False  # whether there can be no more snapshots
        self._made_at = 0  # the position of the last one

    def begin(self) -> None:
        """Begin: the next thing that happens is the first cell."""
        self._descriptors = Descriptors()
        self.files.listen()

    def note_cell(self, source: str, seconds: float) -> None:
        """Note that a cell has run."""
        self.files.end_cell()
        self._work += seconds
        self._budget += seconds / _PART_OF_WORK
        self._has_identity = self._has_identity or mentions_identity(source)

    def before_cell(self, position: int) -> Task | None:
        """Make a snapshot if it is worth it.

        Returns None in this process. In a copy, it returns when the copy is to run on, with the
        task that it is to run from this position on.
        """
        task = None
        if not self._is_over and self._is_worth_it(position):
            # An interrupt in the middle would leave processes behind.
            mask_before = _set_signal_mask(signal.SIG_BLOCK, (signal.SIGINT,))
            self.files.is_paused = True
            try:
                task = self._try_to_make(position)
            except (OSError, NotCopyableError, TooMuchError):
                self._work = 0.0  # after as much work again, it may be possible
            finally:
                self.files.is_paused = False
                _set_signal_mask(signal.SIG_SETMASK, mask_before)
        self.files.begin_cell(position)
        return task

    def _is_worth_it(self, position: int) -> bool:
        """Whether so much work is behind the process that it pays to keep it.

        Before the cell that was edited last, less is enough: it will be edited again.
        """
        if position == 0 or position == self._made_at:
            return False
        if position == self._task.edited:
            return self._work >= self._cost
        return self._budget >= self._cost and self._work >= self._cost * _LEAST_GAIN

    def _try_to_make(self, position: int) -> Task | None:
        if self._has_identity or self.files.are_too_many:
            self._is_over = True
            return None
        assert self._descriptors is not None  # `begin` was called
        check_process()
        task = self._make(position, self._descriptors.files_of_cells())
        while task is not None:
            # This is a copy that is to run on. It leaves a copy behind, which can serve next time.
            try:
                next_task = self._make(position, self._descriptors.files_of_cells())
            except (OSError, NotCopyableError, TooMuchError):
                return task
            if next_task is None:
                return task
            task = next_task  # this is the copy that was left behind, some time later
        return None

    def _make(self, position: int, open_files: OpenFiles) -> Task | None:
        """Fork a copy. Returns None in this process, and in the copy the task that it is to run."""
        start = _clock()
        self._work = 0.0
        self._made_at = position
        copy = self._folder.copy()
        server_end, copy_end = _socketpair()
        from_middle, to_worker = _pipe()
        from_worker, to_middle = _pipe()
        random_state = _get_random_state()
        middle = _fork()
        if middle == 0:
            _close(to_middle)
            self._fork_again(to_worker, from_worker)
            for descriptor in (from_middle, to_worker, from_worker):
                _close(descriptor)
            server_end.close()
            return self._wait(copy_end, open_files, copy, random_state)
        for descriptor in (to_worker, from_worker):
            _close(descriptor)
        copy_end.close()
        process = int.from_bytes(_read(from_middle, 8), "little")
        _close(from_middle)
        if process:
            _send_descriptors(self._socket, [b"s"], [server_end.fileno()])
            seconds = _clock() - start
            made = SnapshotMade(process, position, copy, self.files.stamps, seconds)
            self._channel.call(made)
        server_end.close()
        leave_orphans()  # the copy becomes a child of the server when the middle process ends
        _close(to_middle)
        _waitpid(middle, 0)
        adopt_orphans()
        self._cost = _clock() - start
        self._budget -= self._cost
        return None

    def _fork_again(self, to_worker: int, from_worker: int) -> None:
        """In the middle process: fork the copy, and end. Only the copy returns."""
        try:
            process = _fork()
            if process == 0:
                return
            _write(to_worker, process.to_bytes(8, "little"))
            _read(from_worker, 1)  # until the server knows the copy
        except BaseException:
            pass
        _exit(0)

    # --- in the copy ---------------------------------------------------------------------------

    def _wait(
        self, connection: socket.socket, open_files: OpenFiles, copy: str, random_state: object
    ) -> Task:
        """Wait until the copy is to run on, and prepare it. Without a server, the copy ends."""
        try:
            self._let_go(open_files)
            data, descriptors, _, _ = _receive_descriptors(connection, 1000, len(RESUME) + 1)
            if not data or len(descriptors) != len(RESUME) + 1:
                _exit(0)
            connection.close()
            return self._go_on(loads(data), descriptors, copy, random_state)
        except BaseException:
            _exit(70)

    def _let_go(self, open_files: OpenFiles) -> None:
        """Leave what belongs to the original alone."""
        _setsid()
        open_anew(open_files)
        nowhere = _open(os.devnull, os.O_RDWR)
        own = (self._dump, self._socket.fileno(), *self._channel.descriptors.values())
        for number in (1, 2, *own):
            _dup2(nowhere, number, inheritable=number in (1, 2))
        _close(nowhere)

    def _go_on(
        self, numbers: dict[str, int], descriptors: list[int], copy: str, random_state: object
    ) -> Task:
        """Become a worker again. `numbers` are those of the pipes in the server."""
        *ends, task_file = descriptors
        pipes = dict(zip(RESUME, ends, strict=True))
        task = _read_task_from(task_file)
        while _getppid() != self._server:  # the process in between is about to end
            _sleep(0.0005)
        die_with(self._server)
        adopt_orphans()
        self._reconnect(pipes, numbers)
        loop = getattr(self._shell, "_loop", None)
        if loop is not None:
            take_over(loop)
        self._folder.restore(copy)
        _set_random_state(random_state)  # type: ignore[arg-type]  # a fork has seeded it anew
        self.files.move_to(_getpid())
        assert self._descriptors is not None
        self._descriptors.renew_known()
        self._task = task
        return task

    def _reconnect(self, pipes: dict[str, int], numbers: dict[str, int]) -> None:
        """Let the numbers of the old pipes stand for the new ones."""
        _dup2(pipes["stdout"], 1)
        _dup2(pipes["stderr"], 2)
        _dup2(pipes["dump"], self._dump, inheritable=False)
        _dup2(pipes["snapshots"], self._socket.fileno(), inheritable=False)
        self._channel.reconnect(pipes, numbers)
        for descriptor in pipes.values():
            _close(descriptor)


def _read_task_from(descriptor: int) -> Task:
    """The task that a file holds."""
    pieces = []
    with suppress(OSError):
        os.lseek(descriptor, 0, os.SEEK_SET)
    while piece := _read(descriptor, 1 << 20):
        pieces.append(piece)
    _close(descriptor)
    return read_task(b"".join(pieces))


def _resident_bytes() -> int:
    """How much memory this process has."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0
