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
from ..values import dataclass, field, replace
from . import coverage, verdict
from .learned import Imports
from .parent import ParentDied, WarmParent, warm_parent
from .plan import Plan, Step, plan_notebook
from .preload import modules_to_preload
from .processes import IS_LINUX, cores
from .record import Record, explain_plans, unchanged
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


@dataclass(frozen=True)
class Options:
    """How to run."""

    workers: int = 0              # notebooks at once; 0: one for each core
    timeout: float = 600.0        # seconds for a notebook; 0: no limit
    cell_timeout: float = 0.0     # seconds for a cell; 0: no limit
    flags: frozenset[str] = frozenset()  # test flags whose cells run too
    fail_fast: bool = False       # stop at the first notebook that fails
    save: bool = False            # write the outputs of notebooks that pass back into them
    allow_errors: bool = False    # run on after a cell that fails
    strict: bool = False          # failing threads, tasks, !commands, and processes left behind are failures
    max_memory: int = 0           # bytes for each process of a notebook; 0: no limit
    retries: int = 0              # how often a notebook that fails runs again
    shuffle: str = ""             # seed of a random order; "": as given
    parameters: dict[str, object] = field(default_factory=dict)  # set before the first cell, or after `parameters`
    isolation: str = "fork"       # "fork" from a warm process, or "spawn" a fresh interpreter for each notebook
    changed: bool = False         # leave out what would come out as when it last passed
    check_outputs: bool = False   # compare the outputs with the stored ones
    kernel: str = ""              # a Jupyter kernel to run every notebook in
    terminal: str = ""            # where to debug what fails, one notebook at a time and without time limits, such as /dev/pts/1

    @property
    def key(self) -> str:
        """Everything here that an outcome can depend on."""
        how = {"workers", "terminal", "fail_fast", "save", "retries", "shuffle", "changed"}
        values = {**vars(self), "flags": sorted(self.flags)}
        return repr(sorted((name, value) for name, value in values.items() if name not in how))

    @property
    def limits(self) -> dict[str, float]:
        """The limits, by what they are for: time in seconds, memory in bytes."""
        return {"cell": self.cell_timeout, "notebook": self.timeout, "memory": self.max_memory}


def run(
    project: Project, paths: Sequence[Path], options: Options = Options(), lent: WarmParent | None = None,
) -> Iterator[Event]:
    """Run notebooks, each in a process of its own, and yield what happens; closing the iterator ends all that runs.

    Who has several runs to make, one after the other, can lend them a warm parent.
    """
    if os.name != "posix":
        raise UserError(f"notebooks run on Linux and macOS for now, and this is {sys.platform}")
    if options.terminal:  # a person's time has no limit
        options = replace(options, workers=1, timeout=0.0, cell_timeout=0.0)
    workers = max(1, min(options.workers or cores(), len(paths)))
    parent = lent or warm_parent(workers)
    measured = coverage.settings()
    try:
        plans: list[Plan] = []
        record, imports = Record(project, options.key, options.check_outputs), Imports(project)
        for path in _in_order(paths, options.shuffle):
            plan = plan_notebook(project, path, options.flags, options.kernel)
            if isinstance(plan, Plan) and options.changed and not record.why(plan):
                plan = unchanged(plan)
            if isinstance(plan, Plan):
                plans.append(plan)
                continue
            yield NotebookFinished(plan)
            if options.fail_fast and plan.outcome == FAILED:
                return
        if plans:
            forked = [plan for plan in plans if _engine(plan, options) == "fork"]
            modules = modules_to_preload(project, forked, imports) + ["coverage"] * bool(measured)
            parent.send("preload", modules, any("%" in step.cell.source for plan in forked for step in plan.runs))
            whys = {plan.path: record.why(plan) for plan in plans}
            try:
                waiting = [(number, plan, ()) for number, plan in enumerate(plans)]
                for event in _Dispatch(project, parent, workers, options, imports, measured, waiting).run():
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
    return explain_plans(Record(project, options.key, options.check_outputs), plans)


def _in_order(paths: Sequence[Path], seed: str) -> Sequence[Path]:
    """The paths as they are, or in the random order that belongs to a seed."""
    return random.Random(seed).sample(paths, len(paths)) if seed else paths


def run_notebooks(project: Project, paths: Sequence[Path], options: Options = Options()) -> list[NotebookResult]:
    """Run notebooks; their results, in the order of `paths`."""
    results = {e.result.path: e.result for e in run(project, paths, options) if isinstance(e, NotebookFinished)}
    return [results[str(path)] for path in paths if str(path) in results]


@dataclass
class _Running:
    plan: Plan
    failures: tuple[NotebookResult, ...]  # of its earlier attempts
    steps: dict[int, Step]         # by the cell's index
    cells: dict[int, CellResult]   # those that have ended
    started: float


@dataclass
class _Dispatch:
    """Keeps `workers` notebooks running until all have ended, whatever becomes of the warm parent.

    If it dies, a new one takes its place. The notebooks that were running then run again, one at a time, and one that
    ends the new one too has failed.
    """

    project: Project
    parent: WarmParent
    workers: int
    options: Options
    imports: Imports
    measured: dict | None
    waiting: list[tuple[int, Plan, tuple[NotebookResult, ...]]]  # each with the failures of its earlier attempts
    running: dict[int, _Running] = field(default_factory=dict)
    suspects: set[int] = field(default_factory=set)  # they were running when the parent died
    idle_deaths: int = 0                             # how often it died while none was

    def run(self) -> Iterator[Event]:
        """What happens, until nothing is left to run."""
        while self.running or self.waiting:
            try:
                for report in self.parent.reports():
                    yield from self._take(*report)
                    if not self.running and not self.waiting:
                        return
            except ParentDied as death:
                yield from self._recover(death)

    def _take(self, kind: str, *values) -> Iterator[Event]:
        """What a report means, and what can start after it."""
        if kind == "ready":
            self.imports.refuse(values[0])
        else:
            yield from self._events(kind, *values)
        while self.waiting and len(self.running) < (1 if self.suspects else self.workers):
            yield self._start(*self.waiting.pop(0))

    def _events(self, kind: str, number: int, *values) -> Iterator[Event]:
        job = self.running[number]
        event = _event(kind, job, values, self.options)
        if isinstance(event, NotebookFinished):
            del self.running[number]
            self.suspects.discard(number)
            if event.result.outcome == PASSED and _engine(job.plan, self.options) == "fork":
                self.imports.note(job.plan.path, values[0]["imports"])
            self.imports.refuse(values[0]["refused"])
            if event.result.outcome == FAILED and len(job.failures) < self.options.retries:
                self.waiting.insert(0, (number, job.plan, (*job.failures, event.result)))
                return
            if event.result.outcome == FAILED and self.options.fail_fast:
                self.waiting.clear()
                self.running.clear()
        if event:
            yield event

    def _start(self, number: int, plan: Plan, failures: tuple[NotebookResult, ...]) -> NotebookStarted:
        steps = {step.cell.index: step for step in plan.runs}
        self.running[number] = _Running(plan, failures, steps, {}, time.monotonic())
        modules = coverage.exported_lines(self.project, plan) if self.measured else {}
        task = {**_task(self.project, plan, self.options), "coverage": self.measured, "modules": modules}
        self.parent.send("run", number, task)
        return NotebookStarted(plan.path, len(plan.runs))

    def _recover(self, death: ParentDied) -> Iterator[Event]:
        self.idle_deaths += not self.running
        if self.idle_deaths > 1:
            raise death
        for number in self.suspects & self.running.keys():
            job = self.running[number]
            cell = next((index for index in job.steps if index not in job.cells), None)  # it may not have told so yet
            yield from self._events("end", number, verdict.ended_the_parent(cell, death.status))
        if not self.running and not self.waiting:
            return
        self.suspects |= self.running.keys()
        self.waiting[:0] = [(number, job.plan, job.failures) for number, job in self.running.items()]
        self.running.clear()
        self.parent.restart()
        self.parent.send("preload", ["coverage"] * bool(self.measured))


def _engine(plan: Plan, options: Options) -> str:
    """What runs a notebook. On macOS no process is forked: its own libraries do not survive that."""
    return "kernel" if plan.kernel else options.isolation if IS_LINUX else "spawn"


def _task(project: Project, plan: Plan, options: Options) -> dict:
    """A plan as the job needs it."""
    cells = [(s.cell.index, s.cell.id, plan.code_name(s), s.cell.source, s.raises) for s in plan.runs]
    folder = str(Path(plan.path).parent)
    tagged = [step.cell.index for step in plan.runs if "parameters" in step.cell.tags]
    return {"path": plan.path, "folder": folder, "root": str(project.root), "state": str(project.state), "cells": cells,
            "engine": _engine(plan, options), "kernel": plan.kernel,
            "parameters": options.parameters, "parameters_after": tagged[0] if tagged else None,
            "timeout": options.timeout, "cell_timeout": options.cell_timeout, "max_memory": options.max_memory,
            "own_timeouts": {s.cell.index: s.timeout for s in plan.runs if s.timeout is not None and not options.terminal},
            "terminal": options.terminal, "allow_errors": options.allow_errors, "strict": options.strict}


def _told(result: NotebookResult, failures: tuple[NotebookResult, ...]) -> Iterator[str]:
    """What earlier attempts came to."""
    if result.outcome == PASSED:
        yield f"flaky: passed at attempt {len(failures) + 1}"
    for number, failed in enumerate(failures, 1):
        why = failed.failures[0].error.message if failed.failures else failed.reason
        yield f"attempt {number}: {why.partition(chr(10))[0]}"


def _event(kind: str, job: _Running, values: Sequence, options: Options) -> Event | None:
    """What a report of a job means."""
    if kind == "begin":
        return CellStarted(job.plan.path, values[0], job.steps[values[0]].cell.source)
    if kind == "cell":
        index, report = values
        job.cells[index] = verdict.cell_result(job.steps[index], report, options.limits)
        return CellFinished(job.plan.path, job.cells[index])
    if kind == "outputs":
        index, outputs = values
        job.cells[index] = verdict.with_outputs(job.cells[index], outputs)
        return None
    end, = values
    if end["cell"] is not None:
        step = job.steps[end["cell"]]
        job.cells[step.cell.index] = verdict.interrupted_cell(job.plan, step, end, options.limits)
    seconds = time.monotonic() - job.started
    result = verdict.notebook_result(job.plan, job.cells, end, options.limits, seconds, options.strict)
    if job.failures:
        result = replace(result, failed_before=job.failures, notes=(*result.notes, *_told(result, job.failures)))
    if options.check_outputs and result.outcome == PASSED:
        from .compare import check_outputs

        result = check_outputs(job.plan, result)
    if options.save and result.outcome == PASSED:
        result = save_outputs(job.plan.notebook, result)
    return NotebookFinished(result)
