"""The messages about snapshots: frozen copies of the process of a notebook (`literate watch`).

Before a cell, a worker may fork a copy of itself that waits. If a later version of the notebook is
the same up to this cell, the copy runs on with the new cells, and the cells before it need not run.
"""

from __future__ import annotations

from ..records import dataclass

Files = dict[str, list[int]]  # stamps of files, by path


@dataclass(frozen=True)
class SnapshotMade:
    """From a worker: a copy of it waits. The server gets the copy's socket before this message."""

    pid: int
    position: int  # how many cells have run
    copy: str  # a folder with the temporary files of the notebook, or ""
    files: Files  # what the cells have imported and read so far
    seconds: float  # that the worker has spent on it


@dataclass(frozen=True)
class SnapshotsSpoiled:
    """From a worker: a cell is about to change a file that earlier cells have used.

    A snapshot from between them would find the file as it is afterwards, so it is of no use.
    """

    first: int  # the position after the first cell that has used the file
    last: int  # the position before the cell that changes it


@dataclass(frozen=True)
class SnapshotKept:
    """From the server: it has a snapshot of a notebook."""

    number: int  # of the notebook
    snapshot: int  # by which the front asks for it
    made: SnapshotMade


@dataclass(frozen=True)
class SnapshotsLost:
    """From the server: a worker has spoiled snapshots of its notebook."""

    number: int
    spoiled: SnapshotsSpoiled


@dataclass(frozen=True)
class NotebookResumed:
    """From the server: a notebook does not begin at its top, but in a snapshot."""

    number: int
    snapshot: int


@dataclass(frozen=True)
class DropSnapshots:
    """From the front: these snapshots are not needed any more."""

    snapshots: tuple[int, ...]


@dataclass(frozen=True)
class CancelNotebook:
    """From the front: end a notebook, because a newer version of it is to run."""

    number: int


SnapshotReport = SnapshotMade | SnapshotsSpoiled
AboutSnapshot = SnapshotKept | SnapshotsLost | NotebookResumed
SnapshotCommand = DropSnapshots | CancelNotebook
