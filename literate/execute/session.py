"""A session of `literate watch`: what the notebooks of a project are, and which have to run.

The session knows each notebook's plan, what its outcome depends on, and its last result. After a
save it compares all of this with the disk, and runs the notebooks whose outcome could differ.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

from ..project import Project
from ..records import dataclass, field
from ..stamps import Stamp, numbers
from .changed import PassHistory, differences, in_words
from .dependencies import DependencyGraph, Digests
from .dispatcher import Attempt
from .failures import FailureRecord
from .import_times import ImportTimes
from .options import Options
from .parameters import check_parameters
from .places import with_places
from .preload import modules_to_preload
from .processes import cores
from .protocol import FromServer, Preload
from .results import CANCELLED, FAILED, PASSED, SKIPPED, Event, NotebookFinished, NotebookResult
from .resuming import ResumingDispatcher
from .selection import NotebookPlan, plan_notebook
from .server.client import ServerDiedError
from .serving import start_notebook_server

_OWN_CELLS = "its cells"


@dataclass
class WatchedNotebook:
    """A notebook of the session."""

    path: Path
    stamp: Stamp = field(default_factory=list)
    plan: NotebookPlan | NotebookResult | None = None
    files: dict[Path, Stamp] = field(default_factory=dict)  # what its outcome depends on
    parts: Digests = field(default_factory=dict)  # the digests of that, as it is now
    parts_of_run: Digests | None = None  # as they were when it ran last; None: it has not run
    result: NotebookResult | None = None  # what came of it; None: that is not known
    is_due: bool = False  # whether it waits or runs
    why: str = ""  # why it runs, or ran last


class Session:
    """The notebooks of a project, and the processes that run them."""

    def __init__(self, project: Project, options: Options) -> None:
        self.project = project
        self.notebooks: dict[str, WatchedNotebook] = {}  # by path
        self._options = options
        self._workers = max(1, options.workers or cores())
        self._history = PassHistory(project, options.fingerprint)
        self._failures = FailureRecord(project)
        self._import_times = ImportTimes(project)
        self._runs = 0  # how many runs of notebooks there were
        self._listings: dict[Path, list[str]] = {}  # the names in the folders that are searched
        self._has_preloaded = False
        self._start_server()

    def _start_server(self) -> None:
        # A library with threads cannot be copied, and most libraries start none if they may use
        # one core only. So each notebook counts as one of many.
        self.server = start_notebook_server(cores())
        self._dispatcher = ResumingDispatcher(
            self.project, self.server, self._workers, self._options, self._import_times
        )

    # --- what is on the disk -------------------------------------------------------------------

    def look(self, paths: Sequence[Path]) -> Iterator[Event]:
        """Compare everything with the disk, and run what could come out in another way.

        `paths` are the notebooks that there are now. Those that are gone are forgotten.
        """
        if not self.is_idle:
            self._accept_written_files()
        for gone in self.notebooks.keys() - {str(path) for path in paths}:
            self._remove(gone)
        changed = self._changed_files()
        for path in paths:
            notebook = self.notebooks.setdefault(str(path), WatchedNotebook(path))
            if notebook.plan is None or notebook.stamp != numbers(path):
                yield from self._plan(notebook)
            elif changed & notebook.files.keys():
                self._look_at_dependencies(notebook)
        self._preload_once()
        self._dispatcher.tell_dropped()
        yield from self._dispatcher.start_waiting()

    def _changed_files(self) -> set[Path]:
        """The files that have changed since the last look; they are read again."""
        known: dict[Path, Stamp] = {}
        for notebook in self.notebooks.values():
            known.update(notebook.files)
        changed = {path for path, stamp in known.items() if numbers(path) != stamp}
        for path in changed:
            _forget_bytecode(path)
        is_there = all(path.exists() for path in changed)
        if not is_there or self._listings_differ(known):
            # A new file may be one that a notebook has meant all the time.
            self._history.graph = DependencyGraph(self.project)
            return set(known)
        for path in changed:
            self._history.graph.forget(path)
        return changed

    def _accept_written_files(self) -> None:
        """Take files that notebooks have just written as they are.

        Notebooks that write files which they also read would otherwise run again and again. A file
        counts as written by a notebook if it changes while notebooks run, and if it is not code.
        """
        graph = self._history.graph
        for notebook in self.notebooks.values():
            written = [path for path in notebook.files if path.suffix not in (".py", ".ipynb")]
            written = [path for path in written if numbers(path) != notebook.files[path]]
            if not written or not isinstance(notebook.plan, NotebookPlan):
                continue
            for path in written:
                notebook.files[path] = numbers(path)
                graph.forget(path)
            notebook.parts = graph.parts(
                notebook.plan, self._options.fingerprint, files=notebook.files
            )
            for label in map(graph.label, written):
                if notebook.parts_of_run is not None and label in notebook.parts:
                    notebook.parts_of_run[label] = notebook.parts[label]

    def _listings_differ(self, files: Iterable[Path]) -> bool:
        """Whether files have come or gone, in the folders where there are files that count."""
        before = self._listings
        root = self.project.root
        folders = {path.parent for path in files if path.is_relative_to(root)}
        self._listings = {folder: _names_in(folder) for folder in folders}
        both = before.keys() & self._listings.keys()
        return any(before[folder] != self._listings[folder] for folder in both)

    def _plan(self, notebook: WatchedNotebook) -> Iterator[Event]:
        """Read a notebook again, because it was saved or is new."""
        path = str(notebook.path)
        before = notebook.plan
        notebook.stamp = numbers(notebook.path)
        self._history.graph.forget(notebook.path)
        notebook.plan = plan_notebook(
            self.project, notebook.path, self._options.flags, self._options.kernel
        )
        if isinstance(notebook.plan, NotebookPlan):
            self._look_at_dependencies(notebook)
            if not notebook.is_due and isinstance(before, NotebookPlan) and notebook.result:
                notebook.result = with_places(notebook.result, before, notebook.plan)
            return
        self._cancel(notebook)
        notebook.files = {notebook.path: notebook.stamp}
        notebook.parts_of_run = None
        if notebook.plan != notebook.result:
            notebook.result = notebook.plan
            self._dispatcher.book.forget(path)
            yield NotebookFinished(notebook.plan)

    def _look_at_dependencies(self, notebook: WatchedNotebook) -> None:
        """Find what the outcome of a notebook depends on now, and run it if that has changed."""
        plan = notebook.plan
        if not isinstance(plan, NotebookPlan):
            return
        graph = self._history.graph
        notebook.files = {path: numbers(path) for path in graph.nodes(plan)}
        fingerprint = self._options.fingerprint
        notebook.parts = graph.parts(plan, fingerprint, files=notebook.files)
        self._history.note(plan.path, notebook.parts)
        if notebook.parts_of_run is None:
            why = self._history.why(plan)
        else:
            why = in_words(notebook.parts_of_run, notebook.parts)
            if not self._snapshots_may_serve(notebook):
                self._dispatcher.book.forget(plan.path)
        if why:
            self._run(notebook, why)
        elif notebook.parts_of_run is None:  # nothing has changed since it passed
            notebook.parts_of_run = dict(notebook.parts)

    def _snapshots_may_serve(self, notebook: WatchedNotebook) -> bool:
        """Whether only cells and modules have changed, which snapshots know to be theirs or not."""
        assert notebook.parts_of_run is not None
        changed = differences(notebook.parts_of_run, notebook.parts)
        modules = {f"{self._history.graph.label(path)} changed" for path in notebook.files}
        return all(
            words == f"{_OWN_CELLS} changed" or (words in modules and words.endswith(".py changed"))
            for words in changed
        )

    # --- what runs -----------------------------------------------------------------------------

    def _run(self, notebook: WatchedNotebook, why: str) -> None:
        assert isinstance(notebook.plan, NotebookPlan)
        self._runs += 1
        notebook.why = why
        notebook.is_due = True
        notebook.parts_of_run = dict(notebook.parts)
        self._dispatcher.add(Attempt(self._runs, notebook.plan))

    def _cancel(self, notebook: WatchedNotebook) -> None:
        notebook.is_due = False
        self._dispatcher.remove(str(notebook.path))

    def _remove(self, path: str) -> None:
        self._cancel(self.notebooks.pop(path))
        self._dispatcher.book.forget(path)
        self._dispatcher.tasks.pop(path, None)

    def run_again(self, only_failed: bool = False) -> Iterator[Event]:
        """Run all notebooks again, or those that failed, each from its top."""
        for path, notebook in self.notebooks.items():
            has_failed = notebook.result is not None and notebook.result.outcome == FAILED
            if isinstance(notebook.plan, NotebookPlan) and (has_failed or not only_failed):
                self._dispatcher.book.forget(path)
                self._run(notebook, "you asked for it")
        self._dispatcher.tell_dropped()
        yield from self._dispatcher.start_waiting()

    def _preload_once(self) -> None:
        """Let the server import what the notebooks need."""
        plans = [
            notebook.plan
            for notebook in self.notebooks.values()
            if isinstance(notebook.plan, NotebookPlan)
        ]
        if self._has_preloaded or not plans:
            return
        self._has_preloaded = True
        check_parameters(plans, self._options.parameters)
        # Each notebook counts twice, because it will run again and again.
        modules = modules_to_preload(self.project, plans * 2, self._import_times)
        self.server.send(Preload(modules, uses_magics=True))

    # --- what the processes report -------------------------------------------------------------

    def take(self, message: FromServer | None) -> Iterator[Event]:
        """Take a message of the server; None means that it has said nothing for a second."""
        if message is None:
            self._dispatcher.look_at_the_clock()
            return
        yield from map(self._noted, self._dispatcher.handle(message))

    def recover(self, death: ServerDiedError) -> Iterator[Event]:
        """Start another server in the place of one that has died."""
        yield from map(self._noted, self._dispatcher.recover(death))
        self._has_preloaded = True

    def _noted(self, event: Event) -> Event:
        """Take in how a notebook ended."""
        if not isinstance(event, NotebookFinished) or event.result.outcome == CANCELLED:
            return event
        result = event.result
        notebook = self.notebooks.get(result.path)
        if notebook is not None:
            notebook.result = result
            notebook.is_due = False
            self._history.take(result)
            self._failures.take(result)
        return event

    @property
    def failed(self) -> list[Path]:
        """The notebooks that failed."""
        failed = []
        for notebook in self.notebooks.values():
            if notebook.result is not None and notebook.result.outcome == FAILED:
                failed.append(notebook.path)
        return failed

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs, and nothing waits."""
        return not self._dispatcher.running and not self._dispatcher.waiting

    def rest(self) -> None:
        """Do what can wait until nothing runs: write the records, and keep the memory small."""
        self._accept_written_files()
        self._history.save()
        self._failures.save()
        self._import_times.save()
        self._dispatcher.limit_memory()

    def counts(self) -> dict[str, int]:
        """How many notebooks have passed, failed, and were skipped."""
        counts = {PASSED: 0, FAILED: 0, SKIPPED: 0}
        for notebook in self.notebooks.values():
            outcome = PASSED if notebook.result is None else notebook.result.outcome
            counts[outcome] += 1
        return counts

    def close(self) -> None:
        """End everything that runs."""
        self.server.close()


def _forget_bytecode(path: Path) -> None:
    """Remove the bytecode of a module that has changed.

    Python takes bytecode as current if the module has the same size and was written in the same
    second. So it would miss the second of two quick edits.
    """
    if path.suffix == ".py":
        with suppress(OSError, NotImplementedError):
            os.unlink(cache_from_source(path))


def _names_in(folder: Path) -> list[str]:
    """The names in a folder, without those that no code means."""
    try:
        names = [each.name for each in folder.iterdir()]
    except OSError:
        return []
    return sorted(name for name in names if not name.startswith((".", "__pycache__")))
