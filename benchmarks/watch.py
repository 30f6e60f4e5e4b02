"""Measure `literate watch`: the time from a save to the verdict, beside whole runs.

    python benchmarks/watch.py            # made-up notebooks
    python benchmarks/watch.py nbs        # the notebooks of a folder, here this repository's
    python benchmarks/watch.py --runs 9

An edit changes the last cell, the one in the middle, or the first one; then it changes the same
cell again, before which there is a snapshot by now. The whole runs are those of
run_notebook.py, nbdev-test and nbmake, of the same notebook. They take turns with the edits, so
that a busy machine disturbs all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from run_notebook import ROOT, install_peers, make_project

TRAIN = """
model = torch.nn.Sequential(torch.nn.Linear(50, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1))
optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
x = torch.randn(512, 50)
start = time.process_time()
while time.process_time() - start < 5:
    loss = (model(x) ** 2).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
"""

# The made-up notebooks.
MADE = {
    "tiny": [f"x{number} = {number}" for number in range(20)],
    "numpy": [
        "import numpy as np\nrandom = np.random.default_rng(0)",
        "data = random.normal(size=(3000, 1000))",
        "values = np.linalg.svd(data[:1000], compute_uv=False)",
        "total = data.sum()",
        "means = np.sort(data, axis=0).mean(0)",
        "assert means.shape == (1000,)",
        "assert abs(data.mean()) < 0.1",
    ],
    "torch, which trains for 5 s": [
        "import time\nimport torch\ntorch.manual_seed(0)",
        TRAIN,
        "predictions = model(x)",
        "assert predictions.shape == (512, 1)",
        "error = float((predictions ** 2).mean())",
        "assert error < 1",
    ],
}
PATIENCE = 600  # seconds


class Watcher:
    """A running `literate watch --json`."""

    def __init__(self, project: Path, names: list[str]) -> None:
        command = [sys.executable, "-m", "literate", "watch", "--json", *names]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            command,
            cwd=project,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._events: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put((time.perf_counter(), json.loads(line)))

    def until_idle(self) -> list[tuple[float, dict[str, Any]]]:
        """All events until everything has run."""
        found = []
        while True:
            moment, event = self._events.get(timeout=PATIENCE)
            found.append((moment, event))
            if event["event"] == "idle":
                return found

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def edit(path: Path, place: int, number: int) -> None:
    """Change the code cell at a place, without a change of what it does, and save."""
    content = json.loads(path.read_text())
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    cells = [cell for cell in cells if "".join(cell["source"]).strip()]
    source = "".join(cells[place]["source"]).partition("\n# edit ")[0]
    cells[place]["source"] = f"{source}\n# edit {number}"
    path.write_text(json.dumps(content, indent=1))


def code_cells(path: Path) -> int:
    content = json.loads(path.read_text())
    return sum(
        cell["cell_type"] == "code" and bool("".join(cell["source"]).strip())
        for cell in content["cells"]
    )


def whole_runs(path: Path, with_peers: bool) -> dict[str, list[str]]:
    """The commands that run a whole notebook."""
    found = {"run_notebook.py": [sys.executable, str(ROOT / "run_notebook.py"), str(path)]}
    if with_peers:
        scripts = install_peers()
        found["nbdev-test"] = [str(scripts / "nbdev-test"), "--n-workers", "1"]
        plugins = ["-p", "no:cacheprovider", "-p", "nbmake.pytest_plugin"]
        pytest = ["env", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", str(scripts / "python"), "-m"]
        found["nbmake"] = [*pytest, "pytest", "-q", *plugins, "--nbmake", str(path)]
    return found


def measure(title: str, project: Path, path: Path, runs: int, with_peers: bool) -> None:
    """Print the table of one notebook."""
    last = code_cells(path) - 1
    places = {"last": last, "middle": last // 2 + 1, "first": 0}
    seconds: dict[str, list[float]] = {}
    cells: dict[str, list[float]] = {}
    watcher = Watcher(project, [str(path)])
    watcher.until_idle()
    number = 0
    for turn in range(runs):
        for name, place in places.items():
            for label in (f"{name} cell, for the first time", f"{name} cell, again"):
                number += 1
                edit(path, place, number)
                saved = time.perf_counter()
                events = watcher.until_idle()
                verdict = [moment for moment, event in events if event["event"] == "notebook"][-1]
                work = sum(event["seconds"] for _, event in events if event["event"] == "cell")
                seconds.setdefault(label, []).append(verdict - saved)
                cells.setdefault(label, []).append(work)
        if turn < 3:
            for name, command in whole_runs(path, with_peers).items():
                start = time.perf_counter()
                done = subprocess.run(command, cwd=project, capture_output=True, text=True)
                if done.returncode == 0:
                    seconds.setdefault(name, []).append(time.perf_counter() - start)
    watcher.close()
    _print(title, seconds, cells)


def _print(title: str, seconds: dict[str, list[float]], cells: dict[str, list[float]]) -> None:
    whole = statistics.median(seconds["run_notebook.py"])
    print(f"{title:<40}{'seconds':>9}{'cells':>9}{'run_notebook.py takes':>24}")
    for name, taken in seconds.items():
        median = statistics.median(taken)
        work = f"{statistics.median(cells[name]):>9.3f}" if name in cells else " " * 9
        label = f"edit of the {name}" if name in cells else f"whole run: {name}"
        print(f"  {label:<38}{median:>9.3f}{work}{whole / median:>22.1f}x")
    print(flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", help="a folder of notebooks, instead of made-up ones")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="", help="part of the name of the notebooks to measure")
    parser.add_argument("--no-peers", action="store_true", help="measure no other programs")
    arguments = parser.parse_args()
    runs, with_peers = arguments.runs, not arguments.no_peers
    print(f"{os.cpu_count()} cores, medians of {runs} edits, from the save to the verdict\n")
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.folder:
            project = Path(temporary, "project")
            ignored = shutil.ignore_patterns(".*", "node_modules")
            shutil.copytree(ROOT, project, ignore=ignored)
            for path in sorted((project / arguments.folder).glob("*.ipynb")):
                if arguments.only in path.name:
                    measure(path.name, project, path, runs, with_peers=False)
            return
        for title, sources in MADE.items():
            if arguments.only not in title:
                continue
            project = Path(temporary, title.partition(",")[0])
            make_project(project, 1, sources)
            path = next((project / "nbs").glob("*.ipynb"))
            measure(title, project, path, runs, with_peers)


if __name__ == "__main__":
    main()
