"""Time whole commands on the same notebooks: run_notebook.py beside nbdev-test, nbmake, jupyter execute and papermill.

    python benchmarks/run_notebook.py                  # made notebooks: tiny, many cells, numpy and matplotlib, torch
    python benchmarks/run_notebook.py nbs              # a folder of notebooks: this project's
    python benchmarks/run_notebook.py --runs 9

All of them use two workers. The peers live in an environment of their own, made when first needed in the user's cache
folder; torch is this environment's in all of them. The floor is one plain process that imports
what the notebooks import and runs their cells, without IPython and without any isolation.
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

from compare import medians, run_once, table

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2
PEERS = ["nbdev==3.3.26", "nbmake", "pytest-xdist", "papermill", "nbclient", "ipykernel"]
MADE = {
    "16 tiny": (16, ["x = 1", "assert x == 1"]),
    "300 cells": (1, [f"x{n} = {n}" for n in range(300)]),
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


def peers() -> Path:
    """The scripts of the environment in which the peers are installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "literate-oracle"
    home = cache / "peers"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "python", "-m", "pip", "install", "-qq", *PEERS], check=True)
        own = next((home / "lib").glob("python*/site-packages"))
        (own / "zz_heavy_packages.pth").write_text(
            sysconfig.get_path("purelib") + "\n"
        )  # after its own
        (home / "ready").touch()
    return home / "bin"


def commands(made: bool) -> dict[str, list[str]]:
    """The commands that are compared, for the notebooks in `nbs` of the current folder."""
    scripts = peers()
    one_by_one = f"ls nbs/*.ipynb | xargs -P {WORKERS} -I NB {{}} >/dev/null 2>&1"

    def loop(command: str) -> list[str]:
        return ["sh", "-c", one_by_one.format(command)]

    found = {
        "run_notebook.py": [
            sys.executable,
            str(ROOT / "run_notebook.py"),
            "--workers",
            str(WORKERS),
        ],
        "nbdev-test 3.3.26": [str(scripts / "nbdev-test"), "--n-workers", str(WORKERS)],
        f"pytest --nbmake -n {WORKERS}": [
            "env",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1",
            str(scripts / "python"),
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "xdist.plugin",
            "-p",
            "nbmake.pytest_plugin",
            "--nbmake",
            "-n",
            str(WORKERS),
            "nbs",
        ],
        f"jupyter execute, {WORKERS} at once": loop(f"{scripts}/jupyter-execute NB"),
        f"papermill, {WORKERS} at once": loop(f"{scripts}/papermill --cwd nbs NB /dev/null"),
    }
    plain = ["env", "MPLBACKEND=agg", sys.executable, "-c", FLOOR]
    return {**found, "floor: one plain process": plain} if made else found


def make_project(folder: Path, count: int, cells: list[str]) -> None:
    """A project with `count` notebooks, all with the same cells; both generations of nbdev can read its settings."""
    (folder / "nbs").mkdir(parents=True)
    (folder / "settings.ini").write_text((ROOT / "settings.ini").read_text())
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "made"\nversion = "1"\n[tool.nbdev]\nnbs_path = "nbs"\n'
    )
    for number in range(count):
        (folder / "nbs" / f"{number:02}_made.ipynb").write_text(json.dumps(notebook(cells)))


def notebook(cells: list[str]) -> dict:
    """A notebook of code cells."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    code = [
        {
            "cell_type": "code",
            "id": f"{n:08}",
            "source": c,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for n, c in enumerate(["#| hide\npass", *cells])
    ]
    return {"cells": code, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def measure(title: str, folder: Path, runs: int, made: bool) -> None:
    """Print the table of one set of notebooks; a command that fails on them is left out, and named."""
    works = {}
    for name, command in commands(made).items():
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            print(
                f"{name} fails: {' '.join(map(shlex.quote, command))[:200]}\n{(done.stdout + done.stderr)[-600:]}"
            )
        else:
            works[name] = command
    taken = {name: [] for name in works}
    for _ in range(runs):
        for name, command in works.items():
            taken[name].append(run_once(command, folder, os.environ))
    print(
        table(title, {name: medians(figures) for name, figures in taken.items()}), "\n", flush=True
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", help="a folder of notebooks, instead of made ones")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, {WORKERS} workers, medians of {arguments.runs} runs in turn, whole commands\n"
    )
    with tempfile.TemporaryDirectory() as temporary:
        if arguments.folder:
            project = Path(temporary, "project")  # a copy: no command may change what is measured
            shutil.copytree(
                ROOT, project, ignore=shutil.ignore_patterns(".*", "nbs", "node_modules")
            )
            shutil.copytree(arguments.folder, project / "nbs", ignore=shutil.ignore_patterns(".*"))
            measure(Path(arguments.folder).name, project, arguments.runs, made=False)
        else:
            for title, (count, cells) in MADE.items():
                make_project(Path(temporary, title), count, cells)
                measure(title, Path(temporary, title), arguments.runs, made=True)


if __name__ == "__main__":
    main()
