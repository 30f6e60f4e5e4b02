"""With nothing changed nothing is opened; with anything changed nothing is missed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import notebook

from literate.compile import compile_project
from literate.compile.state import recall

DOOR = Path(__file__).parents[2] / "notebook2script.py"


@pytest.fixture
def project(make_project):
    made = make_project({"00_a": ["#export\nx = 1"], "sub/01_b": ["#default_exp sub.b", "#export\ny = 1", "#exprot\nz"]})
    compile_project(made)
    return made


def test_an_unchanged_project_is_known_with_its_warnings(project):
    last = recall(project)
    assert last.files == 5 and len(last.diagnostics) == 1 and "did you mean" in last.diagnostics[0]
    done = subprocess.run([sys.executable, DOOR], capture_output=True, text=True)
    assert done.stdout == "0 files written, 5 unchanged, 1 problem\n" and "did you mean" in done.stderr


def test_nothing_is_opened(project):
    for path in project.nbs_path.rglob("*.ipynb"):
        stamp = path.stat()
        path.write_bytes(b"x" * stamp.st_size)  # the same size and time: only opening it would tell
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert recall(project) and subprocess.run([sys.executable, DOOR], capture_output=True).returncode == 0


@pytest.mark.parametrize("change", [
    lambda p: (p.nbs_path / "00_a.ipynb").write_text(notebook("#export\nx = 2")),
    lambda p: (p.nbs_path / "02_new.ipynb").write_text(notebook("x")),
    lambda p: (p.nbs_path / "00_a.ipynb").unlink(),
    lambda p: (p.nbs_path / "00_a.ipynb").rename(p.nbs_path / "00_z.ipynb"),
    lambda p: (p.lib_path / "a.py").write_text("edited"),
    lambda p: (p.lib_path / "a.py").unlink(),
    lambda p: (p.lib_path / "sub" / "mine.py").write_text("x = 1"),
    lambda p: (p.root / "settings.ini").write_text((p.root / "settings.ini").read_text() + "strict = True\n"),
    lambda p: (p.state / "compiled.json").write_text("{broken"),
    lambda p: (p.state / "compiled.json").write_text("[]"),
])
def test_every_change_is_noticed(project, change):
    change(project)
    assert recall(project) is None


def test_a_notebook_that_changes_while_it_is_compiled_is_compiled_again(project, monkeypatch):
    from literate.compile import write

    real = write.write_plan

    def slow(*arguments):
        (project.nbs_path / "00_a.ipynb").write_text(notebook("#export\nx = 3"))
        return real(*arguments)

    (project.nbs_path / "00_a.ipynb").write_text(notebook("#export\nx = 2"))
    monkeypatch.setattr(write, "write_plan", slow)
    compile_project(project)
    assert recall(project) is None
