"""notebook2script beside nbdev_export 2.4, whole commands: python benchmarks/notebook2script.py [RUNS]"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from compare import compare, table

ROOT = Path(__file__).resolve().parents[1]
OURS = [sys.executable, str(ROOT / "notebook2script.py"), "--quiet"]
NBDEV = [sys.executable, "-c", "from nbdev.doclinks import nbdev_export; nbdev_export()"]


def copy_of_this_project(folder: Path) -> None:
    """This project's notebooks, with their directives in nbdev's spelling, so that both commands do the same work."""
    (folder / "nbs").mkdir()
    shutil.copy(ROOT / "settings.ini", folder)
    for path in (ROOT / "nbs").glob("*.ipynb"):
        data = json.loads(path.read_text(encoding="utf-8"))
        for cell in data["cells"]:
            if cell["cell_type"] == "code":
                cell["source"] = ["".join(cell["source"]).replace("#export", "#| export", 1)]
        data["cells"].insert(1, code_cell(f"#| default_exp {path.stem.split('_', 1)[1]}"))
        (folder / "nbs" / path.name).write_text(json.dumps(data, indent=1))


def made_up_project(folder: Path, notebooks: int, cells: int = 30) -> None:
    """Notebooks of 30 cells, a third of them exported, as real projects have them."""
    (folder / "nbs").mkdir()
    (folder / "settings.ini").write_text("[DEFAULT]\nlib_name = lib\nlib_path = lib\nrepo = lib\nuser = me\nauthor = me\n")
    for number in range(notebooks):
        module = f"m{number}"
        exported = [code_cell(f"#| export\ndef f{n}(x: int, # a number\n) -> int:\n    \"Adds.\"\n    return x + {n}\n") for n in range(cells // 3)]
        tests = [code_cell(f"assert f{n}(1) == {n + 1}\n" * 5) for n in range(cells // 3)]
        prose = [{"cell_type": "markdown", "id": f"md{n}", "metadata": {}, "source": ["Some words about it.\n"] * 8} for n in range(cells // 3)]
        book = {"cells": [code_cell(f"#| default_exp {module}"), *(c for three in zip(prose, exported, tests) for c in three)],
                "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / "nbs" / f"{number:04}_{module}.ipynb").write_text(json.dumps(book, indent=1))


def code_cell(source: str) -> dict:
    return {"cell_type": "code", "id": f"{abs(hash(source)):08x}"[:8], "metadata": {}, "outputs": [], "execution_count": None,
            "source": source.splitlines(keepends=True)}


def measure(title: str, make: Callable[[Path], None], runs: int) -> None:
    """Time both commands on a project, cold and with nothing changed; each has a copy of its own."""
    with tempfile.TemporaryDirectory() as name:
        commands = {}
        for command, argv in {"notebook2script": OURS, "nbdev_export": NBDEV}.items():
            folder = Path(name, command)
            folder.mkdir()
            make(folder)
            commands[command] = argv, folder
        print(table(f"{title}, cold", compare(commands, runs, before=remove_generated)))
        print(table(f"{title}, nothing changed", compare(commands, runs)), flush=True)


def remove_generated(folder: Path) -> None:
    for generated in [".literate", "lib", "foundations"]:
        shutil.rmtree(folder / generated, ignore_errors=True)


def main() -> None:
    """Print a table for each project."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    measure("this project", copy_of_this_project, runs)
    for notebooks in (10, 100):
        measure(f"{notebooks} notebooks", lambda folder: made_up_project(folder, notebooks), runs)


if __name__ == "__main__":
    main()
