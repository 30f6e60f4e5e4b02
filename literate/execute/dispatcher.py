"""Hand notebooks to the server one after the other, and turn its messages into events."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from ..project import Project
from ..records import dataclass, field, replace
from . import coverage, protocol, verdict
from .import_times import ImportTimes
from .options import MARKED, Options
from .parameters import parameters_step
from .processes import IS_LINUX
from .results import (
    FAILED,
    PASSED,
    CellFinished,
    CellResult,
    CellStarted,
    Event,
    NotebookFinished,
    NotebookResult,
    NotebookStarted,
)
from .selection import NotebookPlan, Step
from .server.client import ServerDiedError
from .server.launch import HAS_SERVER
from .snapshot_messages import AboutSnapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .same_text import Mask
    from .serving import NotebookServer

# Seconds after a time limit in which the server has to end the notebook. Then the front acts.
_GRACE = 3.0
_PYTHON_KERNEL = "python3"  # the kernel of this Python, under the name that Jupyter gives it
_LEAST = 0.001  # seconds for a notebook whose plan took all of its time


@dataclass(frozen=True)
class Attempt:
    """A notebook that is to run, perhaps not for the first time."""

    number: int  # by which the server's messages name the notebook
    plan: NotebookPlan
    failures: tuple[NotebookResult, ...] = ()  # the results of earlier attempts
    planning: float = 0.0  # the seconds that its plan took; they count towards its time limit


@dataclass
class RunningNotebook:
    """A notebook that the server runs, and what is known about it so far."""

    attempt: Attempt
    task: protocol.Task
    steps: dict[int, Step]  # those that run, by the index of the cell
    cells: dict[int, CellResult]  # those that have ended, by index
    started: float  # when, on the monotonic clock
    heard: float = float("inf")  # when a cell of it began or ended last; not yet: never
    cell: int | None = None  # the index of the cell that runs, as far as is known

    def first_open_cell(self) -> int | None:
        """The index of the first cell that has not ended, or None."""
        for index in self.steps:
            if index not in self.cells:
                return index
        return None

    def limit_passed(self, now: float, grace: float) -> str:
        """The limit that has passed by more than a grace period: "cell", "notebook", or ""."""
        task = self.task
        seconds = task.cell_timeout
        if self.cell is not None:
            seconds = task.own_timeouts.get(self.cell, seconds)
        if seconds and now > self.heard + seconds + grace:
            return "cell"
        if task.timeout and now > self.started + task.timeout + grace:
            return "notebook"
        return ""


@dataclass
class Dispatcher:
    """Keeps `workers` notebooks running until all have ended, even if the server dies.

    A notebook can end the server, for example with a signal. A new server then takes its place,
    and the notebooks that were running are suspects: they run again, one at a time. A notebook
    that ends the new server, too, has failed.

    The server keeps the time limits. A notebook can also bring the server to a halt, for example as
    its debugger. Then the server is killed, which leads to the same as its death.
    """

    project: Project
    server: NotebookServer
    workers: int
    options: Options
    import_times: ImportTimes
    coverage_settings: coverage.Settings | None
    waiting: list[Attempt]
    masks: tuple[Mask, ...] = ()  # those of the project, for --check-outputs
    running: dict[int, RunningNotebook] = field(default_factory=dict)  # by number
    suspects: set[int] = field(default_factory=set)  # numbers
    overdue: dict[int, str] = field(default_factory=dict)  # limits that nobody kept, by number
    idle_deaths: int = 0  # how often the server died while no notebook was running

    def run(self) -> Iterator[Event]:
        """Run all notebooks that wait, and yield what happens."""
        while self.running or self.waiting:
            try:
                for message in self.server.reports():
                    if message is None:
                        self.look_at_the_clock()
                        continue
                    yield from self.handle(message)
                    if not self.running and not self.waiting:
                        return
            except ServerDiedError as death:
                yield from self.recover(death)

    # --- messages ------------------------------------------------------------------------------

    def handle(self, message: protocol.FromServer) -> Iterator[Event]:
        """Take in a message, and start as many notebooks as there is room for."""
        if isinstance(message, protocol.ServerReady):
            self.import_times.refuse(message.unsafe_modules)
        elif isinstance(message, protocol.NotebookEnded):
            yield from self._end_notebook(message)
        elif isinstance(message, AboutSnapshot):
            yield from self._take_snapshot_message(message)
        else:
            yield from self._take_cell_message(message)
        yield from self.start_waiting()

    def start_waiting(self) -> Iterator[Event]:
        """Start as many notebooks as there is room for."""
        at_once = 1 if self.suspects else self.workers
        while self.waiting and len(self.running) < at_once:
            yield from self._start(self.waiting.pop(0))

    def _take_cell_message(
        self, message: protocol.CellStarted | protocol.CellEnded | protocol.OutputsUpdated
    ) -> Iterator[Event]:
        notebook = self.running[message.number]
        path = notebook.attempt.plan.path
        index = message.index
        step = notebook.steps[index]
        notebook.heard = time.monotonic()
        notebook.cell = index if isinstance(message, protocol.CellStarted) else None
        if isinstance(message, protocol.CellStarted):
            yield CellStarted(path, index, step.cell.source)
        elif isinstance(message, protocol.CellEnded):
            result = verdict.cell_result(step, message, self.options.limits)
            notebook.cells[index] = result
            yield CellFinished(path, result)
        else:
            before = notebook.cells[index]
            notebook.cells[index] = verdict.with_outputs(before, message.outputs)

    def _take_snapshot_message(self, message: AboutSnapshot) -> Iterator[Event]:
        """Take a message about a snapshot. Only `literate watch` asks for snapshots."""
        raise protocol.ProtocolError(f"nobody has asked for {message!r:.200}")

    # --- the begin and the end of a notebook ---------------------------------------------------

    def _start(self, attempt: Attempt) -> Iterator[Event]:
        plan = attempt.plan
        steps = {step.cell.index: step for step in plan.runs}
        task = make_task(self.project, plan, self.options, self.coverage_settings)
        task = _without_planning(task, attempt)
        now = time.monotonic()
        self.running[attempt.number] = RunningNotebook(attempt, task, steps, {}, now)
        self.server.send(protocol.RunNotebook(attempt.number, task))
        yield NotebookStarted(plan.path, len(plan.runs))

    def _end_notebook(self, message: protocol.NotebookEnded) -> Iterator[Event]:
        """Yield the result of a notebook, unless the notebook is to run again."""
        notebook = self.running.pop(message.number)
        self.suspects.discard(message.number)
        attempt = notebook.attempt
        result = _finished_result(notebook, message.end, self.options, self.masks)
        has_failed = result.outcome == FAILED
        self._learn_imports(attempt.plan, message.end, result)
        if has_failed and len(attempt.failures) < self.options.retries:
            failures = (*attempt.failures, result)
            self.waiting.insert(0, replace(attempt, failures=failures))
            return
        if has_failed and self.options.fail_fast:
            self.waiting.clear()
            self.running.clear()
        yield NotebookFinished(result)

    def _learn_imports(
        self, plan: NotebookPlan, end: protocol.NotebookEnd, result: NotebookResult
    ) -> None:
        if result.outcome == PASSED and engine_of(plan, self.options) == "fork":
            self.import_times.note(plan.path, end.import_times or {})
        self.import_times.refuse(end.refused_modules)

    # --- the clock -----------------------------------------------------------------------------

    def look_at_the_clock(self) -> None:
        """Kill a server that does not keep the time limits."""
        now = time.monotonic()
        limits = {
            number: notebook.limit_passed(now, _GRACE) for number, notebook in self.running.items()
        }
        if not any(limits.values()):
            return
        if len(limits) == 1:  # otherwise, nobody knows which notebook is the cause
            self.overdue = limits
        self.server.kill()

    # --- the death of the server ---------------------------------------------------------------

    def recover(self, death: ServerDiedError) -> Iterator[Event]:
        """Start a new server; a notebook that has ended two servers has failed.

        If the server dies twice while no notebook is running, no notebook is the cause. Then the
        error is raised, because a third server would die, too.
        """
        if not self.running:
            self.idle_deaths += 1
            if self.idle_deaths > 1:
                raise death
        for number in (self.suspects | self.overdue.keys()) & self.running.keys():
            # The cell that was running may not have been reported any more.
            cell = self.running[number].first_open_cell()
            if number in self.overdue:
                end = verdict.overdue_end(cell, self.overdue[number])
            else:
                end = verdict.server_killer_end(cell, death.status)
            yield from self._end_notebook(protocol.NotebookEnded(number, end))
        self.overdue.clear()
        if not self.running and not self.waiting:
            return
        self.suspects |= self.running.keys()
        self.waiting[:0] = [notebook.attempt for notebook in self.running.values()]
        self.running.clear()
        self.server.restart()
        modules = ["coverage"] if self.coverage_settings else []
        self.server.send(protocol.Preload(modules))


# --- the result of a notebook ------------------------------------------------------------------


def _finished_result(
    notebook: RunningNotebook,
    end: protocol.NotebookEnd,
    options: Options,
    masks: tuple[Mask, ...],
) -> NotebookResult:
    """The result of a notebook whose process has ended. Outputs are compared and saved here."""
    plan = notebook.attempt.plan
    limits = options.limits
    if end.cell is not None:
        step = notebook.steps[end.cell]
        notebook.cells[end.cell] = verdict.interrupted_cell(plan, step, end, limits)
    seconds = time.monotonic() - notebook.started
    result = verdict.notebook_result(plan, notebook.cells, end, limits, seconds, options.strict)
    failures = notebook.attempt.failures
    if failures:
        notes = (*result.notes, *_notes_about_attempts(result, failures))
        result = replace(result, failed_before=failures, notes=notes)
    if options.check_outputs and result.outcome == PASSED:
        from .stored_outputs import check_outputs

        only_marked = options.check_outputs == MARKED
        result = check_outputs(plan, result, masks, only_marked)
    if options.save and result.outcome == PASSED:
        from .saving import save_outputs

        result = save_outputs(plan.notebook, result)
    return result


def _notes_about_attempts(
    result: NotebookResult, failures: tuple[NotebookResult, ...]
) -> Iterator[str]:
    if result.outcome == PASSED:
        yield f"flaky: passed at attempt {len(failures) + 1}"
    for number, failed in enumerate(failures, 1):
        first_line = _failure_message(failed).partition("\n")[0]
        yield f"attempt {number}: {first_line}"


def _failure_message(result: NotebookResult) -> str:
    """The message of the first cell that failed, or what failed outside of the cells."""
    for cell in result.failures:
        if cell.error:
            return cell.error.message
    return result.reason


# --- the task of a worker ----------------------------------------------------------------------


def engine_of(plan: NotebookPlan, options: Options) -> str:
    """How a notebook runs: "kernel", "fork" or "spawn".

    On macOS no process is forked, because the system's own libraries do not survive a fork. On
    Windows each notebook runs in a Jupyter kernel.
    """
    if plan.kernel or not HAS_SERVER:
        return "kernel"
    return options.isolation if IS_LINUX else "spawn"


def make_task(
    project: Project,
    plan: NotebookPlan,
    options: Options,
    coverage_settings: coverage.Settings | None,
) -> protocol.Task:
    """A plan in the form in which a worker gets it."""
    engine = engine_of(plan, options)
    return protocol.Task(
        path=plan.path,
        folder=str(Path(plan.path).parent),
        root=str(project.root),
        state_dir=str(project.state_dir),
        engine=engine,
        kernel=plan.kernel or (_PYTHON_KERNEL if engine == "kernel" else ""),
        cells=tuple(_task_cell(plan, step) for step in plan.runs),
        parameters=options.parameters,
        parameters_after=_index(parameters_step(plan)),
        timeout=options.timeout,
        cell_timeout=options.cell_timeout,
        own_timeouts=_own_timeouts(plan, options),
        max_memory=options.max_memory,
        terminal=options.terminal,
        allow_errors=options.allow_errors,
        strict=options.strict,
        coverage=coverage_settings,
        module_lines=coverage.exported_lines(project, plan) if coverage_settings else {},
    )


def _without_planning(task: protocol.Task, attempt: Attempt) -> protocol.Task:
    """A task whose time limit is less by the time that its plan took, before its first attempt."""
    if not task.timeout or attempt.failures:
        return task
    return replace(task, timeout=max(_LEAST, task.timeout - attempt.planning))


def _task_cell(plan: NotebookPlan, step: Step) -> protocol.TaskCell:
    cell = step.cell
    return protocol.TaskCell(cell.index, cell.id, plan.code_name(step), cell.source, step.raises)


def _index(step: Step | None) -> int | None:
    return None if step is None else step.cell.index


def _own_timeouts(plan: NotebookPlan, options: Options) -> dict[int, float]:
    """The limits that cells give themselves. In a terminal, a person debugs without limits."""
    timeouts: dict[int, float] = {}
    for step in plan.runs:
        if step.timeout is not None and not options.terminal:
            timeouts[step.cell.index] = step.timeout
    return timeouts
