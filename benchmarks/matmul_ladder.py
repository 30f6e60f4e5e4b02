"""Measures the ladder of matrix products on this machine: python benchmarks/matmul_ladder.py

Writes benchmarks/results/matmul_ladder.json, which nbs/01_matmul.ipynb draws.
Run it on an idle machine.
"""

import json
import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # a checkout works without being installed

import torch  # noqa: E402

from foundations.core import set_seed  # noqa: E402
from foundations.data import load_mnist  # noqa: E402
from foundations.matmul import RUNGS, ladder  # noqa: E402

RESULT = ROOT / "benchmarks" / "results" / "matmul_ladder.json"
BUSY = 0.3  # load average for each core above which the machine is not idle


def processor() -> str:
    "The name of the processor's model."
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def load_average() -> float | None:
    "Programs that ran at the same time in the last minute; None where the system does not say."
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def rounded(seconds: float) -> float:
    "Four significant digits, more than a measurement has."
    return float(f"{seconds:.4g}")


def machine() -> dict:
    "What a measurement depends on; a warning if the machine is not idle."
    load = load_average()
    if load is not None and load > BUSY * os.cpu_count():
        print(f"warning: the load average is {load}, this machine is not idle", file=sys.stderr)
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": 1,
        "system": f"{platform.system()} {platform.machine()}",
        "load_average": load,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def measure(repeat: int = 15) -> dict:
    "Seconds of each rung for five MNIST digits and ten neurons, and the machine they were on."
    here = machine()
    set_seed(0)
    a, b = load_mnist(split="valid").x[:5], torch.randn(784, 10)
    timings = ladder(a, b, repeat=repeat)
    return {
        "machine": here,
        "shapes": [list(a.shape), list(b.shape)],
        "rungs": {
            name: {"min": rounded(best), "median": rounded(median), "n": n}
            for name, (best, median, n) in zip(RUNGS, timings)
        },
    }


def main() -> None:
    "Measures, writes the result and prints it."
    result = measure()
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    first = next(iter(result["rungs"].values()))["min"]
    for name, timing in result["rungs"].items():
        print(f"{name:24}{timing['min'] * 1e6:>12,.1f} us{first / timing['min']:>10,.0f}x")


if __name__ == "__main__":
    main()
