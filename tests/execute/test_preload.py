"""Which modules the server imports before it forks, and what it does if one of them is not safe."""

import pytest
from conftest import results_of

from literate.discovery import project_notebooks
from literate.execute import PASSED, runner
from literate.execute.import_times import ImportTimes
from literate.execute.preload import modules_to_preload
from literate.execute.selection import plan_notebook


def plans_of(project) -> list:
    return [plan_notebook(project, path) for path in project_notebooks(project)]


def preloaded(project) -> list[str]:
    return modules_to_preload(project, plans_of(project))


# --- what the code says ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, modules",
    [
        ("import os, numpy as np", ["numpy"]),
        ("if 1:\n    from matplotlib import cm", ["matplotlib.pyplot"]),
        ("import torch.nn as nn, pandas", ["pandas", "torch"]),
        ("from PIL import Image", ["PIL.Image"]),
        ("import_numpy = 'import numpy'", []),
        ("import os", []),
    ],
)
def test_only_what_the_notebooks_import(make_project, code, modules):
    assert preloaded(make_project({"00_a": [code]})) == modules


def test_the_imports_of_all_notebooks_and_cells_count(make_project):
    project = make_project({"00_a": ["import torch", "import numpy"], "01_b": ["import sympy"]})
    assert preloaded(project) == ["numpy", "sympy", "torch"]


def test_cells_that_do_not_run_do_not_count(make_project):
    assert preloaded(make_project({"00_a": ["#| eval: false\nimport torch", "1"]})) == []


def test_through_the_modules_of_the_project(make_project):
    project = make_project({"00_a": ["from lib import b"]})
    project.lib_path.mkdir()
    (project.lib_path / "b.py").write_text("from .c import x\n")
    (project.lib_path / "c.py").write_text("from . import b\nimport numpy\n")
    assert preloaded(project) == ["numpy"]


def test_through_a_package_of_the_project(make_project):
    project = make_project({"00_a": ["import lib"]})
    (project.lib_path / "sub").mkdir(parents=True)
    (project.lib_path / "__init__.py").write_text("from .sub import x\n")
    (project.lib_path / "sub" / "__init__.py").write_text("import sympy\n")
    assert preloaded(project) == ["sympy"]


def test_the_settings_override_what_the_code_says(make_project):
    project = make_project({"00_a": ["import torch"]}, "preload = numpy, json")
    assert preloaded(project) == ["numpy", "json"]


# --- what was learned in earlier runs ----------------------------------------------------------


def preloaded_after(project, *seen: dict[str, float] | None, unsafe: tuple[str, ...] = ()):
    """What is imported for notebooks that were seen to import these modules, in seconds."""
    plans = plans_of(project)
    times = ImportTimes(project)
    for plan, seconds in zip(plans, seen, strict=True):
        if seconds is not None:
            times.note(plan.path, seconds)
    times.refuse(unsafe)
    return modules_to_preload(project, plans, times)


@pytest.fixture
def two(make_project):
    return make_project({"00_a": ["import torch"], "01_b": ["import numpy"]})


def test_what_several_notebooks_import_is_imported_once(two):
    assert preloaded_after(two, {"numpy": 0.2, "sympy": 0.9}, {"numpy": 0.2}) == ["numpy"]


def test_what_saves_little_time_is_not_imported(two):
    assert preloaded_after(two, {"json": 0.05}, {"json": 0.05}) == []
    assert preloaded_after(two, {"json": 0.051}, {"json": 0.051}) == ["json"]


def test_of_a_new_notebook_the_imports_in_its_code_count(two):
    assert preloaded_after(two, {"sympy": 0.2}, None) == ["numpy"]


def test_unsafe_modules_are_not_imported(two):
    seen = {"numpy": 0.2}
    assert preloaded_after(two, seen, seen, unsafe=("numpy",)) == []
    assert preloaded_after(two, None, None, unsafe=("torch",)) == ["numpy"]


def test_a_module_that_starts_threads_is_not_preloaded(make_project, monkeypatch):
    project = make_project({"00_a": ["import sys\nassert 'threaded' not in sys.modules"]})
    module = (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    )
    (project.root / "threaded.py").write_text(module)
    monkeypatch.setattr(runner, "modules_to_preload", lambda *_: ["threaded", "nosuchmodule"])
    monkeypatch.setenv("PYTHONPATH", str(project.root))
    assert results_of(project)["00_a"].outcome == PASSED
    assert "threaded" in ImportTimes(project).unsafe


def test_the_imports_that_a_run_measured_count(make_project):
    project = make_project(
        {"00_a": ["import numpy"], "01_b": ["import numpy, sympy"], "02_c": ["1"]}
    )
    results_of(project)
    times = ImportTimes(project)
    assert {"numpy", "sympy"} <= times.of(str(project.nbs_path / "01_b.ipynb")).keys()
