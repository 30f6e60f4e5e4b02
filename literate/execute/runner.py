"""The front's side of a run: start the warm parent, hand out notebooks, turn its reports into events."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..diagnostics import UserError
from ..project import Project
from ..records import dataclass, field, replace
from . import coverage, protocol, verdict
from .changed import Record, explain_plans, unchanged
from .import_times import Imports
from .options import Options
from .preload import modules_to_preload
from .processes import IS_LINUX, cores
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
from .save import save_outputs
from .selection import NotebookPlan, Step, plan_notebook
from .server.client import ForkServerClient, ServerDiedError, start_server


def run(
    project: Project,
    paths: Sequence[Path],
    options: Options = Options(),
    lent: ForkServerClient | None = None,
) -> Iterator[Event]:
    """Run notebooks, each in a process of its own, and yield what happens; closing the iterator ends all that runs.

    Who has several runs to make, one after the other, can lend them a warm parent.
    """
    if os.name != "posix":
        raise UserError(f"notebooks run on Linux and macOS for now, and this is {sys.platform}")
    if options.terminal:  # a person's time has no limit
        options = replace(options, workers=1, timeout=0.0, cell_timeout=0.0)
    workers = max(1, min(options.workers or cores(), len(paths)))
    parent = lent or start_server(workers)
    measured = coverage.settings()
    try:
        plans: list[NotebookPlan] = []
        record, imports = (
            Record(project, options.fingerprint, options.check_outputs),
            Imports(project),
        )
        for path in _in_order(paths, options.shuffle):
            plan = plan_notebook(project, path, options.flags, options.kernel)
            if isinstance(plan, NotebookPlan) and options.changed and not record.why(plan):
                plan = unchanged(plan)
            if isinstance(plan, NotebookPlan):
                plans.append(plan)
                continue
            yield NotebookFinished(plan)
            if options.fail_fast and plan.outcome == FAILED:
                return
        if plans:
            forked = [plan for plan in plans if _engine(plan, options) == "fork"]
            modules = modules_to_preload(project, forked, imports) + ["coverage"] * bool(measured)
            magics = any("%" in step.cell.source for plan in forked for step in plan.runs)
            parent.send(protocol.Preload(modules, magics))
            whys = {plan.path: record.why(plan) for plan in plans}
            try:
                waiting = [(number, plan, ()) for number, plan in enumerate(plans)]
                for event in _Dispatch(
                    project, parent, workers, options, imports, measured, waiting
                ).run():
                    if isinstance(event, NotebookFinished):
                        record.take(event.result)
                        event = _with_why(event.result, whys) if options.changed else event
                    yield event
            finally:
                imports.save()
                record.save()
    finally:
        if not lent:
            parent.close()
        coverage.collect(measured)


def _with_why(result: NotebookResult, whys: dict[str, str]) -> NotebookFinished:
    return NotebookFinished(replace(result, notes=(whys[result.path], *result.notes)))


def explain(project: Project, paths: Sequence[Path], options: Options = Options()) -> Iterator[str]:
    """What each notebook depends on, and whether and why `changed` would run it: lines for people."""
    plans = (plan_notebook(project, path, options.flags, options.kernel) for path in paths)
    return explain_plans(Record(project, options.fingerprint, options.check_outputs), plans)


def _in_order(paths: Sequence[Path], seed: str) -> Sequence[Path]:
    """The paths as they are, or in the random order that belongs to a seed."""
    return random.Random(seed).sample(paths, len(paths)) if seed else paths


def run_notebooks(
    project: Project, paths: Sequence[Path], options: Options = Options()
) -> list[NotebookResult]:
    """Run notebooks; their results, in the order of `paths`."""
    results = {
        e.result.path: e.result
        for e in run(project, paths, options)
        if isinstance(e, NotebookFinished)
    }
    return [results[str(path)] for path in paths if str(path) in results]


@dataclass
class _Running:
    plan: NotebookPlan
    failures: tuple[NotebookResult, ...]  # of its earlier attempts
    steps: dict[int, Step]  # by the cell's index
    cells: dict[int, CellResult]  # those that have ended
    started: float


@dataclass
class _Dispatch:
    """Keeps `workers` notebooks running until all have ended, whatever becomes of the warm parent.

    If it dies, a new one takes its place. The notebooks that were running then run again, one at a time, and one that
    ends the new one too has failed.
    """

    project: Project
    parent: ForkServerClient
    workers: int
    options: Options
    imports: Imports
    measured: dict | None
    waiting: list[
        tuple[int, NotebookPlan, tuple[NotebookResult, ...]]
    ]  # each with the failures of its earlier attempts
    running: dict[int, _Running] = field(default_factory=dict)
    suspects: set[int] = field(default_factory=set)  # they were running when the parent died
    idle_deaths: int = 0  # how often it died while none was

    def run(self) -> Iterator[Event]:
        """What happens, until nothing is left to run."""
        while self.running or self.waiting:
            try:
                for report in self.parent.reports():
                    yield from self._take(report)
                    if not self.running and not self.waiting:
                        return
            except ServerDiedError as death:
                yield from self._recover(death)

    def _take(self, message: protocol.FromServer) -> Iterator[Event]:
        """What a report means, and what can start after it."""
        if isinstance(message, protocol.ServerReady):
            self.imports.refuse(message.unsafe_modules)
        else:
            yield from self._events(message)
        while self.waiting and len(self.running) < (1 if self.suspects else self.workers):
            yield self._start(*self.waiting.pop(0))

    def _events(self, message: protocol.AboutNotebook) -> Iterator[Event]:
        number = message.number
        job = self.running[number]
        event = _event(job, message, self.options)
        if isinstance(event, NotebookFinished) and isinstance(message, protocol.NotebookEnded):
            del self.running[number]
            self.suspects.discard(number)
            if event.result.outcome == PASSED and _engine(job.plan, self.options) == "fork":
                self.imports.note(job.plan.path, message.end.import_times or {})
            self.imports.refuse(list(message.end.refused_modules))
            if event.result.outcome == FAILED and len(job.failures) < self.options.retries:
                self.waiting.insert(0, (number, job.plan, (*job.failures, event.result)))
                return
            if event.result.outcome == FAILED and self.options.fail_fast:
                self.waiting.clear()
                self.running.clear()
        if event:
            yield event

    def _start(
        self, number: int, plan: NotebookPlan, failures: tuple[NotebookResult, ...]
    ) -> NotebookStarted:
        steps = {step.cell.index: step for step in plan.runs}
        self.running[number] = _Running(plan, failures, steps, {}, time.monotonic())
        modules = coverage.exported_lines(self.project, plan) if self.measured else {}
        task = _task(self.project, plan, self.options, self.measured, modules)
        self.parent.send(protocol.RunNotebook(number, task))
        return NotebookStarted(plan.path, len(plan.runs))

    def _recover(self, death: ServerDiedError) -> Iterator[Event]:
        self.idle_deaths += not self.running
        if self.idle_deaths > 1:
            raise death
        for number in self.suspects & self.running.keys():
            job = self.running[number]
            cell = next(
                (index for index in job.steps if index not in job.cells), None
            )  # it may not have told so yet
            end = verdict.ended_the_parent(cell, death.status)
            yield from self._events(protocol.NotebookEnded(number, end))
        if not self.running and not self.waiting:
            return
        self.suspects |= self.running.keys()
        self.waiting[:0] = [
            (number, job.plan, job.failures) for number, job in self.running.items()
        ]
        self.running.clear()
        self.parent.restart()
        self.parent.send(protocol.Preload(["coverage"] if self.measured else []))


def _engine(plan: NotebookPlan, options: Options) -> str:
    """What runs a notebook. On macOS no process is forked: its own libraries do not survive that."""
    return "kernel" if plan.kernel else options.isolation if IS_LINUX else "spawn"


def _task(
    project: Project, plan: NotebookPlan, options: Options, measured: dict | None, modules: dict
) -> protocol.Task:
    """A plan as the job needs it."""
    cells = [
        protocol.TaskCell(
            step.cell.index, step.cell.id, plan.code_name(step), step.cell.source, step.raises
        )
        for step in plan.runs
    ]
    tagged = [step.cell.index for step in plan.runs if "parameters" in step.cell.tags]
    own = {
        step.cell.index: step.timeout
        for step in plan.runs
        if step.timeout is not None and not options.terminal
    }
    return protocol.Task(
        path=plan.path,
        folder=str(Path(plan.path).parent),
        root=str(project.root),
        state_dir=str(project.state_dir),
        engine=_engine(plan, options),
        kernel=plan.kernel,
        cells=tuple(cells),
        parameters=options.parameters,
        parameters_after=tagged[0] if tagged else None,
        timeout=options.timeout,
        cell_timeout=options.cell_timeout,
        own_timeouts=own,
        max_memory=options.max_memory,
        terminal=options.terminal,
        allow_errors=options.allow_errors,
        strict=options.strict,
        coverage=measured,
        module_lines=modules,
    )


def _told(result: NotebookResult, failures: tuple[NotebookResult, ...]) -> Iterator[str]:
    """What earlier attempts came to."""
    if result.outcome == PASSED:
        yield f"flaky: passed at attempt {len(failures) + 1}"
    for number, failed in enumerate(failures, 1):
        why = failed.failures[0].error.message if failed.failures else failed.reason
        yield f"attempt {number}: {why.partition(chr(10))[0]}"


def _event(job: _Running, message: protocol.AboutNotebook, options: Options) -> Event | None:
    """What a report of a job means."""
    if isinstance(message, protocol.CellStarted):
        return CellStarted(job.plan.path, message.index, job.steps[message.index].cell.source)
    if isinstance(message, protocol.CellEnded):
        result = verdict.cell_result(job.steps[message.index], message, options.limits)
        job.cells[message.index] = result
        return CellFinished(job.plan.path, result)
    if isinstance(message, protocol.OutputsUpdated):
        job.cells[message.index] = verdict.with_outputs(job.cells[message.index], message.outputs)
        return None
    end = message.end
    if end.cell is not None:
        step = job.steps[end.cell]
        job.cells[step.cell.index] = verdict.interrupted_cell(job.plan, step, end, options.limits)
    seconds = time.monotonic() - job.started
    result = verdict.notebook_result(
        job.plan, job.cells, end, options.limits, seconds, options.strict
    )
    if job.failures:
        result = replace(
            result, failed_before=job.failures, notes=(*result.notes, *_told(result, job.failures))
        )
    if options.check_outputs and result.outcome == PASSED:
        from .stored_outputs import check_outputs

        result = check_outputs(job.plan, result)
    if options.save and result.outcome == PASSED:
        result = save_outputs(job.plan.notebook, result)
    return NotebookFinished(result)
