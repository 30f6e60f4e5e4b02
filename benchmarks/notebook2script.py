"""Measure notebook2script.py beside nbdev 2.4.7 and 3.3.26, as whole commands.

    python benchmarks/notebook2script.py [RUNS [PROJECT...]]

A PROJECT is a folder with a settings.ini. Without one, the projects are this repository and made-up
projects of 10, 100 and 1000 notebooks.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from compare import compare, table

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from oracle import nbdev_export  # noqa: E402

from literate.project import find_project  # noqa: E402

SETTINGS = """[DEFAULT]
lib_name = lib
lib_path = lib
repo = lib
user = me
author = me
description = d
author_email = a
"""
PYPROJECT = """[project]
name = "{name}"
[project.urls]
Repository = "https://github.com/me/lib/"
[tool.nbdev]
lib_path = "{name}"
"""
EXPORTED = """#| export
def f{number}(x: int, # a number
) -> int:
    "Adds."
    return x + {number}
"""

Cell = dict[str, Any]


# --- projects ----------------------------------------------------------------------------------


def copy_this_project(folder: Path) -> None:
    """Copy this repository's notebooks with their directives in nbdev's spelling.

    So both programs do the same work.
    """
    (folder / "nbs").mkdir()
    shutil.copy(ROOT / "settings.ini", folder)
    for path in (ROOT / "nbs").glob("*.ipynb"):
        data = json.loads(path.read_text(encoding="utf-8"))
        for cell in data["cells"]:
            if cell["cell_type"] == "code":
                cell["source"] = ["".join(cell["source"]).replace("#export", "#| export", 1)]
        module = path.stem.split("_", 1)[1]
        data["cells"].insert(1, code_cell(f"#| default_exp {module}"))
        (folder / "nbs" / path.name).write_text(json.dumps(data, indent=1))


def make_project(notebooks: int, folder: Path, cells: int = 30) -> None:
    """Make notebooks of 30 cells, a third of them exported, as real projects have them."""
    (folder / "nbs").mkdir()
    (folder / "settings.ini").write_text(SETTINGS)
    for number in range(notebooks):
        module = f"m{number}"
        book = {
            "cells": [code_cell(f"#| default_exp {module}"), *made_cells(cells // 3)],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        path = folder / "nbs" / f"{number:04}_{module}.ipynb"
        path.write_text(json.dumps(book, indent=1))


def made_cells(triples: int) -> list[Cell]:
    """Cells in groups of three: prose, an exported function, and its test."""
    cells = []
    for number in range(triples):
        prose = {
            "cell_type": "markdown",
            "id": f"md{number}",
            "metadata": {},
            "source": ["Some words about it.\n"] * 8,
        }
        exported = code_cell(EXPORTED.format(number=number))
        test = code_cell(f"assert f{number}(1) == {number + 1}\n" * 5)
        cells += [prose, exported, test]
    return cells


def code_cell(source: str) -> Cell:
    """A code cell that was not run."""
    return {
        "cell_type": "code",
        "id": f"{abs(hash(source)):08x}"[:8],
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source.splitlines(keepends=True),
    }


def copy_project(project: Path, folder: Path) -> None:
    """Copy a project without its generated state."""
    ignored = shutil.ignore_patterns(".git", ".literate", "__pycache__", ".venv")
    shutil.copytree(project, folder, ignore=ignored, dirs_exist_ok=True)


# --- measuring ---------------------------------------------------------------------------------


def measure(title: str, make: Callable[[Path], None], runs: int) -> None:
    """Measure the commands on a project: cold, without a change, and with one saved notebook.

    Each command has its own copy of the project.
    """
    programs = {
        "notebook2script": [sys.executable, str(ROOT / "notebook2script.py")],
        "nbdev-export 3.3.26": [str(nbdev_export("3.3.26"))],
        "nbdev_export 2.4.7": [str(nbdev_export("2.4.7"))],
    }
    with tempfile.TemporaryDirectory() as temporary:
        commands = {}
        for name, words in programs.items():
            folder = Path(temporary, name.replace(" ", "-"), "project")
            folder.mkdir(parents=True)
            make(folder)
            if "3.3" in name:
                use_pyproject(folder)
            commands[name] = words, folder
        print(table(f"{title}, cold", compare(commands, runs, before=remove_generated)))
        print(table(f"{title}, nothing changed", compare(commands, runs)))
        one_saved = compare(commands, runs, before=save_one)
        print(table(f"{title}, one notebook saved", one_saved), flush=True)


def use_pyproject(folder: Path) -> None:
    """Replace a project's settings.ini, which nbdev 3 refuses, by a pyproject.toml."""
    name = find_project(folder).package
    (folder / "pyproject.toml").write_text(PYPROJECT.format(name=name))
    (folder / "settings.ini").unlink()


def remove_generated(folder: Path) -> None:
    """Remove the modules and the state, as in a fresh clone."""
    project = find_project(folder)
    shutil.rmtree(folder / ".literate", ignore_errors=True)
    for path in project.lib_path.rglob("*.py"):
        if "AUTOGENERATED" in path.read_text(encoding="utf-8"):
            path.unlink()


def save_one(folder: Path) -> None:
    """Save the last notebook with a new line at its end."""
    paths = find_project(folder).nbs_path.rglob("*.ipynb")
    path = max(path for path in paths if path.name[0].isdigit())
    data = json.loads(path.read_text(encoding="utf-8"))
    last = data["cells"][-1]
    last["source"] = [*last["source"], "\n"]
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False), encoding="utf-8")


def main(runs: str = "5", *projects: str) -> None:
    """Print the tables."""
    for project in projects:
        path = Path(project)
        measure(path.name, partial(copy_project, path), int(runs))
    if projects:
        return
    measure("this project", copy_this_project, int(runs))
    for notebooks in (10, 100, 1000):
        count = int(runs) if notebooks < 1000 else 2
        measure(f"{notebooks} notebooks", partial(make_project, notebooks), count)


if __name__ == "__main__":
    main(*sys.argv[1:])
