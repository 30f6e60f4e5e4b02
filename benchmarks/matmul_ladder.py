"""Measure the ladder of matrix products on this machine: python benchmarks/matmul_ladder.py

This writes benchmarks/results/matmul_ladder.json, which nbs/01_matmul.ipynb draws. Run it on an
idle machine.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # a checkout works without being installed

import torch  # noqa: E402

from foundations.core import set_seed  # noqa: E402
from foundations.data import load_mnist  # noqa: E402
from foundations.matmul import RUNGS, ladder  # noqa: E402

RESULT = ROOT / "benchmarks" / "results" / "matmul_ladder.json"
BUSY = 0.3  # a machine is not idle above this load average for each core


def processor() -> str:
    """The name of the processor's model."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def load_average() -> float | None:
    """How many programs ran at once in the last minute; None if the system does not say."""
    if not hasattr(os, "getloadavg"):
        return None
    return round(os.getloadavg()[0], 2)


def rounded(seconds: float) -> float:
    """Four significant digits, which is more than a measurement has."""
    return float(f"{seconds:.4g}")


def machine() -> dict[str, Any]:
    """What a measurement depends on. Prints a warning if the machine is not idle."""
    load = load_average()
    cores = os.cpu_count()
    if load is not None and load > BUSY * (cores or 1):
        print(f"warning: the load average is {load}, this machine is not idle", file=sys.stderr)
    return {
        "processor": processor(),
        "cores": cores,
        "threads": 1,
        "system": f"{platform.system()} {platform.machine()}",
        "load_average": load,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def measure(repeat: int = 15) -> dict[str, Any]:
    """Measure the seconds of each rung for five MNIST digits and ten neurons."""
    here = machine()
    set_seed(0)
    images = load_mnist(split="valid").x[:5]
    weights = torch.randn(784, 10)
    timings = ladder(images, weights, repeat=repeat)
    rungs = {}
    for name, (best, median, n) in zip(RUNGS, timings, strict=True):
        rungs[name] = {"min": rounded(best), "median": rounded(median), "n": n}
    return {"machine": here, "shapes": [list(images.shape), list(weights.shape)], "rungs": rungs}


def main() -> None:
    """Measure, write the result and print it."""
    result = measure()
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    first = next(iter(result["rungs"].values()))["min"]
    for name, timing in result["rungs"].items():
        print(f"{name:24}{timing['min'] * 1e6:>12,.1f} us{first / timing['min']:>10,.0f}x")


if __name__ == "__main__":
    main()
