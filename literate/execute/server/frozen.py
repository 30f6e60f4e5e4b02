"""The snapshots that the server holds: frozen copies of workers, which wait for a message."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from copy import deepcopy
from marshal import dumps

from ...records import dataclass
from ..outputs import Outputs
from ..processes import kill
from ..protocol import Task, write_task
from ..snapshot_messages import SnapshotMade
from ..worker.snapshots import RESUME

Updatable = dict[int, Outputs]  # what later cells can still update, by the index of the cell


@dataclass(frozen=True)
class FrozenWorker:
    """A copy of a worker that waits."""

    pid: int
    socket: int
    temporary_folder: str  # of the notebook
    copy: str  # a folder with what was there at that time, or ""
    updatable: Updatable


class FrozenWorkers:
    """All snapshots, by their numbers."""

    def __init__(self) -> None:
        self._frozen: dict[int, FrozenWorker] = {}
        self._count = 0

    @property
    def pids(self) -> set[int]:
        """The process ids of all snapshots."""
        return {frozen.pid for frozen in self._frozen.values()}

    def keep(
        self, made: SnapshotMade, own_socket: int, temporary_folder: str, updatable: Updatable
    ) -> int:
        """Keep a snapshot. Returns its number."""
        self._count += 1
        self._frozen[self._count] = FrozenWorker(
            made.pid, own_socket, temporary_folder, made.copy, deepcopy(updatable)
        )
        return self._count

    def wake(self, number: int, task: Task, worker_ends: dict[str, int]) -> FrozenWorker | None:
        """Let a snapshot run on with a task; return None if it is not there any more."""
        frozen = self._frozen.pop(number, None)
        if frozen is None:
            return None
        ends = [worker_ends[name] for name in RESUME]
        numbers = dumps({name: worker_ends[name] for name in RESUME})
        with tempfile.TemporaryFile() as file, socket.socket(fileno=frozen.socket) as own:
            file.write(write_task(task))
            file.flush()
            try:
                socket.send_fds(own, [numbers], [*ends, file.fileno()])
            except OSError:  # it has been ended, for example because memory ran out
                _end(frozen)
                return None
        return frozen

    def drop(self, numbers: Iterable[int]) -> None:
        """End snapshots that are not needed any more."""
        for number in numbers:
            frozen = self._frozen.pop(number, None)
            if frozen is not None:
                os.close(frozen.socket)
                _end(frozen)

    def drop_all(self) -> None:
        """End all snapshots."""
        self.drop(list(self._frozen))

    def close(self) -> None:
        """In a new process: close what belongs to the server."""
        for frozen in self._frozen.values():
            with suppress(OSError):
                os.close(frozen.socket)


def _end(frozen: FrozenWorker) -> None:
    """End a snapshot, and remove what belongs to it. The server waits for the process later."""
    kill(frozen.pid)
    if frozen.copy:
        shutil.rmtree(frozen.copy, ignore_errors=True)
