"""What the warm parent imports, and what it does when that is not safe."""

from literate.discovery import project_notebooks
from literate.execute import PASSED, Options, run_notebooks, runner
from literate.execute.preload import modules_to_preload
from literate.execute.selection import plan_notebook


def preloaded(project) -> list[str]:
    return modules_to_preload(
        project, [plan_notebook(project, path) for path in project_notebooks(project)]
    )


def test_only_what_the_notebooks_import(make_project):
    project = make_project(
        {"00_a": ["import os, numpy as np", "if 1:\n    from matplotlib import cm"]}
    )
    assert preloaded(project) == ["matplotlib.pyplot", "numpy"]


def test_cells_that_do_not_run_do_not_count(make_project):
    assert preloaded(make_project({"00_a": ["#| eval: false\nimport torch", "1"]})) == []


def test_through_the_modules_of_the_project(make_project):
    project = make_project({"00_a": ["from lib import b"]})
    project.lib_path.mkdir()
    (project.lib_path / "b.py").write_text("from .c import x\n")
    (project.lib_path / "c.py").write_text("from . import b\nimport numpy\n")
    assert preloaded(project) == ["numpy"]


def test_a_module_that_starts_threads_is_not_preloaded(make_project, monkeypatch):
    project = make_project({"00_a": ["import sys\nassert 'threaded' not in sys.modules"]})
    module = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    (project.root / "threaded.py").write_text(module)
    monkeypatch.setattr(runner, "modules_to_preload", lambda *_: ["threaded", "nosuchmodule"])
    monkeypatch.setenv("PYTHONPATH", str(project.root))
    (result,) = run_notebooks(project, project_notebooks(project), Options())
    assert result.outcome == PASSED
