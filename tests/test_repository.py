"""This repository itself, as a newcomer meets it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import notebook

ROOT = Path(__file__).parents[1]
HOME = Path.home()  # the user's: when tests run, the session has another one


def run(*command: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_the_library_is_what_the_notebooks_make(tmp_path):
    shutil.copy(ROOT / "settings.ini", tmp_path)
    shutil.copytree(ROOT / "nbs", tmp_path / "nbs", ignore=shutil.ignore_patterns(".*"))
    done = run(ROOT / "notebook2script.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    made = {p.name: p.read_text() for p in (tmp_path / "foundations").glob("*.py")}
    assert made == {p.name: p.read_text() for p in (ROOT / "foundations").glob("*.py")}


def test_nothing_is_stale_or_wrong():
    done = run("notebook2script.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_notebook_passes(tmp_path, record_property):
    record = tmp_path / "claims.jsonl"
    record.touch()
    done = run("run_notebook.py", FOUNDATIONS_CLAIMS=str(record))
    record_property(
        "mutants",
        sum(
            json.loads(line).get("mutants", 0)
            for line in record.read_text(encoding="utf-8").splitlines()
        ),
    )
    count = len([p for p in (ROOT / "nbs").glob("*.ipynb") if p.name[0] not in "_."])
    assert done.returncode == 0 and f"\n{count} passed in " in done.stdout, (
        done.stdout + done.stderr
    )


@pytest.mark.parametrize(
    "module", [p.stem for p in (ROOT / "foundations").glob("*.py") if p.stem[0] != "_"]
)
def test_modules_can_be_imported_from_anywhere(module, tmp_path):
    assert run("-c", f"from foundations.{module} import *", cwd=tmp_path).returncode == 0


def test_notebooks_are_stored_as_a_reader_should_meet_them():
    """A title and a summary first, everything run in order (slow cells on another day), no error and no machine's path."""
    for path in (ROOT / "nbs").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert cells[0]["cell_type"] == "markdown", path
        title, _, summary = "".join(cells[0]["source"]).split("\n")[:3]
        assert title.startswith("# ") and summary.startswith("> "), path
        counts = [
            cell["execution_count"]
            for cell in cells
            if cell["cell_type"] == "code" and "".join(cell["source"][:1]) != "#slow\n"
        ]
        assert counts == list(range(1, len(counts) + 1)), path
        outputs = json.dumps([cell.get("outputs", []) for cell in cells])
        assert '"output_type": "error"' not in outputs and " at 0x" not in outputs, path
        assert str(HOME) not in outputs, path


def test_show_doc_works_in_a_notebook_of_the_project(tmp_path):
    shutil.copy(ROOT / "settings.ini", tmp_path)
    (tmp_path / "foundations").symlink_to(ROOT / "foundations")
    (tmp_path / "nbs").mkdir()
    (tmp_path / "nbs" / "99_doc.ipynb").write_text(
        notebook(
            "from nbdev.showdoc import show_doc\nfrom foundations.matmul import matmul_loops",
            "assert 'matmul_loops' in show_doc(matmul_loops)._repr_markdown_()",
        )
    )
    done = run(ROOT / "run_notebook.py", "99_doc.ipynb", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
