"""How far each test of the notebooks is from failing, from the records of several runs.

A test is red if

- it fails in any run,
- z < 4 over at least 5 seeds, where z is the distance from the median value to the bound, counted
  in standard deviations,
- another instruction set moves its value by more than half of the distance to the bound,
- it is a `test_stat`, and all draws together contradict the mean or the deviation that it states,
- it is a `test_faster`, and a measured ratio is less than twice the asserted one.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

LEAST_Z = 4.0  # standard deviations between the median value and its bound
LEAST_SEEDS = 5  # with fewer values, a standard deviation says too little
MOST_MOVE = 0.5  # part of the margin by which another instruction set may move a value
MOST_POOLED_Z = 5.0  # standard errors between a stated mean and the mean of all draws
MOST_SD_RATIO = 1.3  # between a stated standard deviation and that of all draws
LEAST_TIMES = 2.0  # a measured ratio of times, as a multiple of the asserted one

PLACE = re.compile(r"(?P<notebook>\S+\.ipynb):cell (?P<cell>\d+) \((?P<id>[^)]*)\):(?P<line>\d+)")
TITLE = (
    f"{'test':10}{'bound':>11}{'median':>11}{'spread':>10}{'worst':>11}{'z':>8}{'move':>7}  where"
)


# What a test records: a line of JSON.
Record = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """How the notebooks are run once."""

    instructions: str = "native"  # the name of an instruction set
    shift: int = 0  # FOUNDATIONS_SEED, by which the seeds are moved

    def __str__(self) -> str:
        return f"{self.instructions}, seeds moved by {self.shift}"


@dataclass
class Run:
    """The outcome of one run of the notebooks."""

    setting: Setting
    failures: list[str] = field(default_factory=list)  # a line for each failing cell
    records: list[Record] = field(default_factory=list)  # the lines that the tests recorded


@dataclass(frozen=True)
class Place:
    """A line of a cell that holds a test; `part` tells several tests of one line apart."""

    notebook: str
    cell: int
    cell_id: str
    line: int
    part: int = 0

    def __str__(self) -> str:
        return f"{self.notebook}:cell {self.cell} ({self.cell_id}):{self.line}"


@dataclass
class MeasuredTest:
    """The records of a test, by the run that they come from."""

    place: Place
    kind: str  # the helper that made the test, without "test_"
    records: dict[Setting, Record] = field(default_factory=dict)

    @property
    def over_seeds(self) -> list[Record]:
        """The records of the runs that differ in their seeds alone."""
        return [self.records[setting] for setting in self.records if is_native(setting)]


@dataclass(frozen=True)
class Verdict:
    """How far a test is from failing."""

    test: MeasuredTest
    bound: float
    median: float
    spread: float  # standard deviation over the seeds
    worst: float  # the value that is nearest to the bound, or farthest beyond it
    z: float  # infinite where the value never varies
    move: float  # the largest move by another instruction set, as a part of the margin
    problem: str = ""  # the reason why the test is red

    def __str__(self) -> str:
        numbers = f"{self.bound:>11.4g}{self.median:>11.4g}{self.spread:>10.2g}{self.worst:>11.4g}"
        ratios = f"{_short(self.z):>8}{_short(self.move):>7}"
        return f"{self.test.kind:10}{numbers}{ratios}  {self.test.place}"


def _short(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:.1f}" if abs(value) < 100 else ">99"


def is_native(setting: Setting) -> bool:
    """True if a run uses the machine's own instructions."""
    return setting.instructions == "native"


def collect_tests(runs: Iterable[Run]) -> list[MeasuredTest]:
    """The numeric tests of all runs, each with its record from every run."""
    tests: dict[tuple[Place, str], MeasuredTest] = {}
    for run in runs:
        for place, record in _by_place(run.records):
            kind = record["test"]
            test = tests.setdefault((place, kind), MeasuredTest(place, kind))
            test.records[run.setting] = record
    return list(tests.values())


def _by_place(records: list[Record]) -> Iterator[tuple[Place, Record]]:
    """One record for each place. Repeated tests of a line count as one if their bounds agree."""
    repeated: dict[tuple[Place, str], list[Record]] = defaultdict(list)
    for record in records:
        match = PLACE.search(record["place"]) if "test" in record else None
        if match:
            place = Place(match["notebook"], int(match["cell"]), match["id"], int(match["line"]))
            repeated[place, record["test"]].append(record)
    for (place, kind), same_line in repeated.items():
        bounds = {(record["low"], record["high"]) for record in same_line}
        if kind != "stat" and len(bounds) == 1:
            same_line = [_joined(same_line)]
        for part, record in enumerate(same_line):
            yield replace(place, part=part), record


def _joined(records: list[Record]) -> Record:
    """One record with the extreme values of all records."""
    least = min(record["least"] for record in records)
    most = max(record["most"] for record in records)
    return {**records[0], "least": least, "most": most}


def judge(test: MeasuredTest) -> Verdict:
    """How far a test is from failing, and the problem if that is not far enough."""
    if test.kind == "stat":
        return _judge_draws(test)
    sides = [_judge_side(test, "least", "low", 1), _judge_side(test, "most", "high", -1)]
    return min((side for side in sides if side), key=_severity)


def _severity(verdict: Verdict) -> tuple[bool, float, float]:
    """The smaller, the worse."""
    return not verdict.problem, verdict.z, -verdict.move


def _judge_side(test: MeasuredTest, value: str, bound: str, sign: int) -> Verdict | None:
    """The verdict for the lower or the upper bound; None if the test does not have it."""
    records = list(test.records.values())
    if all(math.isinf(record[bound]) for record in records):
        return None
    margins: dict[Setting, float] = {}
    for setting, record in test.records.items():
        margins[setting] = sign * (record[value] - record[bound])
    over_seeds = [margin for setting, margin in margins.items() if is_native(setting)]
    worst = min(margins, key=lambda setting: _comparable(margins[setting]))
    typical = test.over_seeds or records
    verdict = Verdict(
        test,
        bound=statistics.median(record[bound] for record in typical),
        median=statistics.median(record[value] for record in typical),
        spread=_spread(over_seeds),
        worst=test.records[worst][value],
        z=_z(over_seeds),
        move=_largest_move(margins),
    )
    return replace(verdict, problem=_problem(verdict, margins, len(over_seeds)))


def _comparable(margin: float) -> float:
    """The margin, or minus infinity if the value is not a number, which is the worst case."""
    return -math.inf if math.isnan(margin) else margin


def _problem(verdict: Verdict, margins: dict[Setting, float], seeds: int) -> str:
    """The reason why a test is red, or ""."""
    records = verdict.test.records.values()
    if not all(margin >= 0 for margin in margins.values()):
        return "fails"
    if verdict.test.kind == "faster":  # a time varies with the load, so z says nothing
        near = any(record["least"] < LEAST_TIMES * record["low"] for record in records)
        return "a measured ratio is less than twice the asserted one" if near else ""
    if seeds >= LEAST_SEEDS and verdict.z < LEAST_Z:
        return f"z below {LEAST_Z:g}"
    if verdict.move > MOST_MOVE:
        return f"moved by {verdict.move:.0%} of its margin"
    return ""


def _z(margins: list[float]) -> float:
    """The median in standard deviations; infinite if no value differs from another."""
    if not margins or math.inf in margins:
        return math.inf
    if not all(map(math.isfinite, margins)):
        return -math.inf
    spread = _spread(margins)
    return statistics.median(margins) / spread if spread else math.inf


def _spread(values: list[float]) -> float:
    """The standard deviation; 0 if there are too few values, or if a value is not finite."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return 0.0
    return statistics.stdev(values)


def _largest_move(margins: dict[Setting, float]) -> float:
    """The largest move from the native value by an instruction set, as a part of the margin."""
    moves = [0.0]
    for setting, margin in margins.items():
        native = margins.get(Setting("native", setting.shift), margin)
        if margin != native:
            moves.append(abs(margin - native) / native if native > 0 else math.inf)
    return max(moves)


def _judge_draws(test: MeasuredTest) -> Verdict:
    """The verdict for a `test_stat`: all its draws against the stated mean and deviation."""
    records = list(test.records.values())
    expect, stated_sd = records[0]["expect"], records[0]["sd"]
    draws = [draw for record in test.over_seeds or records for draw in record["draws"]]
    mean, sd = statistics.fmean(draws), statistics.stdev(draws)
    worst = max((record["least"] for record in records), key=lambda value: abs(value - expect))
    if all(record["low"] <= record["least"] <= record["high"] for record in records):
        problem = _contradiction(draws, expect, stated_sd)
    else:
        problem = "fails"
    return Verdict(test, expect, mean, sd, worst, z=math.inf, move=0.0, problem=problem)


def is_spread_as_stated(record: Record) -> bool:
    """Whether `test_stat` accepts the standard deviation of its draws: within a factor of 1.7."""
    spread = statistics.stdev(record["draws"])
    return bool(record["sd"] / 1.7 < spread < record["sd"] * 1.7)


def _contradiction(draws: list[float], expect: float, stated_sd: float) -> str:
    """How draws contradict a stated mean or a stated standard deviation, or ""."""
    mean, sd = statistics.fmean(draws), statistics.stdev(draws)
    errors = abs(mean - expect) / (sd / math.sqrt(len(draws)))
    if errors > MOST_POOLED_Z:
        return f"the mean of {len(draws)} draws is {mean:.5g}, not {expect:g} ({errors:.1f} se)"
    # The standard deviation of few draws is uncertain itself: 50 draws must not be red by luck.
    relative_error = 1 / math.sqrt(2 * (len(draws) - 1))
    most = max(MOST_SD_RATIO, math.exp(4.5 * relative_error))
    if not 1 / most < sd / stated_sd < most:
        return f"the sd of {len(draws)} draws is {sd:.3g}, not {stated_sd:g}"
    return ""
