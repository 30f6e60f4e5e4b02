"""Measure the processor seconds to a test accuracy of 98%, 99% and 99.5%.

    python benchmarks/training.py [SEEDS]

Each network is trained for several numbers of epochs, and each training has a schedule of its
length. The time to an accuracy is that of the cheapest training that ended with this accuracy or a
better one; the table shows medians over the seeds, 3 by default. One thread is used, and the time
for evaluation is left out. The program prints a line for each training, then the table.
"""

from __future__ import annotations

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
NEVER = float("inf")


def train_once(net: str, epochs: int, seed: int) -> Result:
    """Train a network once, and print the outcome.

    In the longer trainings of the residual networks the images are moved, because it helps there.
    """
    shift = 2 if net != "by_hand" and epochs >= 5 else 0
    result = train(net, epochs, seed=seed, shift=shift, device="cpu")
    training = f"{net:8} {epochs:3} epochs  seed {seed}"
    print(f"{training}  {result.acc:.2%}  {result.cpu_s:6.1f} CPU s", flush=True)
    return result


def time_to(target: float, runs: list[list[Result]]) -> float | None:
    """The time to an accuracy; None if the trainings of most seeds did not reach it.

    `runs` are the trainings of each seed.
    """
    times = []
    for trainings in runs:
        successful = [training.cpu_s for training in trainings if training.acc >= target]
        times.append(min(successful, default=NEVER))
    median = statistics.median(times)
    return None if median == NEVER else median


def main() -> None:
    """Print the lines and the table."""
    torch.set_num_threads(1)
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    results: dict[str, list[list[Result]]] = {}
    for net in NETS:
        results[net] = []
        for seed in range(seeds):
            results[net].append([train_once(net, epochs, seed) for epochs in EPOCHS[net]])
    titles = "".join(f"{target:>8.1%}" for target in TARGETS)
    print(f"\n{'CPU seconds to':16}{titles}")
    for net, runs in results.items():
        row = f"{net:16}"
        for target in TARGETS:
            seconds = time_to(target, runs)
            row += f"{'-':>8}" if seconds is None else f"{seconds:8.1f}"
        print(row)


if __name__ == "__main__":
    main()
