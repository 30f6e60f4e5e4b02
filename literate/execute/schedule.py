"""The front's side of a run: start the warm parent, hand out notebooks, turn its reports into events."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..diagnostics import UserError
from ..project import Project
from . import coverage, verdict
from .channel import CHUNK, FrameReader, pack, write_all
from .compare import check_outputs
from .learned import Imports
from .plan import Plan, Step, plan_notebook
from .preload import modules_to_preload
from .processes import kill_marked
from .record import Record, explain_plans, unchanged
from .results import (
    FAILED, PASSED, CellFinished, CellResult, CellStarted, Event, NotebookFinished, NotebookResult, NotebookStarted,
)
from .save import save_outputs

_PATIENCE = 3.0  # seconds that the warm parent has to end everything


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

    @property
    def key(self) -> str:
        """Everything here that an outcome can depend on."""
        how = {"workers", "fail_fast", "save", "retries", "shuffle", "changed"}
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
    if not sys.platform.startswith("linux"):
        raise UserError(f"notebooks run on Linux for now, and this is {sys.platform}")
    workers = max(1, min(options.workers or _cores(), len(paths)))
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
            parent.send("preload", modules_to_preload(project, forked, imports) + ["coverage"] * bool(measured))
            whys = {plan.path: record.why(plan) for plan in plans}
            try:
                for event in _dispatch(project, plans, parent, workers, options, imports, measured):
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


def warm_parent(workers: int) -> WarmParent:
    """A process that can fork jobs, of which `workers` will share this machine's cores."""
    return WarmParent(_environment(max(1, _cores() // workers)))


def _cores() -> int:
    return len(os.sched_getaffinity(0))


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


def _environment(cores: int) -> dict[str, str]:
    """The environment of the notebooks; each may use `cores` processor cores."""
    caps = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(cores))
    ours = {"OMP_WAIT_POLICY": "PASSIVE", **caps, "PAGER": "cat", "GIT_PAGER": "cat", "COLUMNS": "80"}
    return {**ours, **os.environ, "IN_TEST": "1", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}


class WarmParent:
    """The process that forks the jobs, seen from the front."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._ready = False
        self._mark = f"LITERATE_RUN={os.getpid()}.{time.time_ns()}"  # what it started is known by it if it is killed
        package = __package__.partition(".")[0]
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.forkserver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=Path(sys.modules[package].__file__).parent.parent, env={**environment, **dict([self._mark.split("=")])},
            start_new_session=True, bufsize=0,
        )

    def send(self, *frame) -> None:
        """Give a command."""
        with suppress(BrokenPipeError):  # it has died: `reports` says so
            write_all(self._process.stdin.fileno(), pack(frame))

    def reports(self) -> Iterator[tuple]:
        """What it reports; a `RuntimeError` if it dies."""
        reader = FrameReader()
        while data := os.read(self._process.stdout.fileno(), CHUNK):
            self._ready = True  # it speaks only when it has imported everything
            yield from reader.feed(data)
        raise RuntimeError(f"the process that forks notebooks ended with status {self._process.wait()}")

    def close(self) -> None:
        """End it, and with it everything that it started."""
        if not self._ready:
            self._process.kill()
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:  # then its jobs die with it
            self._process.kill()
            self._process.wait()
        if self._process.returncode:
            kill_marked(self._mark)


@dataclass
class _Running:
    plan: Plan
    failures: tuple[NotebookResult, ...]  # of its earlier attempts
    steps: dict[int, Step]         # by the cell's index
    cells: dict[int, CellResult]   # those that have ended
    started: float


def _dispatch(
    project: Project, plans: list[Plan], parent: WarmParent, workers: int, options: Options, imports: Imports,
    measured: dict | None,
) -> Iterator[Event]:
    """Keep `workers` notebooks running until all have ended."""
    waiting = [(number, plan, ()) for number, plan in enumerate(plans)]
    running: dict[int, _Running] = {}
    for kind, *values in parent.reports():
        if kind == "ready":
            imports.refuse(values[0])
        else:
            job = running[values[0]]
            event = _event(kind, job, values[1:], options)
            if isinstance(event, NotebookFinished):
                del running[values[0]]
                if event.result.outcome == PASSED and _engine(job.plan, options) == "fork":
                    imports.note(job.plan.path, values[1]["imports"])
                imports.refuse(values[1]["refused"])
                if event.result.outcome == FAILED and len(job.failures) < options.retries:
                    waiting.insert(0, (values[0], job.plan, (*job.failures, event.result)))
                    event = None
            if event:
                yield event
            if isinstance(event, NotebookFinished) and options.fail_fast and event.result.outcome == FAILED:
                return
        while waiting and len(running) < workers:
            number, plan, failures = waiting.pop(0)
            steps = {step.cell.index: step for step in plan.runs}
            running[number] = _Running(plan, failures, steps, {}, time.monotonic())
            modules = coverage.exported_lines(project, plan) if measured else {}
            task = {**_task(project, plan, options), "coverage": measured, "modules": modules}
            parent.send("run", number, task)
            yield NotebookStarted(plan.path, len(plan.runs))
        if not running:
            return


def _engine(plan: Plan, options: Options) -> str:
    return "kernel" if plan.kernel else options.isolation


def _task(project: Project, plan: Plan, options: Options) -> dict:
    """A plan as the job needs it."""
    cells = [(s.cell.index, s.cell.id, plan.code_name(s), s.cell.source, s.raises) for s in plan.runs]
    folder = str(Path(plan.path).parent)
    tagged = [step.cell.index for step in plan.runs if "parameters" in step.cell.tags]
    return {"path": plan.path, "folder": folder, "root": str(project.root), "state": str(project.state), "cells": cells,
            "engine": _engine(plan, options), "kernel": plan.kernel,
            "parameters": options.parameters, "parameters_after": tagged[0] if tagged else None,
            "timeout": options.timeout, "cell_timeout": options.cell_timeout, "max_memory": options.max_memory,
            "allow_errors": options.allow_errors, "strict": options.strict}


def _told(result: NotebookResult, failures: tuple[NotebookResult, ...]) -> Iterator[str]:
    """What earlier attempts came to."""
    if result.outcome == PASSED:
        yield f"flaky: passed at attempt {len(failures) + 1}"
    for number, failed in enumerate(failures, 1):
        why = failed.failures[0].error.message if failed.failures else failed.reason
        yield f"attempt {number}: {why.partition(chr(10))[0]}"


def _event(kind: str, job: _Running, values: list, options: Options) -> Event | None:
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
        result = check_outputs(job.plan, result)
    if options.save and result.outcome == PASSED:
        result = save_outputs(job.plan.notebook, result)
    return NotebookFinished(result)
