"""Runs of notebooks under `literate watch`: each goes on from a snapshot if there is one."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..project import Project
from ..records import replace
from . import protocol
from .dispatcher import Attempt, Dispatcher, RunningNotebook, engine_of, make_task
from .import_times import ImportTimes
from .options import Options
from .results import CANCELLED, Event, NotebookFinished, NotebookResult, NotebookStarted
from .server.client import ServerDiedError
from .snapshot_book import SnapshotBook, first_difference, memory_for_snapshots
from .snapshot_messages import (
    AboutSnapshot,
    CancelNotebook,
    DropSnapshots,
    NotebookResumed,
    SnapshotKept,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .serving import NotebookServer


_LOOK_AT_MEMORY_EVERY = 1.0  # seconds: to add up the memory of all snapshots takes milliseconds


class ResumingDispatcher(Dispatcher):
    """A dispatcher that asks for snapshots, and goes on from them."""

    def __init__(
        self,
        project: Project,
        server: NotebookServer,
        workers: int,
        options: Options,
        import_times: ImportTimes,
    ) -> None:
        super().__init__(project, server, workers, options, import_times, None, [])
        self.book = SnapshotBook()
        self.tasks: dict[str, protocol.Task] = {}  # what ran last, by path
        self.cancelled: set[int] = set()  # numbers
        self.unconfirmed: set[int] = set()  # numbers: do they begin in a snapshot?
        self.resumed: set[int] = set()  # numbers of those that began in a snapshot
        self.is_ready = False  # whether the server has loaded what it was asked to load
        self._next_look_at_memory = 0.0

    # --- what the session asks for -------------------------------------------------------------

    def add(self, attempt: Attempt) -> None:
        """Run a notebook as soon as there is room; an older version of it is ended."""
        path = attempt.plan.path
        self.remove(path)
        self.waiting.append(attempt)

    def remove(self, path: str) -> None:
        """Do not run a notebook, or end it if it runs."""
        self.waiting[:] = [each for each in self.waiting if each.plan.path != path]
        for number, notebook in self.running.items():
            if notebook.attempt.plan.path == path and number not in self.cancelled:
                self.cancelled.add(number)
                self.server.send(CancelNotebook(number))

    def is_running(self, path: str) -> bool:
        """Whether a version of a notebook has not ended yet."""
        return any(each.attempt.plan.path == path for each in self.running.values())

    def start_waiting(self) -> Iterator[Event]:
        """Start what there is room for. A notebook waits until its older version has ended."""
        if not self.is_ready:
            return
        at_once = 1 if self.suspects else self.workers
        for attempt in list(self.waiting):
            if len(self.running) >= at_once:
                break
            if not self.is_running(attempt.plan.path):
                self.waiting.remove(attempt)
                yield from self._start(attempt)

    def tell_dropped(self) -> None:
        """Let the server end the snapshots that are not needed any more."""
        dropped = self.book.take_dropped()
        if dropped:
            self.server.send(DropSnapshots(dropped))

    def limit_memory(self) -> None:
        """Give up snapshots if all of them together take too much memory."""
        self.book.limit_memory(memory_for_snapshots())
        self.tell_dropped()
        self._next_look_at_memory = time.monotonic() + _LOOK_AT_MEMORY_EVERY

    def forget_server(self) -> None:
        """Note that the server has ended, and all snapshots with it."""
        self.is_ready = False
        self.resumed.clear()
        self.book.forget_all()

    # --- what the dispatcher does in another way -----------------------------------------------

    def recover(self, death: ServerDiedError) -> Iterator[Event]:
        self.forget_server()
        yield from super().recover(death)

    def handle(self, message: protocol.FromServer) -> Iterator[Event]:
        if isinstance(message, protocol.ServerReady):
            self.is_ready = True
        yield from super().handle(message)

    def _start(self, attempt: Attempt) -> Iterator[Event]:
        plan = attempt.plan
        task = make_task(self.project, plan, self.options, None)
        snapshot = None
        if engine_of(plan, self.options) == "fork" and not self.options.terminal:
            before = self.tasks.get(plan.path)
            edited = first_difference(before, task) if before else 0
            task = replace(task, edited=edited)
            snapshot = self.book.choose(plan.path, task)
            self.tell_dropped()
        self.tasks[plan.path] = task
        steps = {step.cell.index: step for step in plan.runs}
        running = RunningNotebook(attempt, task, steps, {}, time.monotonic())
        self.running[attempt.number] = running
        if snapshot is None:
            self.server.send(protocol.RunNotebook(attempt.number, task))
            yield _started(running, 0)
        else:
            self.unconfirmed.add(attempt.number)
            self.server.send(protocol.RunNotebook(attempt.number, task, snapshot.number))

    def _take_cell_message(
        self, message: protocol.CellStarted | protocol.CellEnded | protocol.OutputsUpdated
    ) -> Iterator[Event]:
        if message.number in self.unconfirmed:  # the snapshot was not there any more
            self.unconfirmed.discard(message.number)
            yield _started(self.running[message.number], 0)
        for event in super()._take_cell_message(message):
            if message.number not in self.cancelled:
                yield event

    def _take_snapshot_message(self, message: AboutSnapshot) -> Iterator[Event]:
        running = self.running[message.number]
        path = running.attempt.plan.path
        if isinstance(message, NotebookResumed):
            snapshot = self.book.use(path, message.snapshot)
            if snapshot is not None:
                running.cells.update(snapshot.results)
                self.unconfirmed.discard(message.number)
                self.resumed.add(message.number)
                yield _started(running, snapshot.position)
        elif isinstance(message, SnapshotKept):
            self.book.note(path, running.task, message, running.cells)
            if time.monotonic() >= self._next_look_at_memory:
                self.limit_memory()
            self.tell_dropped()
        else:
            self.book.spoil(path, message.spoiled)
            self.tell_dropped()

    def _end_notebook(self, message: protocol.NotebookEnded) -> Iterator[Event]:
        if message.number in self.cancelled:
            running = self.running.pop(message.number)
            self.cancelled.discard(message.number)
            self.unconfirmed.discard(message.number)
            self.suspects.discard(message.number)
            self.resumed.discard(message.number)
            result = NotebookResult(running.attempt.plan.path, CANCELLED)
            yield NotebookFinished(result)
            return
        if self._died_before_its_first_cell(message):
            running = self.running.pop(message.number)
            self.book.forget(running.attempt.plan.path)
            self.tell_dropped()
            yield from self._start(running.attempt)
            return
        yield from super()._end_notebook(message)

    def _died_before_its_first_cell(self, message: protocol.NotebookEnded) -> bool:
        """Whether a snapshot was woken and did not run, for example because memory ran out."""
        was_snapshot = message.number in self.resumed
        self.resumed.discard(message.number)
        end = message.end
        has_reason = end.complete or bool(end.limit or end.refusal)
        has_begun = self.running[message.number].heard < float("inf")
        return was_snapshot and not has_reason and not has_begun


def _started(running: RunningNotebook, done: int) -> NotebookStarted:
    """The event that a notebook begins, after the cells that keep their results."""
    cells = running.task.cells
    first = cells[done].index if done < len(cells) else None
    attempt = running.attempt
    return NotebookStarted(attempt.plan.path, len(cells), attempt.number, done, first)
