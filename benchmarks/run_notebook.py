"""Time whole commands on the same notebooks: run_notebook.py, nbdev_test, and pytest --nbmake.

    python benchmarks/run_notebook.py                  # made notebooks: tiny, many cells, numpy and matplotlib, torch
    python benchmarks/run_notebook.py nbs              # a folder of notebooks: this project's
    python benchmarks/run_notebook.py --repeats 9

The commands alternate, so that a slow moment of the machine does not fall on one of them alone; medians are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = Path(sysconfig.get_path("scripts"))
WORKERS = 2
MADE = {
    "16 tiny": (16, ["x = 1", "assert x == 1"]),
    "300 cells": (1, [f"x{n} = {n}" for n in range(300)]),
    "8 numpy, matplotlib": (8, ["import numpy as np\nimport matplotlib.pyplot as plt",
                                "x = np.linspace(0, 1)\nplt.plot(x, x @ np.ones((50, 50)));"]),
    "8 torch": (8, ["import torch", "x = torch.ones(100, 100, requires_grad=True)\n(x @ x).sum().backward()"]),
}


def commands(folder: Path) -> dict[str, list[str]]:
    """The commands that are compared, for the notebooks in `folder`/nbs."""
    nbs = folder / "nbs"
    parallel = ["-n", str(WORKERS)] if find_spec("xdist") else []
    found = {"run_notebook.py": [sys.executable, str(ROOT / "run_notebook.py"), "--workers", str(WORKERS)]}
    if (SCRIPTS / "nbdev_test").exists():
        found["nbdev_test"] = [str(SCRIPTS / "nbdev_test"), "--n_workers", str(WORKERS)]
    if find_spec("nbmake"):
        name = " ".join(["pytest --nbmake", *parallel])
        found[name] = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbmake", *parallel, str(nbs)]
    return found


def make_project(folder: Path, count: int, cells: list[str]) -> None:
    """A project with `count` notebooks, all with the same cells."""
    (folder / "nbs").mkdir(parents=True)
    (folder / "settings.ini").write_text((ROOT / "settings.ini").read_text())
    for number in range(count):
        (folder / "nbs" / f"{number:02}_made.ipynb").write_text(json.dumps(notebook(cells)))


def notebook(cells: list[str]) -> dict:
    """A notebook of code cells."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    code = [{"cell_type": "code", "id": f"{n:08}", "source": c, "metadata": {}, "outputs": [], "execution_count": None}
            for n, c in enumerate(["#| hide\npass", *cells])]
    return {"cells": code, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def seconds(command: list[str], folder: Path) -> float:
    """The wall time of a command that has to succeed."""
    start = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    elapsed = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed in {folder}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return elapsed


def compare(title: str, folder: Path, repeats: int) -> None:
    """Print a line for each command: its median, and how many times ours that is."""
    found = commands(folder)
    times: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(repeats):
        for name, command in found.items():
            times[name].append(seconds(command, folder))
    medians = {name: statistics.median(values) for name, values in times.items()}
    ours = medians["run_notebook.py"]
    for name, median in medians.items():
        print(f"{title:22} {name:24} {median:7.2f} s {median / ours:6.1f}x", flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", help="a folder of notebooks, instead of made ones")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, {WORKERS} workers, medians of {arguments.repeats} runs, whole commands\n")
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.folder:
            project = Path(temporary, "project")  # a copy: no command may change what is measured
            shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "nbs", "node_modules"))
            shutil.copytree(arguments.folder, project / "nbs", ignore=shutil.ignore_patterns(".*"))
            compare(Path(arguments.folder).name, project, arguments.repeats)
        else:
            for title, (count, cells) in MADE.items():
                make_project(Path(temporary, title), count, cells)
                compare(title, Path(temporary, title), arguments.repeats)


if __name__ == "__main__":
    main()
