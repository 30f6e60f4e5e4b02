"""This repository itself, as a newcomer meets it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import notebook

ROOT = Path(__file__).parents[1]
HOME = Path.home()  # the user's own: while tests run, the session has another home
MODULES = [path.stem for path in (ROOT / "foundations").glob("*.py") if path.stem[0] != "_"]


def run(
    *command: str | Path, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a Python program."""
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


FEWEST_MUTANTS = 500  # wrong versions of functions that the notebooks' tests reject


def texts_of_modules(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*.py")}


def test_the_library_is_what_the_notebooks_make(tmp_path):
    shutil.copy(ROOT / "settings.ini", tmp_path)
    shutil.copytree(ROOT / "nbs", tmp_path / "nbs", ignore=shutil.ignore_patterns(".*"))
    done = run(ROOT / "notebook2script.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made = texts_of_modules(tmp_path / "foundations")
    assert made == texts_of_modules(ROOT / "foundations")


def test_nothing_is_stale_or_wrong():
    done = run("notebook2script.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_notebook_passes(tmp_path, record_property):
    record = tmp_path / "claims.jsonl"
    record.touch()
    recorder = str(ROOT / "docs" / "recorder.py")
    done = run("run_notebook.py", FOUNDATIONS_CLAIMS=str(record), FOUNDATIONS_RECORDER=recorder)
    records = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    mutants = sum(each.get("mutants", 0) for each in records)
    record_property("mutants", mutants)
    names = [path.name for path in (ROOT / "nbs").glob("*.ipynb")]
    count = len([name for name in names if name[0] not in "_."])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"\n{count} passed in " in done.stdout, done.stdout + done.stderr
    assert mutants >= FEWEST_MUTANTS


@pytest.mark.parametrize("module", MODULES)
def test_modules_can_be_imported_from_anywhere(module, tmp_path):
    done = run("-c", f"from foundations.{module} import *", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_notebooks_are_stored_as_a_reader_should_meet_them():
    """A title and a summary come first, and all cells were run in order, without an error.

    Slow cells may have been run on another day. No output shows a path of the author's machine.
    """
    for path in (ROOT / "nbs").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert cells[0]["cell_type"] == "markdown", path
        title, _, summary = "".join(cells[0]["source"]).split("\n")[:3]
        assert title.startswith("# "), path
        assert summary.startswith("> "), path
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        quick = [cell for cell in code if "".join(cell["source"][:1]) != "#slow\n"]
        counts = [cell["execution_count"] for cell in quick]
        assert counts == list(range(1, len(counts) + 1)), path
        outputs = json.dumps([cell["outputs"] for cell in code])
        assert '"output_type": "error"' not in outputs, path
        assert " at 0x" not in outputs, path
        assert str(HOME) not in outputs, path


def test_show_doc_works_in_a_notebook_of_the_project(tmp_path):
    shutil.copy(ROOT / "settings.ini", tmp_path)
    (tmp_path / "foundations").symlink_to(ROOT / "foundations")
    (tmp_path / "nbs").mkdir()
    imports = "from nbdev.showdoc import show_doc\nfrom foundations.matmul import matmul_loops"
    check = "assert 'matmul_loops' in show_doc(matmul_loops)._repr_markdown_()"
    (tmp_path / "nbs" / "99_doc.ipynb").write_text(notebook(imports, check))
    done = run(ROOT / "run_notebook.py", "99_doc.ipynb", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
