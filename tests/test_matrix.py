"""docs/matrix.py finds the claims that are near to failing: here some are spoiled on purpose."""

from __future__ import annotations

import math
import random
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import notebook

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))
import margins  # noqa: E402
import matrix  # noqa: E402
from margins import Run, Setting, Verdict  # noqa: E402

SEEDS = (0, 1, 2, 3, 4, 7, 8)
PLACE = "01_x.ipynb:cell 3 (abcd0123):5"


# --- made-up records ---------------------------------------------------------------------------


def record(
    kind: str, value: float, low: float = -math.inf, high: float = math.inf, **more: Any
) -> dict[str, Any]:
    """The record of a test of one value."""
    return {
        "test": kind,
        "place": PLACE,
        "least": value,
        "most": value,
        "low": low,
        "high": high,
        **more,
    }


def runs_of(values: dict[Setting, float], kind: str = "between", **bounds: float) -> list[Run]:
    """Runs in which a test measured these values."""
    runs = []
    for setting, value in values.items():
        runs.append(Run(setting, records=[record(kind, value, **bounds)]))
    return runs


def judged(runs: list[Run]) -> Verdict:
    """The verdict about the only test of some runs."""
    (test,) = margins.collect_tests(runs)
    return margins.judge(test)


def over_seeds(*values: float) -> dict[Setting, float]:
    return {Setting("native", seed): value for seed, value in zip(SEEDS, values, strict=True)}


ACCURACIES = over_seeds(0.93, 0.92, 0.94, 0.93, 0.925, 0.935, 0.93)


# --- verdicts ----------------------------------------------------------------------------------


def test_a_wide_band_is_green_and_says_how_wide():
    verdict = judged(runs_of(ACCURACIES, low=0.85))
    assert verdict.problem == ""
    assert (verdict.median, verdict.worst, verdict.bound) == (0.93, 0.92, 0.85)
    assert verdict.z == pytest.approx(0.08 / statistics.stdev(ACCURACIES.values()))
    assert str(verdict.test.place) == PLACE
    assert PLACE in str(verdict)


def test_a_band_that_is_narrowed_is_red_though_every_run_passes():
    assert judged(runs_of(ACCURACIES, low=0.915)).problem == "z below 4"
    assert judged(runs_of(ACCURACIES, low=0.5, high=0.945)).problem == "z below 4"


def test_a_claim_that_fails_for_one_seed_is_red():
    assert judged(runs_of(ACCURACIES, low=0.921)).problem == "fails"
    values = over_seeds(1, 1, 1, math.nan, 1, 1, 1)
    assert judged(runs_of(values, low=0)).problem == "fails"


def test_few_seeds_say_nothing_about_a_standard_deviation():
    few = dict(list(ACCURACIES.items())[:4])
    assert judged(runs_of(few, low=0.915)).problem == ""


def test_a_value_that_never_varies_needs_no_margin():
    verdict = judged(runs_of(over_seeds(*[3] * 7), low=3, high=3))
    assert (verdict.problem, verdict.z) == ("", math.inf)


def test_a_bound_that_moves_with_the_value_is_measured_from_the_value():
    runs = []
    for seed in SEEDS:
        value = 10.0 * seed
        low = value - 1 - 0.01 * seed
        runs.append(Run(Setting("native", seed), records=[record("between", value, low=low)]))
    assert judged(runs).problem == ""


def test_an_instruction_set_that_moves_a_value_is_red():
    values = {**ACCURACIES, Setting("avx2"): 0.93, Setting("sse"): 0.97}
    assert judged(runs_of(values, low=0.85)).problem == ""
    values[Setting("sse")] = 0.885
    verdict = judged(runs_of(values, low=0.85))
    assert (verdict.problem, verdict.worst) == ("moved by 56% of its margin", 0.885)
    values[Setting("sse")] = 0.84
    assert judged(runs_of(values, low=0.85)).problem == "fails"


def stat(mean: float, sd: float, expect: float, stated_sd: float) -> list[Run]:
    """The records of a `test_stat` in seven runs, each of which accepts the stated values."""
    rng = random.Random(0)
    runs = []
    for seed in SEEDS:
        draws = [rng.gauss(mean, sd) for _ in range(50)]
        value = statistics.fmean(draws)
        found = record("stat", value, -100, 100, expect=expect, sd=stated_sd, draws=draws)
        runs.append(Run(Setting("native", seed), records=[found]))
    return runs


def test_a_stated_mean_is_tested_with_all_draws():
    assert judged(stat(mean=-25.3, sd=0.6, expect=-25.3, stated_sd=0.6)).problem == ""
    assert "not -25.9" in judged(stat(mean=-25.3, sd=0.6, expect=-25.9, stated_sd=0.6)).problem


def test_a_stated_deviation_is_tested_with_all_draws():
    assert "not 1" in judged(stat(mean=0, sd=0.6, expect=0, stated_sd=1)).problem
    assert "not 0.4" in judged(stat(mean=0, sd=0.6, expect=0, stated_sd=0.4)).problem


@pytest.mark.parametrize(
    ("ratios", "problem"),
    [
        ((9, 8, 7, 9, 20, 30, 9), ""),
        ((9, 8, 5, 9, 9, 9, 9), "a measured ratio is less than twice the asserted one"),
        ((9, 8, 2, 9, 9, 9, 9), "fails"),
    ],
)
def test_a_ratio_of_times_needs_twice_the_asserted_ratio(ratios, problem):
    assert judged(runs_of(over_seeds(*ratios), kind="faster", low=3)).problem == problem


def test_repeated_tests_of_a_line_count_as_one_with_their_extremes():
    first, second = record("close", -0.5, -1, 1), record("close", 0.7, -1, 1)
    (test,) = margins.collect_tests([Run(Setting(), records=[first, second])])
    (kept,) = test.records.values()
    assert (kept["least"], kept["most"]) == (-0.5, 0.7)


def test_tests_of_a_line_with_different_bounds_are_kept_apart():
    records = [record("between", 1, 0, 2), record("between", 5, 4, 6)]
    tests = margins.collect_tests([Run(Setting(), records=records)])
    assert [test.place.part for test in tests] == [0, 1]


# --- the report --------------------------------------------------------------------------------

FAILURE = "01_x.ipynb:cell 3 (abcd0123): between: not from 1 to 2"


@pytest.fixture
def spoiled_runs() -> list[Run]:
    """Runs with a band that is too narrow, and with a failure in one of them."""
    runs = runs_of(ACCURACIES, low=0.915)
    runs[2].failures.append(FAILURE)
    return runs


def test_failures_and_problems_are_told_with_their_places(spoiled_runs, capsys):
    assert matrix.conclude(spoiled_runs) == 1
    output = capsys.readouterr().out
    assert f"red: {FAILURE} [native, seeds moved by 2]" in output
    assert f"red: {PLACE}: between: z below 4" in output
    last_line = output.splitlines()[-1]
    assert last_line.startswith("1 test, 7 runs on ")
    assert last_line.endswith(": 2 red")


def test_the_last_runs_can_be_judged_again(spoiled_runs, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(matrix, "KEPT", tmp_path / ".literate" / "matrix.json")
    matrix.keep_runs(spoiled_runs)
    assert matrix.read_runs() == spoiled_runs
    assert matrix.matrix(again=True, brief=True) == 1
    assert "z below 4" in capsys.readouterr().out


# --- planted notebooks -------------------------------------------------------------------------

PLANTED = """
import math
import torch
from foundations.core import seeded, test_between, test_close
x = torch.randn(100, generator=seeded(0)).mean().item()
test_between(x, -.7, .7)
test_between(x, {low}, {high})
test_close(1., 1.)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "settings.ini").write_text("[DEFAULT]\nlib_name = small\n")
    (tmp_path / "nbs").mkdir()
    return tmp_path


def runs_in(project: Path, source: str, seeds: int = 5) -> list[Run]:
    """The runs of a notebook with one cell, each with its own seed."""
    (project / "nbs" / "01_x.ipynb").write_text(notebook(source), encoding="utf-8")
    settings = [Setting("native", seed) for seed in range(seeds)]
    return [matrix.run_once(setting, ["01_x.ipynb"], project) for setting in settings]


def test_a_band_that_is_spoiled_in_a_notebook_is_found(project):
    """The mean of 100 normal numbers has the standard deviation 0.1: a band of 0.25 is luck."""
    runs = runs_in(project, PLANTED.format(low=-0.25, high=0.25))
    problems = {}
    for test in margins.collect_tests(runs):
        problems[test.place.line] = margins.judge(test).problem
    assert problems == {6: "", 7: "z below 4", 8: ""}
    assert not any(run.failures for run in runs)


def test_a_test_that_is_there_to_fail_is_not_judged(project):
    source = """
from foundations.core import test_between, test_close
from foundations.fully_connected import test_stat
try: test_between(3, 4, 5)
except AssertionError: pass
try: test_between(float("nan"))
except AssertionError: pass
try: test_stat(lambda generator: generator.seed() % 7, 3, sd=1e9)
except AssertionError: pass
test_close(1., 1.)
"""
    (run,) = runs_in(project, source, seeds=1)
    assert [record["place"].rpartition(":")[2] for record in run.records if "test" in record] == [
        "10"
    ]
    assert run.failures == []


def test_a_lucky_seed_in_a_notebook_is_found(project):
    source = PLANTED.format(low=-9, high=9) + "assert round(x, 3) == {value}"
    always_true = source.format(value="round(x, 3)\nprint(x)")
    value = runs_in(project, always_true)[0].records[0]["least"]
    runs = runs_in(project, source.format(value=round(value, 3)))
    assert [bool(run.failures) for run in runs] == [False, True, True, True, True]
    assert runs[1].failures[0].startswith("01_x.ipynb:cell 1 (00000000): AssertionError")


# --- the command line --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sets", "avx1024"], "--sets takes native, avx2, sse, mkl-sse, not avx1024"),
        (["--shifts", "1,x"], "--shifts takes whole numbers such as 0,1,2, not 1,x"),
        (["nosuch.ipynb", "--shifts", "0", "--sets", "native"], "nosuch.ipynb"),
    ],
)
def test_wrong_arguments_get_a_line(arguments, message):
    command = [sys.executable, str(ROOT / "docs" / "matrix.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_each_commit_has_a_shift_of_its_own_that_stays():
    shift = matrix.shift_of("0123abc")
    assert 1 <= shift <= 99_999
    assert matrix.shift_of("0123abc") == shift
    assert matrix.shift_of("0123abd") != shift
