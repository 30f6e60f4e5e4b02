"""The instrument that finds claims near to failing finds those that are spoiled on purpose."""

import math
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import notebook

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))
import margins  # noqa: E402
import matrix  # noqa: E402
from margins import Run, Setting, Verdict  # noqa: E402

SEEDS = (0, 1, 2, 3, 4, 7, 8)
PLACE = "01_x.ipynb:cell 3 (abcd0123):5"


def record(
    kind: str,
    value: float,
    low: float = -math.inf,
    high: float = math.inf,
    place: str = PLACE,
    **more,
) -> dict:
    return {
        "test": kind,
        "place": place,
        "claims": [],
        "least": value,
        "most": value,
        "low": low,
        "high": high,
        **more,
    }


def runs_of(values: dict[Setting, float], kind: str = "between", **bounds) -> list[Run]:
    return [
        Run(setting, records=[record(kind, value, **bounds)]) for setting, value in values.items()
    ]


def judged(runs: list[Run]) -> Verdict:
    (test,) = margins.collect_tests(runs)
    return margins.judge(test)


def over_seeds(*values: float) -> dict[Setting, float]:
    return {Setting("native", seed): value for seed, value in zip(SEEDS, values, strict=True)}


ACCURACIES = over_seeds(0.93, 0.92, 0.94, 0.93, 0.925, 0.935, 0.93)


def test_a_wide_band_is_green_and_says_how_wide():
    verdict = judged(runs_of(ACCURACIES, low=0.85))
    assert (
        verdict.problem == ""
        and verdict.median == 0.93
        and verdict.worst == 0.92
        and verdict.bound == 0.85
    )
    assert verdict.z == pytest.approx(0.08 / statistics.stdev(ACCURACIES.values()))
    assert str(verdict.test.place) == PLACE and PLACE in str(verdict)


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


def test_what_never_varies_needs_no_margin():
    verdict = judged(runs_of(over_seeds(*[3] * 7), low=3, high=3))
    assert verdict.problem == "" and verdict.z == math.inf


def test_a_bound_that_moves_with_the_value_is_measured_from_the_value():
    runs = [
        Run(
            Setting("native", seed),
            records=[record("between", 10.0 * seed, low=10.0 * seed - 1 - 0.01 * seed)],
        )
        for seed in SEEDS
    ]
    assert judged(runs).problem == ""


def test_an_instruction_set_that_moves_a_value_is_red():
    values = {**ACCURACIES, Setting("avx2"): 0.93, Setting("sse"): 0.97}
    assert judged(runs_of(values, low=0.85)).problem == ""
    values[Setting("sse")] = 0.885
    verdict = judged(runs_of(values, low=0.85))
    assert verdict.problem == "moved by 56% of its margin" and verdict.worst == 0.885
    values[Setting("sse")] = 0.84
    assert judged(runs_of(values, low=0.85)).problem == "fails"


def stat(mean: float, sd: float, expect: float, stated_sd: float, n: int = 50) -> list[Run]:
    """The records of a `test_stat` in seven runs, each of which accepts the stated values."""
    rng, runs = random.Random(0), []
    for seed in SEEDS:
        draws = [rng.gauss(mean, sd) for _ in range(n)]
        record_ = record(
            "stat", statistics.fmean(draws), -100, 100, expect=expect, sd=stated_sd, draws=draws
        )
        runs.append(Run(Setting("native", seed), records=[record_]))
    return runs


def test_a_stated_mean_is_tested_with_all_draws():
    assert judged(stat(mean=-25.3, sd=0.6, expect=-25.3, stated_sd=0.6)).problem == ""
    assert "not -25.9" in judged(stat(mean=-25.3, sd=0.6, expect=-25.9, stated_sd=0.6)).problem


def test_a_stated_deviation_is_tested_with_all_draws():
    assert "not 1" in judged(stat(mean=0, sd=0.6, expect=0, stated_sd=1)).problem
    assert "not 0.4" in judged(stat(mean=0, sd=0.6, expect=0, stated_sd=0.4)).problem


def test_a_ratio_of_times_needs_twice_the_asserted_ratio():
    assert judged(runs_of(over_seeds(9, 8, 7, 9, 20, 30, 9), kind="faster", low=3)).problem == ""
    assert (
        "twice the asserted one"
        in judged(runs_of(over_seeds(9, 8, 5, 9, 9, 9, 9), kind="faster", low=3)).problem
    )
    assert judged(runs_of(over_seeds(9, 8, 2, 9, 9, 9, 9), kind="faster", low=3)).problem == "fails"


def test_repeated_tests_of_a_line_count_as_one_with_their_extremes():
    first, second = record("close", -0.5, -1, 1), record("close", 0.7, -1, 1)
    (test,) = margins.collect_tests([Run(Setting(), records=[first, second])])
    (kept,) = test.records.values()
    assert (kept["least"], kept["most"]) == (-0.5, 0.7)


def test_tests_of_a_line_with_different_bounds_are_kept_apart():
    tests = margins.collect_tests(
        [Run(Setting(), records=[record("between", 1, 0, 2), record("between", 5, 4, 6)])]
    )
    assert [test.place.part for test in tests] == [0, 1]


def test_failures_and_problems_are_told_with_their_places(capsys):
    runs = runs_of(ACCURACIES, low=0.915)
    runs[2].failures.append("01_x.ipynb:cell 3 (abcd0123): between: not from 1 to 2")
    assert matrix.conclude(runs) == 1
    output = capsys.readouterr().out
    assert (
        "red: 01_x.ipynb:cell 3 (abcd0123): between: not from 1 to 2 [native, seeds moved by 2]"
        in output
    )
    assert f"red: {PLACE}: between: z below 4" in output
    assert output.splitlines()[-1].startswith("1 test, 7 runs on ") and output.endswith(": 2 red\n")


def test_the_last_runs_can_be_judged_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(matrix, "KEPT", tmp_path / ".literate" / "matrix.json")
    runs = runs_of(ACCURACIES, low=0.915)
    runs[2].failures.append("01_x.ipynb:cell 3 (abcd0123): between: not from 1 to 2")
    matrix.keep_runs(runs)
    assert matrix.read_runs() == runs
    assert matrix.matrix(again=True, brief=True) == 1
    assert "z below 4" in capsys.readouterr().out


PLANTED = """
import math
import torch
from foundations.core import claim, seeded, test_between, test_close
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


def runs_in(project: Path, source: str) -> list[Run]:
    (project / "nbs" / "01_x.ipynb").write_text(notebook(source), encoding="utf-8")
    return [
        matrix.run_once(Setting("native", seed), ["01_x.ipynb"], project)
        for seed in (0, 1, 2, 3, 4)
    ]


def test_a_band_that_is_spoiled_in_a_notebook_is_found(project):
    """The mean of 100 normal numbers has the standard deviation 0.1; a band of 0.25 is luck."""
    runs = runs_in(project, PLANTED.format(low=-0.25, high=0.25))
    verdicts = {
        verdict.test.place.line: verdict.problem
        for verdict in map(margins.judge, margins.collect_tests(runs))
    }
    assert verdicts == {6: "", 7: "z below 4", 8: ""} and not any(run.failures for run in runs)


def test_a_lucky_seed_in_a_notebook_is_found(project):
    source = PLANTED.format(low=-9, high=9) + "assert round(x, 3) == {value}"
    value = runs_in(project, source.format(value="round(x, 3)\nprint(x)"))[0].records[0]["least"]
    runs = runs_in(project, source.format(value=round(value, 3)))
    assert [bool(run.failures) for run in runs] == [False, True, True, True, True]
    assert runs[1].failures[0].startswith("01_x.ipynb:cell 1 (00000000): AssertionError")


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
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ})
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr


def test_each_commit_has_a_seed_of_its_own_that_stays():
    shift = matrix.shift_of("0123abc")
    assert (
        shift == matrix.shift_of("0123abc") != matrix.shift_of("0123abd") and 1 <= shift <= 99_999
    )
