"""Which snapshots there are of each notebook, and which of them a new version can go on from.

A version can go on from a snapshot if its first cells are those that ran before the snapshot, and
if the files that they used are still the same.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..records import dataclass, field
from ..stamps import is_current
from .protocol import Task, TaskCell
from .results import CellResult
from .snapshot_messages import SnapshotKept, SnapshotsSpoiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 12  # snapshots of a notebook
_PART_OF_MEMORY = 4  # all snapshots together may take one part in so many

Prefix = tuple[tuple[TaskCell, bool], ...]  # cells, and whether parameters are set after each


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of a notebook, as the front knows it."""

    number: int
    pid: int
    position: int  # how many cells have run
    prefix: Prefix  # those cells
    results: Mapping[int, CellResult]  # what came of them, by index
    files: Mapping[str, list[int]]  # what they have used: stamps by path
    work: float  # the seconds that they took

    def is_sound(self) -> bool:
        """Whether the files that its cells have used are as they were."""
        return all(is_current(path, known) for path, known in self.files.items())


@dataclass
class SnapshotBook:
    """The snapshots of all notebooks, by path, each list in the order of the positions."""

    snapshots: dict[str, list[Snapshot]] = field(default_factory=lambda: defaultdict(list))
    dropped: list[int] = field(default_factory=list)  # that the server does not know of yet

    def note(self, path: str, task: Task, kept: SnapshotKept, cells: dict[int, CellResult]) -> None:
        """Note a snapshot that the server has."""
        made = kept.made
        prefix = prefix_of(task, made.position)
        results = {cell.index: cells[cell.index] for cell, _ in prefix if cell.index in cells}
        work = sum(result.seconds for result in results.values())
        snapshot = Snapshot(
            kept.snapshot, made.pid, made.position, prefix, results, made.files, work
        )
        self._drop(path, lambda other: other.position == made.position)
        self.snapshots[path].append(snapshot)
        self.snapshots[path].sort(key=lambda each: each.position)
        while len(self.snapshots[path]) > MOST:
            self._drop_one(path, least_useful(self.snapshots[path]))

    def choose(self, path: str, task: Task) -> Snapshot | None:
        """The last snapshot that a new version can go on from; those of other versions go."""
        self._drop(path, lambda each: prefix_of(task, each.position) != each.prefix)
        self._drop(path, lambda each: not each.is_sound())
        return self.snapshots[path][-1] if self.snapshots[path] else None

    def use(self, path: str, number: int) -> Snapshot | None:
        """Take out a snapshot that runs on now."""
        for snapshot in self.snapshots[path]:
            if snapshot.number == number:
                self.snapshots[path].remove(snapshot)
                return snapshot
        return None

    def spoil(self, path: str, spoiled: SnapshotsSpoiled) -> None:
        """Drop the snapshots between the first use of a file and its change."""
        self._drop(path, lambda each: spoiled.first <= each.position <= spoiled.last)

    def forget(self, path: str) -> None:
        """Drop all snapshots of a notebook."""
        self._drop(path, lambda each: True)

    def forget_all(self) -> None:
        """Forget everything: the server has ended, and its snapshots with it."""
        self.snapshots.clear()
        self.dropped.clear()

    def take_dropped(self) -> tuple[int, ...]:
        """The snapshots that were dropped since the last call."""
        dropped = tuple(self.dropped)
        self.dropped.clear()
        return dropped

    def limit_memory(self, limit: int) -> None:
        """Drop the least useful snapshots until the others take no more memory than this."""
        sizes: dict[int, int] = {}
        for snapshot in self._all():
            sizes[snapshot.number] = private_bytes(snapshot.pid)
        while sum(sizes.values()) > limit:
            path = max(self.snapshots, key=lambda each: self._size_of(each, sizes))
            snapshot = least_useful(self.snapshots[path])
            del sizes[snapshot.number]
            self._drop_one(path, snapshot)

    def _size_of(self, path: str, sizes: Mapping[int, int]) -> int:
        return sum(sizes[snapshot.number] for snapshot in self.snapshots[path])

    def _all(self) -> Iterable[Snapshot]:
        for snapshots in self.snapshots.values():
            yield from snapshots

    def _drop(self, path: str, is_useless: Callable[[Snapshot], bool]) -> None:
        for snapshot in list(self.snapshots[path]):
            if is_useless(snapshot):
                self._drop_one(path, snapshot)

    def _drop_one(self, path: str, snapshot: Snapshot) -> None:
        self.snapshots[path].remove(snapshot)
        self.dropped.append(snapshot.number)


def prefix_of(task: Task, position: int) -> Prefix:
    """The first cells of a task, or fewer if it has fewer."""
    cells = task.cells[:position]
    return tuple((cell, cell.index == task.parameters_after) for cell in cells)


def first_difference(old: Task, new: Task) -> int:
    """How many cells of a new version are as they were."""
    before, after = prefix_of(old, len(old.cells)), prefix_of(new, len(new.cells))
    for position, (one, other) in enumerate(zip(before, after, strict=False)):
        if one != other:
            return position
    return min(len(before), len(after))


def least_useful(snapshots: list[Snapshot]) -> Snapshot:
    """The snapshot whose loss costs least.

    Without it, an edit behind it runs the cells since the snapshot before. Most edits are near the
    end of what has run, so the others become the rarer the farther they are from there. The last
    one stays.
    """
    end = snapshots[-1].work
    candidates = snapshots[:-1] or snapshots
    before = 0.0
    costs: list[tuple[float, int]] = []
    for place, snapshot in enumerate(candidates):
        following = snapshots[min(place + 1, len(snapshots) - 1)].work
        gap = following - before
        costs.append((gap / (end - snapshot.work + gap + 1e-9), place))
        before = snapshot.work
    return candidates[min(costs)[1]]


def private_bytes(pid: int) -> int:
    """The memory that a process does not share with others, in proportion; 0 if it has ended."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


def memory_for_snapshots() -> int:
    """The bytes that all snapshots together may take: a part of the machine's memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _PART_OF_MEMORY
    except (OSError, ValueError):
        return 1 << 30
