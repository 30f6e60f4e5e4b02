"""Measure whole commands side by side.

The commands take turns, so that a busy machine disturbs all of them alike. Results are medians.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figures:
    """What was measured in a run of a command, or the medians of several runs."""

    wall: float  # seconds
    cpu: float  # seconds of processor time, with child processes
    memory: float  # MB of the largest process


def do_nothing(folder: Path) -> None:
    """The default for the preparation of a run."""


def compare(
    commands: Mapping[str, tuple[list[str], Path]],
    runs: int = 5,
    before: Callable[[Path], object] = do_nothing,
    env: Mapping[str, str] | None = None,
) -> dict[str, Figures]:
    """Run each command in its folder, in turn, `runs` times after one run that does not count.

    `before(folder)` prepares a run and is not timed.
    """
    environment = {**os.environ, **(env or {})}
    taken: dict[str, list[Figures]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, (command, folder) in commands.items():
            before(folder)
            figures = run_once(command, folder, environment)
            if number > 0:
                taken[name].append(figures)
    return {name: medians(figures) for name, figures in taken.items()}


def medians(runs: list[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(
        wall=statistics.median(run.wall for run in runs),
        cpu=statistics.median(run.cpu for run in runs),
        memory=statistics.median(run.memory for run in runs),
    )


def run_once(command: list[str], cwd: Path, env: Mapping[str, str]) -> Figures:
    """Run a command and measure it from outside; a command that fails is an error."""
    start = time.perf_counter()
    used = children_seconds()
    process = subprocess.Popen(
        command, cwd=cwd, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if process.returncode or os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} failed: {error.decode(errors='replace')[-2000:]}")
    return Figures(wall, children_seconds() - used, usage.ru_maxrss / 1024)


def children_seconds() -> float:
    """The processor time of all child processes that have ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def table(title: str, found: Mapping[str, Figures]) -> str:
    """A table in which the first command is the measure of the others."""
    first = next(iter(found.values()))
    rows = [f"{title:<34}{'wall s':>9}{'cpu s':>9}{'MB':>7}{'times our wall':>17}"]
    for name, figures in found.items():
        numbers = f"{figures.wall:>9.3f}{figures.cpu:>9.3f}{figures.memory:>7.0f}"
        ratio = f"{figures.wall / first.wall:>16.1f}x"
        rows.append(f"  {name:<32}{numbers}{ratio}")
    return "\n".join(rows)
