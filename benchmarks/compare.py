"""Times whole commands side by side: in turn, so that a noisy machine disturbs all alike; medians, and ratios."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figures:
    """The medians of one command's runs."""

    wall: float  # seconds
    cpu: float  # seconds of processor time, children included
    memory: float  # MB, of its largest process


def compare(
    commands: Mapping[str, tuple[list[str], Path]],
    runs: int = 5,
    before: Callable[[Path], None] = lambda folder: None,
    env: Mapping[str, str] = {},
) -> dict[str, Figures]:
    """Run each command in its folder `runs` times after one warm-up, in turn; `before(folder)` prepares a run and is not timed."""
    found: dict[str, list[Figures]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, (command, folder) in commands.items():
            before(folder)
            figures = run_once(command, folder, {**os.environ, **env})
            if number:
                found[name].append(figures)
    return {name: medians(figures) for name, figures in found.items()}


def medians(figures: list[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(*map(statistics.median, zip(*map(astuple, figures))))


def run_once(command: list[str], cwd: Path, env: Mapping[str, str]) -> Figures:
    """One run of a command, measured from outside; a command that fails is an error."""
    start, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        command, cwd=cwd, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if process.returncode or os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} failed: {error.decode(errors='replace')[-2000:]}")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return Figures(wall, cpu, usage.ru_maxrss / 1024)


def table(title: str, found: Mapping[str, Figures]) -> str:
    """A table with the first command as the measure of the others."""
    first = next(iter(found.values()))
    rows = [f"{title:<34}{'wall s':>9}{'cpu s':>9}{'MB':>7}{'times our wall':>17}"]
    rows += [
        f"  {name:<32}{f.wall:>9.3f}{f.cpu:>9.3f}{f.memory:>7.0f}{f.wall / first.wall:>16.1f}x"
        for name, f in found.items()
    ]
    return "\n".join(rows)
