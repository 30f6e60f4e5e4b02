"""Measure run_notebook.py beside other programs that run notebooks, as whole commands.

    python benchmarks/run_notebook.py           # made-up notebooks
    python benchmarks/run_notebook.py nbs       # a folder of notebooks, here this repository's
    python benchmarks/run_notebook.py --runs 9

The others are nbdev-test, nbmake, jupyter execute and papermill. All programs use two workers. The
others live in an environment of their own in the user's cache folder, which is made when it is
first needed; all programs use the torch of this environment.

The floor is one plain process that imports what the notebooks import and runs their cells, without
IPython and without any isolation.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path
from typing import Any

from compare import Figures, medians, run_once, table

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2
PEERS = ["nbdev==3.3.26", "nbmake", "pytest-xdist", "papermill", "nbclient", "ipykernel"]

# The made-up notebooks: how many, and the cells of each.
MADE = {
    "16 tiny": (16, ["x = 1", "assert x == 1"]),
    "300 cells": (1, [f"x{number} = {number}" for number in range(300)]),
    "8 numpy, matplotlib": (
        8,
        [
            "import numpy as np\nimport matplotlib.pyplot as plt",
            "x = np.linspace(0, 1)\nplt.plot(x, x @ np.ones((50, 50)));",
        ],
    ),
    "8 torch": (
        8,
        ["import torch", "x = torch.ones(100, 100, requires_grad=True)\n(x @ x).sum().backward()"],
    ),
}
FLOOR = """import glob, json
for path in sorted(glob.glob("nbs/*.ipynb")):
    names = {}
    for cell in json.load(open(path))["cells"]:
        exec(compile("".join(cell["source"]), path, "exec"), names)
"""
PYPROJECT = """[project]
name = "made"
version = "1"
[tool.nbdev]
nbs_path = "nbs"
"""


# --- commands ----------------------------------------------------------------------------------


def install_peers() -> Path:
    """The folder with the scripts of the other programs, which are installed if necessary."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "literate-oracle"
    home = cache / "peers"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "python", "-m", "pip", "install", "-qq", *PEERS], check=True)
        packages = next((home / "lib").glob("python*/site-packages"))
        # The name begins with z: the environment's own packages come first.
        shared = packages / "zz_heavy_packages.pth"
        shared.write_text(sysconfig.get_path("purelib") + "\n")
        (home / "ready").touch()
    return home / "bin"


def commands(made: bool) -> dict[str, list[str]]:
    """The commands for the notebooks in the folder `nbs` of the current folder."""
    scripts = install_peers()
    ours = [sys.executable, str(ROOT / "run_notebook.py"), "--workers", str(WORKERS)]
    found = {
        "run_notebook.py": ours,
        "nbdev-test 3.3.26": [str(scripts / "nbdev-test"), "--n-workers", str(WORKERS)],
        f"pytest --nbmake -n {WORKERS}": nbmake_command(scripts),
        f"jupyter execute, {WORKERS} at once": one_by_one(f"{scripts}/jupyter-execute NB"),
        f"papermill, {WORKERS} at once": one_by_one(f"{scripts}/papermill --cwd nbs NB /dev/null"),
    }
    if made:
        floor = ["env", "MPLBACKEND=agg", sys.executable, "-c", FLOOR]
        found["floor: one plain process"] = floor
    return found


def nbmake_command(scripts: Path) -> list[str]:
    """pytest with the plugins nbmake and xdist, and no others."""
    plugins = ["-p", "no:cacheprovider", "-p", "xdist.plugin", "-p", "nbmake.pytest_plugin"]
    pytest = ["env", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", str(scripts / "python"), "-m", "pytest"]
    return [*pytest, "-q", *plugins, "--nbmake", "-n", str(WORKERS), "nbs"]


def one_by_one(command: str) -> list[str]:
    """A command for one notebook, called NB, run for each notebook by as many processes."""
    loop = f"ls nbs/*.ipynb | xargs -P {WORKERS} -I NB {command} >/dev/null 2>&1"
    return ["sh", "-c", loop]


# --- notebooks ---------------------------------------------------------------------------------


def make_project(folder: Path, count: int, cells: list[str]) -> None:
    """Make a project with `count` notebooks of the same cells.

    Both generations of nbdev can read its settings.
    """
    (folder / "nbs").mkdir(parents=True)
    (folder / "settings.ini").write_text((ROOT / "settings.ini").read_text())
    (folder / "pyproject.toml").write_text(PYPROJECT)
    text = json.dumps(notebook(cells))
    for number in range(count):
        (folder / "nbs" / f"{number:02}_made.ipynb").write_text(text)


def notebook(sources: list[str]) -> dict[str, Any]:
    """A notebook of code cells."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    cells: list[dict[str, Any]] = []
    for number, source in enumerate(["#| hide\npass", *sources]):
        cell: dict[str, Any] = {
            "cell_type": "code",
            "id": f"{number:08}",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        cells.append(cell)
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def copy_notebooks(folder: Path, project: Path) -> None:
    """Copy this repository with other notebooks, so that no command changes the originals."""
    ignored = shutil.ignore_patterns(".*", "nbs", "node_modules")
    shutil.copytree(ROOT, project, ignore=ignored)
    shutil.copytree(folder, project / "nbs", ignore=shutil.ignore_patterns(".*"))


# --- measuring ---------------------------------------------------------------------------------


def measure(title: str, folder: Path, runs: int, made: bool) -> None:
    """Print the table of one set of notebooks.

    A command that fails on these notebooks is named and left out.
    """
    working = {}
    for name, command in commands(made).items():
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            print(
                f"{name} fails: {shlex.join(command)[:200]}\n{(done.stdout + done.stderr)[-600:]}"
            )
        else:
            working[name] = command
    taken: dict[str, list[Figures]] = {name: [] for name in working}
    for _ in range(runs):
        for name, command in working.items():
            taken[name].append(run_once(command, folder, os.environ))
    results = {name: medians(figures) for name, figures in taken.items()}
    print(table(title, results), "\n", flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", help="a folder of notebooks, instead of made-up ones")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    runs: int = arguments.runs
    machine = f"{os.cpu_count()} cores, {WORKERS} workers"
    print(f"{machine}, medians of {runs} runs in turn, whole commands\n")
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.folder:
            folder, project = Path(arguments.folder), Path(temporary, "project")
            copy_notebooks(folder, project)
            measure(folder.name, project, runs, made=False)
            return
        for title, (count, cells) in MADE.items():
            project = Path(temporary, title)
            make_project(project, count, cells)
            measure(title, project, runs, made=True)


if __name__ == "__main__":
    main()
