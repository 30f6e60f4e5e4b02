"""The front's side of a run: start the warm parent, hand out notebooks, turn its reports into events."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..diagnostics import UserError
from ..project import Project
from . import verdict
from .channel import CHUNK, FrameReader, pack, write_all
from .plan import Plan, Step, plan_notebook
from .preload import modules_to_preload
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

    @property
    def limits(self) -> dict[str, float]:
        """The time limits in seconds, by what they are for."""
        return {"cell": self.cell_timeout, "notebook": self.timeout}


def run(project: Project, paths: Sequence[Path], options: Options = Options()) -> Iterator[Event]:
    """Run notebooks, each in a process of its own, and yield what happens; closing the iterator ends all that runs."""
    if not sys.platform.startswith("linux"):
        raise UserError(f"notebooks run on Linux for now, and this is {sys.platform}")
    cores = len(os.sched_getaffinity(0))
    workers = max(1, min(options.workers or cores, len(paths)))
    parent = WarmParent(_environment(max(1, cores // workers)))
    try:
        plans: list[Plan] = []
        for path in paths:
            plan = plan_notebook(project, path, options.flags)
            if isinstance(plan, Plan):
                plans.append(plan)
                continue
            yield NotebookFinished(plan)
            if options.fail_fast and plan.outcome == FAILED:
                return
        if plans:
            parent.send("preload", modules_to_preload(project, plans))
            yield from _dispatch(project, plans, parent, workers, options)
    finally:
        parent.close()


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
        package = __package__.partition(".")[0]
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.forkserver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=Path(sys.modules[package].__file__).parent.parent, env=environment, start_new_session=True, bufsize=0,
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


@dataclass
class _Running:
    plan: Plan
    steps: dict[int, Step]         # by the cell's index
    cells: dict[int, CellResult]   # those that have ended
    started: float


def _dispatch(
    project: Project, plans: list[Plan], parent: WarmParent, workers: int, options: Options,
) -> Iterator[Event]:
    """Keep `workers` notebooks running until all have ended."""
    waiting = list(enumerate(plans))
    running: dict[int, _Running] = {}
    for kind, *values in parent.reports():
        if kind != "ready":
            job = running[values[0]]
            event = _event(kind, job, values[1:], options)
            if event:
                yield event
            if isinstance(event, NotebookFinished):
                del running[values[0]]
                if options.fail_fast and event.result.outcome == FAILED:
                    return
        while waiting and len(running) < workers:
            number, plan = waiting.pop(0)
            running[number] = _Running(plan, {step.cell.index: step for step in plan.runs}, {}, time.monotonic())
            parent.send("run", number, _task(project, plan, options))
            yield NotebookStarted(plan.path, len(plan.runs))
        if not running:
            return


def _task(project: Project, plan: Plan, options: Options) -> dict:
    """A plan as the job needs it."""
    cells = [(s.cell.index, s.cell.id, plan.code_name(s), s.cell.source, s.raises) for s in plan.runs]
    folder = str(Path(plan.path).parent)
    return {"path": plan.path, "folder": folder, "root": str(project.root), "cells": cells,
            "timeout": options.timeout, "cell_timeout": options.cell_timeout}


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
    result = verdict.notebook_result(job.plan, job.cells, end, options.limits, time.monotonic() - job.started)
    if options.save and result.outcome == PASSED:
        result = save_outputs(job.plan.notebook, result)
    return NotebookFinished(result)
