"""Processor seconds to a test accuracy of 98%, 99% and 99.5%: python benchmarks/training.py [SEEDS]

Each network is trained for several numbers of epochs, each with a schedule of that length. The time to
an accuracy is that of the cheapest of these trainings that ended with it; medians over the seeds (3).
One thread; time for evaluation is left out. A line for each training, then the table.
"""

import os
import statistics
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # a checkout works without being installed

import torch  # noqa: E402

from foundations.train import NETS, Result, train  # noqa: E402

EPOCHS = {"by_hand": (1, 2, 5, 10, 20), "small": (1, 2, 3, 5, 10), "large": (1, 2, 3, 5, 10)}
TARGETS = 0.98, 0.99, 0.995


def one(net: str, epochs: int, seed: int) -> Result:
    "One training; images are moved in the longer ones of residual networks, where it is a gain."
    shift = 2 if net != "by_hand" and epochs >= 5 else 0
    result = train(net, epochs, seed=seed, shift=shift, device="cpu")
    print(
        f"{net:8} {epochs:3} epochs  seed {seed}  {result.acc:.2%}  {result.cpu_s:6.1f} CPU s",
        flush=True,
    )
    return result


def time_to(target: float, runs: list[list[Result]]) -> float | None:
    "Median over the seeds of the cheapest training that reached the target; None if most did not."
    times = [
        min((run.cpu_s for run in of_seed if run.acc >= target), default=float("inf"))
        for of_seed in runs
    ]
    median = statistics.median(times)
    return None if median == float("inf") else median


def main() -> None:
    "Prints the lines and the table."
    torch.set_num_threads(1)
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    results = {
        net: [[one(net, epochs, seed) for epochs in EPOCHS[net]] for seed in range(seeds)]
        for net in NETS
    }
    print(f"\n{'CPU seconds to':16}" + "".join(f"{target:>8.1%}" for target in TARGETS))
    for net, runs in results.items():
        times = [time_to(target, runs) for target in TARGETS]
        print(f"{net:16}" + "".join("       -" if t is None else f"{t:8.1f}" for t in times))


if __name__ == "__main__":
    main()
