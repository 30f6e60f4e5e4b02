#!/usr/bin/env python3
"""Run the notebooks with moved seeds and old instruction sets: which tests are near to failing?

    make matrix         all notebooks, nine runs, a quarter of an hour; writes docs/claims.md
    make matrix-small   for CI: 01 with old instructions, and what is trained with one moved seed
    make claims         one run, as a user makes it; writes docs/claims.md

A claim about a training, or about rounding, may be true for the seed and the processor of its
author only. So each test of the notebooks records the values that it measured and the bounds that
they have to keep to. This program compares the records of several runs; margins.py judges them.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from literate.command import main
from literate.diagnostics import UsageError

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "benchmarks")]
import claims  # noqa: E402
import margins  # noqa: E402
from margins import Record, Run, Setting, Verdict  # noqa: E402

KEPT = ROOT / ".literate" / "matrix.json"  # the last runs, so that they can be judged again
SHIFTS = "0,1,2,3,4,7,8"
# The variables that make PyTorch and its libraries keep to older instructions.
SETS: dict[str, dict[str, str]] = {
    "native": {},
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    },
    "sse": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_CBWR": "COMPATIBLE",
    },
    "mkl-sse": {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
}
TRAINED = ("02a", "02b", "02c", "04a", "05", "06", "07", "10")  # they depend most on the seed


def matrix(
    *notebooks: str,  # notebooks to run, such as 07_norm.ipynb; none means all of the project
    shifts: str = SHIFTS,  # by how much the seeds are moved, a run each
    sets: str = "native,avx2,sse",  # instruction sets: native, avx2, sse, mkl-sse
    brief: bool = False,  # print what is red, and not the table of all tests
    save: bool = False,  # keep what was measured, and write docs/claims.md
    again: bool = False,  # run nothing: judge the runs of the last time again
) -> int:
    """Run the notebooks under several settings, and say how far each test is from failing.

    Exit codes: 0 all is green, 1 something is red, 2 bad usage.
    """
    if again:
        return conclude(read_runs(), brief, save)
    settings = settings_for(shifts, sets)
    runs: list[Run] = []
    for number, setting in enumerate(settings, 1):
        print(f"run {number} of {len(settings)}: {setting}", end="", flush=True)
        start = time.monotonic()
        run = run_once(setting, notebooks)
        seconds = time.monotonic() - start
        failed = f", {len(run.failures)} failures" if run.failures else ""
        print(f" ({seconds:.0f} s{failed})", flush=True)
        runs.append(run)
        keep_runs(runs)
    return conclude(runs, brief, save)


def keep_runs(runs: list[Run]) -> None:
    """Write the runs down: together they take a quarter of an hour."""
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps([asdict(run) for run in runs]), encoding="utf-8")


def read_runs() -> list[Run]:
    """The runs of the last time."""
    if not KEPT.exists():
        raise UsageError("--again has nothing to judge: run make matrix first")
    runs = json.loads(KEPT.read_text(encoding="utf-8"))
    return [Run(Setting(**run["setting"]), run["failures"], run["records"]) for run in runs]


def small() -> int:
    """Run what each push is tested with: 01 with old instructions, and one moved seed."""
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    shift = shift_of(done.stdout.strip())
    print(f"seeds moved by {shift}; again with FOUNDATIONS_SEED={shift}", flush=True)
    names = sorted(path.name for path in (ROOT / "nbs").glob("*.ipynb"))
    trained = [name for name in names if name.startswith(TRAINED)]
    runs = [
        run_once(Setting("mkl-sse"), ["01_matmul.ipynb"]),
        run_once(Setting("native", shift), trained),
    ]
    return conclude(runs, brief=True)


def shift_of(commit: str) -> int:
    """A number from 1 to 99,999 that belongs to a commit."""
    return int(hashlib.sha256(commit.encode()).hexdigest(), 16) % 99_999 + 1


def settings_for(shifts: str, sets: str) -> list[Setting]:
    """Each seed with the machine's own instructions, and seed 0 with each other set."""
    names = sets.split(",")
    for name in names:
        if name not in SETS:
            raise UsageError(f"--sets takes {', '.join(SETS)}, not {name}")
    try:
        moves = [int(word) for word in shifts.split(",")]
    except ValueError:
        raise UsageError(f"--shifts takes whole numbers such as 0,1,2, not {shifts}") from None
    native = [Setting("native", move) for move in moves] if "native" in names else []
    return native + [Setting(name) for name in names if name != "native"]


def run_once(setting: Setting, notebooks: Iterable[str] = (), project: Path = ROOT) -> Run:
    """Run notebooks of a project, all of them if none is named; go on after failures."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder, "record.jsonl")
        report = Path(folder, "report.json")
        record.touch()
        environment = {
            **os.environ,
            **SETS[setting.instructions],
            "FOUNDATIONS_SEED": str(setting.shift),
            "FOUNDATIONS_CLAIMS": str(record),
            "FOUNDATIONS_RECORDER": str(ROOT / "docs" / "recorder.py"),
        }
        flags = ["--allow-errors", "--quiet", "--json", str(report)]
        command = [sys.executable, str(ROOT / "run_notebook.py"), *notebooks, *flags]
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
        if not report.exists():
            problem = (done.stderr or done.stdout).strip()
            raise UsageError(problem or f"run_notebook.py ended with {done.returncode}")
        failures = list(_failures(json.loads(report.read_text(encoding="utf-8"))))
        lines = record.read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines]
        return Run(setting, failures, _without_expected_failures(records, failures))


def _without_expected_failures(records: list[Record], failures: list[str]) -> list[Record]:
    """The records without tests that failed in a cell that passed: they were there to fail."""
    failed_cells = {failure.partition(": ")[0] for failure in failures}
    kept = []
    for record in records:
        cell = Path(record.get("running", "")).name.rpartition(":")[0]
        if cell in failed_cells or _holds(record):
            kept.append(record)
    return kept


def _holds(record: Record) -> bool:
    """Whether the values that a test measured keep to its bounds; true for a note."""
    if "test" not in record:
        return True
    if "draws" in record and not margins.is_spread_as_stated(record):
        return False
    return bool(record["low"] <= record["least"] and record["most"] <= record["high"])


def _failures(report: dict[str, Any]) -> Iterator[str]:
    """The failures of a report of run_notebook.py, a line each."""
    for notebook in report["notebooks"]:
        name = Path(notebook["path"]).name
        failed = [cell for cell in notebook.get("cells", ()) if cell["outcome"] == "failed"]
        for cell in failed:
            error = cell["error"] or {}
            first_line = error.get("message", "failed").strip().partition("\n")[0]
            yield f"{name}:cell {cell['index'] + 1} ({cell['id']}): {first_line}"
        if notebook["outcome"] == "failed" and not failed:
            yield f"{name}: {notebook['reason'] or 'failed'}"


def conclude(runs: list[Run], brief: bool = False, save: bool = False) -> int:
    """Print the table and the verdict, and return the exit code."""
    verdicts = [margins.judge(test) for test in margins.collect_tests(runs)]
    if not brief:
        print_table(verdicts)
    problems = list(_problems(runs, verdicts))
    for problem in problems:
        print(f"red: {problem}")
    here = machine()
    if save:
        claims.save_page(here, [(str(run.setting), run.records) for run in runs])
    verdict = f"{len(problems)} red" if problems else "green"
    tests = "1 test" if len(verdicts) == 1 else f"{len(verdicts)} tests"
    print(f"{tests}, {len(runs)} runs on {here}: {verdict}")
    return 1 if problems else 0


def print_table(verdicts: list[Verdict]) -> None:
    """All tests, the nearest to failing last."""
    print("\n" + margins.TITLE)
    for verdict in sorted(verdicts, key=lambda verdict: (bool(verdict.problem), -verdict.z)):
        print(verdict)


def _problems(runs: list[Run], verdicts: list[Verdict]) -> Iterator[str]:
    """The reasons to be red, each with its place."""
    for run in runs:
        for failure in run.failures:
            yield f"{failure} [{run.setting}]"
    for verdict in verdicts:
        if verdict.problem:
            yield f"{verdict.test.place}: {verdict.test.kind}: {verdict.problem}"
    yield from claims.careless_lines()


def machine() -> str:
    """The name of this machine's processor, and its instruction set."""
    import torch
    from matmul_ladder import processor  # this module imports torch too

    return f"{processor()}, {torch.backends.cpu.get_cpu_capability()}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["small"]:
        sys.exit(main(small, sys.argv[2:], name="docs/matrix.py small"))
    sys.exit(main(matrix, name="docs/matrix.py"))
