"""With nothing changed nothing is opened; with anything changed nothing is missed."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import notebook, rewrite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import literate.compile.plan as plan_module
from literate.compile import compile_project
from literate.compile.cache import CompileCache
from literate.compile.fast_path import load_report
from literate.compile.plan import make_plan

DOOR = Path(__file__).parents[2] / "notebook2script.py"


@pytest.fixture
def project(make_project):
    made = make_project(
        {
            "00_a": ["#export\nx = 1"],
            "sub/01_b": ["#default_exp sub.b", "#export\ny = 1", "#exprot\nz"],
        }
    )
    compile_project(made)
    return made


def test_an_unchanged_project_is_known_with_its_warnings(project):
    said, files = load_report()
    assert files == 5 and len(said) == 1 and said[0].endswith("[unknown-directive]")
    done = subprocess.run([sys.executable, DOOR], capture_output=True, text=True)
    assert (
        done.stdout == "0 files written, 5 unchanged, 1 problem\n" and "did you mean" in done.stderr
    )


@pytest.mark.parametrize(("to", "code"), [(">&-", 0), (">/dev/full", 1), (">&- 2>&-", 0)])
@pytest.mark.parametrize("arguments", [[], ["--check", "00_a.ipynb"], ["--help"]], ids=" ".join)
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_what_cannot_be_told(project, monkeypatch, unbuffered, arguments, to, code):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    command = f"{shlex.join([sys.executable, str(DOOR), *arguments])} {to}"
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, text=True)
    assert done.returncode == code and "Traceback" not in done.stderr


def test_nothing_is_opened(project):
    for path in project.nbs_path.rglob("*.ipynb"):
        stamp = path.stat()
        path.write_bytes(b"x" * stamp.st_size)  # the same size and time: only opening it would tell
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert (
        load_report() and subprocess.run([sys.executable, DOOR], capture_output=True).returncode == 0
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda p: rewrite(p.nbs_path / "00_a.ipynb", notebook("#export\nx = 2")),
        lambda p: (p.nbs_path / "02_new.ipynb").write_text(notebook("x")),
        lambda p: (p.nbs_path / "00_a.ipynb").unlink(),
        lambda p: (p.nbs_path / "00_a.ipynb").rename(p.nbs_path / "00_z.ipynb"),
        lambda p: (p.lib_path / "a.py").write_text("edited"),
        lambda p: (p.lib_path / "a.py").unlink(),
        lambda p: (p.lib_path / "sub" / "mine.py").write_text("x = 1"),
        lambda p: (p.root / "settings.ini").write_text(
            (p.root / "settings.ini").read_text() + "strict = True\n"
        ),
        lambda p: (p.nbs_path / "sub" / "02_new.ipynb").write_text(notebook("x")),
        lambda p: (p.root / "pyproject.toml").write_text(""),
        lambda p: subprocess.run(
            ["git", "init", "-q", p.root], check=True
        ),  # its remote can name the repository
        lambda p: (p.state_dir / "last-report").write_text("{broken"),
        lambda p: (p.state_dir / "last-report").write_bytes(b"\xff\0\0\0\0\0\0"),
        lambda p: (p.state_dir / "last-report").unlink(),
        lambda p: os.chdir(p.nbs_path),  # messages name files from the current folder
        lambda p: os.environ.update(XDG_CONFIG_HOME="/elsewhere"),
    ],
)
def test_every_change_is_noticed(project, change, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    monkeypatch.chdir(project.root)
    compile_project(project)
    assert load_report()
    change(project)
    assert load_report() is None


@pytest.mark.parametrize("text", ["{broken", "[]", "{}", '{"inputs": {}}'])
def test_a_memory_that_cannot_be_read_is_none(project, text):
    (project.state_dir / "compiled.json").write_text(text)
    assert CompileCache.load(project) is None


def test_a_notebook_that_changes_while_it_is_compiled_is_compiled_again(project, monkeypatch):
    from literate.compile import write

    real = write.write_plan

    def slow(*arguments):
        rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nx = 3"))
        return real(*arguments)

    rewrite(project.nbs_path / "00_a.ipynb", notebook("#export\nx = 2"))
    monkeypatch.setattr(write, "write_plan", slow)
    compile_project(project)
    assert CompileCache.load(project) is None and load_report() is None


NAMES = ["00_a", "01_b", "02_c", "sub/03_d"]
CELL = st.sampled_from(
    [
        "#export\nx = 1",
        "#export b\ny = 2",
        "#export sub.e\nfrom lib.b import *\ndef f(): return z",
        "#exporti c\nw = 3",
        "z = 4",
        "#exprot\nv",
        "#default_exp b",
        "#default_exp sub.e",
        "import math",
        "#export\nmath.pi",
        "#export\n# only a comment",
    ]
)
STEP = st.tuples(st.sampled_from(NAMES), st.none() | st.lists(CELL, max_size=4))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=1, max_size=8))
def test_reading_only_what_changed_gives_the_same(make_project, steps):
    project = make_project({})
    shutil.rmtree(project.root / "nbs", ignore_errors=True)
    shutil.rmtree(project.lib_path, ignore_errors=True)
    shutil.rmtree(project.state_dir, ignore_errors=True)
    for edit, (name, cells) in enumerate([(NAMES[0], ["#export\nx = 0"]), *steps]):
        path = project.nbs_path / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        if cells is None:
            path.unlink(missing_ok=True)
        else:
            path.touch()
            rewrite(path, notebook(*cells, edit=edit))
        plan, _ = compile_project(project)
        whole = make_plan(project)
        assert [str(d) for d in plan.diagnostics] == [str(d) for d in whole.diagnostics]
        for file, text in whole.files.items():
            assert file.read_text() == text, file
        assert load_report()


def test_only_what_changed_is_opened(make_project, monkeypatch):
    project = make_project(
        {
            "00_a": ["#export\nx = 1"],
            "01_b": ["#export c\ny = 1"],
            "02_c": ["#export\nz = 1"],
            "03_d": ["#export\nw = 1"],
        }
    )
    compile_project(project)
    rewrite(project.nbs_path / "01_b.ipynb", notebook("#export c\ny = 22"))
    opened = []
    real = plan_module.read_notebook
    monkeypatch.setattr(
        plan_module, "read_notebook", lambda path: opened.append(path.name) or real(path)
    )
    written = compile_project(project)[1]
    assert (
        opened == ["01_b.ipynb", "02_c.ipynb"]
        and [p.name for p in written.changed] == ["c.py"]
        and written.unchanged == 4
    )
